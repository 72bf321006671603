"""Label names of public models, and scores in each of the three kinds."""

import numpy as np
import pytest

from emogen.emotion import CATEGORIES, GOEMOTIONS, RAVDESS, VAD
from emogen.errors import ModelError
from emogen.evaluation.backends.labels import LabelMap, label_shares, label_vad

PUBLIC = {
    "superb": ("neu", "hap", "ang", "sad"),
    "ravdess": ("angry", "calm", "disgust", "fearful", "happy", "neutral", "sad", "surprised"),
    "ekman": ("anger", "disgust", "fear", "joy", "neutral", "sadness", "surprise"),
    "goemotions": GOEMOTIONS,
    "tweets": ("anger", "anticipation", "disgust", "fear", "joy", "love", "optimism", "pessimism",
               "sadness", "surprise", "trust"),
    "fer": ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"),
    "affectnet": ("Anger", "Contempt", "Disgust", "Fear", "Happy", "Neutral", "Sad", "Surprise"),
    "our own": RAVDESS,
}  # fmt: skip


def category(name):
    return CATEGORIES[int(label_shares(name).argmax())]


@pytest.mark.parametrize("names", PUBLIC.values(), ids=PUBLIC)
def test_labels_of_public_models_come_home(names):
    meaning = LabelMap.of(names, kind="single")
    assert meaning.shares.shape == (len(names), 9)
    assert meaning.shares.sum(1) == pytest.approx(1)
    assert np.abs(meaning.vad).max() <= 1


@pytest.mark.parametrize(
    ("name", "expected"),
    [("ang", "anger"), ("sad", "sadness"), ("neu", "neutral"), ("05_angry", "anger"),
     ("Fearful", "fear"), ("no emotion", "neutral"), ("contempt", "disgust"),
     ("exc", "excitement")],
)  # fmt: skip
def test_names_mean_what_they_say(name, expected):
    assert category(name) == expected


def test_what_a_label_feels_like_is_its_own_anchor_not_that_of_its_categories():
    assert label_vad("joy").tolist() == list(VAD["joy"])
    assert label_vad("neu").tolist() == [0, 0, 0]
    assert label_vad("pessimism")[0] < -0.5
    assert label_vad("other").tolist() == [0, 0, 0]


def test_refuses_labels_that_are_no_emotions():
    with pytest.raises(ModelError, match=r"got LABEL_0, LABEL_1.*labels=\{'LABEL_0'"):
        LabelMap.of(["LABEL_0", "LABEL_1"], kind="single", model="x")
    with pytest.raises(ModelError, match="did you mean 'happiness'"):
        LabelMap.of(["happines", "sad"], kind="single")
    with pytest.raises(ModelError, match="got LABEL_7; it has: joy"):
        LabelMap.of(["joy"], kind="single", renamed={"LABEL_7": "anger"})


def test_labels_can_be_told():
    meaning = LabelMap.of(["LABEL_0", "LABEL_1"], kind="single",
                          renamed={"LABEL_0": "fear", "LABEL_1": "awe"})  # fmt: skip
    emotion, _ = meaning.emotion(meaning.probabilities(np.array([[9.0, 0.0]])))
    assert CATEGORIES[int(emotion[0].argmax())] == "fear"


def test_one_label_at_a_time():
    meaning = LabelMap.of(PUBLIC["superb"], kind="single")
    probabilities = meaning.probabilities(np.log([[0.1, 0.2, 0.3, 0.4]]))
    emotion, vad = meaning.emotion(probabilities)
    found = dict(zip(CATEGORIES, emotion[0], strict=True))
    assert found["sadness"] == pytest.approx(0.4)
    assert found["anger"] == pytest.approx(0.3)
    assert found["neutral"] == pytest.approx(0.1)
    assert found["amusement"] + found["contentment"] + found["excitement"] == pytest.approx(0.2)
    by_hand = 0.2 * np.array(VAD["happiness"]) + 0.3 * np.array(VAD["anger"])
    assert vad[0] == pytest.approx(by_hand + 0.4 * np.array(VAD["sadness"]))


def test_temperature_flattens():
    meaning = LabelMap.of(PUBLIC["superb"], kind="single")
    logits = np.array([[4.0, 0.0, 0.0, 0.0]])
    sharp = meaning.probabilities(logits).max()
    assert meaning.probabilities(logits, temperature=4).max() < sharp


def test_any_number_of_labels_with_a_neutral_one():
    meaning = LabelMap.of(("joy", "anger", "neutral"), kind="multi")
    emotion, _ = meaning.emotion(np.array([[0.02, 0.01, 0.97]]))
    assert emotion[0, 8] == pytest.approx(0.97)
    assert emotion.sum() == pytest.approx(1)


def test_any_number_of_labels_without_a_neutral_one_leaves_it_what_none_explains():
    meaning = LabelMap.of(("anger", "fear"), kind="multi")
    emotion, vad = meaning.emotion(np.array([[0.5, 0.0], [0.0, 1.0], [1e-9, 1e-9]]))
    assert emotion[0, [4, 8]].tolist() == pytest.approx([0.5, 0.5])
    assert emotion[1, 6] == pytest.approx(1)
    assert emotion[2, 8] == pytest.approx(1)
    assert vad[0] == pytest.approx(0.5 * np.array(VAD["anger"]))


def test_dimensions_are_known_by_name_in_any_order():
    values = {"valence": 0.1, "arousal": 0.9, "dominance": 0.2}
    for names in (("arousal", "dominance", "valence"), ("valence", "arousal", "dominance")):
        meaning = LabelMap.of(names, kind="single")
        assert meaning.kind == "dimensions"
        emotion, vad = meaning.emotion(
            meaning.probabilities(np.array([[values[name] for name in names]]))
        )
        assert vad[0] == pytest.approx([-0.8, 0.8, -0.6])
        assert CATEGORIES[int(emotion[0].argmax())] == "fear"


def test_the_middle_of_the_dimensions_is_neutral():
    meaning = LabelMap.of(("arousal", "dominance", "valence"), kind="single")
    emotion, vad = meaning.emotion(np.array([[0.5, 0.5, 0.5]]))
    assert emotion[0, 8] == 1
    assert vad[0].tolist() == [0, 0, 0]
