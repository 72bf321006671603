"""The motion schema: what a face does in one frame, 37 named channels with units and limits.

Everything that moves a head speaks it: the audio-to-motion model, the rig, the diffusion engine's
motion frames and the metrics. Frames come at 25 a second. Names are FACS action units where one
exists (Ekman, Friesen and Hager 2002), with intensities from 0 (rest) to 1 (as strong as it gets).
"left" and "right" in a name are the person's own; axes are the picture's: x to the right, y down.

Shapes: T frames, K = 37 channels.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from emogen.errors import InputError, suggest

FPS = 25.0
"""Frames a second of every motion track that emogen makes."""

Unit = Literal["intensity", "share", "degrees", "face heights", "ratio"]
Group = Literal["brow", "lids", "mood mouth", "speech mouth", "gaze", "head", "body"]


@dataclass(frozen=True, kw_only=True)
class Channel:
    """One number of a frame.

    Attributes:
        name: its name, unique in the schema.
        group: the part of the face that it moves.
        unit: what the number counts.
        low: smallest value.
        high: largest value.
        rest: value of a neutral, silent face.
        description: what is seen when it grows.
        facs: the FACS action unit, or an empty string where there is none.
    """

    name: str
    group: Group
    unit: Unit
    low: float
    high: float
    rest: float
    description: str
    facs: str = ""


def _unit(name: str, group: Group, description: str) -> Channel:
    facs = name.split("_")[0] if name.startswith("AU") else ""
    unit: Unit = "intensity" if facs else "share"
    return Channel(name=name, group=group, unit=unit, low=0, high=1, rest=0,
                   description=description, facs=facs)


def _axis(name: str, group: Group, unit: Unit, limit: float, description: str) -> Channel:
    facs = {"head_yaw": "AU51/52", "head_pitch": "AU53/54", "head_roll": "AU55/56",
            "gaze_x": "AU61/62", "gaze_y": "AU63/64"}.get(name, "")
    return Channel(name=name, group=group, unit=unit, low=-limit, high=limit, rest=0,
                   description=description, facs=facs)


CHANNELS: tuple[Channel, ...] = (
    _unit("AU1", "brow", "inner brows rise"),
    _unit("AU2", "brow", "outer brows rise"),
    _unit("AU4", "brow", "brows sink and draw together"),
    _unit("AU5", "lids", "upper lids rise: wide eyes"),
    _unit("AU6", "lids", "cheeks rise and crease the eyes"),
    _unit("AU7", "lids", "lids tighten: narrow eyes"),
    _unit("AU43", "lids", "lids sink halfway: tired eyes"),
    _unit("AU45_left", "lids", "left eye shuts; 1 is closed"),
    _unit("AU45_right", "lids", "right eye shuts; 1 is closed"),
    _unit("AU9", "mood mouth", "nose wrinkles"),
    _unit("AU10", "mood mouth", "upper lip rises"),
    _unit("AU12_left", "mood mouth", "left corner goes up and out: smile"),
    _unit("AU12_right", "mood mouth", "right corner goes up and out: smile"),
    _unit("AU14_left", "mood mouth", "left corner tightens: dimple, contempt"),
    _unit("AU14_right", "mood mouth", "right corner tightens: dimple, contempt"),
    _unit("AU15", "mood mouth", "corners sink"),
    _unit("AU17", "mood mouth", "chin pushes the lower lip up"),
    _unit("AU20", "mood mouth", "lips stretch sideways"),
    _unit("AU23", "mood mouth", "lips tighten and grow thin"),
    _unit("AU24", "mood mouth", "lips press together"),
    _unit("AU16", "speech mouth", "lower lip sinks and shows the lower teeth"),
    _unit("AU18", "speech mouth", "lips pucker: narrow and forward, as in 'who'"),
    _unit("AU22", "speech mouth", "lips funnel: open and forward, as in 'she'"),
    _unit("AU25", "speech mouth", "lips part without the jaw"),
    _unit("AU26", "speech mouth", "jaw sinks; 1 is as wide as it goes"),
    _unit("AU28", "speech mouth", "lower lip rolls in under the upper teeth, as in 'five'"),
    _unit("closure", "speech mouth", "1 seals the lips whatever the jaw does, as in 'mama'"),
    _unit("tongue", "speech mouth", "tongue tip is up and seen, as in 'la' and 'the'"),
    _axis("gaze_x", "gaze", "share", 1, "eyes turn to the picture's right"),
    _axis("gaze_y", "gaze", "share", 1, "eyes turn down"),
    _axis("head_yaw", "head", "degrees", 45, "head turns to the picture's right"),
    _axis("head_pitch", "head", "degrees", 30, "head nods down"),
    _axis("head_roll", "head", "degrees", 30, "head tilts clockwise as seen"),
    _axis("head_x", "head", "face heights", 1, "head shifts to the picture's right"),
    _axis("head_y", "head", "face heights", 1, "head shifts down"),
    _axis("head_scale", "head", "ratio", 0.5, "head comes nearer: 0.1 is ten percent larger"),
    _unit("shoulder", "body", "shoulders lift with a breath"),
)

NAMES = tuple(channel.name for channel in CHANNELS)
"""The channels' names in the order of a track's columns."""
WIDTH = len(CHANNELS)
"""The number of channels K."""
_INDEX = {name: position for position, name in enumerate(NAMES)}
LOW = np.array([channel.low for channel in CHANNELS], np.float32)
HIGH = np.array([channel.high for channel in CHANNELS], np.float32)
REST = np.array([channel.rest for channel in CHANNELS], np.float32)


def index(name: str) -> int:
    """Return the column of a channel.

    Raises:
        InputError: the schema has no such channel.

    >>> index("AU26"), NAMES[24]
    (24, 'AU26')
    """
    if name not in _INDEX:
        raise InputError(
            f"expected a channel of the motion schema, got {name!r}"
            f"{suggest(name, [known.lower() for known in NAMES])}; known: {', '.join(NAMES)}"
        )
    return _INDEX[name]


def columns(group: Group) -> list[int]:
    """Return the columns of a part of the face.

    >>> [NAMES[column] for column in columns("brow")]
    ['AU1', 'AU2', 'AU4']
    """
    return [position for position, channel in enumerate(CHANNELS) if channel.group == group]


def rest(num_frames: int) -> np.ndarray:
    """Return a neutral, silent, still face, float32 [T, K].

    >>> rest(2).shape
    (2, 37)
    """
    return np.tile(REST, (num_frames, 1))


def clamp(values: np.ndarray) -> np.ndarray:
    """Return values [..., K] brought into the channels' limits, as float32."""
    return np.clip(np.asarray(values, np.float32), LOW, HIGH)


def lip_gap(values: np.ndarray) -> np.ndarray:
    """Return how far the lips are apart, [...] in [0, 1], of values [..., K].

    The one definition that the rig, the rules and the metrics share::

        gap = clip(max(0.35 * AU25, AU26), 0, 1) * (1 - closure)

    >>> frame = rest(1)
    >>> frame[0, index("AU26")] = 0.8
    >>> frame[0, index("closure")] = 0.5
    >>> lip_gap(frame).round(3).tolist()
    [0.4000000059604645]
    """
    values = np.asarray(values)
    parted = np.maximum(0.35 * values[..., _INDEX["AU25"]], values[..., _INDEX["AU26"]])
    return np.clip(parted, 0, 1) * (1 - values[..., _INDEX["closure"]])
