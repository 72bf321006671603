"""The contact sheet: clips with their prompts and emotions in, one picture to look at out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image, ImageDraw

from emogen.errors import MediaError
from emogen.media.clip import Clip
from emogen.media.text import Colour, draw_lines, line_height, load_font, rounded_mask, wrap_text

MAX_SHEET_PIXELS = 64_000_000


@dataclass(frozen=True, kw_only=True)
class Theme:
    """Looks of a sheet: the paper, words, lesser words, the mark before an emotion, a font file."""

    paper: Colour
    ink: Colour
    muted: Colour
    accent: Colour
    checker: tuple[int, int]
    font: Path | None = None


THEMES: dict[str, Theme] = {
    "light": Theme(
        paper=(247, 246, 243),
        ink=(34, 34, 38),
        muted=(124, 124, 130),
        accent=(206, 92, 62),
        checker=(255, 236),
    ),
    "dark": Theme(
        paper=(24, 25, 28),
        ink=(236, 236, 232),
        muted=(140, 142, 148),
        accent=(240, 138, 98),
        checker=(52, 42),
    ),
}


@dataclass(frozen=True, kw_only=True)
class _Layout:
    tile: tuple[int, int]
    gap: int
    margin: int
    label: int
    head: int
    rows: int
    columns: int

    @property
    def size(self) -> tuple[int, int]:
        width = (
            2 * self.margin
            + self.label
            + self.columns * self.tile[0]
            + (self.columns - 1) * self.gap
        )
        height = 2 * self.margin + self.head + self.rows * self.tile[1] + (self.rows - 1) * self.gap
        return width, height

    def corner(self, row: int, column: int) -> tuple[int, int]:
        left = self.margin + self.label + column * (self.tile[0] + self.gap)
        return left, self.margin + self.head + row * (self.tile[1] + self.gap)


def contact_sheet(
    clips: Sequence[Clip],
    *,
    prompts: Sequence[str] | None = None,
    emotions: Sequence[str] | None = None,
    columns: int = 6,
    tile_height: int = 144,
    theme: Theme | Literal["light", "dark"] = "light",
    title: str | None = None,
) -> np.ndarray:
    """Lay clips out as rows of evenly spaced frames, the prompt and the emotion to their left.

    >>> clip = Clip(frames=np.zeros((5, 64, 64, 3), np.uint8), fps=16)
    >>> contact_sheet([clip], prompts=["a dog"], emotions=["awe:0.8"], columns=3).shape[2]
    3

    Args:
        clips: one a row; frames are scaled to one height and centred on a tile of the widest shape.
        prompts: one a clip, wrapped and cut with an ellipsis where too long.
        emotions: one a clip, in any notation.
        columns: frames of each clip; the first and the last are always there.
        tile_height: pixels.
        theme: ``light``, ``dark`` or your own: ``replace(THEMES["light"], font=...)`` sets
            a font file for letters that the bundled one lacks (it covers Latin).
        title: a heading.

    Returns:
        uint8 [H, W, 3].

    Raises:
        MediaError: no clip, labels that do not match, or a sheet that would be too large.
    """
    _check(clips, prompts, emotions, columns, tile_height)
    look, labelled = _theme(theme), prompts is not None or emotions is not None
    layout = _plan(clips, columns, tile_height, labelled=labelled, titled=title is not None)
    sheet = Image.new("RGB", layout.size, look.paper)
    draw = ImageDraw.Draw(sheet)
    if title is not None:
        heading = load_font(round(tile_height * 0.17), look.font)
        lines = wrap_text(title, heading, layout.size[0] - 2 * layout.margin, max_lines=1)
        draw_lines(draw, lines, heading, at=(layout.margin, layout.margin * 0.8), fill=look.ink)
    for row, clip in enumerate(clips):
        _draw_row(sheet, clip, row, layout, look)
        if labelled:
            words = (
                prompts[row] if prompts is not None else "",
                emotions[row] if emotions is not None else "",
            )
            _draw_label(sheet, words, row, layout, look)
    return np.array(sheet)


def _check(
    clips: Sequence[Clip],
    prompts: Sequence[str] | None,
    emotions: Sequence[str] | None,
    columns: int,
    tile_height: int,
) -> None:
    if not clips or columns < 1 or tile_height < 32:
        raise MediaError(
            f"expected at least one clip, one column and tiles of 32 pixels, got {len(clips)} "
            "clips, "
            f"{columns} columns, {tile_height} pixels"
        )
    for name, labels in (("prompts", prompts), ("emotions", emotions)):
        if labels is not None and len(labels) != len(clips):
            raise MediaError(f"expected {len(clips)} {name}, one a clip, got {len(labels)}")


def _theme(theme: Theme | str) -> Theme:
    if isinstance(theme, Theme):
        return theme
    if theme not in THEMES:
        raise MediaError(f"expected a theme of {', '.join(THEMES)}, got {theme!r}")
    return THEMES[theme]


def _plan(
    clips: Sequence[Clip], columns: int, tile_height: int, *, labelled: bool, titled: bool
) -> _Layout:
    widest = max(clip.width / clip.height for clip in clips)
    layout = _Layout(
        tile=(max(8, round(tile_height * widest)), tile_height),
        gap=round(tile_height * 0.08),
        margin=round(tile_height * 0.25),
        label=round(tile_height * 1.55) if labelled else 0,
        head=round(tile_height * 0.34) if titled else 0,
        rows=len(clips),
        columns=columns,
    )
    width, height = layout.size
    if width * height > MAX_SHEET_PIXELS:
        raise MediaError(
            f"the sheet would be {width}x{height}; use fewer clips or columns, or a smaller "
            "tile_height"
        )
    return layout


def _draw_row(sheet: Image.Image, clip: Clip, row: int, layout: _Layout, look: Theme) -> None:
    picks = np.round(np.linspace(0, clip.num_frames - 1, layout.columns)).astype(int)
    width, height = round(layout.tile[1] * clip.width / clip.height), layout.tile[1]
    mask = rounded_mask((width, height), height * 0.06)
    for column, pick in enumerate(picks):
        frame = Image.fromarray(clip.frames[pick]).resize((width, height), Image.Resampling.LANCZOS)
        left, top = layout.corner(row, column)
        left += (layout.tile[0] - width) // 2
        sheet.paste(_over_checker(frame, look), (left, top), mask)
        _draw_time(sheet, f"{pick / clip.fps:.1f} s", (left + width, top + height), look)


def _draw_time(sheet: Image.Image, words: str, corner: tuple[int, int], look: Theme) -> None:
    """Write the time on a half-transparent dark plate inside the lower right corner of a tile."""
    small = load_font(11, look.font)
    size = (round(small.getlength(words)) + 10, 17)
    at = (corner[0] - size[0] - 6, corner[1] - size[1] - 6)
    plate = rounded_mask(size, 5).point(lambda value: value * 0.55)
    sheet.paste((20, 20, 22), at, plate)
    draw_lines(
        ImageDraw.Draw(sheet),
        [words],
        small,
        at=(at[0] + size[0] / 2, at[1] + 1),
        align="m",
        fill=(255, 255, 255),
    )


def _over_checker(frame: Image.Image, look: Theme) -> Image.Image:
    """Lay a transparent frame over a checkerboard, so that its alpha is seen."""
    if frame.mode != "RGBA":
        return frame
    rows, columns = np.indices((frame.height, frame.width)) // 8
    board = np.where((rows + columns) % 2, *look.checker).astype(np.uint8)
    under = Image.fromarray(np.repeat(board[..., None], 3, axis=2))
    under.paste(frame, (0, 0), frame)
    return under


def _draw_label(
    sheet: Image.Image, words: tuple[str, str], row: int, layout: _Layout, look: Theme
) -> None:
    """Draw the prompt and, under it behind a dot, the emotion, centred on the height of the row."""
    prompt, emotion = words
    draw = ImageDraw.Draw(sheet)
    large, small = (
        load_font(max(10, round(layout.tile[1] * part)), look.font) for part in (0.115, 0.1)
    )
    width = layout.label - layout.margin * 0.7
    first = wrap_text(prompt, large, width, max_lines=4) if prompt else []
    indent = small.size * 0.95
    second = wrap_text(emotion, small, width - indent, max_lines=2) if emotion else []
    space = small.size * 0.35 if first and second else 0
    tall = len(first) * line_height(large) + space + len(second) * line_height(small)
    top = layout.corner(row, 0)[1] + (layout.tile[1] - tall) / 2
    below = draw_lines(draw, first, large, at=(layout.margin, top), fill=look.ink) + space
    if second:
        side = round(small.size * 0.6)
        dot = (layout.margin, round(below + (line_height(small) - side) / 2))
        sheet.paste(look.accent, dot, rounded_mask((side, side), side / 2))
        draw_lines(draw, second, small, at=(layout.margin + indent, below), fill=look.muted)
