"""Painting one frame: anti-aliased shapes in the head's or the body's frame in, pixels out."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache

import aggdraw
import numpy as np

from emogen.motion.rig.camera import Camera, Surface, face_depth
from emogen.motion.rig.colour import Colour

_ANGLES = np.linspace(0, 2 * np.pi, 40, endpoint=False)
CIRCLE = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1)
Points = np.ndarray | Sequence


class Easel:
    """A picture being painted through a camera.

    Shapes wait until the camera or the surface changes, and are then seen all at once.

    Args:
        background: uint8 [H, W, 3]; it is copied.
        camera: how points are seen until `through` changes it.
    """

    def __init__(self, background: np.ndarray, camera: Camera) -> None:
        self.height, self.width = background.shape[:2]
        self._draw = aggdraw.Draw("RGB", (self.width, self.height))
        self._draw.frombytes(np.ascontiguousarray(background, dtype=np.uint8).tobytes())
        self.camera = camera
        self.surface: Surface = face_depth
        self._waiting: list[tuple[np.ndarray, float, aggdraw.Brush]] = []

    @contextmanager
    def through(self, camera: Camera | None = None, surface: Surface | None = None) -> Iterator:
        """Paint through another camera or on another surface for a while."""
        self._flush()
        before = self.camera, self.surface
        self.camera, self.surface = camera or self.camera, surface or self.surface
        try:
            yield self
        finally:
            self._flush()
            self.camera, self.surface = before

    def _flush(self) -> None:
        """Paint what waits."""
        if not self._waiting:
            return
        outlines, lifts, brushes = zip(*self._waiting, strict=True)
        self._waiting.clear()
        counts = [len(outline) for outline in outlines]
        points = np.concatenate(outlines)
        seen = self.camera.see(points, self.surface(points) + np.repeat(lifts, counts))
        flat, ends = seen.ravel().tolist(), np.cumsum(counts).tolist()
        self._paint([flat[2 * (end - n) : 2 * end] for n, end in zip(counts, ends, strict=True)],
                    brushes)  # fmt: skip

    def _paint(self, outlines: list[list[float]], brushes: Sequence[aggdraw.Brush]) -> None:
        for outline, tone in zip(outlines, brushes, strict=True):
            self._draw.polygon(outline, None, tone)

    def polygons(self, outlines: list[list[float]], brushes: Sequence[aggdraw.Brush]) -> None:
        """Fill closed polygons, each x, y, x, y ... in pixels, one after the other."""
        self._flush()
        self._paint(outlines, brushes)

    def pixels(self, points: np.ndarray, colour: Colour, opacity: float = 1.0) -> None:
        """Fill a closed polygon given in pixels [N, 2]."""
        self.polygons([points.ravel().tolist()], [brush(colour, opacity)])

    def fill(
        self, points: Points, colour: Colour, *, opacity: float = 1.0, lift: float = 0.0
    ) -> None:
        """Fill a closed polygon [N, 2], ``lift`` above the surface; opacity in [0, 1]."""
        if opacity > 0.004:
            outline = np.asarray(points, dtype=float)
            self._waiting.append((outline, lift, brush(colour, opacity)))

    def oval(
        self, centre: tuple[float, float], radii: tuple[float, float], colour: Colour, *,
        angle: float = 0.0, opacity: float = 1.0, lift: float = 0.0,
    ) -> None:  # fmt: skip
        """Fill an ellipse; ``angle`` turns it, in radians, clockwise as seen."""
        self.fill(ellipse(centre, radii, angle), colour, opacity=opacity, lift=lift)

    def ribbon(
        self, points: Points, widths: float | Sequence[float], colour: Colour, *,
        opacity: float = 1.0, lift: float = 0.0,
    ) -> None:  # fmt: skip
        """Fill a line [N, 2] whose width may change on its way; one number tapers to both ends."""
        if opacity > 0.004:
            outline = ribbon(np.asarray(points, dtype=float), widths)
            self.fill(outline, colour, opacity=opacity, lift=lift)

    def glow(
        self, centre: tuple[float, float], radii: tuple[float, float], colour: Colour,
        opacity: float, *, angle: float = 0.0, steps: int = 9,
    ) -> None:  # fmt: skip
        """Lay a soft spot: nested ellipses whose opacities add up to ``opacity`` in the middle."""
        if opacity <= 0.01:
            return
        each = brush(colour, 1 - (1 - min(opacity, 0.97)) ** (1 / steps))
        rims = ellipse((0, 0), radii, angle) * _shrinking(steps) + centre
        self._waiting.extend((rim, 0.0, each) for rim in rims)

    def array(self) -> np.ndarray:
        """Return what is painted so far, uint8 [H, W, 3]."""
        self._flush()
        return np.frombuffer(self._draw.tobytes(), np.uint8).reshape(self.height, self.width, 3)


def ribbon(points: np.ndarray, width: float | Sequence[float]) -> np.ndarray:
    """Return the outline of a line [N, 2] with a width; one number tapers to both ends."""
    count = len(points)
    if isinstance(width, (int, float)):
        half = 0.5 * width * _taper(count)
    else:
        half = 0.5 * np.interp(_share(count), _share(len(width)), width)
    along = np.empty_like(points)
    along[1:-1] = points[2:] - points[:-2]
    along[0], along[-1] = points[1] - points[0], points[-1] - points[-2]
    length = np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)
    across = along[:, ::-1] * (half / length)[:, None] * (-1, 1)
    return np.concatenate([points - across, (points + across)[::-1]])


@lru_cache(maxsize=4096)
def brush(colour: Colour, opacity: float) -> aggdraw.Brush:
    """Return what fills with a colour; opacity in [0, 1]."""
    return aggdraw.Brush(colour, round(255 * min(opacity, 1.0)))


@lru_cache(maxsize=64)
def _shrinking(steps: int) -> np.ndarray:
    return np.linspace(1.0, 0.18, steps)[:, None, None]


@lru_cache(maxsize=256)
def _share(count: int) -> np.ndarray:
    return np.linspace(0, 1, count)


@lru_cache(maxsize=256)
def _taper(count: int) -> np.ndarray:
    share = _share(count)
    return np.sqrt(np.maximum(4 * share * (1 - share), 0.02))


def ellipse(
    centre: tuple[float, float], radii: tuple[float, float], angle: float = 0.0
) -> np.ndarray:
    """Return an ellipse's outline, float [40, 2]."""
    points = CIRCLE * radii
    if angle:
        cos, sin = np.cos(angle), np.sin(angle)
        points = points @ np.array([[cos, sin], [-sin, cos]])
    return points + centre


