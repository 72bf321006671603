"""The report as Markdown: a summary and a run card in, one text out."""

from collections.abc import Mapping
from typing import Any

from emogen.emotion import CATEGORIES, MIKELS
from emogen.evaluation.campaign.figures import KINDS
from emogen.evaluation.campaign.summary import Campaign
from emogen.evaluation.report import words
from emogen.evaluation.tables import markdown_table


def markdown_report(campaign: Campaign, summary: Mapping[str, Any]) -> str:
    """Return the report of a campaign as Markdown."""
    card = None if campaign.card is None else campaign.card.model_dump(mode="json")
    parts = [
        f"# Emotion fidelity: {words.title(summary, card)}",
        " ".join(words.headline(summary)),
        _figures(summary),
        *_emotions(summary),
        *_confusions(summary),
        *_notes(summary),
        *_failures(campaign),
        *([] if card is None else [_card(card, summary)]),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _figures(summary: Mapping[str, Any]) -> str:
    judges = summary["judges"]
    head, rows = ["figure", *map(words.judge_name, judges)], []
    ceilings = [name for name, judge in judges.items() if judge["ceiling"] is not None]
    head += [f"ceiling, {name}" for name in ceilings]
    for key, kind in KINDS.items():
        cells = [words.shown(judge["figures"].get(key), kind) for judge in judges.values()]
        cells += [
            words.shown(judges[name]["ceiling"]["figures"].get(key), kind) for name in ceilings
        ]
        if any(cell != "\u2013" for cell in cells):
            arrow = {"up": "\u2191", "down": "\u2193", "zero": "\u2192 0"}[kind.better]
            rows.append([f"{kind.label} {arrow}", *cells])
    about = [f"- {KINDS[key].label}: {KINDS[key].about}." for key in KINDS
             if any(key in judge["figures"] for judge in judges.values())]
    return "\n".join(["## Figures", "", markdown_table(head, rows), "", *about])


def _emotions(summary: Mapping[str, Any]) -> list[str]:
    parts = []
    for key, name in (("by_emotion", "asked"), ("by_type", "type")):
        judges = {judge: found[key] for judge, found in summary["judges"].items() if found[key]}
        if not judges:
            continue
        groups = next(iter(judges.values()))
        rows = [
            [group, f"{groups[group]['count']:.0f}",
             *(words.shown(found.get(group), KINDS["ea8"]) for found in judges.values())]
            for group in groups
        ]
        head = [name, "clips", *(f"EA-8, {judge}" for judge in judges)]
        parts.append(f"## By {name.replace('asked', 'emotion')}\n\n{markdown_table(head, rows)}")
    return parts


def _confusions(summary: Mapping[str, Any]) -> list[str]:
    return [
        f"## Confusion, {words.judge_name(name).lower()}\n\n" + markdown_table(
            ["asked \\ read", *CATEGORIES],
            [[asked, *row] for asked, row in zip(MIKELS, judge["confusion"], strict=True)
             if any(row)],
        )
        for name, judge in summary["judges"].items() if any(map(any, judge["confusion"]))
    ]


def _notes(summary: Mapping[str, Any]) -> list[str]:
    power = words.power_note(summary)
    lines = [*([power] if power else []), *words.frechet_note(summary), *words.METHOD,
             *(f"{note}." for note in summary["notes"])]
    return ["## How sure\n\n" + "\n".join(f"- {line}" for line in lines)]


def _failures(campaign: Campaign) -> list[str]:
    failed = [row for row in campaign.rows if not row.is_finished]
    if not failed:
        return []
    lines = "\n".join(f"- {row.prompt}, {row.emotion}, seed {row.seed}: {row.error}"
                      for row in failed[:50])
    return [f"## Failed clips: {len(failed)} of {len(campaign.rows)}\n\n{lines}"]


def card_lines(card: Mapping[str, Any], summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the run card as pairs of a name and a text."""
    generator, protocol = card["generator"], card["protocol"]
    settings = ", ".join(f"{name} {value}" for name, value in generator["settings"].items())
    seeds = card["seeds"]
    return [
        ("command", " ".join(card["command"])),
        ("protocol", f"{protocol['name']}, {protocol['clips']} clips, {protocol['sha256']}"),
        ("clips by", f"{generator['kind']} {generator['name']}"),
        ("weights", generator["sha256"] or "not known"),
        ("settings", settings or "not known"),
        ("seeds", "not known" if seeds is None else f"{seeds[0]} to {seeds[1]}"),
        *((words.judge_name(name).lower(), f"{judge['model']} ({judge['tier']})")
          for name, judge in summary["judges"].items()),
        ("ceiling", words.CEILINGS.get(card["ceiling"], card["ceiling"]) or "none"),
        ("reference", card["reference"] or "none"),
        ("emogen", card["emogen"]),
        ("libraries", ", ".join(f"{name} {found}" for name, found in card["libraries"].items())),
        ("python", card["python"]),
        ("machine", ", ".join(f"{name} {value}" for name, value in card["machine"].items())),
        ("started", card["started"]),
        ("finished", card["finished"] or "not finished"),
    ]


def _card(card: Mapping[str, Any], summary: Mapping[str, Any]) -> str:
    rows = [[name, f"`{text}`"] for name, text in card_lines(card, summary)]
    return f"## Run card\n\n{markdown_table(['', ''], rows)}"
