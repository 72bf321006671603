"""Figures of a corpus: statistics in; pictures of counts, colours, transitions and lengths out."""

import colorsys
from collections.abc import Sequence
from typing import Any

import numpy as np

from emogen.data.prepare.page import LOOK, Page, between
from emogen.media.text import Colour

EMOTIONS: dict[str, Colour] = {
    "amusement": (240, 186, 52), "awe": (146, 116, 206), "contentment": (112, 178, 106),
    "excitement": (238, 134, 58), "anger": (202, 60, 58), "disgust": (136, 136, 62),
    "fear": (70, 78, 124), "sadness": (86, 144, 204), "neutral": (178, 176, 170),
    "unlabelled": (206, 204, 198),
}  # fmt: skip
_KINDS: tuple[Colour, ...] = (
    (58, 92, 140), (206, 112, 72), (112, 164, 138), (196, 164, 84), (148, 116, 162),
    (120, 120, 124),
)  # fmt: skip
_FAINT = between(LOOK.paper, LOOK.ink, 0.08)
_LEFT, _ROW = 150, 30


def emotions_figure(found: dict[str, Any]) -> np.ndarray:
    """Draw how many examples each emotion has, by kind of clip; uint8 [H, 760, 3]."""
    rows, kinds = found["emotions"], list(found["kinds"])
    page = Page(760, 120 + _ROW * len(rows), title="Examples of each emotion",
                note=f"{found['examples']} examples, {found['hours']:.2f} hours")
    most = max((row["examples"] for row in rows.values()), default=1)
    x = _LEFT
    for number, kind in enumerate(kinds):
        page.bar((x, 80, x + 11, 91), _KINDS[number % len(_KINDS)])
        page.words(kind, x + 17, 86, size=12, colour=LOOK.muted)
        x += 40 + 7 * len(kind)
    for place, (name, row) in enumerate(rows.items()):
        y, left = 116 + _ROW * place, float(_LEFT)
        _name(page, name, y)
        for number, kind in enumerate(kinds):
            wide = 470 * row["kinds"].get(kind, 0) / most
            page.bar((left, y - 9, left + wide, y + 9), _KINDS[number % len(_KINDS)])
            left += wide
        page.words(f"{row['examples']}", left + 8, y)
        page.words(f"{60 * row['hours']:.1f} min", 728, y, size=12, colour=LOOK.muted, anchor="rm")
    return page.pixels()


def colours_figure(found: dict[str, Any]) -> np.ndarray:
    """Draw hue, colourfulness, brightness and motion of each emotion; uint8 [H, 1080, 3]."""
    rows = found["emotions"]
    page = Page(1080, 150 + _ROW * len(rows), title="What each emotion looks like",
                note="means and their 95 % intervals; hue: circular mean, a larger spot where "
                "clips agree more")
    bottom = 106 + _ROW * len(rows)
    for place, name in enumerate(rows):
        _name(page, name, 116 + _ROW * place)
    panels = ("hue", "colourfulness", "brightness", "motion")
    for number, measure in enumerate(panels):
        left = _LEFT + 230 * number
        share = found["explained"][measure]
        said = "" if share is None else f"   {100 * share:.1f} % explained"
        page.words(measure, left, 86, size=13)
        page.words(said, left + 8 * len(measure) - 4, 86, size=12, colour=LOOK.muted)
        if measure == "hue":
            _hues(page, rows, left, bottom)
        else:
            _intervals(page, rows, measure, left, bottom)
    return page.pixels()


def transitions_figure(found: dict[str, Any]) -> np.ndarray:
    """Draw which emotion follows which; uint8 [H, 760, 3]."""
    table = found["transitions"]
    labels, shares, counts = table["labels"], table["shares"], np.array(table["counts"])
    page = Page(760, 640, title="From one clip to the next",
                note=f"share of the clips after each emotion; {table['pairs']} pairs of neighbours")
    cell, top = 68, 124
    for column, name in enumerate(labels):
        page.words(name, _LEFT + cell * (column + 0.5), top - 16, size=10, anchor="mm")
    for row, name in enumerate(labels):
        y = top + 60 * row
        _name(page, name, y + 29)
        for column in range(len(labels)):
            x, share = _LEFT + cell * column, shares[row][column]
            empty = not counts[row].any()
            shade = _FAINT if empty else between(LOOK.paper, EMOTIONS[name], 0.12 + 0.88 * share)
            page.bar((x, y, x + cell - 2, y + 58), shade)
            if not empty:
                ink = LOOK.paper if sum(shade) < 400 else LOOK.ink
                said = "1" if share >= 0.995 else f".{round(100 * share):02d}" if share else "·"
                page.words(said, x + cell / 2 - 1, y + 29, size=14, anchor="mm", colour=ink)
        page.words(f"{counts[row].sum()}", 728, y + 29, size=12, colour=LOOK.muted, anchor="rm")
    means = ", ".join(f"{name.replace('_', ' ')} {table[name]:.2f}" for name in
                      ("same_emotion", "same_valence", "other_valence") if table[name] is not None)
    page.words(f"means: {means}" if means else "no neighbours with labels", _LEFT, 622, size=13,
               colour=LOOK.muted)
    return page.pixels()


