"""A reading is valid or refused, and pieces of a file join."""

from dataclasses import replace

import numpy as np
import pytest

from emogen.errors import InputError
from emogen.evaluation.recogniser.reading import ModalityReading, concatenate, strictest


def a_reading(**changes):
    values = {
        "modality": "voice", "seconds": [0.25, 0.75], "emotion": np.full((2, 9), 1 / 9),
        "vad": np.zeros((2, 3)), "presence": [True, False], "confidence": [0.5, 0.0],
        "native": {"ravdess": np.full((2, 8), 1 / 8)}, "features": np.ones((2, 4)),
        "tier": "open", "model": "tiny",
    }  # fmt: skip
    return ModalityReading(**values | changes)


def test_types_are_brought_to_those_stated() -> None:
    reading = a_reading()
    kinds = [getattr(reading, name).dtype for name in ("seconds", "emotion", "presence")]
    assert kinds == [np.float64, np.float32, np.bool_]
    assert reading.num_windows == 2
    assert reading.is_present
    assert "nothing to read" in repr(replace(reading, presence=[False, False]))


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"modality": "smell"}, "expected a modality of words, voice, vision, got 'smell'"),
        ({"tier": "free"}, "expected a tier"),
        ({"seconds": [1.0, 0.0]}, "growing"),
        ({"emotion": np.full((2, 9), 0.5)}, "add up to 1"),
        ({"emotion": np.full((2, 8), 1 / 8)}, r"shape \(2, 9\)"),
        ({"vad": np.full((2, 3), np.nan)}, "finite"),
        ({"confidence": [0.5]}, "one row a window"),
        ({"native": {"ravdess": np.ones((3, 8))}}, "ravdess"),
    ],
)
def test_what_is_no_reading_is_refused(changes, complaint) -> None:
    with pytest.raises(InputError, match=complaint):
        a_reading(**changes)


def test_pieces_join() -> None:
    first = a_reading()
    joined = concatenate([first, a_reading(seconds=[1.25, 1.75], presence=[True, True])])
    assert joined.seconds.tolist() == [0.25, 0.75, 1.25, 1.75]
    assert joined.native["ravdess"].shape == (4, 8)
    assert joined.presence.tolist() == [True, False, True, True]


def test_pieces_of_different_models_do_not_join() -> None:
    with pytest.raises(InputError, match="by one encoder"):
        concatenate([a_reading(), a_reading(seconds=[2, 3], model="another")])
    with pytest.raises(InputError, match="growing"):
        concatenate([a_reading(), a_reading()])


def test_the_strictest_tier_holds() -> None:
    assert strictest(["open", "non-commercial"]) == "non-commercial"
    assert strictest([]) == "open"
