"""The hand that draws characters: shapes with tonal outlines in, canvas polygons out."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from emogen.data.canvas import Canvas, Colour, affine, spline

Points = Sequence[tuple[float, float]]

COLOURS: dict[str, Colour] = {
    "red": (230, 62, 62),
    "orange": (246, 142, 44),
    "yellow": (252, 208, 62),
    "green": (96, 188, 88),
    "teal": (36, 178, 172),
    "blue": (66, 136, 230),
    "purple": (148, 96, 214),
    "pink": (250, 150, 188),
    "brown": (158, 104, 66),
    "grey": (158, 166, 178),
    "white": (246, 245, 242),
    "black": (70, 72, 86),
}


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """Return the colour ``share`` of the way from ``a`` to ``b``.

    >>> mix((0, 0, 0), (255, 255, 255), 0.2)
    (51, 51, 51)
    """
    return tuple(round(x + (y - x) * share) for x, y in zip(a, b, strict=True))


def darker(colour: Colour, share: float) -> Colour:
    """Return a deeper, slightly cooler tone of a colour."""
    return mix(colour, (40, 24, 48), share)


def lighter(colour: Colour, share: float) -> Colour:
    """Return a paler tone of a colour."""
    return mix(colour, (255, 252, 244), share)


def luminance(colour: Colour) -> float:
    """Return the perceived brightness of a colour in [0, 255] (ITU-R BT.601)."""
    return 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]


@lru_cache(maxsize=1024)
def _smooth(points: tuple[tuple[float, float], ...], *, closed: bool) -> np.ndarray:
    return spline(np.array(points), closed=closed, steps=6)


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a painter needs to know about one character in one frame."""

    main: Colour
    """The colour the caption names."""
    light: Colour
    dark: Colour
    ink: Colour
    """Outline of everything in the main colour."""
    skin: Colour = (240, 196, 164)
    hair: Colour = (70, 44, 36)
    hair_style: str = "short"
    accent: Colour = (252, 208, 62)
    variant: int = 0
    """Which of a few markings or cuts, 0-2."""
    arm: float = 0.0
    """Arms, ears, wings: -1 drooping, 1 raised."""
    breath: float = 0.0
    t: float = 0.0


class Sketch:
    """A canvas with outlines of one thickness whatever the local frame.

    Args:
        canvas: where to draw, already in the character's frame.
        line: outline width in the character's frame.
    """

    def __init__(self, canvas: Canvas, line: float = 0.055) -> None:
        """Take a canvas and a line width."""
        self.canvas = canvas
        self.line = line

    @contextmanager
    def within(
        self, move: tuple[float, float] = (0.0, 0.0), scale: float = 1.0, rotate: float = 0.0
    ) -> Iterator["Sketch"]:
        """Draw in a frame placed at ``move``."""
        self.line /= scale
        try:
            with self.canvas.transformed(affine(move=move, scale=scale, rotate=rotate)):
                yield self
        finally:
            self.line *= scale

    def blob(self, points: Points, fill: Colour, ink: Colour | None = None) -> None:
        """Fill a smooth closed curve through points; without ``ink`` it has no outline."""
        curve = _smooth(tuple(points), closed=True)
        self.canvas.polygon(curve, fill, outline=ink, width=self.line)

    def poly(self, points: Points, fill: Colour, ink: Colour | None = None) -> None:
        """Fill a polygon with straight sides."""
        self.canvas.polygon(points, fill, outline=ink, width=self.line)

    def oval(
        self, x: float, y: float, rx: float, ry: float, fill: Colour,
        ink: Colour | None = None, angle: float = 0.0,
    ) -> None:  # fmt: skip
        """Fill an ellipse."""
        self.canvas.ellipse((x, y), (rx, ry), fill, angle=angle, outline=ink, width=self.line)

    def glow(self, x: float, y: float, rx: float, ry: float, fill: Colour, opacity: float) -> None:
        """Fill an ellipse that lets what lies below show through."""
        self.canvas.ellipse((x, y), (rx, ry), fill, opacity=opacity)

    def stroke(self, points: Points, colour: Colour, width: float) -> None:
        """Draw a smooth open curve."""
        self.canvas.stroke(_smooth(tuple(points), closed=False), colour, width)

    def limb(self, points: Points, fill: Colour, ink: Colour, width: float) -> None:
        """Draw a thick smooth curve with an outline, such as an arm or a tail."""
        curve = _smooth(tuple(points), closed=False)
        self.canvas.stroke(curve, ink, width + self.line)
        self.canvas.stroke(curve, fill, width - self.line)
