"""Does 80 % sure mean right in 80 %: confidences and hits in, calibration figures out.

Temperature scaling, which mends it, is here too.

Shapes: N rows, B bins, C classes.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from emogen.errors import InputError
from emogen.evaluation.metrics.inputs import (
    Numbers,
    class_labels,
    distributions,
    require_same_length,
    shares,
    truths,
)
from emogen.evaluation.statistics import mean_ranks

BINS = 15
"""As many as Guo et al. 2017 use."""
TEMPERATURES = (0.05, 20.0)
"""Where a temperature is searched."""
_HALVINGS = 60

Scheme = Literal["width", "mass"]


@dataclass(frozen=True, kw_only=True)
class ReliabilityBin:
    """One bar of a reliability diagram.

    Attributes:
        low: lower edge; with bins of equal mass, the lowest confidence inside.
        high: upper edge, which belongs to the bin; with equal mass, the highest inside.
        confidence: mean confidence inside.
        accuracy: share of hits inside.
        count: rows inside, at least 1.
    """

    low: float
    high: float
    confidence: float
    accuracy: float
    count: int


def reliability_bins(
    confidence: Numbers,
    correct: Sequence[bool] | np.ndarray,
    *,
    bins: int = BINS,
    scheme: Scheme = "width",
) -> tuple[ReliabilityBin, ...]:
    """Return the bars of a reliability diagram from low to high, empty bins left out.

    Args:
        confidence: (N,) in [0, 1].
        correct: (N,) whether each was right.
        bins: B.
        scheme: ``width`` cuts [0, 1] into B equal parts ((b - 1) / B, b / B], 0 falls into the
            first (Guo et al. 2017, arXiv 1706.04599); ``mass`` puts about N / B rows into each,
            equal confidences always together (Nguyen and O'Connor 2015, arXiv 1508.05154).

    >>> [bar] = reliability_bins([0.75, 0.75, 0.75, 0.75], [1, 1, 1, 0])
    >>> bar.confidence, bar.accuracy, bar.count
    (0.75, 0.75, 4)
    """
    sure, right = shares(confidence), truths(correct)
    require_same_length(sure, right)
    if bins < 1:
        raise InputError(f"expected at least one bin, got {bins}; 15 is usual")
    edges = np.linspace(0, 1, bins + 1)
    if scheme == "width":
        place = np.digitize(sure, edges[1:-1], right=True)
    else:
        place = ((mean_ranks(sure) + 0.5) * bins / len(sure)).astype(int)
    bars = []
    for index in np.unique(place):
        inside = sure[place == index]
        ends = edges[index : index + 2] if scheme == "width" else (inside.min(), inside.max())
        bars.append(ReliabilityBin(
            low=float(ends[0]), high=float(ends[1]), confidence=float(inside.mean()),
            accuracy=float(right[place == index].mean()), count=len(inside),
        ))
    return tuple(bars)


def expected_calibration_error(
    confidence: Numbers,
    correct: Sequence[bool] | np.ndarray,
    *,
    bins: int = BINS,
    scheme: Scheme = "width",
) -> float:
    """Return the ECE, the mean distance of accuracy and confidence over bins, in [0, 1].

    sum_b count_b / N |accuracy_b - confidence_b|; see `reliability_bins`. Chance alone makes it
    larger than 0: compare figures of like N and B only. Source: Naeini et al. 2015, AAAI.

    >>> expected_calibration_error([0.9, 0.9], [1, 0])
    0.4
    """
    bars = reliability_bins(confidence, correct, bins=bins, scheme=scheme)
    total = sum(bar.count for bar in bars)
    return float(sum(bar.count * abs(bar.accuracy - bar.confidence) for bar in bars) / total)


def brier_score(probabilities: np.ndarray, truth: Sequence[int] | np.ndarray) -> float:
    """Return the multiclass Brier score, from 0 (sure and right) to 2 (sure and wrong).

    mean_n sum_c (p_nc - [c = truth_n])^2, as in Brier 1950, Monthly Weather Review 78.

    Args:
        probabilities: (N, C) distributions.
        truth: (N,) classes from 0 to C - 1.

    >>> brier_score([[1, 0], [0.5, 0.5]], [0, 0])
    0.25
    """
    rows = distributions(probabilities)
    labels = class_labels(truth, num_classes=rows.shape[1])
    require_same_length(rows, labels)
    return float(((rows - np.eye(rows.shape[1])[labels]) ** 2).sum(axis=1).mean())


def confidence_brier(confidence: Numbers, correct: Sequence[bool] | np.ndarray) -> float:
    """Return the Brier score of confidence itself, mean (confidence - correct)^2, in [0, 1].

    This one, in percent, is what papers on verbal confidence (EmoCaliber: 14.7 to 22.8) call Brier.

    >>> confidence_brier([1, 0.5], [1, 1])
    0.125
    """
    sure, right = shares(confidence), truths(correct)
    require_same_length(sure, right)
    return float(((sure - right) ** 2).mean())


def negative_log_likelihood(
    log_probabilities: np.ndarray, truth: Sequence[int] | np.ndarray
) -> float:
    """Return the mean of -ln p(truth), nats, from 0 up; rows are normalised first.

    >>> round(negative_log_likelihood(np.log([[0.5, 0.5]]), [1]), 4)
    0.6931
    """
    rows, labels = _logits(log_probabilities, truth)
    return float(-_log_softmax(rows)[np.arange(len(labels)), labels].mean())


def fit_temperature(log_probabilities: np.ndarray, truth: Sequence[int] | np.ndarray) -> float:
    """Return the temperature T > 0 under which ln p / T, normalised, is likeliest.

    Above 1 the model was too sure, below 1 not sure enough; the order of classes never changes.
    The negative log likelihood is convex in 1 / T, so halving the interval of 1 / T by the sign of
    its slope, mean(E_p[z] - z_truth), finds the one minimum. Fit on calibration rows, not on those
    reported. Source: Guo et al. 2017 (arXiv 1706.04599).

    Independent labels (sigmoid) fit alike: give each decision as two classes, [ln p, ln(1 - p)].

    Args:
        log_probabilities: (N, C) finite; logits do as well.
        truth: (N,) classes from 0 to C - 1.

    Returns:
        T within `TEMPERATURES`; at an end, with a warning, where rows tell no better.

    >>> logits, truth = np.log([[0.9, 0.1]] * 4), [0, 0, 0, 1]
    >>> round(fit_temperature(logits, truth), 3)  # .9 said, .75 right: ln 9 / ln 3
    2.0
    """
    rows, labels = _logits(log_probabilities, truth)
    right = rows[np.arange(len(labels)), labels]

    def slope(inverse: float) -> float:
        expected = (np.exp(_log_softmax(rows * inverse)) * rows).sum(axis=1)
        return float((expected - right).mean())

    low, high = 1 / TEMPERATURES[1], 1 / TEMPERATURES[0]
    if slope(low) >= 0 or slope(high) <= 0:
        end = TEMPERATURES[1] if slope(low) >= 0 else TEMPERATURES[0]
        warnings.warn(f"no temperature fits better than {end:g}: too few rows", stacklevel=2)
        return end
    for _ in range(_HALVINGS):
        middle = float(np.sqrt(low * high))
        low, high = (low, middle) if slope(middle) > 0 else (middle, high)
    return 1 / float(np.sqrt(low * high))


def apply_temperature(log_probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Return softmax(ln p / T), float64 (N, C).

    >>> apply_temperature(np.log([[0.9, 0.1]]), 2).round(2).tolist()
    [[0.75, 0.25]]
    """
    rows = np.asarray(log_probabilities, dtype=np.float64)
    if rows.ndim != 2 or not np.isfinite(rows).all() or not temperature > 0:
        raise InputError(
            f"expected finite logits [N, C] and a temperature above 0, got {list(rows.shape)} and "
            f"{temperature}; clip probabilities at 1e-12 before the logarithm"
        )
    return np.exp(_log_softmax(rows / temperature))


def _logits(
    log_probabilities: np.ndarray, truth: Sequence[int] | np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    rows = np.asarray(log_probabilities, dtype=np.float64)
    if rows.ndim != 2 or not rows.size or not np.isfinite(rows).all():
        raise InputError(
            f"expected finite logits [N, C], got shape {list(rows.shape)}; clip probabilities at "
            "1e-12 before the logarithm"
        )
    labels = class_labels(truth, num_classes=rows.shape[1])
    require_same_length(rows, labels)
    return rows, labels


def _log_softmax(rows: np.ndarray) -> np.ndarray:
    rows = rows - rows.max(axis=1, keepdims=True)
    return rows - np.log(np.exp(rows).sum(axis=1, keepdims=True))
