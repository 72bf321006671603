"""Drawing for plots: shapes and words in page units in, one smooth picture out.

Everything is drawn at twice the size and scaled down at the end, which smooths edges.
"""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from emogen.media.sheet import Theme
from emogen.media.text import Colour, load_font

FINE = 2
Point = tuple[float, float]


class Canvas:
    """A page.

    Args:
        width: page units, pixels of the final picture.
        height: page units.
        theme: looks.
    """

    def __init__(self, width: int, height: int, theme: Theme) -> None:
        """Make an empty page of the theme's paper."""
        self.width, self.height, self.theme = width, height, theme
        self._image = Image.new("RGB", (width * FINE, height * FINE), theme.paper)
        self._draw = ImageDraw.Draw(self._image)

    def text(
        self, words: str, at: Point, *, size: int = 13, fill: Colour | None = None,
        anchor: str = "lm",
    ) -> float:
        """Write one line, its middle at the height of ``at``; return its width."""
        font = load_font(size * FINE, self.theme.font)
        place = (at[0] * FINE, at[1] * FINE)
        self._draw.text(place, words, fill=fill or self.theme.ink, font=font, anchor=anchor)
        return font.getlength(words) / FINE

    def length(self, words: str, *, size: int) -> float:
        """Return how wide one line is."""
        return load_font(size * FINE, self.theme.font).getlength(words) / FINE

    def fitted(self, words: str, width: float, *, size: int) -> str:
        """Return words cut with an ellipsis to a width."""
        if self.length(words, size=size) <= width:
            return words
        while words and self.length(words + "...", size=size) > width:
            words = words[:-1]
        return words.rstrip() + "..."

    def box(self, left: float, top: float, right: float, bottom: float, fill: Colour) -> None:
        """Fill a rectangle, at least half a pixel wide."""
        right = max(right, left + 0.5)
        corners = [round(value * FINE) for value in (left, top, right, bottom)]
        self._draw.rectangle([corners[0], corners[1], max(corners[2] - 1, corners[0]),
                              max(corners[3] - 1, corners[1])], fill=fill)

    def area(self, points: Sequence[Point], fill: Colour) -> None:
        """Fill a polygon."""
        self._draw.polygon([(x * FINE, y * FINE) for x, y in points], fill=fill)

    def line(self, points: Sequence[Point], fill: Colour, *, width: float = 2.0) -> None:
        """Draw a line through points."""
        places = [(x * FINE, y * FINE) for x, y in points]
        self._draw.line(places, fill=fill, width=max(1, round(width * FINE)), joint="curve")

    def dot(self, at: Point, radius: float, fill: Colour, *, rim: Colour | None = None) -> None:
        """Draw a filled circle, perhaps with a rim of another colour."""
        for colour, grown in ((rim, radius + 1.5), (fill, radius)):
            if colour is not None:
                left, top = (at[0] - grown) * FINE, (at[1] - grown) * FINE
                right, bottom = (at[0] + grown) * FINE, (at[1] + grown) * FINE
                self._draw.ellipse((left, top, right, bottom), fill=colour)

    def pixels(self) -> np.ndarray:
        """Return the picture, uint8 [H, W, 3]."""
        size = (self.width, self.height)
        return np.array(self._image.resize(size, Image.Resampling.BOX))


def blend(first: Colour, second: Colour, share: float) -> Colour:
    """Return the colour that lies between two, ``share`` of the way to the second.

    >>> blend((0, 0, 0), (100, 200, 50), 0.5)
    (50, 100, 25)
    """
    return tuple(round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
