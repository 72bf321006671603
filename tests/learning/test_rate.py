"""The learning rate over a run."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emogen.learning.rate import trapezoid


def test_corners():
    shape = {"warmup": 10, "decay": 0.5}
    assert trapezoid(0, 0.0, **shape) == pytest.approx(0.1)
    assert trapezoid(9, 0.1, **shape) == 1
    assert trapezoid(50, 0.5, **shape) == 1
    assert trapezoid(75, 0.75, **shape) == pytest.approx(0.5)
    assert trapezoid(100, 1.0, **shape) == 0.02


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 10**6), st.floats(0, 1), st.integers(0, 500), st.floats(0, 1))
def test_factor_is_above_zero_and_at_most_one(step, progress, warmup, decay):
    assert 0 < trapezoid(step, progress, warmup=warmup, decay=decay) <= 1


def test_without_fall_the_end_does_not_matter():
    assert {trapezoid(5, progress, warmup=2, decay=0) for progress in (0, 0.5, 1)} == {1.0}
