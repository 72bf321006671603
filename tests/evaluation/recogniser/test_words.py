"""The shipped words encoders on texts that say something, nothing, or something in Polish."""

import json
import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from emogen.assets import model_dir
from emogen.data.texts import read_emobank, read_goemotions
from emogen.emotion import CATEGORIES
from emogen.errors import InputError, ModelError
from emogen.evaluation.recogniser.reading import ModalityReading, concatenate
from emogen.evaluation.recogniser.words import CONFIG, WEIGHTS, WordsEncoder

FOLDERS = {"main": "words", "second": "second/words"}
SAID = {
    "anger": "I hate this so much, you make me angry!",
    "sadness": "I'm so sad, I cried all night after he died.",
    "fear": "I'm so scared, that was really terrifying.",
    "amusement": "Haha that is hilarious, I can't stop laughing lol",
    "contentment": "Thank you so much, I really appreciate it.",
    "neutral": "The train leaves from platform two.",
}
NOT_ENGLISH = {
    "Polish": "Nienawidzę tego, jestem wściekły na ciebie!",
    "German": "Ich hasse das wirklich sehr, du machst mich wütend!",
    "Spanish": "Estoy muy triste porque mi perro murió ayer.",
    "French": "Je suis tellement heureux de vous voir aujourd'hui.",
    "Russian": "Я очень рад тебя видеть!",
    "Japanese": "とても悲しいです。",
    "Arabic": "أنا سعيد جدا اليوم",
    "letters": "xqzt vrrpk bwlkj zzgh",
}


@pytest.fixture(scope="module", params=FOLDERS.values(), ids=FOLDERS)
def encoder(request):
    return WordsEncoder.load(model_dir("judge") / request.param)


@pytest.fixture(scope="module")
def main_encoder():
    return WordsEncoder.load()


def test_reads_plain_feelings(encoder):
    tops = {name: CATEGORIES[encoder(text).emotion[0].argmax()] for name, text in SAID.items()}
    wrong = {name: top for name, top in tops.items() if top != name}
    assert len(wrong) <= 1, wrong


def test_a_row_a_line_at_its_middle(encoder):
    lines = [(0.0, 2.0, "I love you!"), (3.0, 4.0, "..."), (5.0, 7.0, "I hate you!")]
    reading = encoder(lines)
    assert reading.seconds.tolist() == [1.0, 3.5, 6.0]
    assert reading.presence.tolist() == [True, False, True]
    assert reading.emotion.sum(1) == pytest.approx(1, abs=1e-5)
    assert reading.vad[0, 0] > 0.1 > -0.1 > reading.vad[2, 0]
    assert (reading.emotion[1] == np.float32(1 / 9)).all()
    assert not reading.vad[1].any()
    assert reading.confidence[1] == 0
    assert {name: table.shape for name, table in reading.native.items()} == {
        "goemotions": (3, 28), "emobank": (3, 3), "vad_reader": (3, 3),
    }  # fmt: skip
    assert reading.tier == encoder.tier == "open"


def test_lines_that_overlap_keep_their_order(main_encoder):
    assert main_encoder([(0.0, 9.0, "Good."), (1.0, 2.0, "Bad.")]).seconds.tolist() == [4.5, 4.5]


def test_lines_do_not_see_each_other(encoder):
    lines = [(float(row), row + 1.0, text) for row, text in enumerate(SAID.values())]
    together = encoder(lines)
    apart = concatenate([encoder(lines[:2]), encoder(lines[2:])])
    assert together.emotion == pytest.approx(apart.emotion, abs=1e-5)
    assert together.features == pytest.approx(apart.features, abs=1e-4)


@pytest.mark.parametrize("text", NOT_ENGLISH.values(), ids=NOT_ENGLISH)
def test_does_not_guess_at_other_languages(encoder, text):
    reading = encoder(text)
    assert encoder.refusal(text)
    assert not reading.presence.any()
    assert reading.confidence.max() == 0
    assert encoder.labels(text) == []


@pytest.mark.parametrize("text", ["", "   ", "?!...", "42"])
def test_says_that_nothing_is_there(encoder, text):
    assert encoder.refusal(text) == "it has no words"
    assert not encoder(text).is_present


def test_an_emoji_is_something_to_read(main_encoder):
    assert main_encoder("\N{FACE WITH TEARS OF JOY}").is_present


def test_the_domain_decides_what_is_calibrated(main_encoder):
    text = "The president opened a new school in the capital on Monday."
    social, prose = main_encoder(text), main_encoder(text, domain="sentences")
    assert not np.allclose(social.emotion, prose.emotion)
    assert prose.vad == pytest.approx((prose.native["emobank"] - 3) / 2, abs=1e-6)
    with pytest.raises(InputError, match="did you mean 'social'"):
        main_encoder(text, domain="socal")


