"""The head without features: outline, shading, ears, nose and the lines that a mood folds."""

from dataclasses import dataclass

import numpy as np

from emogen.motion.rig.camera import Camera
from emogen.motion.rig.colour import Colour, darker, lighter, mix
from emogen.motion.rig.easel import Easel, curve, ellipse, mirrored
from emogen.motion.rig.layers import Bend, Layers, smoothstep
from emogen.motion.rig.pose import Pose

_LIGHT_AT = np.array([-0.08, -0.16])


@dataclass(frozen=True, kw_only=True)
class HeadStyle:
    """How one person's head is built; lengths in the head's frame."""

    skin: Colour = (244, 200, 172)
    blush: Colour = (232, 112, 104)
    rosy: float = 0.22
    cheek: float = 0.735
    jaw: float = 0.6
    chin: float = 0.2
    length: float = 1.0
    ears: float = 1.0
    nose_width: float = 0.105
    nose_length: float = 0.37
    age: float = 0.0
    """Depth of lines at rest, in [0, 1]."""
    freckles: bool = False


def outline(style: HeadStyle) -> np.ndarray:
    """Return the head's outline, closed and smooth, float [N, 2]."""
    cheek, jaw, chin, long = style.cheek, style.jaw, style.chin, style.length
    half = [
        (0, -1.0), (0.42, -0.93), (0.68, -0.62), (cheek, -0.18), (cheek * 0.975, 0.2),
        (0.5 * (jaw + cheek) * 0.955, 0.5), (jaw * 0.8, 0.79 * long), (chin, 0.97 * long),
        (0, 1.0 * long),
    ]  # fmt: skip
    return curve(mirrored(half), closed=True)


def outline_depth(points: np.ndarray) -> np.ndarray:
    """Return the depth [N] of the outline: the chin is nearer than the temples."""
    return 0.12 + 0.34 * smoothstep(points[:, 1], 0.2, 1.0) * (1 - 0.5 * np.abs(points[:, 0]))


def chin_bend(jaw: float) -> Bend:
    """Return how a jaw that sinks by ``jaw`` (units of the head) moves the lower face."""

    def bend(points: np.ndarray) -> np.ndarray:
        share = smoothstep(points[:, 1], 0.3, 0.95)
        return points + np.stack([-0.05 * jaw * points[:, 0] * share, jaw * share], axis=1)

    return bend


def head_layers(style: HeadStyle) -> Layers:
    """Return the skin, softly darker towards the rim and the side away from the light."""
    layers = Layers(surface=outline_depth)
    rim, shade = outline(style), darker(style.skin, 0.2)
    layers.fill(rim, darker(style.skin, 0.27))
    for step in range(1, 7):
        tone = mix(shade, style.skin, step / 6)
        layers.fill(_LIGHT_AT + (rim - _LIGHT_AT) * (1 - 0.02 * step), tone)
    return layers


def bloom_layers(style: HeadStyle) -> Layers:
    """Return what lies on the skin at rest: light on the forehead, blush, freckles."""
    layers = Layers()
    layers.glow((-0.16, -0.5), (0.42, 0.26), lighter(style.skin, 0.6), 0.34, steps=8)
    for side in (-1, 1):
        layers.glow((side * 0.43, 0.36), (0.22, 0.16), style.blush, style.rosy, steps=8)
        eye = darker(mix(style.skin, style.blush, 0.25), 0.2)
        layers.glow((side * 0.32, -0.02), (0.27, 0.19), eye, 0.2, steps=6)
    layers.glow((0, 0.83), (0.14, 0.08), lighter(style.skin, 0.5), 0.25, steps=6)
    layers.glow((0, 0.49), (0.09, 0.06), darker(style.skin, 0.3), 0.22, steps=5)
    if style.freckles:
        spots = np.random.default_rng(4).uniform((-0.5, 0.2), (0.5, 0.42), (26, 2))
        for spot in spots[np.abs(spots[:, 0]) > 0.12]:
            layers.oval(tuple(spot), (0.013, 0.012), darker(style.skin, 0.4), opacity=0.55)
    return layers


def ear_layers(style: HeadStyle) -> Layers:
    """Return both ears; they lie behind the face's plane."""
    layers = Layers(surface=lambda points: np.full(len(points), -0.12))
    size = style.ears
    for side in (-1, 1):
        shape = np.array([
            (0.66, -0.1), (0.78 * size, -0.2), (0.87 * size, -0.1), (0.84 * size, 0.14),
            (0.76 * size, 0.29), (0.66, 0.24),
        ]) * (side, 1)  # fmt: skip
        tone = style.skin if side < 0 else darker(style.skin, 0.1)
        layers.smooth(shape, darker(tone, 0.14))
        layers.smooth(shape * (0.985, 0.9) + (0, 0.003), mix(tone, style.blush, 0.12))
        inner = np.array([(0.745, -0.1), (0.8, -0.09), (0.79, 0.06), (0.75, 0.15)])
        layers.strand(inner * (side * size, 1), 0.035, darker(tone, 0.35), opacity=0.7)
    return layers


