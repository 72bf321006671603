"""Whole recognitions with tiny real encoders: every kind of source, and what cannot be read."""

import json

import numpy as np
import pytest

from emogen.emotion import CATEGORIES
from emogen.errors import InputError, MediaError
from emogen.evaluation.recogniser.recogniser import Recogniser
from emogen.media import Audio, Clip, save_image, write_video
from tests.evaluation.recogniser.tiny_encoders import RATE, coloured, tiny_recogniser, tone


@pytest.fixture(scope="module")
def recogniser():
    return tiny_recogniser()


def clip(*colours, sound=None, seconds=2.0):
    made = Clip(frames=coloured(*colours, seconds=seconds), fps=8)
    if sound is None:
        return made
    return made.with_audio(Audio(samples=sound[None], sample_rate=RATE))


def test_a_video_turns_from_sadness_to_amusement(recogniser, tmp_path) -> None:
    path = tmp_path / "turn.mp4"
    write_video(clip("sadness", "amusement", seconds=3.0), path)
    found = recogniser.recognise(path)
    assert found.unit == "seconds"
    assert found.duration == pytest.approx(6, abs=0.1)
    assert found.seconds.tolist() == [0.25 + k / 2 for k in range(12)]
    assert found.emotion.argmax(-1).tolist() == [7] * 6 + [0] * 6
    moments = found.moments
    assert (moments.first_emotion, moments.last_emotion) == ("sadness", "amusement")
    assert [turn.emotion for turn in moments.turns] == ["sadness", "amusement"]
    assert found.notes == ("voice: the video has no sound",)
    assert found.tier == "open"
    assert set(found.models) == {"vision", "fusion"}


def test_agreeing_senses_are_surer_and_share_the_weight(recogniser) -> None:
    alone = recogniser.recognise(clip("sadness"))
    both = recogniser.recognise(clip("sadness", sound=tone("sadness", 2)))
    assert both.summary.top == "sadness"
    assert both.summary.confidence > alone.summary.confidence
    assert both.summary.conflict < 0.2
    assert sum(sense.weight for sense in both.summary.senses.values()) == pytest.approx(1)
    assert both.tier == "non-commercial"


def test_a_conflict_says_which_sense_says_what(recogniser) -> None:
    found = recogniser.recognise(
        clip("sadness", sound=tone("excitement", 2)), transcript="so funny"
    )
    assert found.summary.conflict > 0.6
    tops = {name: sense.top for name, sense in found.summary.senses.items()}
    assert tops == {"words": "amusement", "voice": "excitement", "vision": "sadness"}
    assert set(found.summary.pairs) == {"words+voice", "words+vision", "voice+vision"}
    assert (found.conflict > 0.5).all()


def test_conflict_is_where_it_is_in_time(recogniser) -> None:
    made = clip("sadness", "amusement", sound=tone("sadness", 4))
    found = recogniser.recognise(made, modalities=["voice", "vision"])
    assert found.conflict[:4].max() < 0.3
    assert found.conflict[4:].min() > 0.5


def test_words_are_heard_where_they_are_said(recogniser) -> None:
    lines = [(0.0, 1.0, "I hate this"), (3.0, 4.0, "I cried")]
    found = recogniser.recognise(clip("neutral", seconds=4.0), transcript=lines)
    assert (found.weights["words"] > 0).tolist() == [True] * 3 + [False] * 2 + [True] * 3
    np.testing.assert_allclose(found.summary.evoked_vad, [0.1, 0.2, 0.3], atol=1e-6)


def test_senses_can_be_chosen(recogniser) -> None:
    made = clip("sadness", sound=tone("excitement", 2))
    assert recogniser.recognise(made, modalities=["voice"]).summary.top == "excitement"
    assert set(recogniser.recognise(made, modalities=["vision"]).readings) == {"vision"}
    only = recogniser.recognise(made, modalities=["words"], transcript="I cried")
    assert only.duration == pytest.approx(2)
    assert only.summary.top == "sadness"


def test_long_sound_has_no_seams(recogniser, tmp_path) -> None:
    sound = np.concatenate([tone("sadness", 33), tone("excitement", 33)])
    made = Clip(frames=coloured("neutral", seconds=66, fps=1), fps=1)
    told = []
    found = recogniser.recognise(
        made.with_audio(Audio(samples=sound[None], sample_rate=RATE)), modalities=["voice"],
        progress=lambda done, total: told.append((done, total)),
    )  # fmt: skip
    assert told == [(0, 66), (30, 66), (60, 66)]
    assert len(found.seconds) == 132
    assert (found.emotion.argmax(-1)[:65] == CATEGORIES.index("sadness")).all()
    assert (found.emotion.argmax(-1)[67:] == CATEGORIES.index("excitement")).all()


def test_a_text(recogniser, tmp_path) -> None:
    found = recogniser.recognise("I hate it. It is a table. I cried.")
    assert found.unit == "sentences"
    assert found.emotion.argmax(-1).tolist() == [CATEGORIES.index(name) for name in
                                                 ("anger", "neutral", "sadness")]  # fmt: skip
    path = tmp_path / "note.txt"
    path.write_text("how funny")
    assert recogniser.recognise(path).summary.top == "amusement"


