"""The sections of the page with clips and charts: a campaign in, markup of each part out."""

from collections.abc import Mapping, Sequence
from typing import Any

from emogen.emotion import CATEGORIES
from emogen.evaluation.campaign.figures import curve_pair
from emogen.evaluation.campaign.rows import Row
from emogen.evaluation.campaign.summary import Campaign
from emogen.evaluation.report import charts, words
from emogen.evaluation.report.gallery import clip_card, extremes, player
from emogen.evaluation.report.markdown import card_lines
from emogen.evaluation.report.markup import Markup, tag
from emogen.evaluation.report.tables import lead, section

CURVES_SHOWN = 12
FAILURES_SHOWN = 50


def curves(campaign: Campaign) -> Markup | None:
    """Return each curve's clip beside asked and recognised weights over time."""
    names = campaign.judges
    rows = [row for row in campaign.finished if row.measures == "curve"
            and all(len(row.judges[name].curve_seconds) > 1 for name in names)]
    if not rows:
        return None
    cards = [_curve_card(row, names, campaign) for row in rows[:CURVES_SHOWN]]
    more = len(rows) - len(cards)
    return section(
        "curves", "Asked and recognised over time",
        lead("Dashed: asked. Solid: recognised by the main judge; thin: by the second. The line"
             " moves with the clip."
             + (f" {more} more curves are in rows.jsonl." if more else "")),
        tag("div", {"class": "curves"}, cards),
    )


def _curve_card(row: Row, names: Sequence[str], campaign: Campaign) -> Markup:
    pairs = {name: curve_pair(row, name) for name in names}
    keys = [tag("span", None, tag("i", {"class": f"key bg-{name}"}, ""), name)
            for name in next(iter(pairs.values())).categories]
    end = row.picture.seconds
    chart = charts.curve_chart(pairs, row.request.trajectory(end), end=end)
    return tag(
        "article", {"class": "curve", "data-end": f"{end:.3f}"},
        player(row, campaign.folder),
        tag("div", None, tag("p", {"class": "prompt"}, row.prompt),
            tag("p", {"class": "keys"}, keys), chart),
    )


def strength(campaign: Campaign) -> Markup | None:
    """Return read against asked strength, a chart a judge."""
    rows = [row for row in campaign.finished if row.measures == "intensity"]
    if not rows:
        return None
    drawn = [
        tag("figure", None, charts.intensity_chart(rows, name),
            tag("figcaption", None, words.judge_name(name)))
        for name in campaign.judges
    ]
    return section(
        "strength", "Does more asked mean more shown?",
        lead("Each thin line is one prompt and emotion in growing strength, the thick one their"
             " mean. What counts is that lines rise; the dashed line is where read equals asked."),
        tag("div", {"class": "pair"}, drawn),
    )


def reliability(summary: Mapping[str, Any]) -> Markup | None:
    """Return confidence against accuracy, a chart a judge."""
    drawn = [
        tag("figure", None, charts.reliability_chart(judge["reliability"]),
            tag("figcaption", None, words.judge_name(name)))
        for name, judge in summary["judges"].items() if judge["reliability"]
    ]
    if not drawn:
        return None
    return section(
        "reliability", "Does confidence mean anything?",
        lead("Dots on the dashed line: of clips that a judge reads with 70 % confidence, 70 % show"
             " what was asked. Below it, the judge sees clearly something else than was asked; that"
             " may be the generator's fault as well as the judge's."),
        tag("div", {"class": "pair"}, drawn),
    )


def clips(campaign: Campaign) -> Markup | None:
    """Return the worst and the best clips, playing inside the page."""
    worst, best = extremes(campaign.finished, campaign.judges)
    if not worst and not best:
        return None
    def grid(rows: Sequence[Row]) -> Markup:
        return tag("div", {"class": "clips"},
                   [clip_card(row, campaign.judges, campaign.folder) for row in rows])

    return section(
        "clips", "Worst and best clips",
        lead("By the probability of the asked emotion, mean of both judges, at most two of an"
             " emotion. Look for yourself."),
        tag("h3", None, "Worst"), grid(worst), tag("h3", None, "Best"), grid(best),
    )


def looks(summary: Mapping[str, Any]) -> Markup:
    """Return flicker and the colours of each emotion."""
    labels = {"change": "change from frame to frame", "jitter": "jitter beyond steady motion",
              "pumping": "pumping brightness"}
    restless = [
        tag("tr", None, tag("th", {"scope": "row"}, labels[name]),
            tag("td", None, f"{found['value']:.4f} ({found['low']:.4f} to {found['high']:.4f})"))
        for name, found in summary["picture"].items()
    ]
    order = [name for name in CATEGORIES if name in summary["colour"]]
    rows = [
        tag("tr", None, tag("th", {"scope": "row"}, _swatch(summary["colour"][name]), name),
            [tag("td", None, f"{summary['colour'][name][key]:.2f}")
             for key in ("hue", "colourfulness", "brightness")])
        for name in order
    ]
    head = tag("tr", None, [tag("th", {"scope": "col"}, name) for name in (
        "asked for", "hue", "colourfulness", "brightness")])
    return section(
        "picture", "Flicker and colour",
        lead("Flicker is measured over all clips, lower is calmer; motion counts in the first row."
             " Colours are EmoVid's attributes, from 0 to 1."),
        tag("div", {"class": "pair"},
            tag("table", {"class": "plain"}, tag("tbody", None, restless)),
            tag("table", {"class": "plain"}, tag("thead", None, head), tag("tbody", None, rows))
            if rows else None),
    )


def _swatch(colour: Mapping[str, float]) -> Markup:
    value, saturation = colour["brightness"], colour["colourfulness"]
    light = value * (1 - saturation / 2)
    spread = min(light, 1 - light)
    strength_hsl = 0.0 if spread == 0 else (value - light) / spread
    style = (f"background:hsl({360 * colour['hue']:.0f} {100 * strength_hsl:.0f}%"
             f" {100 * light:.0f}%)")
    return tag("i", {"class": "swatch", "style": style}, "")


def certainty(summary: Mapping[str, Any]) -> Markup:
    """Return what the figures can and cannot carry."""
    power = words.power_note(summary)
    lines = [*([power] if power else []), *words.METHOD,
             *(f"{note[:1].upper()}{note[1:]}." for note in summary["notes"])]
    return section("method", "How sure is this?",
                   tag("ul", {"class": "notes"}, [tag("li", None, line) for line in lines]))


def failures(campaign: Campaign) -> Markup | None:
    """Return the clips that could not be made, read or judged."""
    failed = [row for row in campaign.rows if not row.is_finished]
    if not failed:
        return None
    lines = [tag("li", None, f"{row.prompt}, {row.emotion}, seed {row.seed}: {row.error}")
             for row in failed[:FAILURES_SHOWN]]
    return section("failed", f"{len(failed)} of {len(campaign.rows)} clips failed",
                   lead("They are in none of the figures."), tag("ul", {"class": "notes"}, lines))


def run_card(card: Mapping[str, Any], summary: Mapping[str, Any]) -> Markup:
    """Return every version, hash, seed and the command."""
    pairs = [(tag("dt", None, name), tag("dd", None, tag("code", None, text)))
             for name, text in card_lines(card, summary)]
    return section("card", "Run card", tag("dl", {"class": "card"}, pairs))
