"""Series over strength and time: against scipy, and lags and events that were put in."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import correlate, correlation_lags
from scipy.stats import kendalltau, linregress, somersd, spearmanr

from emogen.errors import InputError
from emogen.evaluation.metrics import (
    curve_correlation,
    curve_lag,
    emotion_drift,
    intensity_monotonicity,
    timeline_events,
)


@pytest.mark.parametrize("levels", [4, 500])
def test_monotonicity_agrees_with_scipy(levels):
    rng = np.random.default_rng(levels)
    asked = rng.integers(5, size=40)
    read = asked * levels // 5 + rng.integers(levels, size=40)
    found = intensity_monotonicity(asked, read)
    assert found.spearman == pytest.approx(spearmanr(asked, read).statistic)
    assert found.ordered == pytest.approx((somersd(asked, read).statistic + 1) / 2)
    assert found.pairs == sum(a < b for a in asked for b in asked)


def test_without_ties_monotonicity_is_kendalls_tau():
    asked, read = np.arange(12), np.random.default_rng(0).permutation(12)
    tau = kendalltau(asked, read).statistic
    assert intensity_monotonicity(asked, read).ordered == pytest.approx((tau + 1) / 2)


def test_only_strengths_of_one_series_are_compared():
    asked = [0.2, 0.6, 1.0] * 2
    read = [0.1, 0.2, 0.3, 0.7, 0.8, 0.9]  # each rises, at a level of its own
    within = intensity_monotonicity(asked, read, ["cat"] * 3 + ["dog"] * 3)
    assert (within.ordered, within.spearman, within.pairs) == (1, pytest.approx(1), 6)
    assert intensity_monotonicity(asked, read).ordered < 1


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 6)), min_size=2, max_size=15))
def test_reading_the_opposite_turns_monotonicity_round(pairs):
    asked, read = np.array(pairs).T
    if np.ptp(asked) == 0:
        with pytest.raises(InputError, match="two strengths"):
            intensity_monotonicity(asked, read)
        return
    found, turned = intensity_monotonicity(asked, read), intensity_monotonicity(asked, -read)
    assert found.ordered + turned.ordered == pytest.approx(1)
    assert found.spearman == pytest.approx(-turned.spearman)
    assert intensity_monotonicity(asked, read * 0).ordered == 0.5


def wave(seconds):
    """A curve that never repeats."""
    return np.sin(2.1 * seconds) + 0.5 * np.sin(5.3 * seconds + 1) + 0.1 * seconds


@pytest.mark.parametrize("late", [-1.0, -0.5, 0, 0.25, 1.0])
def test_a_lag_that_was_put_in_is_found(late):
    seconds = np.arange(40) / 4
    found = curve_lag(wave(seconds), 0.3 * wave(seconds - late) - 2, rate=4, max_lag_seconds=2)
    assert found.seconds == late
    assert found.correlation == pytest.approx(1)
    assert found.unshifted == pytest.approx(np.corrcoef(wave(seconds), wave(seconds - late))[0, 1])


def test_lag_agrees_with_the_cross_correlation_of_scipy():
    rng = np.random.default_rng(0)
    asked = np.zeros(200)
    asked[80:120] = rng.normal(size=40)  # silence around it: the ends do not matter
    read = np.roll(asked, 7) + 0.1 * rng.normal(size=200)
    lags = correlation_lags(200, 200)
    expected = lags[correlate(read, asked).argmax()]
    assert curve_lag(asked, read, rate=10, max_lag_seconds=2).seconds == expected / 10 == 0.7


def test_each_shift_is_scored_by_plain_correlation():
    rng = np.random.default_rng(1)
    asked, read = rng.normal(size=(2, 12))
    found = curve_lag(asked, read, rate=1, max_lag_seconds=4)
    parts = {k: (asked[max(-k, 0) : 12 - max(k, 0)], read[max(k, 0) : 12 + min(k, 0)])
             for k in range(-4, 5)}
    scores = {k: np.corrcoef(a, b)[0, 1] for k, (a, b) in parts.items()}
    assert found.seconds == max(scores, key=scores.get)
    assert found.correlation == pytest.approx(max(scores.values()))


def test_nothing_followed_has_no_lag():
    still = curve_lag([0, 1, 2, 1, 0, 1], np.ones(6), rate=2, max_lag_seconds=1)
    assert still.seconds is None
    assert still.correlation == still.unshifted == 0


def test_correlation_is_the_mean_over_channels_asked_to_change():
    rng = np.random.default_rng(0)
    asked, read = rng.normal(size=(2, 20, 3))
    asked[:, 1] = 0.5
    expected = np.mean([np.corrcoef(asked[:, c], read[:, c])[0, 1] for c in (0, 2)])
    assert curve_correlation(asked, read) == pytest.approx(expected)
    assert curve_correlation(asked[:, 0], read[:, 0]) == pytest.approx(
        np.corrcoef(asked[:, 0], read[:, 0])[0, 1]
    )


@pytest.mark.parametrize(("asked", "read", "message"), [
    ([1, 1, 1], [1, 2, 3], "a curve that changes"),
    ([1, 2, 3], [1, 2], "at the same times"),
    ([1, 2, 3], [1, np.nan, 3], "leave out windows"),
])
def test_curves_that_cannot_be_compared_are_refused(asked, read, message):
    with pytest.raises(InputError, match=message):
        curve_correlation(asked, read)


def test_a_lag_longer_than_half_of_the_curve_is_refused():
    with pytest.raises(InputError, match="shorten max_lag_seconds"):
        curve_lag([0, 1, 2, 3], [0, 1, 2, 3], rate=2, max_lag_seconds=1)


def test_events_of_a_ramp():
    seconds = np.arange(0, 8, 0.5)
    ramp = np.clip((seconds - 2) / 4, 0, 1)  # from 2 s to 6 s
    events = timeline_events(seconds, ramp)
    assert events.onset_seconds == pytest.approx(4)
    assert (events.peak_seconds, events.peak, events.lowest) == (6, 1, 0)
    assert events.drift_per_second == pytest.approx(linregress(seconds, ramp).slope)


def test_the_onset_belongs_to_the_highest_peak():
    events = timeline_events(range(7), [0, 0.4, 0, 0, 0.6, 1, 0])
    assert 3 < events.onset_seconds < 4
    assert events.peak_seconds == 5


def test_there_from_the_start_or_never():
    assert timeline_events([0.25, 0.75, 1.25], [0.9, 0.8, 0.1]).onset_seconds == 0.25
    flat = timeline_events([0, 1], [0.5, 0.52])
    assert flat.onset_seconds is None
    single = timeline_events([0.3], [0.7])
    assert (single.onset_seconds, single.peak, single.drift_per_second) == (None, 0.7, 0)
    with pytest.raises(InputError, match="times that rise"):
        timeline_events([0, 0], [1, 2])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 100), st.integers(2, 12))
def test_drift_is_a_share_and_the_same_backwards(seed, count):
    rows = np.random.default_rng(seed).dirichlet(np.ones(9), size=count)
    assert 0 <= emotion_drift(rows) <= 1
    assert emotion_drift(rows[::-1]) == pytest.approx(emotion_drift(rows), abs=1e-7)
    assert emotion_drift(rows[[0] * count]) == pytest.approx(0, abs=1e-7)


def test_one_window_has_no_drift():
    with pytest.raises(InputError, match="two windows"):
        emotion_drift(np.eye(9)[:1])
