"""How sure a figure is: counts, values or pairs in, an estimate with its 95 % interval out.

Pure numpy. Values that belong together, such as clips of one prompt, are resampled together, so
that many clips of few prompts do not look surer than they are.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import NormalDist

import numpy as np

from emogen.errors import InputError

RESAMPLES = 2000
CONFIDENCE = 0.95

Statistic = Callable[[np.ndarray], float]


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A figure and its interval.

    Attributes:
        value: the figure measured.
        low: lower end of the interval.
        high: upper end of the interval.
        count: how many observations it rests on.

    >>> print(Estimate(value=0.8, low=0.71, high=0.866, count=100))
    0.80 (0.71 to 0.87)
    """

    value: float
    low: float
    high: float
    count: int

    def __str__(self) -> str:
        """Show two decimals."""
        return self.rounded(2)

    def rounded(self, digits: int) -> str:
        """Show as many decimals."""
        return f"{self.value:.{digits}f} ({self.low:.{digits}f} to {self.high:.{digits}f})"

    def to_dict(self) -> dict[str, float]:
        """Return plain numbers of four decimals for JSON."""
        return {name: round(value, 4) for name, value in asdict(self).items()}


def wilson(successes: int, total: int, *, confidence: float = CONFIDENCE) -> Estimate:
    """Return a share with its Wilson score interval (Wilson 1927, JASA 22).

    >>> print(wilson(80, 100))
    0.80 (0.71 to 0.87)
    """
    if not 0 <= successes <= total or total < 1:
        raise InputError(f"expected 0 <= successes <= total, total > 0, got {successes} of {total}")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = successes / total
    centre = share + z**2 / (2 * total)
    spread = z * np.sqrt(share * (1 - share) / total + z**2 / (4 * total**2))
    scale = 1 + z**2 / total
    low, high = max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)
    return Estimate(value=share, low=float(low), high=float(high), count=total)


def bootstrap_mean(
    values: Sequence[float] | np.ndarray,
    clusters: Sequence[object] | None = None,
    *,
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Estimate:
    """Return a mean with its percentile bootstrap interval (Efron 1979).

    Args:
        values: (N,) finite numbers.
        clusters: (N,) what each value belongs to, for example its prompt; whole clusters are drawn.
        confidence: part of the resamples inside the interval.
        resamples: how many resamples are drawn.
        seed: decides which.

    >>> estimate = bootstrap_mean([1, 1, 0, 0], ["a", "a", "b", "b"])
    >>> estimate.value, estimate.low, estimate.high
    (0.5, 0.0, 1.0)
    """
    rows = _column(values)
    return _bootstrap(
        lambda picks: float(rows[picks].mean()), _groups(len(rows), clusters),
        confidence=confidence, resamples=resamples, seed=seed,
    )


def spearman(x: Sequence[float] | np.ndarray, y: Sequence[float] | np.ndarray) -> float:
    """Return Spearman's rank correlation; ties share their mean rank, a constant gives 0.

    >>> spearman([1, 2, 3, 4], [10, 20, 25, 90])
    1.0
    """
    return pearson(_ranks(_column(x)), _ranks(_column(y)))


def pearson(x: Sequence[float] | np.ndarray, y: Sequence[float] | np.ndarray) -> float:
    """Return Pearson's correlation; 0 where one side does not vary.

    >>> round(pearson([0, 1, 2], [0, -1, -2]), 6)
    -1.0
    """
    first, second = _column(x), _column(y)
    if len(first) != len(second):
        raise InputError(f"expected as many x as y, got {len(first)} and {len(second)}")
    first, second = first - first.mean(), second - second.mean()
    scale = np.sqrt((first @ first) * (second @ second))
    return float((first @ second / scale).clip(-1, 1)) if scale > 1e-12 else 0.0


def bootstrap_spearman(
    x: Sequence[float] | np.ndarray,
    y: Sequence[float] | np.ndarray,
    clusters: Sequence[object] | None = None,
    *,
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Estimate:
    """Return Spearman's correlation with its bootstrap interval; see `bootstrap_mean`."""
    first, second = _column(x), _column(y)
    if len(first) != len(second):
        raise InputError(f"expected as many x as y, got {len(first)} and {len(second)}")
    return _bootstrap(
        lambda picks: spearman(first[picks], second[picks]), _groups(len(first), clusters),
        confidence=confidence, resamples=resamples, seed=seed,
    )


def _bootstrap(
    statistic: Statistic, groups: list[np.ndarray], *, confidence: float, resamples: int, seed: int
) -> Estimate:
    rng = np.random.default_rng(seed)
    everything = np.concatenate(groups)
    drawn = np.empty(resamples)
    for index in range(resamples):
        chosen = rng.integers(len(groups), size=len(groups))
        drawn[index] = statistic(np.concatenate([groups[i] for i in chosen]))
    tail = (1 - confidence) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return Estimate(
        value=statistic(everything), low=float(low), high=float(high), count=len(everything)
    )


def _groups(count: int, clusters: Sequence[object] | None) -> list[np.ndarray]:
    """Return the rows of each cluster, in order of appearance."""
    if clusters is None:
        return list(np.arange(count)[:, None])
    if len(clusters) != count:
        raise InputError(f"expected one cluster a value, got {len(clusters)} for {count}")
    members: dict[object, list[int]] = {}
    for row, cluster in enumerate(clusters):
        members.setdefault(cluster, []).append(row)
    return [np.array(rows) for rows in members.values()]


def _column(values: Sequence[float] | np.ndarray) -> np.ndarray:
    column = np.asarray(values, dtype=np.float64)
    if column.ndim != 1 or not len(column) or not np.isfinite(column).all():
        raise InputError(
            f"expected at least one finite number in a row, got shape {column.shape}; remove nan"
        )
    return column


def _ranks(values: np.ndarray) -> np.ndarray:
    """Return ranks from 0; equal values share the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts + 1) / 2)[inverse]
