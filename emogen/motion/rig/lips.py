"""The shape of a mouth: a pose in, four lip curves out.

Lengths are in half-widths of the resting mouth, the origin is its middle, x grows to the picture's
right and y downwards. Vector mouths and photographs use the same curves, so the opening of both is
`schema.lip_gap`: the inner curves are apart by ``gap * OPENING`` in the middle.
"""

from dataclasses import dataclass

import numpy as np

from emogen.motion.rig.pose import Pose

OPENING = 1.15
"""Distance of the inner lips in the middle at gap 1."""
_SPAN = np.linspace(-1, 1, 33)


@dataclass(frozen=True, kw_only=True)
class Lips:
    """Four curves, each float [33, 2] from the picture's left to its right.

    Attributes:
        upper_outer: rim of the upper lip, with the bow.
        upper_inner: lower edge of the upper lip.
        lower_inner: upper edge of the lower lip; at closure it equals ``upper_inner``.
        lower_outer: rim of the lower lip.
        gap: lip gap in [0, 1].
        jaw: how far the chin sinks, in half-widths.
        pucker: how round and forward the lips are, in [0, 1].
    """

    upper_outer: np.ndarray
    upper_inner: np.ndarray
    lower_inner: np.ndarray
    lower_outer: np.ndarray
    gap: float
    jaw: float
    pucker: float


@dataclass(frozen=True, kw_only=True)
class Fullness:
    """Thickness of the resting lips in half-widths, and the depth of the bow."""

    upper: float = 0.26
    lower: float = 0.34
    bow: float = 0.3
    cheer: float = 0.07
    """How much higher than the middle the corners rest."""
    opening: float = OPENING
    """Distance of the inner lips in the middle at gap 1."""
    point: float = 0.66
    """How pointed the opening is at the corners: 0.5 is an ellipse, above 1 an almond."""


def corners(pose: Pose) -> np.ndarray:
    """Return the corners of the mouth, float [2, 2]: the picture's left, then its right.

    The person's left corner is on the picture's right.

    >>> from emogen.motion import schema
    >>> from emogen.motion.rig.pose import pose
    >>> corners(pose(schema.rest(1)[0])).tolist()
    [[-1.0, 0.0], [1.0, 0.0]]
    """
    gap = pose["gap"]
    narrow = (
        0.42 * pose["AU18"] + 0.27 * pose["AU22"] + 0.08 * pose["AU23"] + 0.14 * gap
        - 0.24 * pose["AU20"]
    )  # fmt: skip
    rows = []
    for side, name in ((-1, "right"), (1, "left")):
        smile, dimple = pose[f"AU12_{name}"], pose[f"AU14_{name}"]
        x = 1 + 0.22 * smile + 0.13 * dimple - narrow
        y = (
            -0.36 * smile - 0.05 * dimple + 0.36 * pose["AU15"] + 0.1 * pose["AU20"]
            + 0.24 * gap
        )  # fmt: skip
        rows.append((side * max(x, 0.42), y))
    return np.array(rows)


def lips(pose: Pose, fullness: Fullness) -> Lips:
    """Return the mouth's curves in a pose."""
    (left_x, left_y), (right_x, right_y) = corners(pose)
    gap = pose["gap"]
    pucker = min(1.0, pose["AU18"] + 0.8 * pose["AU22"])
    smile = (pose["AU12_left"] + pose["AU12_right"]) / 2
    share = (_SPAN + 1) / 2
    x = left_x + (right_x - left_x) * share
    base = left_y + (right_y - left_y) * share
    line = _middle(pose, smile) + fullness.cheer - base  # how the closed line bends
    hump = 1 - _SPAN**2
    closed = base + line * hump ** (0.75 + 0.5 * smile)
    width = (right_x - left_x) / 2
    round_ = fullness.point * (1 - 0.22 * pucker)
    opening = gap * fullness.opening * np.maximum(1 - np.abs(_SPAN) ** 2.3, 0) ** round_
    lift = (0.2 + 0.12 * smile) * (1 - 0.5 * pose["AU28"])
    upper_inner = closed - lift * opening
    lower_inner = upper_inner + opening
    upper, lower = _thickness(pose, fullness, pucker)
    rim = np.maximum(hump, 0) ** 0.62
    bow = 1 - fullness.bow * np.exp(-((_SPAN / 0.13) ** 2)) + 0.12 * np.exp(
        -(((np.abs(_SPAN) - 0.3) / 0.2) ** 2)
    )
    curves = (
        upper_inner - upper * rim * bow, upper_inner, lower_inner,
        lower_inner + lower * np.maximum(hump, 0) ** 0.5,
    )  # fmt: skip
    points = [np.stack([x, curve], axis=1) for curve in curves]
    return Lips(
        upper_outer=points[0], upper_inner=points[1], lower_inner=points[2],
        lower_outer=points[3], gap=gap, pucker=pucker,
        jaw=float(0.8 * gap * fullness.opening * min(1.0, width + 0.1)),
    )  # fmt: skip


def _middle(pose: Pose, smile: float) -> float:
    """Return where the middle of the closed line lies."""
    return (
        0.14 * smile - 0.16 * pose["AU15"] - 0.2 * pose["AU17"] - 0.26 * pose["AU10"]
        - 0.1 * pose["AU9"] + 0.06 * pose["AU28"]
    )  # fmt: skip


def _thickness(pose: Pose, fullness: Fullness, pucker: float) -> tuple[float, float]:
    """Return the upper and the lower lip's thickness."""
    smile = (pose["AU12_left"] + pose["AU12_right"]) / 2
    thin = 1 - 0.4 * pose["AU23"] - 0.45 * pose["AU24"] - 0.16 * pose["AU20"] - 0.16 * smile
    thin *= 1 - 0.22 * pose["closure"] + 0.3 * pucker
    upper = fullness.upper * max(thin, 0.3) * (1 - 0.15 * pose["AU10"])
    lower = fullness.lower * max(thin, 0.3) * (1 - 0.6 * pose["AU28"])
    return upper, lower * (1 + 0.2 * pose["AU17"] - 0.15 * pose["AU16"])
