"""Words on pictures: text in, wrapped and drawn lines out, in the font that Pillow brings along."""

from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from emogen.errors import MediaError

Colour = tuple[int, int, int]
LINE_HEIGHT = 1.3


@lru_cache(maxsize=32)
def load_font(size: int, path: Path | None = None) -> ImageFont.FreeTypeFont:
    """Return the bundled font (Latin letters), or that of a font file, at a size in pixels.

    Raises:
        MediaError: the file is no font.
    """
    if path is None:
        return ImageFont.load_default(size=size)
    try:
        return ImageFont.truetype(str(path), size=size)
    except OSError as error:
        raise MediaError(f"expected a TrueType or OpenType font, got {path} ({error})") from error


def wrap_text(
    text: str, font: ImageFont.FreeTypeFont, width: float, *, max_lines: int | None = None
) -> list[str]:
    """Break text into lines of at most ``width`` pixels; only a word wider than that is split.

    With ``max_lines``, the last line ends in an ellipsis when words are left over.
    """
    lines = [""]
    for word in text.split():
        for piece in _pieces(word, font, width):
            joined = f"{lines[-1]} {piece}" if lines[-1] else piece
            if font.getlength(joined) <= width:
                lines[-1] = joined
            else:
                lines.append(piece)
    if max_lines is None or len(lines) <= max_lines:
        return lines
    last = lines[max_lines - 1]
    while last and font.getlength(last + "...") > width:
        last = last[:-1]
    return [*lines[: max_lines - 1], last.rstrip() + "..."]


def line_height(font: ImageFont.FreeTypeFont) -> int:
    """Return the distance from one line to the next, in pixels."""
    return round(font.size * LINE_HEIGHT)


def draw_lines(
    draw: ImageDraw.ImageDraw,
    lines: list[str],
    font: ImageFont.FreeTypeFont,
    *,
    at: tuple[float, float],
    fill: Colour,
    align: str = "l",
    outline: Colour | None = None,
) -> float:
    """Draw lines downwards from ``at``, aligned ``l``, ``m`` or ``r``; return where they end."""
    x, y = at
    thickness = max(1, round(font.size / 12)) if outline is not None else 0
    for line in lines:
        middle = (x, y + line_height(font) / 2)
        draw.text(
            middle,
            line,
            fill=fill,
            font=font,
            anchor=f"{align}m",
            stroke_width=thickness,
            stroke_fill=outline,
        )
        y += line_height(font)
    return y


def rounded_mask(size: tuple[int, int], radius: float) -> Image.Image:
    """Return a smooth mask (mode L) of a rectangle with round corners."""
    fine = 4
    mask = Image.new("L", (size[0] * fine, size[1] * fine), 0)
    ImageDraw.Draw(mask).rounded_rectangle(
        (0, 0, mask.width - 1, mask.height - 1), radius=radius * fine, fill=255
    )
    return mask.resize(size, Image.Resampling.BOX)


def _pieces(word: str, font: ImageFont.FreeTypeFont, width: float) -> list[str]:
    if font.getlength(word) <= width:
        return [word]
    pieces = [""]
    for letter in word:
        if pieces[-1] and font.getlength(pieces[-1] + letter) > width:
            pieces.append("")
        pieces[-1] += letter
    return pieces
