"""What may be claimed: differences by judge in, one plain sentence a figure out."""

from dataclasses import dataclass
from typing import Any

from emogen.evaluation.campaign.figures import KINDS
from emogen.evaluation.statistics import Estimate

LEVEL = 0.05
JITTER = "jitter"
"""Restlessness of the picture, which needs no judge."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """How B differs from A in one figure.

    Attributes:
        metric: a key of `KINDS`, or ``jitter``.
        first: the figure of A.
        second: the figure of B.
        difference: B - A with its cluster bootstrap interval.
        test: what gave the p-value.
        p_value: two-sided.
        adjusted: after Holm over the figures of this judge.
        only_first: clips that only A got right, None where nothing is right or wrong.
        only_second: clips that only B got right.
        smallest: difference that this many pairs show with 80 % power, None where not known.
    """

    metric: str
    first: float
    second: float
    difference: Estimate
    test: str
    p_value: float
    adjusted: float = 1.0
    only_first: int | None = None
    only_second: int | None = None
    smallest: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        plain["difference"] = self.difference.to_dict()
        return {
            name: round(value, 6) if isinstance(value, float) else value
            for name, value in plain.items()
        }


def label(metric: str) -> str:
    """Return how a figure is called.

    >>> label("ea8"), label("jitter")
    ('EA-8', 'Jitter')
    """
    return "Jitter" if metric == JITTER else KINDS[metric].label


def is_percent(metric: str) -> bool:
    """Tell whether a figure is a share."""
    return metric != JITTER and KINDS[metric].percent


def verdict(judges: dict[str, list[Difference]], pairs: int) -> list[str]:
    """Return what may be claimed, one sentence a figure and one at the end.

    A difference may be claimed where the main judge sees it after Holm's correction at 5 % and the
    second judge, if there is one, sees it in the same direction with p below 5 %.
    """
    (main, found), *rest = judges.items()
    second = {difference.metric: difference for difference in rest[0][1]} if rest else {}
    claims = [
        _claim(difference, second.get(difference.metric), main)
        for difference in found if difference.adjusted < LEVEL
    ]
    if not claims:
        first = found[0]
        least = "" if first.smallest is None else (
            f" These {pairs} pairs would show a difference of {100 * first.smallest:.0f} points in"
            f" {label(first.metric)} with 80 % power."
        )
        return [f"No difference may be claimed: none holds after Holm's correction.{least}"]
    return claims


def _claim(difference: Difference, other: Difference | None, main: str) -> str:
    better = "down" if difference.metric == JITTER else KINDS[difference.metric].better
    gain = difference.difference.value
    side = "better" if (gain > 0) == (better == "up") else "worse"
    said = (
        f"B is {side} than A in {label(difference.metric)}: {signed(difference)},"
        f" Holm-adjusted p {p_text(difference.adjusted)}"
    )
    if difference.metric == JITTER:
        return f"{said}."
    if other is None:
        return f"{said}, by the {main} judge alone: no second judge read both."
    if other.p_value < LEVEL and (other.difference.value > 0) == (gain > 0):
        return f"{said}; the second judge confirms it ({signed(other)})."
    return (
        f"Do not claim {label(difference.metric)}: the {main} judge sees {signed(difference)}, the"
        f" second does not confirm it ({signed(other)}, p {p_text(other.p_value)})."
    )


def signed(difference: Difference, *, unit: str = " points") -> str:
    """Return the difference with its interval; shares in percent points, with their unit."""
    estimate, percent = difference.difference, is_percent(difference.metric)
    digits = 1 if percent else 4 if difference.metric == JITTER else 2
    value, low, high = (
        f"{100 * part if percent else part:+.{digits}f}"
        for part in (estimate.value, estimate.low, estimate.high)
    )
    return f"{value}{unit if percent else ''} ({low} to {high})"


def p_text(value: float) -> str:
    """Return a p-value as papers write it.

    >>> p_text(0.0421), p_text(0.00004)
    ('0.042', '< 0.001')
    """
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
