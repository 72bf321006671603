"""Which system people prefer: answers to pairs in, a strength of each system out.

Bradley and Terry (1952, Biometrika 39) give each system a worth p and say that i is preferred to j
with probability p_i / (p_i + p_j). Davidson (1970, JASA 65) adds ties by one number v:

    P(i over j) = p_i / D,  P(tie) = v sqrt(p_i p_j) / D,  D = p_i + p_j + v sqrt(p_i p_j)

Strengths are ln p with mean 0; v is 2 where equals tie half of the time.

Shapes: K systems, N answers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from emogen.errors import InputError
from emogen.evaluation.statistics import (
    CONFIDENCE,
    Estimate,
    cluster_rows,
    percentiles,
    resampled,
)

Answer = tuple[str, str, float]
"""Two systems and 1 for the first, 0 for the second, 0.5 for a tie."""
_STEPS = 20_000


@dataclass(frozen=True, kw_only=True)
class Strengths:
    """What a set of answers says of systems.

    Attributes:
        systems: K names, sorted.
        log_worth: float64 (K,), mean 0.
        covariance: float64 (K, K) of ``log_worth``, from the Fisher information.
        tie: Davidson's v, from 0 up.
        count: N answers.
        confidence: of the intervals.
    """

    systems: tuple[str, ...]
    log_worth: np.ndarray
    covariance: np.ndarray
    tie: float
    count: int
    confidence: float

    def strength(self, system: str) -> Estimate:
        """Return the log-worth of a system against the mean of all, with its Wald interval."""
        return self._contrast(np.eye(len(self.systems))[self._place(system)])

    def difference(self, first: str, second: str) -> Estimate:
        """Return log-worth first - second; an interval above 0 says that the first is preferred."""
        rows = np.eye(len(self.systems))
        return self._contrast(rows[self._place(first)] - rows[self._place(second)])

    def preference(self, first: str, second: str) -> Estimate:
        """Return P(first preferred | no tie), in [0, 1]; the interval is that of `difference`."""
        gap = self.difference(first, second)
        value, low, high = (float(1 / (1 + np.exp(-x))) for x in (gap.value, gap.low, gap.high))
        return Estimate(value=value, low=low, high=high, count=gap.count)

    def _contrast(self, weights: np.ndarray) -> Estimate:
        value = float(weights @ self.log_worth)
        z = NormalDist().inv_cdf((1 + self.confidence) / 2)
        half = z * float(np.sqrt(max(weights @ self.covariance @ weights, 0)))
        return Estimate(value=value, low=value - half, high=value + half, count=self.count)

    def _place(self, system: str) -> int:
        if system not in self.systems:
            raise InputError(f"unknown system {system!r}; compared: {', '.join(self.systems)}")
        return self.systems.index(system)


def bradley_terry(
    answers: Sequence[Answer], *, prior: float = 0.0, confidence: float = CONFIDENCE
) -> Strengths:
    """Fit Davidson's model, Bradley and Terry's where there are no ties, by maximum likelihood.

    Worths and v are found by minorise-maximise steps (Hunter 2004, Annals of Statistics 32), where
    sqrt(p_i p_j) is bounded by the arithmetic mean: each step raises the likelihood. Intervals take
    answers as independent; where one rater or prompt gave many, `bootstrap_strengths` is wider and
    right.

    Args:
        answers: N of (first, second, 1 or 0 or 0.5).
        prior: preferences added both ways between every two systems. 0 is plain maximum likelihood;
            0.5 keeps strengths finite where a system never loses.
        confidence: of the intervals.

    Raises:
        InputError: answers that are not such, or no finite strengths exist (some system is always
            or never preferred, groups were never compared, or all is tied).

    >>> fit = bradley_terry([("a", "b", 1)] * 3 + [("b", "a", 1)])
    >>> round(fit.difference("a", "b").value, 4), round(fit.preference("a", "b").value, 4)
    (1.0986, 0.75)
    """
    systems, rows = _numbered(answers)
    wins, ties = _tables(rows, len(systems), prior)
    log_worth, tie = _fit(wins, ties)
    return Strengths(
        systems=systems, log_worth=log_worth, tie=tie, count=len(rows), confidence=confidence,
        covariance=_covariance(wins + wins.T + ties, log_worth, tie),
    )


def bootstrap_strengths(
    answers: Sequence[Answer],
    clusters: Sequence[object],
    *,
    prior: float = 0.0,
    confidence: float = CONFIDENCE,
    resamples: int = 1000,
    seed: int = 0,
) -> dict[str, Estimate]:
    """Return the strength of each system with its cluster bootstrap interval.

    Args:
        answers: see `bradley_terry`.
        clusters: (N,) what each answer belongs to: its rater, or its prompt.
        prior: see `bradley_terry`; above 0 where a resample may lack a system's losses.
        confidence: part of the resamples inside the intervals.
        resamples: how many resamples are drawn.
        seed: decides which.

    >>> answers = [("a", "b", 1), ("b", "a", 1), ("a", "b", 1)] * 4
    >>> found = bootstrap_strengths(answers, list("xyz") * 4, prior=0.5, resamples=50)
    >>> found["a"].value > 0 > found["a"].low
    True
    """
    systems, rows = _numbered(answers)
    fitted = _fit(*_tables(rows, len(systems), prior))
    drawn = np.array([
        _fit(*_tables(rows[picks], len(systems), prior), start=fitted, tolerance=1e-6)[0]
        for picks in resampled(cluster_rows(len(rows), clusters), resamples=resamples, seed=seed)
    ])
    ends = [percentiles(column, confidence=confidence) for column in drawn.T]
    return {
        system: Estimate(value=float(value), low=low, high=high, count=len(rows))
        for system, value, (low, high) in zip(systems, fitted[0], ends, strict=True)
    }


def _numbered(answers: Sequence[Answer]) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the systems and rows of (first, second, outcome), float64 (N, 3)."""
    systems = tuple(sorted({name for first, second, _ in answers for name in (first, second)}))
    places = {name: place for place, name in enumerate(systems)}
    for first, second, outcome in answers:
        if first == second or outcome not in {0, 0.5, 1}:
            raise InputError(
                f"expected two systems and 1, 0 or 0.5, got {first!r}, {second!r}, {outcome}; "
                "leave catch trials out"
            )
    rows = [(places[first], places[second], outcome) for first, second, outcome in answers]
    if not rows:
        raise InputError("expected at least one answer, got none; read the answers in first")
    return systems, np.array(rows, dtype=np.float64)


