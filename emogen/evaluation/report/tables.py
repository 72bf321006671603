"""Tables of the page: a summary in; tiles, scales, heat maps and their sections as markup out."""

from collections.abc import Mapping, Sequence
from typing import Any

from emogen.emotion import CATEGORIES, MIKELS
from emogen.evaluation.campaign.figures import KINDS, Kind
from emogen.evaluation.report import words
from emogen.evaluation.report.markup import Markup, tag

TILES = ("ea8", "ea2", "intensity_order", "curve")
_ABBREVIATED = 4


def section(name: str, title: str, *children: object) -> Markup:
    """Return one section with a heading that can be linked to."""
    heading = tag("h2", {"id": f"{name}-title"}, title)
    return tag("section", {"id": name, "aria-labelledby": f"{name}-title"}, heading, *children)


def lead(text: str) -> Markup:
    """Return a paragraph that says how to read what follows."""
    return tag("p", {"class": "lead"}, text)


def tiles(summary: Mapping[str, Any]) -> Markup:
    """Return the headline figures, both judges in each tile."""
    judges = summary["judges"]
    names = [key for key in TILES if any(key in judge["figures"] for judge in judges.values())]
    return tag("div", {"class": "tiles"}, [_tile(key, KINDS[key], judges) for key in names])


def _tile(key: str, kind: Kind, judges: Mapping[str, Any]) -> Markup:
    (first, judge), *others = [pair for pair in judges.items() if key in pair[1]["figures"]]
    figure = judge["figures"][key]
    return tag(
        "div", {"class": "tile"},
        tag("p", {"class": "name"}, kind.label),
        tag("p", {"class": "value"}, words.number(figure["value"], kind)),
        tag("p", {"class": "range"}, words.interval(figure, kind),
            tag("span", {"class": "who main"}, words.judge_name(first).lower())),
        track(key, kind, judges),
        [tag("p", {"class": "range"}, words.shown(other["figures"][key], kind),
             tag("span", {"class": "who second"}, name))
         for name, other in others],
        tag("p", {"class": "about"}, f"{kind.about}."),
    )


def track(key: str, kind: Kind, judges: Mapping[str, Any]) -> Markup:
    """Return a scale with a dot and an interval a judge, the ceiling and what guessing gives."""
    def place(value: float) -> float:
        return 100 * min(max((value - kind.low) / (kind.high - kind.low), 0), 1)

    marks: list[Markup] = []
    if kind.chance is not None:
        marks.append(tag("i", {"class": "chance", "style": f"left:{place(kind.chance):.1f}%",
                               "title": "chance"}, ""))
    for index, (name, judge) in enumerate(judges.items()):
        role = "main" if index == 0 else "second"
        figure = judge["figures"].get(key)
        ceiling = ((judge["ceiling"] or {}).get("figures") or {}).get(key)
        if ceiling is not None:
            at = f"left:{place(ceiling['value']):.1f}%"
            marks.append(tag("i", {"class": f"ceiling {role}", "style": at,
                                   "title": f"ceiling, {name}"}, ""))
        if figure is not None:
            low, high = place(figure["low"]), place(figure["high"])
            marks.append(tag("i", {"class": f"whisker {role}",
                                   "style": f"left:{low:.1f}%;width:{high - low:.1f}%"}, ""))
            at = f"left:{place(figure['value']):.1f}%"
            marks.append(tag("i", {"class": f"dot {role}", "style": at,
                                   "title": f"{name}: {words.shown(figure, kind)}"}, ""))
    return tag("div", {"class": "track", "aria-hidden": "true"}, marks)


def figures(summary: Mapping[str, Any]) -> Markup:
    """Return all figures as a table with a scale in each row."""
    judges = summary["judges"]
    ceilings = [name for name, judge in judges.items() if judge["ceiling"] is not None]
    head = tag(
        "tr", None, tag("th", {"scope": "col"}, "figure"), tag("th", {"scope": "col"}, "scale"),
        [tag("th", {"scope": "col"}, words.judge_name(name)) for name in judges],
        [tag("th", {"scope": "col"}, f"ceiling, {name}") for name in ceilings],
    )
    rows = []
    for key, kind in KINDS.items():
        if not any(key in judge["figures"] for judge in judges.values()):
            continue
        arrow = {"up": "\u2191", "down": "\u2193", "zero": "\u21920"}[kind.better]
        cells = [judge["figures"].get(key) for judge in judges.values()]
        most = [judges[name]["ceiling"]["figures"].get(key) for name in ceilings]
        rows.append(tag(
            "tr", None,
            tag("th", {"scope": "row"}, kind.label, tag("span", {"class": "arrow"}, f" {arrow}"),
                tag("small", None, kind.about)),
            tag("td", {"class": "scale"}, track(key, kind, judges)),
            [tag("td", None, words.shown(cell, kind)) for cell in cells],
            [tag("td", {"class": "quiet"}, words.shown(cell, kind)) for cell in most],
        ))
    table = tag("table", {"class": "figures"}, tag("thead", None, head), tag("tbody", None, rows))
    return section(
        "figures", "All figures", _legend(bool(ceilings)),
        tag("div", {"class": "scroll", "tabindex": "0", "role": "region",
                    "aria-label": "all figures"}, table),
        [lead(note) for note in words.frechet_note(summary)],
    )


