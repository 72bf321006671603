"""A drawn mouth: the curves of `lips` in, lips, teeth, tongue and the dark between painted."""

from dataclasses import dataclass, field

import numpy as np

from emogen.motion.rig.colour import WHITE, Colour, darker, lighter, mix
from emogen.motion.rig.easel import Easel
from emogen.motion.rig.lips import Fullness, Lips, lips
from emogen.motion.rig.pose import Pose

_SPAN = np.linspace(-1, 1, 33)


@dataclass(frozen=True, kw_only=True)
class MouthStyle:
    """How one character's mouth is built; lengths in the head's frame."""

    at: tuple[float, float] = (0.0, 0.6)
    half_width: float = 0.25
    fullness: Fullness = field(default_factory=Fullness)
    upper: Colour = (176, 84, 84)
    lower: Colour = (200, 104, 100)
    line: Colour = (96, 40, 44)
    inside: Colour = (74, 18, 30)
    tongue: Colour = (206, 92, 100)
    teeth: Colour = (252, 248, 240)
    fangs: float = 0.0
    """Length of the corner teeth, in half-widths."""
    lift: float = 0.03


def place(curve: np.ndarray, style: MouthStyle) -> np.ndarray:
    """Return points in half-widths of the mouth as points of the head's frame."""
    return curve * style.half_width + style.at


def paint_mouth(easel: Easel, pose: Pose, style: MouthStyle) -> Lips:
    """Paint the mouth and return its shape, for the chin and the beard to follow."""
    shape = lips(pose, style.fullness)
    if shape.gap > 0.005:
        _inside(easel, pose, shape, style)
    _lip(easel, shape.upper_outer, shape.upper_inner, style.upper, style)
    _lip(easel, shape.lower_inner, shape.lower_outer, style.lower, style)
    _shine(easel, shape, style)
    _line(easel, pose, shape, style)
    return shape


def _inside(easel: Easel, pose: Pose, shape: Lips, style: MouthStyle) -> None:
    """Paint the dark, the tongue and both rows of teeth between the lips."""
    top, bottom = shape.upper_inner, shape.lower_inner
    easel.fill(place(_between(top, bottom), style), style.inside, lift=style.lift)
    height = (bottom - top)[:, 1]
    deep = np.stack([top[:, 0], top[:, 1] + 0.62 * height], axis=1)
    easel.fill(place(_between(top, deep), style), darker(style.inside, 0.5), opacity=0.6,
               lift=style.lift)
    if pose["tongue"] < 0.3:
        _tongue(easel, pose, shape, style)
    _teeth(easel, pose, shape, style)
    if pose["tongue"] >= 0.3:  # the tip lies before the teeth
        _tongue(easel, pose, shape, style)


