"""Shapes that never change, kept ready: outlines laid down once in, painted in every frame out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from emogen.motion.rig.camera import Camera, Surface, face_depth
from emogen.motion.rig.colour import Colour
from emogen.motion.rig.easel import Easel, Points, brush, curve, ellipse, ribbon

Bend = Callable[[np.ndarray], np.ndarray]
"""Points [N, 2] to points [N, 2]: how a pose moves them, such as a chin that sinks."""


@dataclass
class Layers:
    """A stack of shapes of one part, such as the hair in front of the face.

    Attributes:
        surface: gives the shapes their depth.
        hang: whether what is below the chin rests on the body, as long hair does.
    """

    surface: Surface = face_depth
    hang: bool = False
    _shapes: list[tuple[slice, Colour, float]] = field(default_factory=list)
    _points: list[np.ndarray] = field(default_factory=list)
    _depths: list[np.ndarray] = field(default_factory=list)
    _count: int = 0
    _ready: tuple[np.ndarray, np.ndarray, np.ndarray, list] | None = None

    def fill(
        self, points: Points, colour: Colour, *, opacity: float = 1.0, lift: float = 0.0
    ) -> None:
        """Add a closed polygon [N, 2]."""
        self._ready = None
        points = np.asarray(points, dtype=float)
        self._points.append(points)
        self._depths.append(self.surface(points) + lift)
        self._shapes.append((slice(self._count, self._count + len(points)), colour, opacity))
        self._count += len(points)

    def smooth(
        self, points: Points, colour: Colour, *, opacity: float = 1.0, lift: float = 0.0
    ) -> None:
        """Add a closed smooth outline through points [N, 2]."""
        self.fill(curve(points, closed=True), colour, opacity=opacity, lift=lift)

    def oval(
        self, centre: tuple[float, float], radii: tuple[float, float], colour: Colour, *,
        angle: float = 0.0, opacity: float = 1.0, lift: float = 0.0,
    ) -> None:  # fmt: skip
        """Add an ellipse."""
        self.fill(ellipse(centre, radii, angle), colour, opacity=opacity, lift=lift)

    def strand(
        self, points: Points, width: float | Sequence[float], colour: Colour, *,
        opacity: float = 1.0, lift: float = 0.0,
    ) -> None:  # fmt: skip
        """Add a smooth line through points [N, 2] that tapers, or has the widths given."""
        self.fill(ribbon(curve(points), width), colour, opacity=opacity, lift=lift)

    def glow(
        self, centre: tuple[float, float], radii: tuple[float, float], colour: Colour,
        opacity: float, *, angle: float = 0.0, steps: int = 9,
    ) -> None:  # fmt: skip
        """Add a soft spot whose opacity in the middle is ``opacity``."""
        each = 1 - (1 - min(opacity, 0.97)) ** (1 / steps)
        rim = ellipse((0, 0), radii, angle)
        for size in np.linspace(1.0, 0.18, steps):
            self.fill(rim * size + np.asarray(centre), colour, opacity=each)

    def join(self, other: "Layers") -> None:
        """Add all shapes of another stack on top."""
        self._ready = None
        for where, colour, opacity in other._shapes:
            moved = slice(where.start + self._count, where.stop + self._count)
            self._shapes.append((moved, colour, opacity))
        self._points += other._points
        self._depths += other._depths
        self._count += other._count

    def paint(
        self, easel: Easel, camera: Camera, body: Camera | None = None, bend: Bend | None = None
    ) -> None:
        """Paint all shapes through a camera, hanging parts towards the body's."""
        if self._ready is None:
            self._ready = self._laid()
        points, depths, hanging, brushes = self._ready
        seen = camera.see(points if bend is None else bend(points), depths)
        if self.hang and body is not None:
            seen = seen + (body.see(points, depths) - seen) * hanging
        flat = seen.ravel().tolist()
        easel.polygons([flat[2 * w.start : 2 * w.stop] for w, _, _ in self._shapes], brushes)

    def _laid(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, list]:
        """Return all points, depths, how much each hangs, and the brushes."""
        points = np.concatenate(self._points) if self._points else np.zeros((0, 2))
        depths = np.concatenate(self._depths) if self._depths else np.zeros(0)
        brushes = [brush(colour, opacity) for _, colour, opacity in self._shapes]
        return points, depths, smoothstep(points[:, 1:], 0.75, 1.4), brushes


def smoothstep(x: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return 0 up to ``low``, 1 from ``high`` on, smooth between.

    >>> smoothstep(np.array([0.0, 0.5, 2.0]), 0, 1).tolist()
    [0.0, 0.5, 1.0]
    """
    share = np.clip((x - low) / (high - low), 0, 1)
    return share * share * (3 - 2 * share)
