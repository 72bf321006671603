"""What is felt, in numpy only: label spaces, points, curves, the notation and free words.

The line of data: text -> parse -> Trajectory -> sample (T, 12) or latent (L, 12).
"""

from emogen.emotion.anchors import VAD
from emogen.emotion.labels import (
    CATEGORIES,
    EKMAN6,
    EKMAN7,
    GOEMOTIONS,
    LABELS,
    MIKELS,
    RAVDESS,
    SPACES,
    convert,
    mapping,
)
from emogen.emotion.notation import format, parse, parse_point  # noqa: A004
from emogen.emotion.point import WIDTH, EmotionPoint
from emogen.emotion.trajectory import INTERPOLATIONS, Keyframe, Trajectory

__all__ = [
    "CATEGORIES",
    "EKMAN6",
    "EKMAN7",
    "GOEMOTIONS",
    "INTERPOLATIONS",
    "LABELS",
    "MIKELS",
    "RAVDESS",
    "SPACES",
    "VAD",
    "WIDTH",
    "EmotionPoint",
    "Keyframe",
    "Trajectory",
    "convert",
    "format",
    "mapping",
    "parse",
    "parse_point",
]
