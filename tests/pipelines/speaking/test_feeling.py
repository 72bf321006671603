"""What a face shows: curves are thinned within a tolerance, intensities stay in range."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emogen.emotion import MIKELS, EmotionPoint, parse
from emogen.pipelines.speaking.feeling import decided, scaled, thinned


def course(seed, length=120):
    """A course of emotion like one that was heard: few moods, smooth ways."""
    rng = np.random.default_rng(seed)
    names = rng.choice(MIKELS, 3)
    points = [EmotionPoint.from_category(name, rng.uniform(0.3, 1)).vector() for name in names]
    knots = np.linspace(0, length - 1, 3)
    return np.stack([np.interp(np.arange(length), knots, row) for row in np.stack(points).T], 1)


@given(seed=st.integers(0, 50), tolerance=st.sampled_from([0.02, 0.05, 0.2]))
@settings(max_examples=30, deadline=None)
def test_a_thin_curve_stays_close(seed, tolerance) -> None:
    rows = course(seed).astype(np.float32)
    curve = thinned(rows, 6.25, tolerance=tolerance)
    assert np.abs(curve.sample(len(rows), 6.25) - rows).max() <= tolerance + 0.01
    assert len(curve.keyframes) < 40


def test_no_more_keyframes_than_asked() -> None:
    rng = np.random.default_rng(0)
    rows = np.stack([EmotionPoint.from_category(name).vector() for name in rng.choice(MIKELS, 99)])
    assert len(thinned(rows, 6.25, most=20).keyframes) == 20
    assert len(thinned(rows[:1], 6.25).keyframes) == 1


@given(scale=st.floats(0, 1.5), strength=st.floats(0.05, 1))
def test_scaled_as_a_trajectory_is(scale, strength) -> None:
    curve = parse(f"fear:{strength:.3f}")
    own = scaled(curve.sample(1, 25), scale)
    np.testing.assert_allclose(own, curve.scaled(scale).sample(1, 25), atol=2e-4)
    assert own[0, 11] == pytest.approx(min(1.0, scale * round(strength, 3)), abs=1e-3)


@given(seed=st.integers(0, 50), sharpness=st.floats(1, 5))
def test_decided_keeps_the_order_and_the_direction(seed, sharpness) -> None:
    rows = np.float32(0.9) * course(seed).astype(np.float32)
    shown = decided(rows, sharpness)
    nine, before = (np.append(some[:, :8], 1 - some[:, 11:], 1) for some in (shown, rows))
    np.testing.assert_allclose(nine.sum(1), 1, atol=1e-5)
    assert (nine.max(1) >= before.max(1) - 1e-5).all()
    first = np.take_along_axis(nine, before.argmax(1)[:, None], 1)[:, 0]
    assert (first >= nine.max(1) - 1e-5).all()
    np.testing.assert_allclose(shown[:, 8] * rows[:, 11], rows[:, 8] * shown[:, 11], atol=1e-5)


def test_decided_leaves_the_certain_alone() -> None:
    fear = EmotionPoint.from_category("fear").vector()
    np.testing.assert_allclose(decided(np.stack([fear, np.zeros(12, np.float32)])),
                               np.stack([fear, np.zeros(12)]), atol=1e-6)  # fmt: skip
