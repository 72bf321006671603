"""What people say: raters, shares and preference in, the result in words and as JSON out."""

from dataclasses import dataclass, field
from typing import Any

from emogen.evaluation.statistics import Estimate

PASS = 0.75
"""Share of catch trials that a rater must get right."""


@dataclass(frozen=True, kw_only=True)
class Rater:
    """How a rater did.

    Attributes:
        name: as they gave it.
        answered: pairs answered.
        caught: catch trials that they got right.
        catch: catch trials that they answered.
    """

    name: str
    answered: int
    caught: int
    catch: int

    @property
    def passes(self) -> bool:
        """Whether their answers count."""
        return self.catch > 0 and self.caught >= PASS * self.catch


@dataclass(frozen=True, kw_only=True)
class StudyResult:
    """What people say.

    Attributes:
        systems: names of A and B.
        raters: everybody who answered.
        shares: ``A``, ``B`` and ``tie``, how often each was chosen.
        preference: P(B over A where a side was taken), by Davidson's extension of Bradley-Terry.
        trials_won: pairs that more raters gave to A, and to B.
        sign_test: exact two-sided p-value of those.
        alpha: Krippendorff's, with its interval; None with one rater, or where all always agree.
        left: how often the left side was chosen where a side was taken.
        notes: what a reader should know.
    """

    systems: tuple[str, str]
    raters: list[Rater]
    shares: dict[str, Estimate]
    preference: Estimate
    trials_won: tuple[int, int]
    sign_test: float
    alpha: Estimate | None
    left: Estimate | None
    notes: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "systems": {"A": self.systems[0], "B": self.systems[1]},
            "raters": [
                {"name": rater.name, "answered": rater.answered, "caught": rater.caught,
                 "catch": rater.catch, "passes": rater.passes}
                for rater in self.raters
            ],
            "shares": {name: share.to_dict() for name, share in self.shares.items()},
            "preference_b": self.preference.to_dict(),
            "trials_won": {"A": self.trials_won[0], "B": self.trials_won[1]},
            "sign_test": round(self.sign_test, 6),
            "alpha": None if self.alpha is None else self.alpha.to_dict(),
            "left": None if self.left is None else self.left.to_dict(),
            "notes": self.notes,
            "sentences": self.sentences(),
        }

    def sentences(self) -> list[str]:
        """Return the result for people."""
        kept = [rater for rater in self.raters if rater.passes]
        dropped = [
            f"{rater.name} ({rater.caught} of {rater.catch} catch trials right)"
            for rater in self.raters if not rater.passes
        ]
        lines = [f"A is {self.systems[0]}, B is {self.systems[1]}."]
        lines.append(f"{len(kept)} raters count; dropped: {', '.join(dropped) or 'nobody'}.")
        a, b, tie = (self.shares[name] for name in ("A", "B", "tie"))
        lines.append(
            f"Of {a.count} answers, {percent(a)} prefer A, {percent(b)} prefer B,"
            f" {percent(tie)} see no difference."
        )
        lines.append(
            f"Where a side is taken, B is preferred with probability {self.preference}"
            " (Bradley-Terry with ties)."
        )
        lines.append(
            f"Pairs won by more raters: A {self.trials_won[0]}, B {self.trials_won[1]}; sign test"
            f" p = {self.sign_test:.3f}."
        )
        if self.alpha is not None:
            lines.append(f"Agreement of raters: Krippendorff's alpha {self.alpha}.")
        return [*lines, self._claim(), *(f"Note: {note}." for note in self.notes)]

    def _claim(self) -> str:
        sure = not self.preference.low <= 0.5 <= self.preference.high
        if not sure or self.sign_test >= 0.05:
            return "No preference may be claimed."
        return f"People prefer {'B' if self.preference.value > 0.5 else 'A'}."


def percent(estimate: Estimate) -> str:
    """Return a share with its interval.

    >>> percent(Estimate(value=0.5, low=0.4, high=0.6, count=10))
    '50 % (40 to 60)'
    """
    return (
        f"{100 * estimate.value:.0f} % ({100 * estimate.low:.0f} to {100 * estimate.high:.0f})"
    )
