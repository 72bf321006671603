"""Emotion over time: a few keyframes in, one emotion vector per video or latent frame out.

Shapes: T video frames, L latent frames, E = 12 (see `emogen.emotion.point`). Frame i is shown at
i / fps seconds. Before the first keyframe the first holds, after the last the last.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np

from emogen.emotion.point import WIDTH, EmotionPoint
from emogen.errors import InputError, suggest

Interpolation = Literal["linear", "ease", "hold", "arc"]
Vector = np.ndarray


@dataclass(frozen=True, kw_only=True)
class Keyframe:
    """An emotion at a moment.

    Attributes:
        seconds: when, at least 0.
        point: what is felt then.
        interpolation: the way from here to the next keyframe, a key of `INTERPOLATIONS`.
    """

    seconds: float
    point: EmotionPoint
    interpolation: Interpolation = "linear"

    def __post_init__(self) -> None:
        """Check the time and the way."""
        if not 0 <= self.seconds < float("inf"):
            raise InputError(f"expected a keyframe at 0 s or later, got {self.seconds!r}; move it")
        if self.interpolation not in INTERPOLATIONS:
            known = list(INTERPOLATIONS)
            hint = suggest(str(self.interpolation), known) or "."
            raise InputError(
                f"unknown interpolation {self.interpolation!r}{hint} Known: {', '.join(known)}"
            )


@dataclass(frozen=True, kw_only=True)
class Trajectory:
    """A curve of emotion: keyframes at strictly growing times.

    >>> sad, fun = map(EmotionPoint.from_category, ("sadness", "amusement"))
    >>> start, end = Keyframe(seconds=0, point=sad), Keyframe(seconds=2, point=fun)
    >>> turn = Trajectory(keyframes=(start, end))
    >>> turn.at(0.5).mixture()
    {'sadness': 0.75, 'amusement': 0.25}
    >>> turn.sample(33, 16).shape, turn.latent(33, 16).shape
    ((33, 12), (9, 12))
    """

    keyframes: tuple[Keyframe, ...]

    def __post_init__(self) -> None:
        """Check that there is a keyframe and that time moves on."""
        object.__setattr__(self, "keyframes", tuple(self.keyframes))
        if not self.keyframes:
            raise InputError("expected at least one keyframe, got none; use Trajectory.constant")
        times = [keyframe.seconds for keyframe in self.keyframes]
        if any(later <= earlier for earlier, later in pairwise(times)):
            raise InputError(f"expected keyframes at growing times, got {times} s; reorder them")

    @classmethod
    def constant(cls, point: EmotionPoint) -> "Trajectory":
        """Return the curve that stays at one point."""
        return cls(keyframes=(Keyframe(seconds=0.0, point=point),))

    @property
    def seconds(self) -> float:
        """The time of the last keyframe."""
        return self.keyframes[-1].seconds

    @property
    def is_neutral(self) -> bool:
        """Whether every sample is exactly zero."""
        return all(keyframe.point.intensity == 0 for keyframe in self.keyframes)

    def at(self, seconds: float) -> EmotionPoint:
        """Return the emotion at a time in seconds."""
        return EmotionPoint.from_vector(self._vectors(np.array([float(seconds)]))[0])

    def sample(self, num_frames: int, fps: float) -> Vector:
        """Return one vector per video frame, float32 (T, E)."""
        return self._vectors(_frame_times(num_frames, fps)).astype(np.float32)

    def latent(self, num_frames: int, fps: float, stride: int = 4) -> Vector:
        """Return one vector per latent frame of a causal video autoencoder, float32 (L, E).

        Latent frame 0 is frame 0; latent frame k is the mean of frames stride*(k-1)+1 to stride*k,
        so L = 1 + (num_frames - 1) / stride.

        Raises:
            InputError: the number of frames is not a multiple of the stride plus one.
        """
        if (num_frames - 1) % stride:
            below = max(1, num_frames - (num_frames - 1) % stride)
            raise InputError(
                f"expected a number of frames of the form {stride}k+1, got {num_frames};"
                f" use {below} or {below + stride}"
            )
        frames = self._vectors(_frame_times(num_frames, fps))  # (T, E)
        groups = frames[1:].reshape(-1, stride, WIDTH).mean(1)  # (L-1, E)
        return np.concatenate([frames[:1], groups]).astype(np.float32)

    def scaled(self, factor: float) -> "Trajectory":
        """Return the same curve with every intensity times a factor, at most 1."""
        return Trajectory(keyframes=tuple(
            replace(keyframe, point=keyframe.point.scaled(factor)) for keyframe in self.keyframes
        ))

    def _vectors(self, seconds: Vector) -> Vector:
        """Return float64 (N, E) at times (N,)."""
        times = np.array([keyframe.seconds for keyframe in self.keyframes])
        points = np.stack([keyframe.point.exact() for keyframe in self.keyframes])
        seconds = np.clip(seconds, times[0], times[-1])
        result = np.empty((len(seconds), WIDTH))
        segment = np.searchsorted(times, seconds, side="right") - 1
        result[segment == len(times) - 1] = points[-1]
        for index, keyframe in enumerate(self.keyframes[:-1]):
            inside = segment == index
            progress = (seconds[inside] - times[index]) / (times[index + 1] - times[index])
            way = INTERPOLATIONS[keyframe.interpolation]
            result[inside] = way(points[index], points[index + 1], progress)
        return result


def linear(start: Vector, end: Vector, progress: Vector) -> Vector:
    """Return the straight line between two vectors (E,) at progress (N,) in [0, 1], (N, E)."""
    return start + progress[:, None] * (end - start)


def ease(start: Vector, end: Vector, progress: Vector) -> Vector:
    """Return the straight line with zero speed at both ends (smoothstep, 3t^2 - 2t^3)."""
    return linear(start, end, progress**2 * (3 - 2 * progress))


def hold(start: Vector, end: Vector, progress: Vector) -> Vector:
    """Return the start until the next keyframe, which is then a cut."""
    del end
    return np.repeat(start[None], len(progress), axis=0)


def arc(start: Vector, end: Vector, progress: Vector) -> Vector:
    """Return a great circle: constant speed through mixtures, no dip in strength half-way.

    The mixture moves along the sphere of square roots (the Fisher-Rao geodesic of the simplex),
    valence/arousal/dominance along the sphere of directions with linear length, the intensity
    linearly. From or to neutral only the intensity changes.
    """
    intensity = start[11] + progress * (end[11] - start[11])  # (N,)
    if start[11] == 0 or end[11] == 0:
        return linear(start, end, progress)
    first, last = start / start[11], end / end[11]
    roots = _great_circle(np.sqrt(first[:8]), np.sqrt(last[:8]), progress)
    vad = _great_circle(first[8:11], last[8:11], progress)
    moved = np.concatenate([roots**2, np.clip(vad, -1, 1), np.ones((len(progress), 1))], axis=1)
    return intensity[:, None] * moved


def _great_circle(start: Vector, end: Vector, progress: Vector) -> Vector:
    """Return the slerp of directions with linear length; a straight line where it is undefined."""
    lengths = np.array([np.linalg.norm(start), np.linalg.norm(end)])
    if lengths.min() < 1e-9:
        return linear(start, end, progress)
    first, last = start / lengths[0], end / lengths[1]
    angle = np.arccos(np.clip(first @ last, -1, 1))
    if angle < 1e-6 or angle > np.pi - 1e-3:
        return linear(start, end, progress)
    sides = np.sin((1 - progress) * angle), np.sin(progress * angle)
    direction = (sides[0][:, None] * first + sides[1][:, None] * last) / np.sin(angle)
    return linear(lengths[:1], lengths[1:], progress) * direction


def _frame_times(num_frames: int, fps: float) -> Vector:
    if num_frames < 1 or not fps > 0:
        raise InputError(
            f"expected at least one frame and fps above 0, got {num_frames} frames at {fps} fps"
        )
    return np.arange(num_frames) / fps


INTERPOLATIONS: dict[str, Callable[[Vector, Vector, Vector], Vector]] = {
    "linear": linear,
    "ease": ease,
    "hold": hold,
    "arc": arc,
}

