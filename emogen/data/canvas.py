"""Anti-aliased vector drawing: shapes in unit coordinates in, one RGB frame out.

The unit square is the frame: x grows to the right, y grows downwards, (0.5, 0.5) is the centre.
A stack of 2x3 affine transforms lets a body, a head and an eye be drawn each in its own frame.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import aggdraw
import numpy as np

Colour = tuple[int, int, int]
_CIRCLE = np.stack(
    [
        np.cos(np.linspace(0, 2 * np.pi, 36, endpoint=False)),
        np.sin(np.linspace(0, 2 * np.pi, 36, endpoint=False)),
    ],
    axis=1,
)


def affine(
    *,
    move: tuple[float, float] = (0.0, 0.0),
    scale: float | tuple[float, float] = 1.0,
    rotate: float = 0.0,
    about: tuple[float, float] = (0.0, 0.0),
) -> np.ndarray:
    """Return the 3x3 matrix that scales, turns (radians, clockwise) about a point, then moves."""
    sx, sy = (scale, scale) if isinstance(scale, (int, float)) else scale
    cos, sin = np.cos(rotate), np.sin(rotate)
    linear = np.array([[cos * sx, -sin * sy], [sin * sx, cos * sy]])
    matrix = np.eye(3)
    matrix[:2, :2] = linear
    matrix[:2, 2] = np.asarray(about) - linear @ np.asarray(about) + np.asarray(move)
    return matrix


class Canvas:
    """One frame being drawn.

    Args:
        background: uint8 [H, W, 3] picture to draw on; it is copied.
    """

    def __init__(self, background: np.ndarray) -> None:
        self.height, self.width = background.shape[:2]
        self._draw = aggdraw.Draw("RGB", (self.width, self.height))
        self._draw.frombytes(np.ascontiguousarray(background, dtype=np.uint8).tobytes())
        self._matrix = np.diag([self.width, self.height, 1.0])

    @contextmanager
    def transformed(self, matrix: np.ndarray) -> Iterator["Canvas"]:
        """Draw in a local frame: ``matrix`` (3x3) maps local to the enclosing coordinates."""
        outer = self._matrix
        self._matrix = outer @ matrix
        try:
            yield self
        finally:
            self._matrix = outer

    def polygon(
        self,
        points: np.ndarray | Sequence,
        fill: Colour | None,
        *,
        opacity: float = 1.0,
        outline: Colour | None = None,
        width: float = 0.0,
    ) -> None:
        """Fill a closed polygon [N, 2]; outline ``width`` in local units, opacity in [0, 1]."""
        brush = aggdraw.Brush(fill, int(255 * opacity)) if fill is not None else None
        pen = self._pen(outline, width, opacity) if outline is not None and width > 0 else None
        self._draw.polygon(self._flat(points), pen, brush)

    def ellipse(
        self,
        centre: tuple[float, float],
        radii: float | tuple[float, float],
        fill: Colour | None,
        *,
        angle: float = 0.0,
        opacity: float = 1.0,
        outline: Colour | None = None,
        width: float = 0.0,
    ) -> None:
        """Fill an ellipse; one number as ``radii`` is a circle, ``angle`` turns it, in radians."""
        rx, ry = (radii, radii) if isinstance(radii, (int, float)) else radii
        points = _CIRCLE * (rx, ry)
        if angle:
            cos, sin = np.cos(angle), np.sin(angle)
            points = points @ np.array([[cos, sin], [-sin, cos]])
        self.polygon(points + centre, fill, opacity=opacity, outline=outline, width=width)

    def stroke(
        self, points: np.ndarray | Sequence, colour: Colour, width: float, *, opacity: float = 1.0
    ) -> None:
        """Draw an open polyline [N, 2] with round ends; ``width`` is in local units."""
        points = np.asarray(points, dtype=float)
        self._draw.line(self._flat(points), self._pen(colour, width, opacity))
        for end in (points[0], points[-1]):
            self.ellipse(tuple(end), width / 2, colour, opacity=opacity)

    def array(self) -> np.ndarray:
        """Return the frame drawn so far, uint8 [H, W, 3]."""
        return np.frombuffer(self._draw.tobytes(), np.uint8).reshape(self.height, self.width, 3)

    def _flat(self, points: np.ndarray | Sequence) -> list[float]:
        points = np.asarray(points, dtype=float)
        return (points @ self._matrix[:2, :2].T + self._matrix[:2, 2]).ravel().tolist()

    def _pen(self, colour: Colour, width: float, opacity: float) -> aggdraw.Pen:
        pixels = width * float(np.sqrt(abs(np.linalg.det(self._matrix[:2, :2]))))
        return aggdraw.Pen(colour, pixels, int(255 * opacity))


def spline(points: np.ndarray | Sequence, *, closed: bool = False, steps: int = 6) -> np.ndarray:
    """Return a Catmull-Rom curve through the points [N, 2], ``steps`` samples a segment."""
    p = np.asarray(points, dtype=float)
    if closed:
        padded = np.concatenate([p[-1:], p, p[:2]])
    else:
        padded = np.concatenate([2 * p[:1] - p[1:2], p, 2 * p[-1:] - p[-2:-1]])
    a, b, c, d = padded[:-3, None], padded[1:-2, None], padded[2:-1, None], padded[3:, None]
    t = np.linspace(0, 1, steps, endpoint=False)[None, :, None]
    curve = 0.5 * (
        2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    )
    curve = curve.reshape(-1, 2)
    return curve if closed else np.concatenate([curve, p[-1:]])
