"""Do two say the same: two curves, raters or modalities in, how far they agree out.

Logarithms are of base 2, so that divergences lie in [0, 1].

Shapes: N windows or rows, C classes, M modalities.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np

from emogen.errors import InputError
from emogen.evaluation.metrics.accuracy import confusion_matrix
from emogen.evaluation.metrics.inputs import (
    Numbers,
    distributions,
    require_same_length,
    truths,
)
from emogen.evaluation.statistics import finite_column


def concordance(x: Numbers, y: Numbers) -> float:
    """Return the concordance correlation coefficient (CCC) of two curves, in [-1, 1].

    2 s_xy / (s_x^2 + s_y^2 + (mean_x - mean_y)^2) with moments over N. Unlike Pearson's, it falls
    with a wrong scale or offset; |CCC| <= |Pearson|. 0 where nothing varies. Source: Lin 1989,
    Biometrics 45; the figure of valence/arousal challenges.

    >>> concordance([1, 2, 3], [1, 2, 3])
    1.0
    >>> round(concordance([1, 2, 3], [2, 3, 4]), 4)
    0.5714
    """
    first, second = finite_column(x), finite_column(y)
    require_same_length(first, second)
    offset = first.mean() - second.mean()
    scale = first.var() + second.var() + offset**2
    covariance = ((first - first.mean()) * (second - second.mean())).mean()
    return float(2 * covariance / scale) if scale > 1e-24 else 0.0


def cohen_kappa(
    first: Sequence[int] | np.ndarray,
    second: Sequence[int] | np.ndarray,
    *,
    num_classes: int,
    weights: Literal["none", "linear", "quadratic"] = "none",
) -> float:
    """Return Cohen's kappa of two raters: 1 agree always, 0 as by chance, below 0 less.

    1 - observed disagreement / disagreement expected from each one's own frequencies. 0 where both
    always name the same one class: then agreement means nothing. Sources: Cohen 1960, Educational
    and Psychological Measurement 20; weighted, for ordered classes, Cohen 1968.

    Args:
        first: (N,) classes from 0 to C - 1.
        second: (N,) the same.
        num_classes: C.
        weights: how a disagreement counts: alike, or by the distance of classes or its square.

    >>> cohen_kappa([0, 0, 1, 1], [0, 0, 1, 0], num_classes=2)
    0.5
    """
    counts = confusion_matrix(first, second, num_classes=num_classes)
    steps = np.abs(np.subtract.outer(np.arange(num_classes), np.arange(num_classes)))
    cost = steps > 0 if weights == "none" else steps ** (1 if weights == "linear" else 2)
    chance = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
    expected = (cost * chance).sum()
    return float(1 - (cost * counts).sum() / expected) if expected > 0 else 0.0


def jensen_shannon(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the Jensen-Shannon divergence of each row, float64 (N,), 0 equal to 1 disjoint.

    H((p + q) / 2) - (H(p) + H(q)) / 2; its square root is a distance. Source: Lin 1991, IEEE
    Transactions on Information Theory 37(1).

    >>> jensen_shannon([[1, 0], [0.5, 0.5]], [[0, 1], [0.5, 0.5]])
    array([1., 0.])
    """
    one, other = distributions(first), distributions(second)
    if one.shape != other.shape:
        raise InputError(f"expected equal shapes, got {one.shape} and {other.shape}; align rows")
    return _spread(np.stack([one, other]), np.ones((2, len(one)), dtype=bool))


