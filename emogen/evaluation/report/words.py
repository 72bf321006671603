"""Figures in words: a summary in; values with intervals and plain sentences out."""

from collections.abc import Mapping
from typing import Any

from emogen.evaluation.campaign.figures import KINDS, Kind

JUDGE_NAMES = {"main": "Main judge", "second": "Second judge"}
CEILINGS = {"drawn": "drawn clips of the same requests"}
Figure = Mapping[str, float]


def judge_name(name: str) -> str:
    """Return how a judge is called.

    >>> judge_name("main"), judge_name("third")
    ('Main judge', 'Judge third')
    """
    return JUDGE_NAMES.get(name, f"Judge {name}")


def number(value: float, kind: Kind) -> str:
    r"""Return a value as people read it.

    >>> number(0.744, KINDS["ea8"]), number(0.5, KINDS["curve"])
    ('74\xa0%', '0.50')
    """
    return f"{100 * value:.0f}\u00a0%" if kind.percent else f"{value:.2f}".replace("-", "\u2212")


def interval(figure: Figure, kind: Kind) -> str:
    """Return the 95 % interval.

    >>> interval({"value": 0.7, "low": 0.61, "high": 0.782}, KINDS["ea8"])
    '61 to 78'
    """
    low, high = (number(figure[end], kind).removesuffix("\u00a0%") for end in ("low", "high"))
    return f"{low} to {high}"


def shown(figure: Figure | None, kind: Kind) -> str:
    r"""Return value and interval, a dash where there is none.

    >>> shown({"value": 0.7, "low": 0.61, "high": 0.78}, KINDS["ea8"]), shown(None, KINDS["ea8"])
    ('70\xa0% (61 to 78)', '\u2013')
    """
    if figure is None:
        return "\u2013"
    return f"{number(figure['value'], kind)} ({interval(figure, kind)})"


def title(summary: Mapping[str, Any], card: Mapping[str, Any] | None) -> str:
    """Return what was evaluated on what."""
    if card is None:
        return f"{summary['counts']['asked']} clips"
    return f"{card['generator']['name']} on {card['protocol']['name']}"


def headline(summary: Mapping[str, Any]) -> list[str]:
    """Return the main result in sentences, one judge after the other."""
    sentences = []
    for name, judge in summary["judges"].items():
        figure = judge["figures"].get("ea8")
        if figure is None:
            continue
        ceiling = ((judge["ceiling"] or {}).get("figures") or {}).get("ea8")
        value, span = number(figure["value"], KINDS["ea8"]), interval(figure, KINDS["ea8"])
        most = ""
        if ceiling is not None:
            most = f"; the ceiling is {number(ceiling['value'], KINDS['ea8'])}"
        sentences.append(
            f"The {judge_name(name).lower()} finds it in {value} ({span}{most})." if sentences else
            f"The {judge_name(name).lower()} finds the asked emotion in {value} of"
            f" {figure['count']:.0f} clips (95\u00a0% interval {span};"
            f" chance is 12.5\u00a0%{most})."
        )
    agreement = summary["agreement"]
    if agreement is not None:
        sentences.append(
            "The two judges name the same emotion in"
            f" {100 * agreement['same']['value']:.0f}\u00a0% of all clips (Cohen's kappa"
            f" {agreement['kappa']:.2f})."
        )
    return sentences


def power_note(summary: Mapping[str, Any]) -> str | None:
    """Return what a comparison with this many clips could show, None without categories."""
    power = summary["power"]
    if not power:
        return None
    count = f"{power['clips']:.0f} clips count as {power['effective']:.0f} independent ones"
    if power["smallest_rise"] is None:
        return (
            f"{count}: too few, or EA-8 too near to 100\u00a0%, for a rise to be seen against a"
            " system judged on other clips."
        )
    return (
        f"{count}. Against a system judged on other clips, a rise of EA-8 from"
        f" {100 * power['ea8']:.0f} % is seen with 80 % power only if it is at least"
        f" {100 * power['smallest_rise']:.0f} points; paired clips (emogen evaluate compare) see"
        " less."
    )


def frechet_note(summary: Mapping[str, Any]) -> list[str]:
    """Return the Frechet distances in words."""
    return [
        f"Fr\u00e9chet distance on the features of the {judge_name(name).lower()}:"
        f" {found['value']:.2f} from {found['clips']} clips to {found['real']} of the"
        f" {found['to']} ({found['width']} numbers a clip; lower is closer, comparable only for"
        " like counts)."
        for name, judge in summary["judges"].items()
        if (found := judge["frechet"]) is not None
    ]


METHOD = (
    "Intervals are 95\u00a0%. Prompts are resampled whole (cluster bootstrap), so that many clips"
    " of few prompts do not look surer than they are; shares take the wider of that and Wilson's"
    " interval, single emotions Wilson's. An interval without width means that all resamples agree,"
    " not that the figure is certain.",
    "EA-8 and EA-2 follow EmoVid: the strongest of the eight emotions counts, neutral does not"
    " compete. The confusion matrix shows neutral too.",
    "The ceiling is what the same judges read in clips that show what was asked for certain: what"
    " they miss there, no generator can be blamed for.",
    "Neither judge shares weights with the generator or with the other judge; their cards say what"
    " each learned from. Where the two disagree about a difference, nothing should be claimed.",
)
