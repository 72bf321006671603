"""Figures of a campaign: rows in, what one judge says of them with intervals out.

Prompts are resampled whole (cluster bootstrap). Shares also have a Wilson interval; of the two the
wider one is stated, since few prompts make the bootstrap too narrow.

Shapes: N clips, W windows of a clip, C categories of a curve.
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from emogen.emotion import CATEGORIES, MIKELS
from emogen.errors import InputError
from emogen.evaluation.campaign.rows import Row
from emogen.evaluation.metrics import (
    confusion_matrix,
    curve_correlation,
    emotion_hits,
    expected_calibration_error,
    intensity_monotonicity,
    neutral_drift,
    timeline_events,
    unweighted_average_recall,
)
from emogen.evaluation.statistics import RESAMPLES, Estimate, bootstrap, bootstrap_mean, wilson

CURVE_RATE = 8.0
"""Points a second at which asked and read curves are compared, between windows interpolated."""
MAX_LAG = 1.0
"""Seconds that a chart of lags shows to each side."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What a figure means.

    Attributes:
        label: a few words.
        better: ``up``, ``down`` or ``zero``.
        low: lower end of its scale.
        high: upper end of its scale.
        chance: what guessing gives, or None.
        percent: whether it is shown in percent.
        about: one sentence.
    """

    label: str
    better: Literal["up", "down", "zero"]
    low: float = 0.0
    high: float = 1.0
    chance: float | None = None
    percent: bool = False
    about: str


KINDS: dict[str, Kind] = {
    "ea8": Kind(label="EA-8", better="up", chance=1 / 8, percent=True,
                about="the strongest of the eight emotions is the one asked for"),
    "ea2": Kind(label="EA-2", better="up", chance=1 / 2, percent=True,
                about="the strongest emotion is as pleasant or unpleasant as the one asked for"),
    "uar": Kind(label="UAR", better="up", chance=1 / 8, percent=True,
                about="EA-8 with every emotion counted alike"),
    "asked_weight": Kind(label="Weight of the asked", better="up", chance=1 / 9, percent=True,
                         about="mean probability of the emotion asked for"),
    "ea8_sure": Kind(label="EA-8 where sure", better="up", chance=1 / 8, percent=True,
                     about="EA-8 of the clips on which the judge does not abstain"),
    "sure": Kind(label="Clips it is sure of", better="up", percent=True,
                 about="share of clips on which the judge does not abstain"),
    "intensity_order": Kind(label="Strength in order", better="up", chance=1 / 2, percent=True,
                            about="pairs of strengths of one series that are read in order"),
    "intensity_rank": Kind(label="Strength, Spearman", better="up", low=-1.0, chance=0.0,
                           about="rank correlation of asked and read strength within a series"),
    "curve": Kind(label="Curve, correlation", better="up", low=-1.0, chance=0.0,
                  about="correlation over time of asked and read weights"),
    "curve_lag": Kind(label="Curve, lag in s", better="zero", low=-MAX_LAG, high=MAX_LAG,
                      about="how much later than asked the read curve turns; below 0 is early"),
    "neutral_drift": Kind(label="Emotion in neutral clips", better="down", percent=True,
                          about="mean probability of any emotion where none was asked"),
    "ece": Kind(label="Calibration error", better="down", percent=True,
                about="ECE: distance of the judge's confidence from how often it names the asked"),
}


def judge_figures(
    rows: Sequence[Row], judge: str, *, resamples: int = RESAMPLES
) -> tuple[dict[str, Estimate], list[str]]:
    """Return the figures of one judge over finished rows, and notes about those left out."""
    rows = [row for row in rows if row.is_finished and judge in row.judges]
    parts = {
        measure: [row for row in rows if row.measures == measure]
        for measure in ("category", "intensity", "curve", "neutral")
    }
    figures: dict[str, Estimate] = {}
    notes: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for measure, compute in _COMPUTE.items():
            if parts[measure]:
                figures |= compute(parts[measure], judge, resamples)
    notes += dict.fromkeys(str(entry.message) for entry in caught)
    return {name: figures[name] for name in KINDS if name in figures}, notes


def hits(rows: Sequence[Row], judge: str, *, classes: Literal[2, 8] = 8) -> np.ndarray:
    """Say of each row whether the judge reads what was asked, bool (N,)."""
    return emotion_hits([row.asked for row in rows], emotions(rows, judge), classes=classes)


def emotions(rows: Sequence[Row], judge: str) -> np.ndarray:
    """Return the distribution that a judge reads in each clip, float64 (N, 9)."""
    return np.array([row.judges[judge].emotion for row in rows])


def share(
    right: np.ndarray, clusters: Sequence[object], *, resamples: int = RESAMPLES
) -> Estimate:
    """Return a share with the wider of its Wilson and its cluster bootstrap interval.

    >>> share(np.array([True, False] * 4), list("aabbccdd")).rounded(3)
    '0.500 (0.215 to 0.785)'
    """
    single = wilson(int(right.sum()), len(right))
    if len(set(clusters)) < 2:
        return single
    grouped = bootstrap_mean(right.astype(float), clusters, resamples=resamples)
    return max(single, grouped, key=lambda estimate: estimate.high - estimate.low)


def top_confusion(rows: Sequence[Row], judge: str) -> list[list[int]]:
    """Return how often each of the eight asked was read as each of the nine, 8 rows of 9."""
    rows = [row for row in rows if row.is_finished and row.measures == "category"]
    asked = [CATEGORIES.index(row.asked) for row in rows]
    read = emotions(rows, judge).argmax(axis=1) if rows else []
    if not asked:
        return [[0] * len(CATEGORIES) for _ in MIKELS]
    counts = confusion_matrix(asked, read, num_classes=len(CATEGORIES))
    return counts[: len(MIKELS)].tolist()


def _category(rows: Sequence[Row], judge: str, resamples: int) -> dict[str, Estimate]:
    prompts = [row.prompt for row in rows]
    right = hits(rows, judge)
    sure = np.array([not row.judges[judge].unsure for row in rows])
    confidence = np.array([row.judges[judge].confidence for row in rows])
    named = np.array([row.judges[judge].top == row.asked for row in rows])
    weights = [row.judges[judge].weight(row.asked) for row in rows]
    truth = np.array([MIKELS.index(row.asked) for row in rows])
    read = emotions(rows, judge)[:, : len(MIKELS)].argmax(axis=1)
    figures = {
        "ea8": share(right, prompts, resamples=resamples),
        "ea2": share(hits(rows, judge, classes=2), prompts, resamples=resamples),
        "uar": bootstrap(_recall, truth, read, clusters=prompts, resamples=resamples // 2),
        "asked_weight": bootstrap_mean(weights, prompts, resamples=resamples),
        "sure": share(sure, prompts, resamples=resamples),
        "ece": bootstrap(_calibration, confidence, named, clusters=prompts,
                         resamples=resamples // 2),
    }
    if sure.any():
        chosen = [prompt for prompt, kept in zip(prompts, sure, strict=True) if kept]
        figures["ea8_sure"] = share(right[sure], chosen, resamples=resamples)
    return figures


def _recall(truth: np.ndarray, read: np.ndarray) -> float:
    return unweighted_average_recall(truth, read, num_classes=len(MIKELS))


def _calibration(confidence: np.ndarray, correct: np.ndarray) -> float:
    return expected_calibration_error(confidence, correct, bins=10)


def _intensity(rows: Sequence[Row], judge: str, resamples: int) -> dict[str, Estimate]:
    """Bootstrap over prompts what was counted once for each series."""
    table = []
    for series in series_of(rows):
        asked = [row.intensity for row in series]
        read = [row.judges[judge].intensity for row in series]
        if len(set(asked)) > 1:
            found = intensity_monotonicity(asked, read)
            ordered = found.ordered * found.pairs
            table.append((series[0].prompt, found.spearman, ordered, found.pairs))
    if not table:
        return {}
    prompts, ranks, ordered, pairs = zip(*table, strict=True)
    return {
        "intensity_order": bootstrap(
            _ratio, ordered, pairs, clusters=prompts, resamples=resamples
        ),
        "intensity_rank": bootstrap_mean(ranks, prompts, resamples=resamples),
    }


def _ratio(part: np.ndarray, whole: np.ndarray) -> float:
    return float(part.sum() / whole.sum())


def series_of(rows: Sequence[Row]) -> list[list[Row]]:
    """Return rows of one prompt, category and seed together, weakest first."""
    groups: dict[tuple[str, str | None, int | None], list[Row]] = {}
    for row in rows:
        if row.is_finished and row.measures == "intensity":
            groups.setdefault((row.prompt, row.asked, row.seed), []).append(row)
    return [sorted(group, key=lambda row: row.intensity or 0) for group in groups.values()]


@dataclass(frozen=True, kw_only=True)
class CurvePair:
    """An asked and a read curve at the same times.

    Attributes:
        seconds: (T,) times at `CURVE_RATE`.
        categories: C names that were asked to change.
        asked: (T, C) weights.
        read: (T, C) weights.
    """

    seconds: np.ndarray
    categories: tuple[str, ...]
    asked: np.ndarray
    read: np.ndarray


def curve_pair(row: Row, judge: str) -> CurvePair:
    """Return the asked and the read curve of a row, where the judge's windows reach.

    Raises:
        InputError: the judge gave fewer than two windows.
    """
    read = row.judges[judge]
    if len(read.curve_seconds) < 2:
        raise InputError(f"expected at least two windows of {row.key}, got fewer; use longer clips")
    count = max(4, round((read.curve_seconds[-1] - read.curve_seconds[0]) * CURVE_RATE) + 1)
    seconds = np.linspace(read.curve_seconds[0], read.curve_seconds[-1], count)
    trajectory = row.request.trajectory(row.picture.seconds)
    asked = np.array([trajectory.at(moment).exact()[: len(MIKELS)] for moment in seconds])
    changing = np.flatnonzero(np.ptp(asked, axis=0) > 1e-6)
    emotion = np.array(read.curve_emotion)
    curves = [np.interp(seconds, read.curve_seconds, emotion[:, place]) for place in changing]
    return CurvePair(
        seconds=seconds, categories=tuple(MIKELS[place] for place in changing),
        asked=asked[:, changing], read=np.stack(curves, axis=1),
    )


def turn_lag(pair: CurvePair) -> float | None:
    """Return how much later the read curve turns than the asked one, in seconds.

    Both are projected on the asked change from start to end, and each turns where it last passes
    half way between its own lowest and highest. Cross-correlation cannot tell this: a straight ramp
    correlates alike at every shift. None where nothing turns or the start is asked again.

    Args:
        pair: curves at the same times.
    """
    change = pair.asked[-1] - pair.asked[0]
    if not change.any():
        return None
    asked, read = (
        timeline_events(pair.seconds, curve @ change / np.abs(change).sum()).onset_seconds
        for curve in (pair.asked, pair.read)
    )
    return None if asked is None or read is None else read - asked


def _curve(rows: Sequence[Row], judge: str, resamples: int) -> dict[str, Estimate]:
    table, lags = [], []
    for row in rows:
        if len(row.judges[judge].curve_seconds) < 2:
            warnings.warn(f"{row.key} is too short for a curve", stacklevel=2)
            continue
        pair = curve_pair(row, judge)
        table.append((row.prompt, curve_correlation(pair.asked, pair.read)))
        lag = turn_lag(pair)
        if lag is not None:
            lags.append((row.prompt, lag))
    figures = {}
    for name, pairs in (("curve", table), ("curve_lag", lags)):
        if pairs:
            prompts, values = zip(*pairs, strict=True)
            figures[name] = bootstrap_mean(values, prompts, resamples=resamples)
    return figures


def _neutral(rows: Sequence[Row], judge: str, resamples: int) -> dict[str, Estimate]:
    prompts = [row.prompt for row in rows]
    read = emotions(rows, judge)
    return {"neutral_drift": bootstrap(neutral_drift, read, clusters=prompts, resamples=resamples)}


_COMPUTE: dict[str, Callable[[Sequence[Row], str, int], dict[str, Estimate]]] = {
    "category": _category,
    "intensity": _intensity,
    "curve": _curve,
    "neutral": _neutral,
}