def _tongue(easel: Easel, pose: Pose, shape: Lips, style: MouthStyle) -> None:
    top, bottom = shape.upper_inner[:, 1], shape.lower_inner[:, 1]
    x = shape.lower_inner[:, 0]
    up = pose["tongue"]
    broad = np.clip(1 - np.abs(_SPAN / (0.72 - 0.22 * up)) ** 2.2, 0, 1)
    tall = (0.36 + 0.42 * up) * shape.gap * 1.15 + 0.05 * up
    crest = np.maximum(bottom - tall * broad**0.7, top + 0.02)
    hump = np.stack([x, np.minimum(crest, bottom)], axis=1)
    keep = broad > 0
    outline = np.concatenate([hump[keep], shape.lower_inner[keep][::-1]])
    if len(outline) > 4:
        easel.fill(place(outline, style), style.tongue, lift=style.lift)
        middle = hump[keep][len(hump[keep]) // 2]
        easel.glow(tuple(place(middle + np.array((0, 0.1)), style)),
                   (0.32 * style.half_width, 0.1 * style.half_width),
                   lighter(style.tongue, 0.5), 0.5 * min(1.0, 3 * shape.gap), steps=5)


def _teeth(easel: Easel, pose: Pose, shape: Lips, style: MouthStyle) -> None:
    top, bottom = shape.upper_inner, shape.lower_inner
    x, gap = top[:, 0], (bottom - top)[:, 1]
    row = np.clip(1 - np.abs(_SPAN / 0.93) ** 5, 0, 1)
    smile = (pose["AU12_left"] + pose["AU12_right"]) / 2
    long = 0.24 + 0.08 * smile + 0.06 * pose["AU10"] + 0.1 * pose["AU20"] - 0.12 * shape.pucker
    long += 0.8 * pose["AU28"]
    edge = top[:, 1] + np.minimum(long * row, gap)
    easel.fill(place(_between(top, np.stack([x, edge], axis=1)), style), style.teeth,
               lift=style.lift)
    shade = top[:, 1] + np.minimum(0.3 * long * row, gap)
    easel.fill(place(_between(top, np.stack([x, shade], axis=1)), style),
               mix(style.teeth, style.inside, 0.4), opacity=0.55, lift=style.lift)
    if style.fangs:
        _fangs(easel, top, gap, edge, style)
    low = (0.1 + 0.3 * pose["AU16"] + 0.12 * pose["AU20"]) * row * np.clip(2.2 * gap - 0.5, 0, 1)
    if low.max() > 0.04:
        rim = np.stack([x, bottom[:, 1] - low], axis=1)
        easel.fill(place(_between(rim, bottom), style), mix(style.teeth, style.inside, 0.14),
                   lift=style.lift)


def _fangs(
    easel: Easel, top: np.ndarray, gap: np.ndarray, edge: np.ndarray, style: MouthStyle
) -> None:
    for column in (9, 23):
        reach = min(style.fangs, 0.9 * float(gap[column]))
        tip = (top[column, 0], edge[column] + max(0.0, reach - 0.12))
        base = [(top[column - 2, 0], edge[column - 2]), (top[column + 2, 0], edge[column + 2])]
        easel.fill(place(np.array([base[0], tip, base[1]]), style), style.teeth, lift=style.lift)


def _lip(
    easel: Easel, upper: np.ndarray, lower: np.ndarray, colour: Colour, style: MouthStyle
) -> None:
    easel.fill(place(_between(upper, lower), style), colour, lift=style.lift)


def _shine(easel: Easel, shape: Lips, style: MouthStyle) -> None:
    """Model the lips: light on the lower one, a shadow below it."""
    thick = (shape.lower_outer - shape.lower_inner)[16, 1]
    middle = (shape.lower_inner[16] + shape.lower_outer[16]) / 2
    width = np.ptp(shape.lower_inner[:, 0]) / 2
    easel.glow(tuple(place(middle - (0, 0.1 * thick), style)),
               (0.42 * width * style.half_width, 0.36 * thick * style.half_width),
               lighter(style.lower, 0.7), 0.42, steps=6)


def _line(easel: Easel, pose: Pose, shape: Lips, style: MouthStyle) -> None:
    """Paint the line where the lips meet, or the rim above the teeth, and the corners."""
    sealed = max(pose["closure"], pose["AU24"])
    weight = 0.055 if shape.gap > 0.04 else 0.085 + 0.03 * sealed
    easel.ribbon(place(shape.upper_inner, style), weight * style.half_width * 1.6, style.line,
                 lift=style.lift)
    for end, name in ((0, "right"), (-1, "left")):
        corner = place(shape.upper_inner[end], style)
        dimple = max(pose[f"AU14_{name}"], 0.45 * pose[f"AU12_{name}"])
        side = -1 if end == 0 else 1
        easel.oval(tuple(corner), (0.022, 0.017), style.line, opacity=0.7, lift=style.lift)
        if dimple > 0.15:
            start = corner + np.array((side * 0.035, -0.045 - 0.02 * dimple))
            bend = corner + np.array((side * (0.062 + 0.02 * dimple), 0.0))
            stop = corner + np.array((side * 0.035, 0.05))
            easel.ribbon(_arc(start, bend, stop), 0.018, style.line, opacity=0.55 * dimple)


def _arc(start: np.ndarray, bend: np.ndarray, stop: np.ndarray) -> np.ndarray:
    t = np.linspace(0, 1, 9)[:, None]
    return (1 - t) ** 2 * start + 2 * t * (1 - t) * bend + t**2 * stop


def _between(upper: np.ndarray, lower: np.ndarray) -> np.ndarray:
    """Return the closed outline between two curves that run the same way."""
    return np.concatenate([upper, lower[::-1]])


BARE = MouthStyle(teeth=WHITE)
"""A mouth with plain white teeth."""
