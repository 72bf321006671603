"""Does it follow over time and strength: series asked and read in, order, lag and events out.

Shapes: N clips or windows, T points in time, C channels.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emogen.errors import InputError
from emogen.evaluation.metrics.agreement import jensen_shannon
from emogen.evaluation.metrics.inputs import Numbers, distributions, require_same_length
from emogen.evaluation.statistics import cluster_rows, finite_column, pearson, spearman

MIN_RISE = 0.05
"""A timeline that rises less has no onset."""


@dataclass(frozen=True, kw_only=True)
class Monotonicity:
    """Whether more was asked and more was read.

    Attributes:
        spearman: rank correlation, in [-1, 1]; the mean over series.
        ordered: share of pairs asked in this order that were read so too, in [0, 1]; a tie counts
            half, so that 0.5 is chance.
        pairs: how many pairs were asked in different strengths.
    """

    spearman: float
    ordered: float
    pairs: int


def intensity_monotonicity(
    asked: Numbers, read: Numbers, series: Sequence[object] | None = None
) -> Monotonicity:
    """Return how well the read strength rises with the asked one.

    The share of ordered pairs is (Somers' D of read given asked + 1) / 2; steering papers such as
    EmoWorld (arXiv 2608.06231) call theirs monotonicity. Source: Somers 1962, American
    Sociological Review 27.

    Args:
        asked: (N,) strength.
        read: (N,) strength, finite.
        series: (N,) what belongs together, for example prompt and emotion: only strengths of one
            series are compared. One series without it.

    Raises:
        InputError: nothing was asked in two strengths.

    >>> intensity_monotonicity([0.2, 0.6, 1.0], [0.1, 0.5, 0.4]).ordered.__round__(3)
    0.667
    """
    x, y = finite_column(asked), finite_column(read)
    require_same_length(x, y)
    groups = cluster_rows(len(x), ["all"] * len(x) if series is None else series)
    groups = [rows for rows in groups if np.ptp(x[rows])]
    if not groups:
        raise InputError("expected at least two strengths in a series, got one; ask for more")
    counts = np.array([_ordered(x[rows], y[rows]) for rows in groups])  # (series, 2)
    ordered, pairs = counts.sum(axis=0)
    return Monotonicity(
        spearman=float(np.mean([spearman(x[rows], y[rows]) for rows in groups])),
        ordered=float(ordered / pairs),
        pairs=int(pairs),
    )


def _ordered(x: np.ndarray, y: np.ndarray) -> tuple[float, int]:
    """Return how many pairs are in order, ties half, and how many there are."""
    more = np.subtract.outer(x, x) > 0
    signs = np.sign(np.subtract.outer(y, y))[more]
    return float((signs + 1).sum() / 2), int(more.sum())


def curve_correlation(asked: np.ndarray, read: np.ndarray) -> float:
    """Return Pearson's correlation over time, the mean over channels that were asked to change.

    In [-1, 1]; a channel that is read as constant counts 0.

    Args:
        asked: (T,) or (T, C), sampled at the same times as the reading.
        read: the same shape.

    Raises:
        InputError: shapes differ, or nothing was asked to change.

    >>> round(curve_correlation([[0, 1], [0.5, 1], [1, 1]], [[0, 0], [1, 1], [2, 0]]), 6)
    1.0
    """
    first, second = _channels(asked, read)
    return _correlation(first, second)


@dataclass(frozen=True, kw_only=True)
class CurveLag:
    """How late a reading follows what was asked.

    Attributes:
        seconds: shift with the highest correlation; positive is late, negative early. None where no
            shift correlates above 0: then nothing was followed.
        correlation: at that shift.
        unshifted: correlation without a shift.
    """

    seconds: float | None
    correlation: float
    unshifted: float


def curve_lag(
    asked: np.ndarray, read: np.ndarray, *, rate: float, max_lag_seconds: float = 1.0
) -> CurveLag:
    """Return the lag of a reading: the peak of the normalised cross-correlation.

    At each shift within +-``max_lag_seconds`` the overlapping parts are correlated, each with its
    own means. The lag is a multiple of 1 / rate; of equal peaks the shortest.

    Args:
        asked: (T,) or (T, C), see `curve_correlation`.
        read: the same shape, sampled at the same times.
        rate: points a second.
        max_lag_seconds: at most half of the curve.

    >>> asked, read = [0, 0, 1, 2, 1, 0, 0, 0], [0, 0, 0, 1, 2, 1, 0, 0]
    >>> curve_lag(asked, read, rate=2, max_lag_seconds=1).seconds
    0.5
    """
    first, second = _channels(asked, read)
    most = int(np.floor(max_lag_seconds * rate + 1e-9))
    if rate <= 0 or most < 0 or 2 * most > len(first) or len(first) - most < 3:
        raise InputError(
            f"expected a lag of at most half of {len(first)} points with 3 left, got {most}; "
            "shorten max_lag_seconds"
        )
    shifts = sorted(range(-most, most + 1), key=abs)
    found = [_shifted(first, second, shift) for shift in shifts]
    best = int(np.argmax(np.round(found, 12)))
    return CurveLag(
        seconds=shifts[best] / rate if found[best] > 1e-12 else None,
        correlation=found[best],
        unshifted=found[0],
    )


def _shifted(asked: np.ndarray, read: np.ndarray, shift: int) -> float:
    size = len(asked) - abs(shift)
    start, late = max(-shift, 0), max(shift, 0)
    overlap = asked[start : start + size], read[late : late + size]
    return _correlation(*overlap) if np.ptp(overlap[0], axis=0).any() else 0.0


def _correlation(asked: np.ndarray, read: np.ndarray) -> float:
    changing = np.flatnonzero(np.ptp(asked, axis=0) > 0)
    return float(np.mean([pearson(asked[:, channel], read[:, channel]) for channel in changing]))


def _channels(asked: np.ndarray, read: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    first, second = (np.asarray(curve, dtype=np.float64) for curve in (asked, read))
    if first.shape != second.shape or first.ndim not in {1, 2} or not first.size:
        raise InputError(
            f"expected two curves [T] or [T, C], got {list(first.shape)} and "
            f"{list(second.shape)}; sample both at the same times"
        )
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise InputError("expected finite curves, got nan; leave out windows without a reading")
    first, second = first.reshape(len(first), -1), second.reshape(len(second), -1)  # (T, C)
    if not np.ptp(first, axis=0).any():
        raise InputError("expected a curve that changes, got a constant; use a mean instead")
    return first, second


@dataclass(frozen=True, kw_only=True)
class TimelineEvents:
    """When an emotion comes and is strongest.

    Attributes:
        onset_seconds: when it last rose through half way between lowest and highest before the
            peak, interpolated; the first moment where it was that strong from the start; None where
            it varies less than `MIN_RISE`.
        peak_seconds: the first moment of the highest strength.
        peak: the highest strength.
        lowest: the lowest strength.
        drift_per_second: slope of the least-squares line.
    """

    onset_seconds: float | None
    peak_seconds: float
    peak: float
    lowest: float
    drift_per_second: float


def timeline_events(seconds: Numbers, strength: Numbers) -> TimelineEvents:
    """Read onset, peak and drift off a timeline.

    Args:
        seconds: (N,) rising centres of windows.
        strength: (N,) for example the probability of one category or an intensity.

    >>> events = timeline_events([0, 0.5, 1, 1.5], [0, 0, 0.8, 0.4])
    >>> events.onset_seconds, events.peak_seconds, round(events.drift_per_second, 2)
    (0.75, 1.0, 0.4)
    """
    times, values = finite_column(seconds), finite_column(strength)
    require_same_length(times, values)
    if (np.diff(times) <= 0).any():
        raise InputError("expected times that rise, got others; sort the windows")
    peak, centred = int(values.argmax()), times - times.mean()
    spread = float(centred @ centred)
    return TimelineEvents(
        onset_seconds=_onset(times, values, peak),
        peak_seconds=float(times[peak]),
        peak=float(values[peak]),
        lowest=float(values.min()),
        drift_per_second=float(centred @ values / spread) if spread else 0.0,
    )


def _onset(times: np.ndarray, values: np.ndarray, peak: int) -> float | None:
    if np.ptp(values) < MIN_RISE:
        return None
    level = (values.min() + values[peak]) / 2
    below = np.flatnonzero(values[:peak] < level)
    if not len(below):
        return float(times[0])
    last = below[-1]
    return float(np.interp(level, values[last : last + 2], times[last : last + 2]))


def emotion_drift(emotion: np.ndarray) -> float:
    """Return how far the emotion at the end is from that at the start, in [0, 1].

    The Jensen-Shannon distance (square root of the divergence, base 2) between the mean
    distributions of the first and of the last third, at least one window each. 0 for a clip that
    holds its emotion.

    Args:
        emotion: (N, C) distributions in order of time, at least two.

    >>> emotion_drift(np.eye(2)[[0, 0, 1]])
    1.0
    """
    rows = distributions(emotion)
    if len(rows) < 2:
        raise InputError("expected at least two windows, got one; a moment has no drift")
    third = max(len(rows) // 3, 1)
    ends = rows[:third].mean(axis=0, keepdims=True), rows[-third:].mean(axis=0, keepdims=True)
    return float(np.sqrt(jensen_shannon(*ends)[0]))
