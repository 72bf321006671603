"""What the words encoder sees of a text."""

import numpy as np
import pytest

from emogen.evaluation.recogniser.words_text import (
    STYLE,
    NgramTable,
    key_of,
    ngram_counts,
    style,
    tokenize,
    why_unreadable,
)

KNOWN = np.sort(np.array([key_of(f"w{word}") for word in ("i", "am", "happy")], dtype=np.uint32))


def table(*pieces):
    keys = np.array([key_of(piece) for piece in pieces], dtype=np.uint32)
    order = np.argsort(keys)
    return NgramTable(keys[order], np.ones(len(keys), np.float32)), order


def test_words_pairs_and_letters_of_a_text():
    words, letters = ngram_counts("Go, GO!")
    assert {key_of("wgo"): 2, key_of("w,"): 1, key_of("wgo ,"): 1}.items() <= words.items()
    assert letters[key_of("c go")] == 2  # "go," and "go!" both begin with it
    assert key_of("c go,") in letters


def test_each_block_of_weights_has_norm_one():
    ngrams, order = table("wgood", "wvery", "cgo", "coo")
    rows, weights = ngrams.weights(ngram_counts("very good good"))
    norm = {str(order[row]): weight for row, weight in zip(rows, weights, strict=True)}
    assert norm["0"] ** 2 + norm["1"] ** 2 == pytest.approx(1)
    assert norm["0"] / norm["1"] == pytest.approx(1 + np.log(2))
    assert norm["2"] == norm["3"] == pytest.approx(0.5**0.5)


def test_unknown_ngrams_weigh_nothing():
    rows, weights = table("wgood")[0].weights(ngram_counts("quite bad"))
    assert len(rows) == len(weights) == 0


def test_drawn_out_words_meet():
    assert tokenize("Nooooooo") == tokenize("Nooo")


@pytest.mark.parametrize("text", ["", "a", "?!", "  \n", "\N{GRINNING FACE}", "x" * 10_000])
def test_style_of_anything_is_finite(text):
    numbers = style(text)
    assert numbers.shape == (STYLE,)
    assert numbers.dtype == np.float32
    assert np.isfinite(numbers).all()
    assert (numbers >= 0).all()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("I am happy", None), ("I am HAPPY :)", None), ("\N{GRINNING FACE}", None),
        ("", "no words"), ("12 + 3", "no words"), ("я рад", "another script"),
        ("I am zadowolony", "only 23 %"),
    ],
)  # fmt: skip
def test_why_a_text_is_not_read(text, reason):
    found = why_unreadable(text, KNOWN)
    assert (found is None) if reason is None else (reason in found)
