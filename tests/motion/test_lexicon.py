"""Transcripts: every word becomes phones, known or not, and numbers are read out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emogen.motion.letters import spelled
from emogen.motion.lexicon import pack, phones_of, pronunciations, transcribed, words_of
from emogen.motion.numbers import read_out
from emogen.motion.phones import PHONES


def test_the_dictionary_knows_english():
    assert len(pronunciations()) > 120_000
    assert phones_of("baby") == ["B", "EY", "B", "IY"]
    assert phones_of("zzyzx's")[-1] == "Z"


@given(st.text(max_size=12))
def test_any_text_becomes_known_phones_or_none(text):
    for word in transcribed(text):
        assert word
        assert set(word) <= set(PHONES[1:])


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=15))
def test_any_spelling_has_a_sound(word):
    assert set(spelled(word)) <= set(PHONES[1:])
    if len(word) == 1:
        assert spelled(word)


@pytest.mark.parametrize(
    ("word", "phones"),
    [("bap", "B AE P"), ("mombar", "M AA M B AA R"), ("wame", "W EY M"), ("phlup", "F L AH P")],
)
def test_unknown_words_close_the_lips_where_they_are_spelled_so(word, phones):
    assert spelled(word) == phones.split()


def test_marks_numbers_and_quotes():
    assert words_of("It\u2019s 7!") == ["it's", "seven"]
    assert words_of("don't (stop)") == ["don't", "stop"]
    assert read_out("1200") == ["twelve", "hundred"]
    assert " ".join(read_out("1000000")) == "one million"
    assert " ".join(read_out("305")) == "three hundred five"


def test_packing_keeps_the_first_pronunciation(tmp_path):
    lines = ["a AH0", "a(2) EY1", "'bout B AW1 T", "read R EH1 D # past"]
    assert pack(lines, tmp_path / "p.xz") == 2