def test_more_capitals_and_exclamation_is_more_arousal(main_encoder):
    calm, loud = (main_encoder(text, domain="sentences").vad[0, 1]
                  for text in ("i won the match today", "I WON THE MATCH TODAY!!!"))
    assert loud > calm


def test_a_backend_reads_what_it_cannot(main_encoder):
    class Polish:
        model, tier = "polish-1", "non-commercial"

        def __call__(self, lines):
            count = len(lines)
            return ModalityReading(
                modality="words", seconds=[sum(line[:2]) / 2 for line in lines],
                emotion=np.tile(np.eye(9)[4], (count, 1)), vad=np.full((count, 3), -0.5),
                presence=np.ones(count, bool), confidence=np.full(count, 0.8),
                features=np.zeros((count, 2)), tier=self.tier, model=self.model,
            )  # fmt: skip

    both = WordsEncoder.load(backend=Polish())
    lines = [(0.0, 1.0, SAID["fear"]), (1.0, 2.0, NOT_ENGLISH["Polish"])]
    reading, alone = both(lines), main_encoder(lines)
    assert reading.emotion[0].tolist() == alone.emotion[0].tolist()
    assert reading.emotion[1].argmax() == 4
    assert reading.confidence[1] == pytest.approx(0.8)
    assert reading.presence.all()
    assert reading.tier == "non-commercial"
    assert reading.model.endswith("+polish-1")


@pytest.mark.parametrize("lines", [[], [(0.0, 1.0)], [(2.0, 1.0, "Oh.")], [(0.0, 1.0, 7)]])
def test_refuses_what_are_no_lines(main_encoder, lines):
    with pytest.raises(InputError, match=r"expected (lines|a text)"):
        main_encoder(lines)


@pytest.mark.corpus
def test_reads_comments_and_sentences_that_it_has_never_seen(main_encoder):
    comments = read_goemotions("test").pick(np.arange(800))
    reading = main_encoder([(0.0, 1.0, text) for text in comments.texts])
    given = reading.native["goemotions"] >= main_encoder.thresholds
    both = (given * comments.targets).sum()
    assert 2 * both / (given.sum() + comments.targets.sum()) > 0.48
    rated = read_emobank("test")
    prose = main_encoder([(0.0, 1.0, text) for text in rated.texts], domain="sentences")
    r = [np.corrcoef(prose.native["emobank"][:, axis], rated.targets[:, axis])[0, 1]
         for axis in range(3)]
    assert (np.array(r) > (0.5, 0.35, 0.2)).all()


def test_weights_are_small_and_the_card_names_licence_and_figures(encoder):
    assert repr(encoder) == f"WordsEncoder({encoder.model}, open)"
    for folder, most in (("words", 1_600_000), ("second/words", 310_000)):
        place = model_dir("judge") / folder
        assert (place / WEIGHTS).stat().st_size <= most
        card = (place / "README.md").read_text("utf-8")
        assert card.startswith("---\nlicense: cc-by-sa-4.0\n")
        assert "macro-F1 over 28 labels | 5427 |" in card


def test_the_two_judges_share_nothing():
    first, second = (load_file(model_dir("judge") / folder / WEIGHTS)
                     for folder in FOLDERS.values())
    for name in first.keys() & second.keys():
        assert first[name].shape != second[name].shape or not torch.equal(first[name], second[name])


def test_says_what_is_wrong_with_a_folder(tmp_path):
    with pytest.raises(ModelError, match=r"got no config\.json"):
        WordsEncoder.load(tmp_path)
    source = model_dir("judge") / "words"
    shutil.copy(source / CONFIG, tmp_path / CONFIG)
    with pytest.raises(ModelError, match=r"got no model\.safetensors"):
        WordsEncoder.load(tmp_path)
    (tmp_path / WEIGHTS).write_bytes(b"no weights")
    with pytest.raises(ModelError, match="cannot read the words encoder"):
        WordsEncoder.load(tmp_path)
    save_file({"x": torch.zeros(1)}, tmp_path / WEIGHTS)
    with pytest.raises(ModelError, match="copy it again"):
        WordsEncoder.load(tmp_path)
    shutil.copy(source / WEIGHTS, tmp_path / WEIGHTS)
    config = json.loads((tmp_path / CONFIG).read_text("utf-8"))
    config["confidence"]["social"][0] = -1.0
    (tmp_path / CONFIG).write_text(json.dumps(config), "utf-8")
    with pytest.raises(ModelError, match="expected a calibration above 0"):
        WordsEncoder.load(tmp_path)