def _legend(with_ceiling: bool) -> Markup:  # noqa: FBT001 - one caller, two lines above
    entries = [("dot main", "main judge, 95 % interval"), ("dot second", "second judge")]
    entries += [("ceiling main", "ceiling")] if with_ceiling else []
    entries += [("chance", "guessing")]
    return tag("p", {"class": "legend"}, [
        tag("span", None, tag("i", {"class": kind}, ""), text) for kind, text in entries
    ])


def confusion(summary: Mapping[str, Any]) -> Markup | None:
    """Return a heat map a judge: asked down, recognised across."""
    maps = [
        _heat_map(name, judge["confusion"]) for name, judge in summary["judges"].items()
        if any(map(any, judge["confusion"]))
    ]
    if not maps:
        return None
    return section(
        "confusion", "What is taken for what",
        lead("Each row is an emotion that was asked for; its cells say in how many percent of"
             " those clips a judge reads which emotion. On the diagonal, it is the one asked for."),
        tag("div", {"class": "pair"}, maps),
    )


def _heat_map(name: str, counts: Sequence[Sequence[int]]) -> Markup:
    head = tag("tr", None, tag("td", None, ""), [
        tag("th", {"scope": "col"},
            tag("abbr", {"title": category}, category[:_ABBREVIATED])) for category in CATEGORIES
    ])
    rows = []
    for asked, row in zip(MIKELS, counts, strict=True):
        total = sum(row)
        if not total:
            continue
        cells = [
            tag("td", {"style": f"--share:{100 * count / total:.0f}%",
                       "class": " ".join(filter(None, (
                           "hot" if count / total > 0.55 else "", "right" if read == asked else "",
                       ))) or None,
                       "title": f"{asked} read as {read}: {count} of {total}"},
                f"{100 * count / total:.0f}" if count else "")
            for read, count in zip(CATEGORIES, row, strict=True)
        ]
        rows.append(tag("tr", None, tag("th", {"scope": "row"}, asked), cells))
    caption = tag("caption", None, words.judge_name(name))
    return tag("table", {"class": "heat"}, caption, tag("thead", None, head),
               tag("tbody", None, rows))


def groups(summary: Mapping[str, Any]) -> Markup | None:
    """Return EA-8 by emotion and by type with Wilson intervals."""
    tables = []
    for key, title in (("by_emotion", "asked for"), ("by_type", "type")):
        judges = {name: judge[key] for name, judge in summary["judges"].items() if judge[key]}
        if judges:
            tables.append(_group_table(title, judges))
    if not tables:
        return None
    return section("emotions", "Emotion by emotion",
                   lead("EA-8 with Wilson intervals; few clips each, so they are wide."), tables)


def _group_table(title: str, judges: Mapping[str, Mapping[str, Any]]) -> Markup:
    kind, names = KINDS["ea8"], next(iter(judges.values()))
    rows = [
        tag("tr", None,
            tag("th", {"scope": "row"}, tag("i", {"class": f"key bg-{group}"}, ""), group,
                            tag("small", None, f"{names[group]['count']:.0f} clips")),
            tag("td", {"class": "scale"}, track("ea8", kind, {
                name: {"figures": {"ea8": found[group]} if group in found else {}, "ceiling": None}
                for name, found in judges.items()
            })),
            [tag("td", None, words.shown(found.get(group), kind)) for found in judges.values()])
        for group in names
    ]
    head = tag("tr", None, tag("th", {"scope": "col"}, title), tag("th", {"scope": "col"}, "scale"),
               [tag("th", {"scope": "col"}, words.judge_name(name)) for name in judges])
    table = tag("table", {"class": "figures"}, tag("thead", None, head), tag("tbody", None, rows))
    return tag("div", {"class": "scroll", "tabindex": "0", "role": "region",
                       "aria-label": f"EA-8 by {title}"}, table)
