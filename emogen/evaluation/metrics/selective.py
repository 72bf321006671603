"""Does confidence know what is right: scores and hits in, AUROC and risk by coverage out.

Equal confidences are never told apart: nothing here depends on the order of rows.

Shapes: N rows, P operating points.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emogen.evaluation.metrics.inputs import Numbers, require_same_length, shares, truths
from emogen.evaluation.statistics import Estimate, finite_column, mean_ranks, wilson

THRESHOLDS = tuple(step / 10 for step in range(10))


def auroc(score: Numbers, positive: Sequence[bool] | np.ndarray) -> float:
    """Return the area under the ROC curve: P(score of a positive > score of a negative).

    In [0, 1], 0.5 by chance, a tie counts half; nan where there are only positives or only
    negatives, since nothing can be ranked. With confidence as the score and correctness as the
    positive class it says whether confidence knows what is right. Source: Mann and Whitney 1947;
    Hanley and McNeil 1982, Radiology 143.

    Args:
        score: (N,) finite.
        positive: (N,) what the score should be high for.

    >>> auroc([0.9, 0.8, 0.3, 0.2], [1, 0, 1, 0])
    0.75
    """
    ranks, there = mean_ranks(finite_column(score)), truths(positive)
    require_same_length(ranks, there)
    positives, negatives = int(there.sum()), int((~there).sum())
    if not positives or not negatives:
        return float("nan")
    above = ranks[there].sum() - positives * (positives - 1) / 2
    return float(above / (positives * negatives))


@dataclass(frozen=True, kw_only=True)
class RiskCoverage:
    """What abstaining below a confidence costs and gains, from the surest rows to all.

    Attributes:
        threshold: (P,) distinct confidences, falling; rows at or above are answered.
        coverage: (P,) share of rows answered, rising to 1.
        risk: (P,) share of wrong ones among them.
        area: mean risk over rows (AURC), in [0, 1], lower is better.
    """

    threshold: np.ndarray
    coverage: np.ndarray
    risk: np.ndarray
    area: float


def risk_coverage(confidence: Numbers, correct: Sequence[bool] | np.ndarray) -> RiskCoverage:
    """Return the risk-coverage curve and its area.

    The area is the mean over rows of the risk when answering all at least as sure as that row.
    Source: Geifman and El-Yaniv 2017 (arXiv 1705.08500).

    >>> curve = risk_coverage([0.9, 0.6, 0.6, 0.3], [1, 1, 0, 0])
    >>> curve.coverage.tolist(), curve.risk.round(3).tolist()
    ([0.25, 0.75, 1.0], [0.0, 0.333, 0.5])
    """
    sure, right = shares(confidence), truths(correct)
    require_same_length(sure, right)
    threshold, inverse = np.unique(-sure, return_inverse=True)
    inside = np.bincount(inverse)
    answered = inside.cumsum()
    risk = np.bincount(inverse, weights=~right).cumsum() / answered
    return RiskCoverage(
        threshold=-threshold,
        coverage=answered / len(sure),
        risk=risk,
        area=float((risk * inside).sum() / len(sure)),
    )


@dataclass(frozen=True, kw_only=True)
class SelectiveAccuracy:
    """Accuracy of the rows that are sure enough.

    Attributes:
        threshold: lowest confidence answered.
        coverage: share of rows answered.
        accuracy: share of hits among them with its Wilson interval; None where none is answered.
    """

    threshold: float
    coverage: float
    accuracy: Estimate | None


def accuracy_by_confidence(
    confidence: Numbers,
    correct: Sequence[bool] | np.ndarray,
    *,
    thresholds: Sequence[float] = THRESHOLDS,
) -> tuple[SelectiveAccuracy, ...]:
    """Return the accuracy at or above each confidence; a useful confidence makes it rise.

    >>> [every, sure] = accuracy_by_confidence([0.9, 0.2], [1, 0], thresholds=[0, 0.5])
    >>> every.accuracy.value, sure.accuracy.value, sure.coverage
    (0.5, 1.0, 0.5)
    """
    sure, right = shares(confidence), truths(correct)
    require_same_length(sure, right)
    return tuple(
        SelectiveAccuracy(
            threshold=float(threshold),
            coverage=float((sure >= threshold).mean()),
            accuracy=_share(right[sure >= threshold]),
        )
        for threshold in thresholds
    )


def _share(right: np.ndarray) -> Estimate | None:
    return wilson(int(right.sum()), len(right)) if len(right) else None
