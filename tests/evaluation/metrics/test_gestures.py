"""Blinks, head variety, seams and drift on curves whose truth is known."""

import numpy as np
import pytest

from emogen.errors import InputError
from emogen.evaluation.metrics.gestures import blinks, colour_drift, head_variety, seam_ratio


def test_clockwork_blinks_have_no_variation():
    lids = np.zeros(1500)
    lids[50::100] = lids[51::100] = lids[52::100] = 1
    found = blinks(lids, fps=25)
    assert (found.rate, found.interval, found.variation) == (15, 4, 0)
    assert found.duration == pytest.approx(0.12)
    assert np.isnan(blinks(np.zeros(50), fps=25).interval)


def test_variety_counts_directions():
    rng = np.random.default_rng(0)
    ball = head_variety(rng.standard_normal((5000, 3)), fps=25)
    assert ball.range == pytest.approx(1, abs=0.02)
    assert ball.spread == pytest.approx(np.ones(3), abs=0.05)
    assert head_variety(np.zeros((10, 3)), fps=25).range == 0
    steady = head_variety(np.arange(10.0)[:, None] * [3, 4, 0], fps=25)
    assert steady.speed == pytest.approx(125)


@pytest.mark.parametrize("jump", [0.0, 0.05, 0.5])
def test_a_seam_is_seen_at_its_join(jump):
    smooth = np.sin(np.arange(100) / 5)
    values = smooth + jump * (np.arange(100) >= 50)
    ratio = seam_ratio(values, [50])
    assert (ratio > 1.5) == (jump > 0)
    pixels = np.repeat(values[:, None, None, None], 3, axis=3)
    assert seam_ratio(pixels, [50]) == pytest.approx(ratio)
    with pytest.raises(InputError, match="joins"):
        seam_ratio(values, [99])


def test_drift_is_the_steepest_slope():
    rng = np.random.default_rng(0)
    colours = 100 + rng.normal(0, 0.01, (250, 3))
    assert colour_drift(colours, fps=25) < 0.01
    colours[:, 1] -= np.arange(250) * 0.2
    assert colour_drift(colours, fps=25) == pytest.approx(5, rel=0.01)
