"""Is B really better than A: the same rows of two systems in, differences, tests, power out.

Rows are paired: row n of both systems answers the same request, with the same seed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from emogen.errors import InputError
from emogen.evaluation.statistics import (
    CONFIDENCE,
    RESAMPLES,
    Column,
    Estimate,
    Metric,
    bootstrap,
    cluster_rows,
    finite_column,
    rows_of,
)

POWER = 0.8
"""The usual chance to see a difference that is there (Cohen 1988)."""


def paired_bootstrap(
    metric: Metric,
    first: Sequence[Column],
    second: Sequence[Column],
    *,
    clusters: Sequence[object] | None = None,
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Estimate:
    """Return metric(second) - metric(first) with its interval; both see the same resamples.

    Args:
        metric: see `emogen.evaluation.statistics.bootstrap`.
        first: the columns of system A, such as asked and read.
        second: those of system B, row by row the same requests.
        clusters: (N,) what each row belongs to, for example its prompt.
        confidence: part of the resamples inside the interval.
        resamples: how many resamples are drawn.
        seed: decides which.

    >>> share = lambda hits: float(np.mean(hits))
    >>> print(paired_bootstrap(share, [[0, 0, 1, 1] * 5], [[1, 0, 1, 1] * 5]))
    0.25 (0.10 to 0.45)
    """
    split = _paired(first, second)
    return bootstrap(
        lambda *columns: metric(*columns[split:]) - metric(*columns[:split]), *first, *second,
        clusters=clusters, confidence=confidence, resamples=resamples, seed=seed,
    )


def permutation_test(
    metric: Metric,
    first: Sequence[Column],
    second: Sequence[Column],
    *,
    clusters: Sequence[object] | None = None,
    permutations: int = 9999,
    seed: int = 0,
) -> float:
    """Return the two-sided p-value of metric(second) - metric(first) under swapped systems.

    If the systems are alike, it does not matter which of the two gave a row: whole clusters are
    swapped at random, and p is the share of swaps, the real one counted in, whose difference is at
    least as large. For any metric; the smallest p is 1 / (permutations + 1), and G clusters cannot
    give one below 2^(1 - G). Source: Fisher 1935; Noreen 1989 (approximate randomisation).

    >>> share = lambda hits: float(np.mean(hits))
    >>> permutation_test(share, [[0, 1, 0, 1]], [[0, 1, 0, 1]])
    1.0
    """
    split, table = _paired(first, second), rows_of([*first, *second])
    one, other = table[:split], table[split:]
    cluster = np.empty(len(table[0]), dtype=int)
    groups = cluster_rows(len(cluster), clusters)
    for index, rows in enumerate(groups):
        cluster[rows] = index
    real = abs(metric(*other) - metric(*one))
    if not np.isfinite(real):
        raise InputError(f"expected a metric defined for both systems, got {real}; add rows")
    rng, as_large = np.random.default_rng(seed), 1
    for _ in range(permutations):
        swap = rng.integers(2, size=len(groups))[cluster] > 0
        left = [np.where(swap, b, a) for a, b in zip(one, other, strict=True)]
        right = [np.where(swap, a, b) for a, b in zip(one, other, strict=True)]
        as_large += not abs(metric(*right) - metric(*left)) < real - 1e-12  # nan counts as large
    return as_large / (permutations + 1)


def _paired(first: Sequence[Column], second: Sequence[Column]) -> int:
    if len(first) != len(second):
        raise InputError(
            f"expected as many columns of both systems, got {len(first)} and {len(second)}; "
            "repeat what they share"
        )
    return len(first)


@dataclass(frozen=True, kw_only=True)
class McNemar:
    """How two systems differ in what they get right.

    Attributes:
        only_first: rows that only A got right.
        only_second: rows that only B got right.
        count: all rows.
        p_value: exact, two-sided.
    """

    only_first: int
    only_second: int
    count: int
    p_value: float

    @property
    def difference(self) -> float:
        """The share right of B minus that of A."""
        return (self.only_second - self.only_first) / self.count

    @property
    def discordance(self) -> float:
        """The share of rows that only one of them got right."""
        return (self.only_second + self.only_first) / self.count


def mcnemar(first: Sequence[bool] | np.ndarray, second: Sequence[bool] | np.ndarray) -> McNemar:
    """Test whether two systems are right equally often, by the rows on which they differ.

    Under equality the rows that only one got right split as a fair coin's: p is the exact two-sided
    binomial. Rows are taken as independent; where prompts have many clips each, prefer
    `permutation_test` with clusters. Source: McNemar 1947, Psychometrika 12.

    Args:
        first: (N,) whether A was right.
        second: (N,) whether B was right.

    >>> test = mcnemar([1, 0, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1])
    >>> test.only_second, test.p_value
    (5, 0.0625)
    """
    one, other = rows_of([first, second])
    if one.ndim != 1 or not np.isin([one, other], (0, 1)).all():
        raise InputError("expected true or false in each row, got others; compare labels first")
    one, other = one.astype(bool), other.astype(bool)
    losses, gains = int((one & ~other).sum()), int((other & ~one).sum())
    total, tail, term = losses + gains, 0, 1
    for k in range(min(losses, gains) + 1):
        tail += term
        term = term * (total - k) // (k + 1)  # total over k + 1, exact
    return McNemar(
        only_first=losses,
        only_second=gains,
        count=len(one),
        p_value=float(min(1.0, 2 * tail / 2**total)),
    )


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Return p-values adjusted for how many there are; below 0.05 is significant in the family.

    The k-th smallest of m is multiplied by m - k + 1, and none may fall below a smaller one's. The
    chance of one false alarm or more stays within the level, however the tests depend on each
    other. Source: Holm 1979, Scandinavian Journal of Statistics 6.

    >>> holm({"EA-8": 0.01, "EA-2": 0.04, "UAR": 0.03})
    {'EA-8': 0.03, 'EA-2': 0.06, 'UAR': 0.06}
    """
    adjusted, highest = {}, 0.0
    for rank, name in enumerate(sorted(p_values, key=p_values.__getitem__)):
        if not 0 <= p_values[name] <= 1:
            raise InputError(f"expected p-values from 0 to 1, got {p_values[name]} for {name}")
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[name]))
        adjusted[name] = highest
    return {name: adjusted[name] for name in p_values}