def _tables(rows: np.ndarray, size: int, prior: float) -> tuple[np.ndarray, np.ndarray]:
    """Return how often the row's system beat the column's, and ties (symmetric), both (K, K)."""
    first, second, outcome = rows[:, 0].astype(int), rows[:, 1].astype(int), rows[:, 2]
    wins, ties = prior * (1 - np.eye(size)), np.zeros((size, size))
    for table, left, right, value in ((wins, first, second, 1), (wins, second, first, 0),
                                      (ties, first, second, 0.5), (ties, second, first, 0.5)):
        np.add.at(table, (left[outcome == value], right[outcome == value]), 1)
    return wins, ties


def _fit(
    wins: np.ndarray,
    ties: np.ndarray,
    *,
    start: tuple[np.ndarray, float] | None = None,
    tolerance: float = 1e-10,
) -> tuple[np.ndarray, float]:
    """Return log-worths (K,) with mean 0 and v."""
    if not _connected(wins + ties):
        raise _unbounded()
    counts, points = wins + wins.T + ties, (wins + ties / 2).sum(axis=1)
    tied = ties.sum() / 2
    log_worth, tie = (np.zeros(len(wins)), 1.0) if start is None else start
    tie = max(tie, 1e-3) if tied else 0.0
    for _ in range(_STEPS):
        worth = np.exp(log_worth)
        share = counts / _total(worth, tie)
        ratio = np.sqrt(worth[None] / worth[:, None])
        update = np.log(points / (share * (1 + tie / 2 * ratio)).sum(axis=1))
        update -= update.mean()
        worth = np.exp(update)
        roots = np.sqrt(np.outer(worth, worth))
        expected = (counts * roots / _total(worth, tie)).sum() / 2
        fresh = tied / expected
        moved = max(np.abs(update - log_worth).max(), abs(fresh - tie) / max(fresh, 1))
        log_worth, tie = update, fresh
        if moved < tolerance:
            return log_worth, float(tie)
    raise _unbounded()


def _total(worth: np.ndarray, tie: float) -> np.ndarray:
    return worth[:, None] + worth[None] + tie * np.sqrt(np.outer(worth, worth))


def _unbounded() -> InputError:
    return InputError(
        "expected every group of systems to be preferred to the others at least once, got one that "
        "is not, or ties only: no finite strengths; collect more answers or set prior=0.5"
    )


def _connected(edges: np.ndarray) -> bool:
    """Say whether every system is reached from every other along preferences (Ford 1957)."""
    reach = (edges > 0) | np.eye(len(edges), dtype=bool)
    for _ in range(len(edges)):
        reach = reach @ reach
    return bool(reach.all())


def _covariance(counts: np.ndarray, log_worth: np.ndarray, tie: float) -> np.ndarray:
    """Return the covariance (K, K) of log-worths with mean 0: the pseudo-inverse of information.

    Each outcome of a pair is a point in the space of (log-worths, ln v); a pair's information is
    its count times the covariance of that point.
    """
    size = len(log_worth)
    information = np.zeros((size + 1, size + 1))
    for i in range(size):
        for j in range(i):
            outcomes = np.zeros((3, size + 1))
            outcomes[0, i] = outcomes[1, j] = outcomes[2, size] = 1
            outcomes[2, [i, j]] = 0.5
            worth = np.exp(log_worth[[i, j]])
            chances = np.array([*worth, tie * np.sqrt(worth.prod())])
            chances /= chances.sum()
            centred = outcomes - chances @ outcomes
            information += counts[i, j] * centred.T @ (chances[:, None] * centred)
    if not tie:
        information = information[:size, :size]
    return np.linalg.pinv(information, hermitian=True)[:size, :size]
