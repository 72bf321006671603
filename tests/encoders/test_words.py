"""Sentiment of transcripts: sentences, times, other languages, hostile input."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emogen.emotion.labels import CATEGORIES
from emogen.encoders.words import label_shares, read_words, second_by_second, sentences, spread
from emogen.errors import InputError

ANGER, SADNESS = CATEGORIES.index("anger"), CATEGORIES.index("sadness")


def test_sentences_say_what_they_say():
    found = read_words("I am so angry, I hate this! Her death makes me sad and I cry.", seconds=6.0)
    assert found.distribution.argmax(1).tolist() == [ANGER, SADNESS]
    assert found.vectors[0, 8] < 0
    assert found.seconds[0] < found.seconds[1]
    assert float(found.spans.sum()) == pytest.approx(6.0)
    assert "sentences have no times" in found.notes[0]


def test_a_plain_statement_is_neutral():
    found = read_words("Kids are talking by the door.", seconds=3.0)
    assert CATEGORIES[int(found.distribution[0].argmax())] == "neutral"
    assert found.vectors[0, 11] < 0.5


def test_timed_lines_keep_their_times():
    found = read_words([(1.0, 2.0, "I love you."), (5.0, 5.5, "I hate you.")], seconds=8.0)
    assert found.seconds.tolist() == [1.5, 5.25]
    assert found.distribution[0, ANGER] < found.distribution[1, ANGER]
    assert found.notes == ()


def test_timed_words_are_read_second_by_second():
    said = ("i", "am", "so", "happy", "that", "i", "could", "sing")
    words = [(0.2 * place, 0.2 * place + 0.2, word) for place, word in enumerate(said)]
    found = read_words(words, seconds=2.0)
    assert found.seconds.tolist() == [0.5, 1.5]
    assert found.vectors[0, 8] > 0.3
    assert second_by_second([(9.0, 9.5, "late")], 4.0) == []


@pytest.mark.parametrize("text", ["Wszystko jest dzisiaj piękne", "とても悲しい", "xqz vrt"])
def test_what_it_does_not_know_is_absent(text):
    found = read_words(text, seconds=2.0)
    assert not found.present.any()
    assert "could be read" in found.notes[-1]


@pytest.mark.parametrize("text", ["", "  \n", "...?!"])
def test_no_words_are_absent(text):
    assert len(read_words(text, seconds=2.0)) == 0


@pytest.mark.parametrize("lines", [
    [(2.0, 1.0, "no")], [(-1.0, 1.0, "no")], [(3.0, 4.0, "two of them"), (1.0, 2.0, "one of them")],
])
def test_times_that_cannot_be_are_refused(lines):
    with pytest.raises(InputError, match="expected"):
        read_words(lines, seconds=5.0)


@given(st.lists(st.text("ab ", min_size=1, max_size=9), min_size=1, max_size=9),
       st.floats(0.1, 1e4))
def test_spread_covers_the_sound_without_gaps(parts, end):
    lines = spread(parts, end=end)
    assert lines[0][0] == 0
    assert lines[-1][1] == pytest.approx(end)
    assert all(one[1] == other[0] for one, other in pairwise(lines))


@given(st.text(max_size=80))
def test_any_text_is_read_or_absent(text):
    found = read_words(text, seconds=3.0)
    assert np.isfinite(found.vectors).all()
    assert np.allclose(found.distribution.sum(1), 1)


def test_shares_add_up_for_extreme_odds():
    shares = label_shares(np.array([[500.0] + [-500.0] * 27, [0.0] * 28]))
    assert np.allclose(shares.sum(1), 1)


def test_sentences_end_at_their_marks():
    assert sentences("One. Two!\nThree? ...") == ["One.", "Two!", "Three?"]