def curve(points: Points, *, closed: bool = False, steps: int = 8) -> np.ndarray:
    """Return a smooth (Catmull-Rom) line through points [N, 2], ``steps`` samples a stretch.

    >>> curve([(0, 0), (1, 0), (2, 0)], steps=2).round(3).tolist()
    [[0.0, 0.0], [0.5, 0.0], [1.0, 0.0], [1.5, 0.0], [2.0, 0.0]]
    """
    points = np.asarray(points, dtype=float)
    return _basis(len(points), closed, steps) @ points


@lru_cache(maxsize=256)
def _basis(count: int, closed: bool, steps: int) -> np.ndarray:  # noqa: FBT001 (a key of the cache)
    """Return the matrix that takes ``count`` points to the samples of their curve."""
    rows = np.eye(count)
    if closed:
        padded = np.concatenate([rows[-1:], rows, rows[:2]])
    else:
        padded = np.concatenate([2 * rows[:1] - rows[1:2], rows, 2 * rows[-1:] - rows[-2:-1]])
    a, b, c, d = padded[:-3, None], padded[1:-2, None], padded[2:-1, None], padded[3:, None]
    t = np.linspace(0, 1, steps, endpoint=False)[None, :, None]
    line = 0.5 * (
        2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    )
    line = line.reshape(-1, count)
    return line if closed else np.concatenate([line, rows[-1:]])


def mirrored(right_half: Points) -> np.ndarray:
    """Return a closed outline from its right half, given from top middle to bottom middle.

    >>> mirrored([(0, -1), (1, 0), (0, 1)]).tolist()
    [[0.0, -1.0], [1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]]
    """
    half = np.asarray(right_half, dtype=float)
    return np.concatenate([half, half[-2:0:-1] * (-1, 1)])