def modality_conflict(emotion: np.ndarray, presence: np.ndarray | None = None) -> np.ndarray:
    """Return how far the modalities contradict each other in each window, float64 (N,) in [0, 1].

    The Jensen-Shannon divergence of all that are present, equally weighted, over its largest value
    log2(number present); 0 where fewer than two are. Source: Lin 1991, section IV.

    Args:
        emotion: (M, N, C) distributions; rows that are absent may hold anything finite.
        presence: bool (M, N); all without it.

    >>> modality_conflict(np.array([[[1, 0]], [[0, 1]]]))
    array([1.])
    """
    stack = np.asarray(emotion, dtype=np.float64)
    there = np.ones(stack.shape[:2], dtype=bool) if presence is None else np.asarray(presence, bool)
    if stack.ndim != 3 or there.shape != stack.shape[:2]:
        raise InputError(
            f"expected emotion [M, N, C] and presence [M, N], got {list(stack.shape)} and "
            f"{list(there.shape)}; stack the modalities window by window"
        )
    rows = np.zeros_like(stack)
    if there.any():
        rows[there] = distributions(stack[there])
    return _spread(rows, there) / np.log2(np.maximum(there.sum(axis=0), 2))


@dataclass(frozen=True, kw_only=True)
class PairAgreement:
    """How far two modalities say the same.

    Attributes:
        first: name of one.
        second: name of the other.
        similarity: 1 - mean Jensen-Shannon divergence, in [0, 1].
        kappa: Cohen's kappa of their top categories, in [-1, 1].
        count: windows in which both are present.
    """

    first: str
    second: str
    similarity: float
    kappa: float
    count: int


@dataclass(frozen=True, kw_only=True)
class CrossModalAgreement:
    """How far all modalities say the same; the figures are means over pairs.

    Attributes:
        similarity: in [0, 1].
        kappa: in [-1, 1].
        pairs: each pair that was ever present together.
    """

    similarity: float
    kappa: float
    pairs: tuple[PairAgreement, ...]


def cross_modal_agreement(
    emotion: Mapping[str, np.ndarray], presence: Mapping[str, np.ndarray] | None = None
) -> CrossModalAgreement | None:
    """Return how far modalities say the same about the same windows; None where no two are present.

    Two figures, because they fail differently: similarity sees shades but is high for any two that
    are unsure; kappa is corrected for chance but sees the top category only.

    Args:
        emotion: (N, C) distributions by name of modality, window by window alike.
        presence: bool (N,) by name; all windows without it.

    >>> readings = {"voice": np.eye(2)[[0, 1]], "vision": np.eye(2)[[0, 1]]}
    >>> agreement = cross_modal_agreement(readings)
    >>> agreement.similarity, agreement.kappa, agreement.pairs[0].count
    (1.0, 1.0, 2)
    """
    there = {
        name: np.ones(len(rows), dtype=bool) if presence is None else truths(presence[name])
        for name, rows in emotion.items()
    }
    require_same_length(*emotion.values(), *there.values())
    pairs = [
        _pair(first, second, emotion, there[first] & there[second])
        for first, second in combinations(emotion, 2)
        if (there[first] & there[second]).any()
    ]
    if not pairs:
        return None
    return CrossModalAgreement(
        similarity=float(np.mean([pair.similarity for pair in pairs])),
        kappa=float(np.mean([pair.kappa for pair in pairs])),
        pairs=tuple(pairs),
    )


def _pair(
    first: str, second: str, emotion: Mapping[str, np.ndarray], both: np.ndarray
) -> PairAgreement:
    one, other = np.asarray(emotion[first])[both], np.asarray(emotion[second])[both]
    apart = jensen_shannon(one, other)
    return PairAgreement(
        first=first,
        second=second,
        similarity=float(1 - apart.mean()),
        kappa=cohen_kappa(one.argmax(axis=1), other.argmax(axis=1), num_classes=one.shape[1]),
        count=int(both.sum()),
    )


def _spread(stack: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Return the generalised Jensen-Shannon divergence over those present, bits (N,)."""
    weights = there / np.maximum(there.sum(axis=0), 1)  # (M, N)
    mixture = (weights[..., None] * stack).sum(axis=0)
    own = (weights * _entropy(stack)).sum(axis=0)
    return np.maximum(_entropy(mixture) - own, 0)  # rounding may fall below


def _entropy(rows: np.ndarray) -> np.ndarray:
    return -(rows * np.log2(np.where(rows > 0, rows, 1))).sum(axis=-1)
