"""Drawn eyes and brows: a pose and a style in, eyeballs, lids, lashes and brows painted."""

from dataclasses import dataclass

import numpy as np

from emogen.motion.rig.colour import WHITE, Colour, darker, lighter, mix
from emogen.motion.rig.easel import CIRCLE, Easel, curve
from emogen.motion.rig.pose import Pose

_SPAN = np.linspace(-1, 1, 25)
SIDES = ((-1, "right"), (1, "left"))
"""Where a side is in the picture, and whose it is: the person's left eye is on the right."""


@dataclass(frozen=True, kw_only=True)
class EyeStyle:
    """How one character's eyes are built; lengths in the head's frame."""

    at: tuple[float, float] = (0.325, 0.02)
    """Of the eye on the picture's right; the other mirrors it."""
    half_width: float = 0.18
    upper: float = 0.125
    lower: float = 0.085
    tilt: float = 0.02
    """How much higher the outer corner is."""
    iris: Colour = (92, 64, 44)
    iris_size: float = 0.105
    sclera: Colour = (252, 250, 247)
    lash: Colour = (48, 30, 32)
    lashes: float = 0.03
    """Thickness of the upper lash line."""
    wing: float = 0.0
    """Length of the outermost lashes."""
    slit: bool = False
    """Whether the pupil is a slit, as of a cat."""
    lid: Colour = (214, 160, 140)
    crease: float = 0.045
    bags: float = 0.0


@dataclass(frozen=True, kw_only=True)
class BrowStyle:
    """How one character's brows are built; lengths in the head's frame."""

    y: float = -0.25
    inner: float = 0.13
    outer: float = 0.53
    arch: float = 0.055
    width: float = 0.06
    colour: Colour = (60, 40, 34)


@dataclass(frozen=True, kw_only=True)
class _Lids:
    """Both lids of one eye, float [25] heights over x [25], inner corner first."""

    x: np.ndarray
    upper: np.ndarray
    lower: np.ndarray
    shut: float


def _lids(pose: Pose, style: EyeStyle, side: int, name: str) -> _Lids:
    blink = pose[f"AU45_{name}"]
    wide = 1 + 0.5 * pose["AU5"] - 0.22 * pose["AU7"] - 0.5 * pose["AU43"] - 0.1 * pose["AU6"]
    raised = 0.38 * pose["AU7"] + 0.5 * pose["AU6"] - 0.1 * pose["AU5"] + 0.1 * pose["AU43"]
    hump = np.maximum(1 - _SPAN**2, 0)
    corner = -style.tilt * _SPAN
    lower = corner + style.lower * (1 - raised) * hump**0.8
    peak = hump**0.62 * (1 - 0.12 * _SPAN)
    upper = corner - style.upper * wide * peak
    worry = pose["AU1"] * (0.35 + 0.65 * pose["AU4"])
    anger = pose["AU4"] * (1 - 0.85 * pose["AU1"])
    slope = style.upper * ((0.62 * anger) * (0.35 - _SPAN) + 0.5 * worry * (_SPAN + 0.25))
    slope = np.where(slope > 0, slope, 0.45 * slope) * np.sqrt(hump)
    upper = np.minimum(upper + slope - 0.12 * style.upper * pose["AU2"] * hump, lower)
    rest = corner + style.lower * 0.8 * hump  # where the lids meet
    upper = upper + (rest - upper) * blink
    lower = lower + (rest - lower) * blink
    x = side * (style.at[0] + _SPAN * style.half_width)
    at_y = style.at[1] - 0.012 * pose["AU9"]
    return _Lids(x=x, upper=at_y + upper, lower=at_y + np.maximum(lower, upper), shut=blink)


def paint_eyes(easel: Easel, pose: Pose, style: EyeStyle) -> None:
    """Paint both eyes."""
    for side, name in SIDES:
        lids = _lids(pose, style, side, name)
        if (lids.lower - lids.upper).max() > 0.012:
            _ball(easel, pose, style, lids, side)
        _rims(easel, pose, style, lids, side)


