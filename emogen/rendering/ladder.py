"""What follows a failure: its class and what was tried so far in, the next state of the job out.

    class       what follows                                              at the end
    input       nothing is tried again                                    failed
    memory      alone, then tiling, then offload, then smaller (twice,
                only where the job allows it)                             failed
    transient   again after 2, 4, 8, 16 s                                 failed
    crash       again, alone in a fresh process, 3 times in all           quarantined
    hang        again, alone in a fresh process, 2 times in all           quarantined
    lost        again, behind all others, 8 times in all: the process or
                machine that held the job is gone, perhaps by its fault   quarantined
    disk        back into the queue, not counted; the run should stop     queued
    bug         once more                                                 failed

A failed job asks for a person; a quarantined one has taken processes down with it.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, Self, get_args

ProblemKind = Literal["input", "memory", "transient", "crash", "hang", "lost", "disk", "bug"]
PROBLEM_KINDS: tuple[str, ...] = get_args(ProblemKind)
TRIES: dict[ProblemKind, int] = {
    "input": 1, "transient": 5, "crash": 3, "hang": 2, "lost": 8, "bug": 2,
}  # fmt: skip
"""Failures of one class before a job is given up; memory and disk have rules of their own."""
FIRST_DELAY_S = 2.0
SMALLER = (0.75, 0.5)
"""What the sides are multiplied by at each step down."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What went wrong with a job.

    Attributes:
        kind: the class, which decides what follows.
        message: one line for a person.
        hint: what a person can do about it, or nothing.
    """

    kind: ProblemKind
    message: str
    hint: str = ""

    def __post_init__(self) -> None:
        """Refuse a class without a rule."""
        if self.kind not in PROBLEM_KINDS:
            known = ", ".join(PROBLEM_KINDS)
            raise ValueError(f"expected a kind of problem of {known}, got {self.kind!r}")

    def to_dict(self) -> dict[str, str]:
        """Return plain JSON values."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Measures:
    """How a job is to be run differently after failures.

    Attributes:
        alone: shares no forward with another job.
        fresh: in a process that has run nothing before.
        tiling: the autoencoder decodes in tiles.
        offload: parts of the model wait in main memory.
        smaller: steps down in size, an index into `SMALLER` plus one; 0 is the size asked for.
    """

    alone: bool = False
    fresh: bool = False
    tiling: bool = False
    offload: bool = False
    smaller: int = 0

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the measures of stored values."""
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """Return what differs from nothing at all, as plain JSON values.

        >>> Measures(tiling=True).to_dict()
        {'tiling': True}
        """
        return {name: value for name, value in asdict(self).items() if value}

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Return the pixels to be made where this many were asked for.

        >>> Measures(smaller=1).size(832, 480)
        (624, 352)
        """
        if not self.smaller:
            return width, height
        factor = SMALLER[self.smaller - 1]
        return tuple(max(16, int(side * factor) // 16 * 16) for side in (width, height))


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What follows a failure.

    Attributes:
        state: the job's next state.
        delay_s: seconds before it may be claimed again.
        measures: how it is to be run then.
        counted: whether the failure counts against the job.
    """

    state: Literal["queued", "failed", "quarantined"]
    delay_s: float = 0.0
    measures: Measures = Measures()
    counted: bool = True


def follow(
    kind: ProblemKind,
    *,
    failures: int,
    measures: Measures,
    allow_smaller: bool,
    tries: Mapping[ProblemKind, int] = TRIES,
) -> Verdict:
    """Return what follows a failure.

    Args:
        kind: the class of the failure.
        failures: how many of this class the job has had, this one counted.
        measures: how the job was run.
        allow_smaller: whether the job would do with a smaller clip.
        tries: failures of each class before a job is given up.

    >>> follow("memory", failures=1, measures=Measures(alone=True), allow_smaller=False)
    Verdict(state='queued', delay_s=0.0, measures=Measures(alone=True, fresh=False, tiling=True,
    offload=False, smaller=0), counted=True)
    >>> follow("crash", failures=3, measures=Measures(), allow_smaller=False).state
    'quarantined'
    """
    if kind == "disk":
        return Verdict(state="queued", measures=measures, counted=False)
    if kind == "memory":
        return _less_memory(measures, allow_smaller=allow_smaller)
    if failures >= tries[kind]:
        is_poison = kind in {"crash", "hang", "lost"}
        return Verdict(state="quarantined" if is_poison else "failed", measures=measures)
    if kind == "transient":
        delay = FIRST_DELAY_S * 2 ** (failures - 1)
        return Verdict(state="queued", delay_s=delay, measures=measures)
    if kind in {"crash", "hang"}:
        return Verdict(state="queued", measures=replace(measures, alone=True, fresh=True))
    return Verdict(state="queued", measures=measures)


def _less_memory(measures: Measures, *, allow_smaller: bool) -> Verdict:
    for name in ("alone", "tiling", "offload"):
        if not getattr(measures, name):
            return Verdict(state="queued", measures=replace(measures, **{name: True}))
    if allow_smaller and measures.smaller < len(SMALLER):
        return Verdict(state="queued", measures=replace(measures, smaller=measures.smaller + 1))
    return Verdict(state="failed", measures=measures)
