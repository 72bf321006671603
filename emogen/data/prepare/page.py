"""A page to draw figures on: shapes and words in page units in, smooth pixels out."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from emogen.media.sheet import THEMES
from emogen.media.text import Colour, load_font

_FINE = 2  # drawn at twice the size: scaling down smooths edges
LOOK = THEMES["light"]


class Page:
    """An empty page with a title.

    Args:
        width: page units, pixels of the picture.
        height: page units.
        title: first line.
        note: second line, smaller.
    """

    def __init__(self, width: int, height: int, *, title: str, note: str = "") -> None:
        self.width, self.height = width, height
        self._image = Image.new("RGB", (width * _FINE, height * _FINE), LOOK.paper)
        self._draw = ImageDraw.Draw(self._image)
        self.words(title, 32, 34, size=20)
        self.words(note, 32, 60, size=13, colour=LOOK.muted)

    def words(
        self, text: str, x: float, y: float, *, size: int = 13, colour: Colour = LOOK.ink,
        anchor: str = "lm",
    ) -> None:
        """Write one line whose middle is at the height y."""
        font = load_font(size * _FINE, LOOK.font)
        self._draw.text((x * _FINE, y * _FINE), text, fill=colour, font=font, anchor=anchor)

    def bar(self, box: Sequence[float], colour: Colour) -> None:
        """Fill the rectangle (left, top, right, bottom)."""
        left, top, right, bottom = (round(edge * _FINE) for edge in box)
        if right > left and bottom > top:
            self._draw.rectangle((left, top, right - 1, bottom - 1), fill=colour)

    def rule(self, start: Sequence[float], end: Sequence[float], colour: Colour, *,
             width: float = 1.0) -> None:
        """Draw a straight line."""
        points = [(x * _FINE, y * _FINE) for x, y in (start, end)]
        self._draw.line(points, fill=colour, width=max(1, round(width * _FINE)))

    def spot(self, x: float, y: float, radius: float, colour: Colour) -> None:
        """Draw a filled circle."""
        box = [(value + side * radius) * _FINE for side in (-1, 1) for value in (x, y)]
        self._draw.ellipse(box, fill=colour)

    def pixels(self) -> np.ndarray:
        """Return the picture, uint8 [H, W, 3]."""
        return np.array(self._image.resize((self.width, self.height), Image.Resampling.BOX))


def between(first: Colour, second: Colour, share: float) -> Colour:
    """Return a colour `share` of the way from one to another.

    >>> between((0, 0, 0), (200, 100, 50), 0.5)
    (100, 50, 25)
    """
    return tuple(round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