def smallest_difference(
    count: float, *, share: float, power: float = POWER, confidence: float = CONFIDENCE
) -> float | None:
    """Return by how much a share must rise to be seen with two independent sets of N rows each.

    The d that solves d sqrt(N) = z_a sqrt(2 m (1 - m)) + z_b sqrt(p (1 - p) + q (1 - q)) with
    q = p + d and m their mean, for a two-sided test; a fall by d from p is a rise to 1 - p. None
    where even a rise to 1 stays unseen. Source: Fleiss, Levin and Paik 2003, section 4.

    Args:
        count: N of each set; with clusters, their `effective_count`.
        share: p, what is there now.
        power: chance to see the difference.
        confidence: 1 - level of the test.

    >>> round(smallest_difference(240, share=0.4416), 3)
    0.128
    """
    _planned(count, share, power)
    level, chance = _quantiles(power, confidence)

    def gap(rise: float) -> float:
        raised, mean = share + rise, share + rise / 2
        apart = max(share * (1 - share) + raised * (1 - raised), 0)
        return (
            rise * np.sqrt(count) - level * np.sqrt(max(2 * mean * (1 - mean), 0))
            - chance * np.sqrt(apart)
        )

    return _crossing(gap, 1 - share)


def smallest_paired_difference(
    count: float, *, discordance: float, power: float = POWER, confidence: float = CONFIDENCE
) -> float | None:
    """Return the smallest difference of shares that McNemar's test sees on N pairs.

    The d that solves d sqrt(N) = z_a sqrt(w) + z_b sqrt(w - d^2), where w is the share of rows that
    only one system gets right. None where even d = w, all gains and no losses, stays unseen. The
    exact test needs a little more. Source: Connor 1987, Biometrics 43.

    Args:
        count: N pairs; with clusters, their `effective_count`.
        discordance: w, for example that of a finished `mcnemar`.
        power: chance to see the difference.
        confidence: 1 - level of the test.

    >>> round(smallest_paired_difference(240, discordance=0.2), 3)
    0.08
    """
    _planned(count, discordance, power)
    level, chance = _quantiles(power, confidence)
    return _crossing(
        lambda d: d * np.sqrt(count) - level * np.sqrt(discordance)
        - chance * np.sqrt(max(discordance - d**2, 0)),
        discordance,
    )


def effective_count(values: Sequence[float] | np.ndarray, clusters: Sequence[object]) -> float:
    """Return how many independent rows would tell the mean as surely as these do.

    N over the design effect, the variance of the mean with whole clusters drawn over that with
    single rows. N where nothing varies; never above N. Source: Kish 1965, Survey Sampling.

    >>> effective_count([1, 1, 0, 0, 1, 1, 0, 0], [1, 1, 2, 2, 3, 3, 4, 4]).__round__(2)
    3.43
    """
    rows = finite_column(values)
    groups = cluster_rows(len(rows), clusters)
    if len(groups) < 2:
        raise InputError("expected at least two clusters, got one; it says nothing of others")
    centred = rows - rows.mean()
    sums = np.array([centred[group].sum() for group in groups])
    clustered = len(groups) / (len(groups) - 1) * (sums**2).sum() / len(rows) ** 2
    single = rows.var(ddof=1) / len(rows)
    return float(len(rows) * min(1.0, single / clustered)) if clustered > 0 else float(len(rows))


def _planned(count: float, share: float, power: float) -> None:
    if count < 1 or not 0 <= share <= 1 or not 0 < power < 1:
        raise InputError(
            f"expected a count above 0, a share from 0 to 1 and a power between, got {count}, "
            f"{share} and {power}"
        )


def _quantiles(power: float, confidence: float) -> tuple[float, float]:
    return NormalDist().inv_cdf((1 + confidence) / 2), NormalDist().inv_cdf(power)


def _crossing(gap: Callable[[float], float], high: float) -> float | None:
    """Return where a convex function that starts at or below 0 turns positive, None if never."""
    if gap(high) <= 0:
        return None
    low = 0.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if gap(middle) > 0 else (middle, high)
    return float(high)