def test_a_picture(recogniser, tmp_path) -> None:
    path = save_image(coloured("anger")[0], tmp_path / "red.png")
    found = recogniser.recognise(path)
    assert found.summary.top == "anger"
    assert len(found.seconds) == 1
    assert found.moments is None
    assert "no timeline" in found.notes[0]


def test_nothing_to_read_is_never_a_confident_guess(recogniser) -> None:
    silence = recogniser.recognise(clip("nothing", sound=tone(None, 2)))
    assert silence.summary.unsure
    assert silence.summary.top == "unsure"
    assert silence.summary.confidence == silence.summary.intensity == 0
    assert not silence.presence.any()
    assert any("no speech" in note for note in silence.notes)
    np.testing.assert_allclose(silence.emotion, 1 / 9)
    assert silence.trajectory().is_neutral


def test_another_script_is_not_guessed_at(recogniser) -> None:
    found = recogniser.recognise("Я ненавижу это. Мне грустно.")
    assert found.summary.unsure
    assert "script" in found.notes[0]
    mixed = recogniser.recognise("Я ненавижу это. I cried.")
    assert mixed.summary.top == "sadness"
    assert mixed.presence.tolist() == [False, True]


def test_it_abstains_below_a_confidence(recogniser) -> None:
    made = clip("sadness")
    sure = recogniser.recognise(made)
    above = sure.summary.confidence + 0.01
    careful = tiny_recogniser(abstain_below=above).recognise(made)
    assert (careful.summary.top, careful.summary.likeliest) == ("unsure", "sadness")
    assert tiny_recogniser(abstain_below=0).recognise(made).summary.top == "sadness"
    with pytest.raises(InputError, match="0 to 1"):
        tiny_recogniser(abstain_below=1.5)


def test_the_answer_has_the_type_of_the_question(recogniser) -> None:
    found = recogniser.recognise(clip("sadness", "amusement"))
    trajectory = found.trajectory()
    assert trajectory.at(0.5).dominant == "sadness"
    assert trajectory.at(3.5).dominant == "amusement"
    vectors = trajectory.sample(len(found.seconds), 2)
    np.testing.assert_allclose(vectors[1:, 11], (found.intensity[:-1] + found.intensity[1:]) / 2,
                               atol=0.02)  # fmt: skip


def test_json_holds_everything(recogniser) -> None:
    document = json.loads(json.dumps(
        recogniser.recognise(clip("sadness", sound=tone("sadness", 2))).as_dict(), allow_nan=False
    ))  # fmt: skip
    assert document["top"] == "sadness"
    assert sum(document["emotion"].values()) == pytest.approx(1, abs=1e-3)
    assert set(document["modalities"]) == {"voice", "vision"}
    timeline = document["timeline"]
    assert len(timeline["seconds"]) == len(timeline["emotion"]["fear"]) == 4
    assert document["models"]["voice"] == "tiny-voice"


def test_encoders_are_loaded_once_and_only_if_needed() -> None:
    loaded = []

    def loader(name, make):
        def load():
            loaded.append(name)
            return make()

        return load

    whole = tiny_recogniser()
    counted = {name: loader(name, make) for name, make in whole._loaders.items()}
    recogniser = Recogniser(counted, whole.fusion)
    recogniser.recognise("so funny")
    recogniser.recognise("I cried")
    assert loaded == ["words"]


def test_a_domain_can_be_named() -> None:
    asked = []

    def listening():
        encoder = tiny_recogniser().encoder("voice")

        def read(samples, **options):
            asked.append(options.get("domain"))
            return encoder(samples, **options)

        return read

    made = clip("anger", sound=tone("sadness", 1), seconds=1)
    for domains in (None, {"voice": "nemo"}):
        judge = Recogniser({"voice": listening}, tiny_recogniser().fusion, domains=domains)
        judge.recognise(made, modalities=["voice"])
    assert asked == [None, "nemo"]


@pytest.mark.parametrize(
    ("source", "options", "complaint"),
    [
        (clip("anger"), {"modalities": ["sight"]}, "unknown modality 'sight'"),
        (clip("anger"), {"modalities": []}, "at least one"),
        (clip("anger"), {"modalities": ["voice"]}, "nothing for voice in clip.*silent"),
        (clip("anger"), {"modalities": ["words"]}, "nothing for words"),
        ("film.mp4", {}, r"use Path"),
        ("  ", {}, "with words"),
        ("I cried", {"transcript": "I cried"}, "nothing but words"),
        ("I cried", {"modalities": ["voice"]}, "nothing but words"),
    ],
)
def test_bad_requests_are_clear(recogniser, source, options, complaint) -> None:
    with pytest.raises(InputError, match=complaint):
        recogniser.recognise(source, **options)


def test_damaged_files_are_clear(recogniser, tmp_path) -> None:
    path = tmp_path / "film.mp4"
    write_video(clip("anger"), path)
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(MediaError):
        recogniser.recognise(path)


def test_unknown_judges_are_named() -> None:
    with pytest.raises(InputError, match="did you mean 'second'"):
        Recogniser.load(judge="secnd")
    with pytest.raises(InputError, match="research-only"):
        Recogniser.load(judge="second", faces=True)