def _ball(easel: Easel, pose: Pose, style: EyeStyle, lids: _Lids, side: int) -> None:
    outline = np.concatenate([
        np.stack([lids.x, lids.upper], axis=1), np.stack([lids.x, lids.lower], axis=1)[::-1],
    ])  # fmt: skip
    easel.fill(outline, style.sclera)
    order = slice(None) if side > 0 else slice(None, None, -1)

    def clipped(points: np.ndarray) -> np.ndarray:
        x = np.clip(points[:, 0], lids.x.min(), lids.x.max())
        top = np.interp(x, lids.x[order], lids.upper[order])
        low = np.interp(x, lids.x[order], lids.lower[order])
        return np.stack([x, np.clip(points[:, 1], top, low)], axis=1)

    centre = np.array([
        side * style.at[0] + 0.4 * style.half_width * pose["gaze_x"],
        style.at[1] - 0.015 + 0.55 * style.upper * pose["gaze_y"],
    ])  # fmt: skip
    size = style.iris_size
    shade = lids.upper + 0.28 * style.upper
    band = np.stack([lids.x, np.minimum(shade, lids.lower)], axis=1)
    easel.fill(clipped(centre + CIRCLE * size * 1.06), darker(style.iris, 0.55))
    easel.fill(clipped(centre + CIRCLE * size * 0.94), style.iris)
    glow = centre + (0, 0.34 * size) + CIRCLE * (0.62 * size, 0.5 * size)
    easel.fill(clipped(glow), lighter(style.iris, 0.45), opacity=0.6)
    pupil = CIRCLE * ((0.2, 0.72) if style.slit else (0.46, 0.46)) * np.array(size)
    easel.fill(clipped(centre + pupil), (20, 14, 18))
    upper = np.stack([lids.x, lids.upper], axis=1)
    easel.fill(np.concatenate([upper, band[::-1]]), darker(style.lid, 0.75), opacity=0.26)
    light = centre + np.array([-0.34, -0.36]) * size + CIRCLE * 0.25 * size
    easel.fill(clipped(light), WHITE, opacity=0.95)
    spark = centre + np.array([0.36, 0.4]) * size + CIRCLE * 0.12 * size
    easel.fill(clipped(spark), WHITE, opacity=0.7)


def _rims(easel: Easel, pose: Pose, style: EyeStyle, lids: _Lids, side: int) -> None:
    """Paint lashes, crease, lower rim and bags."""
    upper = np.stack([lids.x, lids.upper], axis=1)
    lower = np.stack([lids.x, lids.lower], axis=1)
    taper = (0.25, 0.8, 1.0, 1.05, 0.75)
    easel.ribbon(lower, 0.014, darker(style.lid, 0.45), opacity=0.7)
    easel.ribbon(upper, [style.lashes * t for t in taper], style.lash)
    if style.wing:
        tip = upper[-1] + (side * style.wing, -0.6 * style.wing * (1 - 1.5 * lids.shut))
        easel.ribbon(curve([upper[-5], upper[-1], tip]), [style.lashes, style.lashes, 0.004],
                     style.lash)
    fold = style.crease * (1 - 0.55 * pose["AU4"]) * (1 + 0.25 * pose["AU5"])
    line = upper[3:-1] + np.array([0, -fold]) * (0.6 + 0.4 * (1 - _SPAN[3:-1] ** 2))[:, None]
    easel.ribbon(line, 0.014, darker(style.lid, 0.42), opacity=0.75)
    tired = style.bags + 0.55 * max(pose["AU6"], 0.7 * pose["AU7"], 0.5 * pose["AU9"])
    if tired > 0.05:
        bag = lower[4:-4] + np.array((0, 0.045))
        easel.ribbon(bag, 0.014, darker(style.lid, 0.4), opacity=min(0.7, tired))


def paint_brows(easel: Easel, pose: Pose, style: BrowStyle) -> None:
    """Paint both brows."""
    up_inner, up_outer, down = pose["AU1"], pose["AU2"], pose["AU4"]
    frown = down * (1 - 0.75 * up_inner)
    length = style.outer - style.inner
    y = np.array([
        style.y - 0.15 * up_inner + 0.15 * frown + 0.02 * pose["AU9"],
        style.y - style.arch * 0.75 - 0.13 * up_inner - 0.03 * up_outer + 0.1 * frown
        + 0.02 * pose["AU9"],
        style.y - style.arch - 0.03 * up_inner - 0.11 * up_outer + 0.05 * frown,
        style.y + 0.012 - 0.13 * up_outer + 0.03 * up_inner - 0.01 * frown,
    ])  # fmt: skip
    squeeze = 0.055 * down
    x = style.inner - squeeze + length * np.array([0, 0.34, 0.7, 1.0]) + (0, 0.0, squeeze / 2, 0)
    for side, _ in SIDES:
        line = curve(np.stack([side * x, y], axis=1))
        widths = [0.8 * style.width, style.width, 0.78 * style.width, 0.12 * style.width]
        easel.ribbon(line, widths, style.colour, lift=0.02)
        easel.oval(tuple(line[1]), (0.36 * style.width, 0.38 * style.width), style.colour,
                   lift=0.02)
        easel.ribbon(line[4:-8] - (0, 0.1 * style.width), 0.3 * style.width,
                     mix(style.colour, WHITE, 0.25), opacity=0.35, lift=0.02)
