"""Krippendorff's alpha against published and simple cases."""

import numpy as np
import pytest

from emogen.errors import InputError
from emogen.evaluation.study import krippendorff_alpha


def test_published_example() -> None:
    """Four observers, twelve units, values missing: alpha = .743 (Krippendorff 2011, C)."""
    observers = (
        (1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None),
        (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3),
        (None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None),
        (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None),
    )
    units = zip(*observers, strict=True)
    units = [[value for value in unit if value is not None] for unit in units]
    assert krippendorff_alpha(units) == pytest.approx(0.743, abs=5e-4)


def test_all_agree_and_chance() -> None:
    assert krippendorff_alpha([["a", "a"], ["b", "b", "b"]]) == 1
    rng = np.random.default_rng(0)
    guesses = rng.choice(["a", "b", "tie"], (4000, 3)).tolist()
    assert abs(krippendorff_alpha(guesses)) < 0.02


def test_one_word_for_everything_is_undefined() -> None:
    assert np.isnan(krippendorff_alpha([["a", "a"], ["a", "a"]]))


def test_single_answers_say_nothing() -> None:
    with pytest.raises(InputError, match="two raters"):
        krippendorff_alpha([["a"], ["b"]])
