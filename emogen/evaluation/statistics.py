"""How sure a figure is: counts, values or rows in, an estimate with its 95 % interval out.

Pure numpy. Values that belong together, such as clips of one prompt, are resampled together, so
that many clips of few prompts do not look surer than they are. `bootstrap` takes any metric;
comparing two systems is in `emogen.evaluation.comparison`.
"""

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from statistics import NormalDist

import numpy as np

from emogen.errors import InputError

RESAMPLES = 2000
CONFIDENCE = 0.95

Metric = Callable[..., float]
"""A figure of some columns with a value a row, all in the same order."""
Column = Sequence[object] | np.ndarray


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


def bootstrap(
    metric: Metric,
    *columns: Column,
    clusters: Sequence[object] | None = None,
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Estimate:
    """Return any metric of rows with its percentile bootstrap interval (Efron 1979).

    Whole clusters are drawn with replacement (Davison and Hinkley 1997, section 3.8), as many as
    there are. With fewer than about 20 clusters the interval is somewhat too narrow.

    Args:
        metric: takes the columns, gives a number; nan where these rows define none, for example
            the AUROC of rows that are all right. Such resamples are left out with a warning.
        columns: arrays with N rows each.
        clusters: (N,) what each row belongs to, for example its prompt; without, each row is alone.
        confidence: part of the resamples inside the interval.
        resamples: how many resamples are drawn.
        seed: decides which.

    Raises:
        InputError: rows are missing, or the metric is undefined on all rows or on most resamples.

    >>> hits = lambda asked, read: float(np.mean(asked == read))
    >>> estimate = bootstrap(hits, [1, 1, 0, 0], [1, 1, 1, 1], clusters=["a", "a", "b", "b"])
    >>> estimate.value, estimate.low, estimate.high
    (0.5, 0.0, 1.0)
    """
    table = rows_of(columns)
    groups = cluster_rows(len(table[0]), clusters)
    if len(groups) == 1:
        warnings.warn("one cluster only: the interval has no width", stacklevel=2)
    value = float(metric(*table))
    drawn = np.array([
        metric(*(column[picks] for column in table))
        for picks in resampled(groups, resamples=resamples, seed=seed)
    ])
    low, high = percentiles(_defined(value, drawn), confidence=confidence)
    return Estimate(value=value, low=low, high=high, count=len(table[0]))


def _defined(value: float, drawn: np.ndarray) -> np.ndarray:
    """Return the resamples that gave a figure."""
    finite = drawn[np.isfinite(drawn)]
    if not np.isfinite(value) or 2 * len(finite) < len(drawn):
        raise InputError(
            f"expected a metric defined on all rows and most resamples, got {value} and "
            f"{len(finite)} of {len(drawn)} resamples; collect more rows"
        )
    if len(finite) < len(drawn):
        lost = len(drawn) - len(finite)
        warnings.warn(f"{lost} of {len(drawn)} resamples gave no figure: left out", stacklevel=3)
    return finite


def bootstrap_mean(
    values: Sequence[float] | np.ndarray,
    clusters: Sequence[object] | None = None,
    *,
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Estimate:
    """Return the mean of finite numbers (N,) with its interval; see `bootstrap`.

    >>> estimate = bootstrap_mean([1, 1, 0, 0], ["a", "a", "b", "b"])
    >>> estimate.value, estimate.low, estimate.high
    (0.5, 0.0, 1.0)
    """
    return bootstrap(
        lambda rows: float(rows.mean()), finite_column(values), clusters=clusters,
        confidence=confidence, resamples=resamples, seed=seed,
    )


def spearman(x: Sequence[float] | np.ndarray, y: Sequence[float] | np.ndarray) -> float:
    """Return Spearman's rank correlation; ties share their mean rank, a constant gives 0.

    >>> spearman([1, 2, 3, 4], [10, 20, 25, 90])
    1.0
    """
    return pearson(mean_ranks(finite_column(x)), mean_ranks(finite_column(y)))


def pearson(x: Sequence[float] | np.ndarray, y: Sequence[float] | np.ndarray) -> float:
    """Return Pearson's correlation; 0 where one side does not vary.

    >>> round(pearson([0, 1, 2], [0, -1, -2]), 6)
    -1.0
    """
    first, second = finite_column(x), finite_column(y)
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
    """Return Spearman's correlation with its interval; see `bootstrap`."""
    return bootstrap(
        spearman, finite_column(x), finite_column(y), clusters=clusters,
        confidence=confidence, resamples=resamples, seed=seed,
    )


def resampled(groups: list[np.ndarray], *, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """Yield the rows of each resample: as many groups as there are, drawn with replacement."""
    rng = np.random.default_rng(seed)
    for _ in range(resamples):
        chosen = rng.integers(len(groups), size=len(groups))
        yield np.concatenate([groups[i] for i in chosen])


def percentiles(drawn: np.ndarray, *, confidence: float) -> tuple[float, float]:
    """Return the two numbers between which this part of the drawn ones lies."""
    tail = (1 - confidence) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return float(low), float(high)


def cluster_rows(count: int, clusters: Sequence[object] | None) -> list[np.ndarray]:
    """Return the rows of each cluster, in order of appearance."""
    if clusters is None:
        return list(np.arange(count)[:, None])
    if len(clusters) != count:
        raise InputError(f"expected one cluster a value, got {len(clusters)} for {count}")
    members: dict[object, list[int]] = {}
    for row, cluster in enumerate(clusters):
        members.setdefault(cluster, []).append(row)
    return [np.array(rows) for rows in members.values()]


def rows_of(columns: Sequence[Column]) -> list[np.ndarray]:
    """Return columns as arrays, all with the same number of rows, at least one."""
    table = [np.asarray(column) for column in columns]
    counts = {len(column) if column.ndim else 0 for column in table}
    if len(counts) != 1 or counts == {0}:
        raise InputError(
            "expected columns of one length, at least one row, got shapes "
            f"{[list(column.shape) for column in table]}; give a value a row in each"
        )
    return table


def finite_column(values: Sequence[float] | np.ndarray) -> np.ndarray:
    """Return finite numbers, at least one, as float64 (N,)."""
    column = np.asarray(values, dtype=np.float64)
    if column.ndim != 1 or not len(column) or not np.isfinite(column).all():
        raise InputError(
            f"expected at least one finite number in a row, got shape {column.shape}; remove nan"
        )
    return column


def mean_ranks(values: np.ndarray) -> np.ndarray:
    """Return ranks from 0; equal values share the mean of theirs.

    >>> mean_ranks(np.array([5, 7, 7, 9])).tolist()
    [0.0, 1.5, 1.5, 3.0]
    """
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts + 1) / 2)[inverse]
