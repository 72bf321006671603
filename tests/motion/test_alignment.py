"""Alignment: known phones are found where they were put, also over a long sound and with pauses."""

from itertools import pairwise

import numpy as np
import pytest

from emogen.errors import InputError
from emogen.motion.alignment import align
from emogen.motion.phones import INDEX, PHONES, PhoneSpan, phone_frames

SPEECH = [["B", "IH", "N"], ["B", "L", "UW"], ["AE", "T"], ["EH", "F"], ["T", "UW"], ["N", "AW"]]


def heard(words, rng, *, pauses=True, sure=0.7):
    """Return posteriors of words said with random durations, and the label of each frame."""
    labels = [0] * 10
    for word in words:
        for phone in word:
            labels += [INDEX[phone]] * int(rng.integers(2, 9))
        labels += [0] * (int(rng.integers(0, 15)) if pauses else 0)
    labels = np.array([*labels, *[0] * 10])
    noise = rng.dirichlet(np.full(len(PHONES), 0.3), len(labels))
    return (1 - sure) * noise + sure * np.eye(len(PHONES))[labels], labels


@pytest.mark.parametrize("seed", range(5))
def test_phones_are_found_within_a_frame(seed):
    posteriors, labels = heard(SPEECH, np.random.default_rng(seed))
    found = align(posteriors, SPEECH)
    placed = phone_frames(found.spans, num_frames=len(labels))
    assert (placed == labels).mean() > 0.95
    assert found.plausible
    spoken = [span.phone for span in found.spans if span.phone != "SIL"]
    assert spoken == [phone for word in SPEECH for phone in word]


def test_an_hour_is_settled_piece_by_piece():
    rng = np.random.default_rng(0)
    words = [SPEECH[k] for k in rng.integers(len(SPEECH), size=1500)]
    posteriors, labels = heard(words, rng)
    placed = phone_frames(align(posteriors, words).spans, num_frames=len(labels))
    assert len(labels) > 20_000
    assert (placed == labels).mean() > 0.95


def test_other_words_do_not_fit():
    posteriors, _ = heard(SPEECH, np.random.default_rng(1), sure=0.9)
    wrong = align(posteriors, [["SH", "IY"], ["M", "EH", "ZH", "ER", "Z"], ["HH", "AW", "S"]])
    assert not wrong.plausible


def test_spans_cover_the_sound_without_gaps():
    posteriors, labels = heard(SPEECH, np.random.default_rng(2))
    spans = align(posteriors, SPEECH).spans
    assert spans[0].start == 0
    assert spans[-1].end == len(labels) / 50
    assert all(one.end == other.start for one, other in pairwise(spans))


def test_too_many_words_for_the_sound_are_refused():
    with pytest.raises(InputError, match="got 140"):
        align(np.full((20, 40), 1 / 40), SPEECH * 10)
    with pytest.raises(InputError, match="got 0"):
        align(np.full((20, 40), 1 / 40), [])


def test_spans_are_checked():
    with pytest.raises(InputError, match="AA1"):
        PhoneSpan(phone="AA1", start=0, end=1)
    with pytest.raises(InputError, match="start <= end"):
        PhoneSpan(phone="AA", start=2, end=1)
