"""The report as one page: a campaign in, HTML with clips, style and script inside out.

Nothing is loaded from anywhere: a content security policy in the page forbids it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from emogen.evaluation.campaign.summary import Campaign
from emogen.evaluation.report import sections, tables, words
from emogen.evaluation.report.markup import Markup, join, tag

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; media-src data:;"
    " img-src data:; base-uri 'none'; form-action 'none'"
)
NAVIGATION = {
    "figures": "Figures", "confusion": "Confusion", "emotions": "Emotions", "curves": "Curves",
    "strength": "Strength", "reliability": "Confidence", "clips": "Clips", "picture": "Colour",
    "method": "How sure", "failed": "Failed", "card": "Run card",
}
_HERE = Path(__file__).parent


def html_report(campaign: Campaign, summary: Mapping[str, Any]) -> str:
    """Return the report of a campaign as one self-contained page.

    Raises:
        MediaError: a clip that is to be shown cannot be read.
    """
    card = None if campaign.card is None else campaign.card.model_dump(mode="json")
    parts = {
        "figures": tables.figures(summary),
        "confusion": tables.confusion(summary),
        "emotions": tables.groups(summary),
        "curves": sections.curves(campaign),
        "strength": sections.strength(campaign),
        "reliability": sections.reliability(summary),
        "clips": sections.clips(campaign),
        "picture": sections.looks(summary),
        "method": sections.certainty(summary),
        "failed": sections.failures(campaign),
        "card": None if card is None else sections.run_card(card, summary),
    }
    shown = {name: part for name, part in parts.items() if part is not None}
    name = words.title(summary, card)
    body = [
        tag("a", {"class": "skip", "href": "#main"}, "Skip to the figures"),
        tag("header", None, _head(name, summary, card)),
        _navigation(list(shown)),
        tag("main", {"id": "main"}, list(shown.values())),
        tag("footer", None, "Made by emogen evaluate. All of this page is inside this one file."),
    ]
    return page(f"{name}: emotion fidelity", body, folder=_HERE, policy=POLICY)


def page(title: str, body: list[object], *, folder: Path, policy: str) -> str:
    """Return a whole page with ``page.css`` and ``page.js`` of a folder inside."""
    style = Markup((folder / "page.css").read_text(encoding="utf-8"))
    script = Markup((folder / "page.js").read_text(encoding="utf-8"))
    head = tag(
        "head", None, tag("meta", {"charset": "utf-8"}),
        tag("meta", {"http-equiv": "Content-Security-Policy", "content": policy}),
        tag("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        tag("meta", {"name": "color-scheme", "content": "light dark"}),
        tag("title", None, title), tag("style", None, style),
    )
    content = tag("body", None, join(body), tag("script", None, script))
    return f"<!doctype html>\n{tag('html', {'lang': 'en'}, head, content)}\n"


def _head(name: str, summary: Mapping[str, Any], card: Mapping[str, Any] | None) -> list[Markup]:
    counts = summary["counts"]
    facts = [f"{counts['finished']} clips", f"{counts['prompts']} prompts",
             f"{len(summary['judges'])} judges"]
    if counts["ceiling"]:
        facts.append(f"{counts['ceiling']} ceiling clips")
    if card is not None:
        facts.append((card["finished"] or card["started"])[:10])
    tiers = {judge["tier"] for judge in summary["judges"].values()}
    facts += [f"judge weights: {tier}" for tier in sorted(tiers)]
    failed = [tag("li", {"class": "bad"}, f"{counts['failed']} failed")] if counts["failed"] else []
    return [
        tag("p", {"class": "eyebrow"}, "Emotion fidelity"),
        tag("h1", None, name),
        tag("p", {"class": "verdict"}, " ".join(words.headline(summary))),
        tag("ul", {"class": "facts"}, [tag("li", None, fact) for fact in facts], failed),
        tables.tiles(summary),
    ]


def _navigation(names: list[str]) -> Markup:
    links = [tag("a", {"href": f"#{name}"}, NAVIGATION[name]) for name in names]
    button = tag("button", {"id": "motion", "type": "button", "hidden": True}, "Pause clips")
    listed = tag("div", {"class": "links"}, links)
    return tag("nav", {"aria-label": "sections"}, tag("div", None, listed, button))
