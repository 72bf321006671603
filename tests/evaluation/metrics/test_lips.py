"""Lip metrics on made curves whose truth is known, and against scipy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import correlate

from emogen.errors import InputError
from emogen.evaluation.metrics.lips import (
    band_passed,
    best_match,
    bilabial_closures,
    lip_sync,
    silent_lips,
    speech_envelope,
)

RATE = 16_000


def babble(seconds=8, seed=0):
    """Return noise whose loudness swells 4 times a second, irregularly, and the swell at 100 Hz."""
    rng = np.random.default_rng(seed)
    swell = np.interp(np.arange(seconds * 100) / 100, np.arange(seconds * 8 + 1) / 8,
                      rng.uniform(0, 1, seconds * 8 + 1))  # fmt: skip
    sound = rng.standard_normal(seconds * RATE) * np.repeat(swell, RATE // 100) ** 2
    return (0.1 * sound).astype(np.float32), swell


@given(st.integers(-10, 10), st.integers(0, 99))
@settings(max_examples=20, deadline=None)
def test_a_shift_is_found(shift, seed):
    curve = band_passed(np.random.default_rng(seed).standard_normal(200), fps=25)
    wide = np.pad(curve, 20)
    found = best_match(np.roll(wide, shift), wide, fps=25)
    assert found.lag == pytest.approx(shift / 25)
    assert found.correlation == pytest.approx(1, abs=0.02)


def test_the_best_shift_agrees_with_scipy():
    rng = np.random.default_rng(1)
    x = np.pad(rng.standard_normal(300), 15)
    y = np.roll(x, -4) + 0.1 * rng.standard_normal(330)
    full = correlate(x, y, mode="full")
    assert best_match(x, y, fps=1).lag == full.argmax() - (len(y) - 1)


@pytest.mark.parametrize("late", [-2, 0, 3])
def test_lips_that_follow_the_loudness_are_in_sync(late):
    sound, swell = babble()
    lips = np.roll(np.interp(np.arange(200) / 25, np.arange(800) / 100, swell), late)
    found = lip_sync(lips, sound, sample_rate=RATE, fps=25)
    assert found.correlation > 0.8
    assert found.lag == pytest.approx(late / 25, abs=0.021)
    assert found.confidence > 0.4
    other = lip_sync(np.random.default_rng(5).uniform(size=200), sound, sample_rate=RATE, fps=25)
    assert other.confidence < found.confidence


def test_the_band_is_that_of_syllables():
    time = np.arange(500) / 25
    assert np.abs(band_passed(np.sin(2 * np.pi * 0.5 * time), fps=25)).max() < 0.01
    assert np.abs(band_passed(np.sin(2 * np.pi * 4 * time), fps=25)).max() > 0.95
    assert len(speech_envelope(np.zeros(RATE), sample_rate=RATE, fps=25)) == 25


def test_stillness_is_measured_in_silence_only():
    said = np.arange(100) < 50
    lips = np.where(said, np.arange(100) % 2, 0.0)
    assert silent_lips(lips, said, fps=25).movement == 0
    lips[70:90] = np.arange(20) % 2
    half = silent_lips(lips, said, fps=25)
    assert 0.3 < half.against_speech < 0.6
    assert half.seconds == pytest.approx((50 - 5 - 1) / 25)
    with pytest.raises(InputError, match=r"silence of 0\.3 s"):
        silent_lips(lips, np.ones(100), fps=25)


def test_closures_count_within_their_tolerance_only():
    lips = np.ones(50)
    lips[20] = 0.0
    for offset, hit in ((0, True), (0.04, True), (-0.04, True), (0.09, False), (-0.09, False)):
        start = 20 / 25 + offset
        found = bilabial_closures(lips, np.array([[start, start]]), np.ones(50), fps=25)
        assert bool(found.hits[0]) == hit
        assert found.precision == float(hit)


def test_a_mouth_that_is_always_closed_hits_all_and_says_so():
    lips = np.zeros(50)
    lips[::12] = 1  # so that there is a wide opening to compare with
    found = bilabial_closures(lips, np.array([[0.1, 0.2], [1.0, 1.1]]), np.ones(50), fps=25)
    assert found.recall == 1
    assert found.closed_share > 0.8
