"""Free words: the shipped model reads phrases, refuses noise, and the file is safe."""

import numpy as np
import pytest

from emogen.assets import model_dir
from emogen.emotion.labels import GOEMOTIONS, MIKELS
from emogen.emotion.lexicon import BLENDS, point_of
from emogen.emotion.notation import format, parse, parse_point  # noqa: A004
from emogen.emotion.words import WordModel, load, load_default, pieces, resolve, tokenize
from emogen.errors import ModelError, NotationError


@pytest.fixture(scope="module")
def model() -> WordModel:
    return load_default()


@pytest.mark.parametrize(("text", "category"), [
    ("hilarious prank", "amusement"),
    ("that was terrifying", "fear"),
    ("I am so angry at you", "anger"),
    ("heartbreaking farewell, so sad", "sadness"),
    ("this is disgusting", "disgust"),
    ("thank you so much", "contentment"),
    ("a calm sea at night", "contentment"),
])
def test_clear_phrases(model: WordModel, text: str, category: str) -> None:
    result = resolve(text, model=model)
    assert MIKELS[int(np.argmax(result.point.weights))] == category
    assert result.point.intensity == 1


def test_blends_feel_mixed(model: WordModel) -> None:
    weights = resolve("bittersweet nostalgia", model=model).point.mixture()
    assert weights["sadness"] > 0.3
    assert weights["contentment"] > 0.3


def test_negation_silences_the_lexicon(model: WordModel) -> None:
    assert model.resolve("happy").point.valence > model.resolve("not happy").point.valence + 0.2


@pytest.mark.parametrize("text", ["xqzzt", "asdkjh qwe", "spreadsheet", "123 456", "...",
                                  "the stapler is on the desk"])
def test_noise_and_plain_facts_are_refused(model: WordModel, text: str) -> None:
    with pytest.raises(NotationError, match="words with a clear emotion"):
        resolve(text, model=model)


def test_labels_pass_their_thresholds(model: WordModel) -> None:
    assert "gratitude" in model.labels("thank you so much for your help")
    assert set(model.labels("thanks, that was funny lol")) <= set(GOEMOTIONS)


def test_notation_uses_the_model_and_shows_the_result() -> None:
    trajectory = parse('"bittersweet nostalgia":0.5@0s -> hilarious prank@2s')
    assert trajectory.at(0).intensity == pytest.approx(0.5)
    assert trajectory.at(2).dominant == "amusement"
    shown = format(trajectory)
    np.testing.assert_allclose(parse(shown, free_words=False).sample(33, 16),
                               trajectory.sample(33, 16), atol=1e-4)
    with pytest.raises(NotationError, match="confidence"):
        parse_point("xqzzt")


def test_real_words_near_a_label_are_not_slips() -> None:
    assert parse_point("terrifying").dominant == "fear"
    assert parse_point("lovely").valence > 0


def test_long_and_odd_texts_stay_in_bounds(model: WordModel) -> None:
    for text in ("", "\U0001f600", "so " * 500 + "happy", "caf\u00e9 \u00e0 Paris", "SO HAPPY!!!"):
        vector = model.resolve(text).point.vector()
        assert np.isfinite(vector).all()
        assert np.abs(vector).max() <= 1


def test_tokens_and_pieces() -> None:
    assert tokenize("I\u2019m SO sad :(") == ["i'm", "so", "sad", ":", "("]
    assert len(pieces("sad", 64)) == 3 + 2 + 1
    assert pieces("a", 64) == pieces("a", 64)


def test_blends_are_words_of_labels() -> None:
    assert all(point_of(word) is not None for word in BLENDS)
    assert point_of("neutral") is None
    assert point_of("table") is None


def test_file_is_small_and_without_pickle() -> None:
    path = model_dir("words") / "words.npz"
    assert path.stat().st_size < 3e6
    with np.load(path, allow_pickle=False) as file:
        assert all(file[name].dtype != object for name in file.files)
    assert "CC BY-SA 4.0" in (path.parent / "README.md").read_text(encoding="utf-8")


def test_bad_weights_are_refused(tmp_path) -> None:
    with pytest.raises(ModelError, match="train_words"):
        load(tmp_path)
    np.savez(tmp_path / "words.npz", word=np.zeros((2, 2)))
    with pytest.raises(ModelError, match="missing"):
        load(tmp_path)
    for content in (b"not a zip", b"PK\x03\x04 cut off"):
        (tmp_path / "words.npz").write_bytes(content)
        with pytest.raises(ModelError, match="expected word weights"):
            load(tmp_path)
