"""One frame of a track by name, and the mood's hold on a speaking mouth: a track in, poses out.

A mood that keeps the lips pressed, stretched or far open hides what is said. While the mouth
speaks, `readable` lowers the resting opening to about a third and caps the mood's units; it never
touches a closure, which seals the lips whatever else is asked.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from emogen.motion import schema
from emogen.motion.track import MotionTrack

Pose = Mapping[str, float]
"""Every channel of the schema by name, and "gap", how far the lips are apart in [0, 1]."""

BASELINE = 1 / 3
"""Largest opening on which a mood may rest while the mouth speaks."""
CAPS = {
    "AU10": 0.4, "AU12_left": 0.65, "AU12_right": 0.65, "AU14_left": 0.5, "AU14_right": 0.5,
    "AU15": 0.65, "AU17": 0.35, "AU20": 0.35, "AU23": 0.35, "AU24": 0.0,
}  # fmt: skip
"""Largest intensity of the mood's units while the mouth speaks."""
_FEELING = [
    column for group in ("brow", "lids", "mood mouth") for column in schema.columns(group)
    if not schema.NAMES[column].startswith("AU45")
]  # fmt: skip
_SECONDS = 0.8
_SLOW, _FAST = 0.35, 1.1
_MOVING = ("AU18", "AU22", "AU28", "closure", "tongue")


def pose(row: np.ndarray) -> Pose:
    """Return one row [K] of a track as a pose.

    >>> pose(schema.rest(1)[0])["gap"]
    0.0
    """
    named = dict(zip(schema.NAMES, np.asarray(row, float).tolist(), strict=True))
    named["gap"] = float(schema.lip_gap(row))
    return named


def shown(row: np.ndarray) -> Pose:
    """Return one row [K] as a pose in which faint expressions are drawn a little bolder.

    Brows, lids and the mood's mouth go through x ** 0.75, which leaves 0 and 1 where they are;
    blinks, speech, gaze and head stay as they are.

    >>> frame = schema.rest(1)[0]
    >>> frame[[schema.index("AU1"), schema.index("AU26")]] = 0.4
    >>> round(shown(frame)["AU1"], 2), round(shown(frame)["AU26"], 2)
    (0.5, 0.4)
    """
    row = np.array(row, float)
    row[_FEELING] = np.clip(row[_FEELING], 0, 1) ** 0.75
    return pose(row)


def speaking(track: MotionTrack) -> np.ndarray:
    """Return how much the mouth speaks, float32 [T] in [0, 1].

    It is the mean speed of opening and lip shape over 0.8 s: a mood comes and stays, speech opens
    and shuts the lips some four times a second.

    >>> speaking(MotionTrack(values=schema.rest(50))).max().item()
    0.0
    """
    shapes = track.values[:, [schema.index(name) for name in _MOVING]]
    signals = np.column_stack([schema.lip_gap(track.values), 0.5 * shapes])
    speed = np.abs(np.diff(signals, axis=0, prepend=signals[:1])).max(axis=1) * track.fps
    mean = _windows(speed, track.fps).mean(axis=1)
    share = np.clip((mean - _SLOW) / (_FAST - _SLOW), 0, 1)
    return (share * share * (3 - 2 * share)).astype(np.float32)


def readable(track: MotionTrack) -> MotionTrack:
    """Return the track with the mood's mouth limited where the face speaks.

    The resting opening (the least of 0.8 s) sinks to `BASELINE`, the mood's units to `CAPS`, in
    proportion to `speaking`; a silent face keeps its full expression.

    >>> still = MotionTrack(values=schema.rest(30))
    >>> bool((readable(still).values == still.values).all())
    True
    """
    share = speaking(track)
    values = track.values.copy()
    for name, cap in CAPS.items():
        column = schema.index(name)
        excess = np.maximum(values[:, column] - cap, 0)
        values[:, column] -= share * excess
    jaw = schema.index("AU26")
    resting = _windows(values[:, jaw], track.fps).min(axis=1)
    values[:, jaw] -= share * np.maximum(resting - BASELINE, 0)
    return replace(track, values=schema.clamp(values))


def _windows(signal: np.ndarray, fps: float) -> np.ndarray:
    """Return the 0.8 s around every frame, [T, W], the ends held."""
    half = max(1, round(_SECONDS * fps / 2))
    return sliding_window_view(np.pad(signal, half, mode="edge"), 2 * half + 1)