def lengths_figure(found: dict[str, Any], seconds: Sequence[float]) -> np.ndarray:
    """Draw how long the files are and which buckets their examples fill; uint8 [H, 760, 3]."""
    buckets = sorted(found["buckets"].items(), key=lambda pair: -pair[1])[:12]
    page = Page(760, 330 + 24 * len(buckets), title="Lengths and buckets",
                note="files by seconds above, examples by width x height x frames below")
    counts, edges = np.histogram(seconds or [0.0], bins=24, range=(0, max([*seconds, 1.0])))
    wide, base = 600 / len(counts), 240
    for number, count in enumerate(counts if seconds else []):
        x = 80 + wide * number
        page.bar((x, base - 140 * count / counts.max(), x + wide - 2, base), _KINDS[0])
    page.rule((80, base), (680, base), LOOK.muted)
    for number in range(0, len(edges), 6):
        page.words(f"{edges[number]:.3g} s", 80 + wide * number, base + 14, size=12,
                   colour=LOOK.muted, anchor="mm")
    page.words(f"{counts.max() if seconds else 0}", 72, 100, size=12, colour=LOOK.muted,
               anchor="rm")
    most = max((count for _, count in buckets), default=1)
    for place, (name, count) in enumerate(buckets):
        y = 296 + 24 * place
        page.words(name, 172, y, size=13, anchor="rm")
        page.bar((184, y - 8, 184 + 440 * count / most, y + 8), _KINDS[2])
        page.words(str(count), 192 + 440 * count / most, y, size=12)
    return page.pixels()


def _name(page: Page, name: str, y: float) -> None:
    page.spot(38, y, 5, EMOTIONS[name])
    page.words(name, 50, y)


def _hues(page: Page, rows: dict[str, Any], left: float, bottom: float) -> None:
    for step in range(180):
        hue = colorsys.hsv_to_rgb(step / 180, 0.75, 0.9)
        page.bar((left + step, bottom + 6, left + step + 1, bottom + 14),
                 tuple(round(255 * part) for part in hue))
    for place, row in enumerate(rows.values()):
        y, hue = 116 + _ROW * place, row["hue"]
        page.rule((left, y), (left + 180, y), _FAINT)
        colour = tuple(round(255 * part) for part in colorsys.hsv_to_rgb(hue["mean"], 0.75, 0.85))
        page.spot(left + 180 * hue["mean"], y, 3 + 6 * hue["agreement"], colour)
    for degrees in (0, 180, 360):
        page.words(f"{degrees}°", left + degrees / 2, bottom + 28, size=11, colour=LOOK.muted,
                   anchor="mm")


def _intervals(
    page: Page, rows: dict[str, Any], measure: str, left: float, bottom: float
) -> None:
    highest = max((row[measure]["high"] for row in rows.values()), default=0.0)
    scale = next(end for end in (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 1e9) if highest <= end)
    scale = min(scale, 1.0)
    for value in (0.0, scale / 2, scale):
        x = left + 180 * value / scale
        page.rule((x, 100), (x, bottom), _FAINT)
        page.words(f"{value:g}", x, bottom + 12, size=11, colour=LOOK.muted, anchor="mm")
    for place, (name, row) in enumerate(rows.items()):
        y = 116 + _ROW * place
        low, mean, high = (left + 180 * min(max(row[measure][key], 0), scale) / scale
                           for key in ("low", "mean", "high"))
        page.rule((low, y), (high, y), EMOTIONS[name], width=2)
        page.spot(mean, y, 5, EMOTIONS[name])