def paint_nose(easel: Easel, pose: Pose, style: HeadStyle) -> None:
    """Paint the nose; disgust lifts and folds it."""
    width, tip = style.nose_width, style.nose_length - 0.05 * pose["AU9"] - 0.02 * pose["AU10"]
    shade, deep = darker(style.skin, 0.24), darker(mix(style.skin, style.blush, 0.4), 0.5)
    flare = 1 + 0.16 * pose["AU9"] + 0.08 * pose["AU5"] * pose["AU4"]
    bridge = curve([(0.06, -0.12), (0.045, 0.08), (0.07, tip - 0.1), (0.1, tip)])
    easel.ribbon(bridge, 0.045, shade, opacity=0.3, lift=0.06)
    easel.glow((-0.012, tip - 0.03), (0.1, 0.1), lighter(style.skin, 0.55), 0.5, steps=7)
    below = [(-width * 1.02, tip + 0.015), (-width * 0.5, tip + 0.062), (0, tip + 0.075),
             (width * 0.5, tip + 0.062), (width * 1.02, tip + 0.015)]  # fmt: skip
    easel.ribbon(curve(np.array(below) * (flare, 1)), 0.034, shade, opacity=0.85, lift=0.16)
    for side in (-1, 1):
        hole = ellipse((side * width * 0.52 * flare, tip + 0.05), (0.03, 0.014), side * 0.25)
        easel.fill(hole, deep, opacity=0.85, lift=0.17)
        wing = curve([
            (side * width * 1.0 * flare, tip - 0.055), (side * width * 1.24 * flare, tip + 0.0),
            (side * width * 0.95 * flare, tip + 0.045),
        ])  # fmt: skip
        easel.ribbon(wing, 0.024, shade, opacity=0.8, lift=0.12)


def paint_folds(easel: Easel, pose: Pose, style: HeadStyle) -> None:
    """Paint the lines of the skin: forehead, frown, nose, cheeks, crow's feet, chin."""
    line, age = darker(style.skin, 0.4), style.age
    raised = max(pose["AU1"], pose["AU2"])
    for y, weight in ((-0.53, 1.0), (-0.62, 0.75)):
        arch = 0.03 * (pose["AU2"] - pose["AU1"] * (1 - pose["AU2"]))
        fold = curve([(-0.34, y), (-0.15, y - 0.03 + arch), (0.15, y - 0.03 + arch), (0.34, y)])
        easel.ribbon(fold, 0.016, line, opacity=weight * min(0.75, 0.55 * raised + 0.35 * age))
    _frown(easel, pose, line, age)
    deep = max(pose["AU9"], 0.9 * pose["AU10"])
    for side, name in ((-1, "right"), (1, "left")):
        smile = pose[f"AU12_{name}"]
        cheek = min(0.85, 0.4 * smile * (1 + age) + 0.6 * deep + 0.45 * age)
        wide = 0.05 * smile
        fold = curve([
            (side * 0.14, 0.36), (side * (0.27 + wide), 0.45),
            (side * (0.335 + wide), 0.58 + 0.02 * smile),
        ])  # fmt: skip
        if cheek > 0.02:
            easel.ribbon(fold, 0.02, line, opacity=0.8 * cheek)
        raise_ = max(pose["AU6"], 0.6 * smile)
        easel.glow((side * 0.42, 0.27 - 0.04 * raise_), (0.2, 0.11), style.blush,
                   0.34 * raise_, steps=6)
        feet = min(0.8, 0.7 * pose["AU6"] + 0.4 * age)
        for turn in (-0.05, 0.0, 0.05):
            start = np.array((side * 0.535, 0.03 + turn))
            easel.ribbon(curve([start, start + np.array((side * 0.065, 0.6 * turn))]), 0.012, line,
                         opacity=feet * 0.8)
        if age > 0.3:
            mark = curve([(side * 0.33, 0.7), (side * 0.37, 0.78), (side * 0.36, 0.85)])
            easel.ribbon(mark, 0.018, line, opacity=0.4 * age)
    _chin(easel, pose, line)


def _frown(easel: Easel, pose: Pose, line: Colour, age: float) -> None:
    frown = min(0.9, pose["AU4"] + 0.15 * age)
    for side in (-1, 1):
        fold = curve([(side * 0.055, -0.34), (side * 0.045, -0.24), (side * 0.06, -0.15)])
        easel.ribbon(fold, 0.02, line, opacity=0.85 * frown)
        for step in range(3):
            y = -0.06 + 0.055 * step
            crease = curve([(side * 0.02, y), (side * 0.08, y - 0.012), (side * 0.125, y + 0.03)])
            easel.ribbon(crease, 0.016, line, opacity=0.55 * pose["AU9"], lift=0.04)


def _chin(easel: Easel, pose: Pose, line: Colour) -> None:
    push = pose["AU17"]
    if push > 0.05:
        easel.ribbon(curve([(-0.13, 0.8), (0, 0.765), (0.13, 0.8)]), 0.026, line,
                     opacity=0.75 * push, lift=0.05)
        for x, y in ((-0.06, 0.86), (0.05, 0.85), (0.0, 0.9)):
            easel.oval((x, y), (0.02, 0.011), line, opacity=0.4 * push, lift=0.05)


def neck(style: HeadStyle, head: Camera, body: Camera, width: float = 0.36) -> np.ndarray:
    """Return the neck's outline in pixels: its top turns with the head, its foot stays."""
    top = head.see(np.array([(-width, 0.55), (width, 0.55)]), np.array([-0.1, -0.1]))
    foot = np.array([
        (width * 1.04, 1.12), (width * 1.3, 1.3), (width * 2.0, 1.42), (0, 1.9),
        (-width * 2.0, 1.42), (-width * 1.3, 1.3), (-width * 1.04, 1.12),
    ])  # fmt: skip
    return np.concatenate([top, body.see(foot, np.zeros(len(foot)))])
