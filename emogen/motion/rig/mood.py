"""What a strong feeling adds to a drawn face: shares of emotions in, tears, sweat, colour painted.

These signs are not motion: they come from a track's emotion, and a track without emotion has none.
"""

import numpy as np

from emogen.motion.rig.colour import WHITE, Colour, mix
from emogen.motion.rig.easel import Easel, curve
from emogen.motion.rig.pose import Pose
from emogen.motion.rig.skin import HeadStyle

_FLUSH: Colour = (206, 44, 40)
_GREEN: Colour = (128, 150, 64)
_PALE: Colour = (222, 226, 240)
_WATER: Colour = (120, 190, 240)


def skin_in_mood(easel: Easel, moods: dict[str, float], style: HeadStyle) -> None:
    """Colour the cheeks and the forehead."""
    warm = max(moods["contentment"], 0.7 * moods["amusement"], 0.6 * moods["excitement"])
    pale = mix(style.skin, _PALE, 0.6)
    for side in (-1, 1):
        easel.glow((side * 0.42, 0.34), (0.27, 0.2), style.blush, 0.5 * warm, steps=7)
        easel.glow((side * 0.4, 0.3), (0.34, 0.28), _FLUSH, 0.28 * moods["anger"], steps=7)
        easel.glow((side * 0.36, 0.4), (0.34, 0.3), _GREEN, 0.2 * moods["disgust"], steps=7)
        easel.glow((side * 0.38, 0.3), (0.36, 0.4), pale, 0.4 * moods["fear"], steps=7)
    easel.glow((0, -0.42), (0.5, 0.24), _FLUSH, 0.22 * moods["anger"], steps=7)
    easel.glow((0, -0.42), (0.5, 0.26), pale, 0.34 * moods["fear"], steps=7)


def paint_mood(easel: Easel, pose: Pose, moods: dict[str, float]) -> None:
    """Paint tears and sweat."""
    sad, fear = moods["sadness"], moods["fear"]
    if sad > 0.35:
        for side in (-1, 1):
            _drop(easel, (side * 0.4, 0.2 + 0.16 * sad), 0.05 + 0.03 * sad, min(1.0, 1.3 * sad))
        _shine(easel, pose, sad)
    if fear > 0.35:
        _drop(easel, (0.56, -0.42), 0.05 + 0.03 * fear, min(1.0, fear + 0.2))
        _drop(easel, (-0.6, -0.26), 0.03 + 0.03 * fear, min(1.0, fear + 0.1))


def _shine(easel: Easel, pose: Pose, sad: float) -> None:
    """Paint the water that stands on the lower lids."""
    if max(pose["AU45_left"], pose["AU45_right"]) > 0.6:
        return
    for side in (-1, 1):
        rim = curve([(side * 0.24, 0.085), (side * 0.33, 0.1), (side * 0.43, 0.07)])
        easel.ribbon(rim, 0.03, mix(_WATER, WHITE, 0.55), opacity=0.8 * sad)


def _drop(easel: Easel, at: tuple[float, float], size: float, opacity: float) -> None:
    shape = curve(
        np.array([(0, -1.5), (0.5, -0.3), (0.62, 0.35), (0, 0.85), (-0.62, 0.35), (-0.5, -0.3)])
        * size + at, closed=True,
    )  # fmt: skip
    easel.fill(shape, _WATER, opacity=0.85 * opacity)
    easel.oval((at[0] - 0.18 * size, at[1] + 0.1 * size), (0.18 * size, 0.32 * size), WHITE,
               opacity=0.9 * opacity)
