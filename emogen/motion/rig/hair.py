"""Hair of drawn people: a style's name and a colour in, shapes behind and before the face out."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from emogen.motion.rig.colour import Colour, darker, lighter
from emogen.motion.rig.easel import curve
from emogen.motion.rig.layers import Layers, smoothstep


@dataclass(frozen=True, kw_only=True)
class Hair:
    """Two stacks of shapes.

    Attributes:
        back: painted first, behind neck and face.
        front: painted last, over forehead and temples.
    """

    back: Layers
    front: Layers


def _stacks(*, hang: bool = False) -> Hair:
    behind = Layers(surface=lambda points: np.full(len(points), -0.16), hang=hang)
    before = Layers(surface=_front_depth, hang=hang)
    return Hair(back=behind, front=before)


def _front_depth(points: np.ndarray) -> np.ndarray:
    """Return the depth [N] of hair before the face: a fringe is near, temples and crown are not."""
    temple = 1 - smoothstep(np.abs(points[:, 0]), 0.3, 0.72)
    crown = 1 - smoothstep(-points[:, 1], 0.35, 0.85)
    return 0.14 + 0.46 * temple * crown


def _sides(points: list[tuple[float, float]], side: int) -> np.ndarray:
    return np.array(points) * (side, 1)


def waves(colour: Colour) -> Hair:
    """Return long, wavy, parted hair that rests on the shoulders."""
    hair = _stacks(hang=True)
    deep, light = darker(colour, 0.32), lighter(colour, 0.24)
    outer = [
        (0, -1.14), (0.5, -1.07), (0.86, -0.72), (0.95, -0.2), (0.92, 0.3), (1.04, 0.75),
        (1.0, 1.15), (1.1, 1.5), (0.86, 1.74), (0.62, 1.62), (0.55, 1.2), (0.3, 1.0),
    ]  # fmt: skip
    shape = np.concatenate([_sides(outer, 1), _sides(outer[:0:-1], -1)])
    hair.back.smooth(shape, deep)
    hair.back.oval((0, 1.12), (0.6, 0.3), darker(colour, 0.5))
    for side in (-1, 1):
        for x, opacity in ((0.78, 0.55), (0.88, 0.45), (0.68, 0.45)):
            line = _sides([(x, -0.1), (x - 0.02, 0.35), (x + 0.1, 0.8), (x + 0.03, 1.2),
                           (x + 0.1, 1.55)], side)  # fmt: skip
            hair.back.strand(line, 0.09, colour, opacity=opacity)
        curtain = _sides([
            (-0.06, -1.13), (0.42, -1.09), (0.82, -0.78), (0.93, -0.28), (0.9, 0.2), (1.0, 0.66),
            (0.94, 1.02), (1.0, 1.32), (0.84, 1.5), (0.77, 1.2), (0.86, 0.86), (0.76, 0.45),
            (0.71, 0.1), (0.69, -0.25), (0.52, -0.52), (0.22, -0.72), (-0.02, -0.8),
        ], side)  # fmt: skip
        hair.front.smooth(curtain, colour)
        _strands(hair.front, side, light, deep)
    hair.front.strand([(0.0, -1.12), (-0.015, -0.97), (-0.005, -0.8)], 0.02, deep, opacity=0.8)
    return hair


def _strands(front: Layers, side: int, light: Colour, deep: Colour) -> None:
    """Lay light and shade along one curtain of long hair."""
    shine = [
        [(0.12, -1.03), (0.5, -0.85), (0.76, -0.45), (0.82, 0.0)],
        [(0.1, -0.93), (0.42, -0.76), (0.66, -0.45)],
        [(0.86, 0.2), (0.93, 0.6), (0.88, 0.95), (0.92, 1.25)],
    ]
    for line in shine:
        front.strand(_sides(line, side), 0.055, light, opacity=0.6 if side < 0 else 0.38)
    for line in (
        [(0.06, -0.84), (0.36, -0.68), (0.62, -0.42), (0.7, -0.1), (0.72, 0.3)],
        [(0.2, -1.07), (0.6, -0.88), (0.84, -0.4), (0.86, 0.15), (0.95, 0.7), (0.9, 1.1)],
        [(0.78, 0.2), (0.88, 0.66), (0.82, 1.0), (0.87, 1.36)],
    ):
        front.strand(_sides(line, side), 0.03, deep, opacity=0.5)


def quiff(colour: Colour) -> Hair:
    """Return short hair with volume swept up to the picture's right."""
    hair = _stacks()
    deep, light = darker(colour, 0.35), lighter(colour, 0.25)
    hair.back.smooth([
        (0, -1.12), (0.5, -1.06), (0.8, -0.72), (0.82, -0.2), (0.76, 0.1), (-0.76, 0.1),
        (-0.82, -0.2), (-0.8, -0.72), (-0.5, -1.06),
    ], deep)  # fmt: skip
    for side in (-1, 1):
        hair.front.smooth(_sides([
            (0.55, -0.8), (0.78, -0.62), (0.81, -0.2), (0.77, 0.08), (0.71, 0.1), (0.7, -0.15),
            (0.63, -0.42),
        ], side), darker(colour, 0.16))  # fmt: skip
    hair.front.smooth([
        (-0.7, -0.5), (-0.78, -0.82), (-0.55, -1.14), (-0.1, -1.27), (0.4, -1.26), (0.74, -1.02),
        (0.78, -0.66), (0.67, -0.44), (0.52, -0.66), (0.2, -0.74), (-0.2, -0.69), (-0.5, -0.62),
    ], colour)  # fmt: skip
    for shift, tone, opacity in (
        (0.0, light, 0.6), (0.13, light, 0.45), (0.27, light, 0.35), (-0.1, deep, 0.5),
        (0.07, deep, 0.4), (0.2, deep, 0.4),
    ):  # fmt: skip
        hair.front.strand([
            (-0.5 + shift, -0.72), (-0.4 + shift, -0.98), (-0.1 + shift, -1.15),
            (0.3 + 0.8 * shift, -1.12),
        ], 0.05 if tone is light else 0.03, tone, opacity=opacity)  # fmt: skip
    return hair


def bob(colour: Colour) -> Hair:
    """Return chin-long hair, swept from a side parting."""
    hair = _stacks()
    deep, light = darker(colour, 0.25), lighter(colour, 0.5)
    outer = [
        (0, -1.16), (0.52, -1.1), (0.88, -0.76), (0.99, -0.2), (0.98, 0.3), (0.9, 0.62),
        (0.66, 0.72), (0.4, 0.5),
    ]  # fmt: skip
    hair.back.smooth(np.concatenate([_sides(outer, 1), _sides(outer[:0:-1], -1)]), deep)
    hair.front.smooth([
        (-0.34, -1.12), (0.2, -1.17), (0.68, -1.0), (0.95, -0.55), (0.98, 0.05), (0.93, 0.5),
        (0.78, 0.66), (0.7, 0.45), (0.73, 0.1), (0.7, -0.22), (0.5, -0.5), (0.1, -0.7),
        (-0.3, -0.86),
    ], colour)  # fmt: skip
    hair.front.smooth([
        (-0.26, -1.12), (-0.66, -1.02), (-0.93, -0.6), (-0.98, 0.0), (-0.94, 0.48), (-0.8, 0.64),
        (-0.71, 0.44), (-0.74, 0.08), (-0.7, -0.26), (-0.56, -0.56), (-0.36, -0.84),
    ], colour)  # fmt: skip
    for k in range(4):
        s = 0.11 * k
        hair.front.strand([(-0.2 + s, -1.06), (0.28 + s * 0.8, -0.96 + 0.05 * k),
                           (0.66 + s * 0.45, -0.6 + s), (0.8 + s * 0.35, -0.05)], 0.04,
                          light if k % 2 == 0 else deep, opacity=0.55)  # fmt: skip
        hair.front.strand([(0.78 + s * 0.4, 0.0), (0.8 + s * 0.4, 0.3), (0.76 + 0.3 * s, 0.56)],
                          0.03, deep if k % 2 == 0 else light, opacity=0.5)
        hair.front.strand([(-0.36 - s * 0.4, -1.02 + s * 0.3), (-0.66 - s * 0.6, -0.66 + s * 0.5),
                           (-0.78 - s * 0.4, 0.0), (-0.76 - s * 0.35, 0.5)], 0.035,
                          light if k % 2 else deep, opacity=0.5)  # fmt: skip
    return hair


def coils(colour: Colour) -> Hair:
    """Return a round crown of tight curls."""
    hair = _stacks()
    deep, light = darker(colour, 0.3), lighter(colour, 0.2)
    generator = np.random.default_rng(11)
    hair.back.oval((0, -0.42), (1.1, 0.98), deep)
    for angle in np.linspace(0.72 * np.pi, 2.28 * np.pi, 30):
        reach = 1.0 + generator.uniform(-0.03, 0.05)
        at = (1.04 * reach * np.cos(angle), -0.42 + 0.94 * reach * np.sin(angle))
        hair.back.oval(at, (0.15, 0.14), deep)
    for angle in np.linspace(0.75 * np.pi, 2.25 * np.pi, 26):
        reach = generator.uniform(0.74, 0.98)
        at = (1.0 * reach * np.cos(angle), -0.42 + 0.92 * reach * np.sin(angle))
        hair.back.oval(at, (0.15, 0.14), colour, opacity=0.75)
    hair.front.smooth([
        (-0.74, -0.1), (-0.86, -0.45), (-0.7, -0.9), (-0.3, -1.18), (0.3, -1.18), (0.7, -0.9),
        (0.86, -0.45), (0.74, -0.1), (0.68, -0.42), (0.44, -0.66), (0.0, -0.76), (-0.44, -0.66),
        (-0.68, -0.42),
    ], colour)  # fmt: skip
    for angle in np.linspace(1.05 * np.pi, 1.95 * np.pi, 16):
        for ring in (0.78, 0.92, 1.06):
            jitter = generator.uniform(-0.03, 0.03, 2)
            at = np.array((0.84 * ring * np.cos(angle), -0.26 + 0.82 * ring * np.sin(angle)))
            tone = light if generator.random() < 0.4 else (deep if ring > 0.8 else colour)
            hair.front.oval(tuple(at + jitter), (0.1, 0.095), colour)
            hair.front.strand(at + jitter + np.array([(-0.06, 0.02), (0, -0.06), (0.06, 0.01)]),
                              0.03, tone, opacity=0.6)
    return hair


def fringe(colour: Colour) -> Hair:
    """Return a child's tousled hair with a fringe of pointed locks."""
    hair = _stacks()
    deep, light = darker(colour, 0.3), lighter(colour, 0.35)
    hair.back.smooth([
        (0, -1.16), (0.55, -1.1), (0.88, -0.76), (0.93, -0.25), (0.84, 0.24), (0.7, 0.3),
        (-0.7, 0.3), (-0.84, 0.24), (-0.93, -0.25), (-0.88, -0.76), (-0.55, -1.1),
    ], deep)  # fmt: skip
    crown = curve([
        (-0.72, 0.16), (-0.86, -0.02), (-0.94, -0.4), (-0.85, -0.82), (-0.5, -1.14), (-0.05, -1.25),
        (0.14, -1.34), (0.17, -1.23), (0.52, -1.13), (0.86, -0.82), (0.94, -0.4), (0.86, -0.02),
        (0.73, 0.16),
    ])  # fmt: skip
    hair.front.fill([
        *crown, (0.69, -0.16), (0.6, -0.42), (0.5, -0.3), (0.36, -0.58), (0.2, -0.36),
        (0.06, -0.6), (-0.12, -0.33), (-0.22, -0.6), (-0.42, -0.3), (-0.5, -0.54), (-0.63, -0.2),
        (-0.68, -0.16),
    ], colour)  # fmt: skip
    for x, y, tip in ((-0.5, -0.95, -0.5), (-0.2, -1.08, -0.24), (0.12, -1.1, 0.14),
                      (0.42, -1.02, 0.44), (0.66, -0.85, 0.66)):  # fmt: skip
        hair.front.strand([(x * 0.8, y), (x, y * 0.72), (tip, -0.42)], 0.05, light, opacity=0.5)
        hair.front.strand([(x * 0.8 + 0.1, y), (x + 0.1, y * 0.7), (tip + 0.1, -0.5)], 0.03, deep,
                          opacity=0.45)
    return hair


def wreath(colour: Colour) -> Hair:
    """Return the hair of an old man: full at the sides, none on top."""
    hair = _stacks()
    deep, light = darker(colour, 0.2), lighter(colour, 0.5)
    for side in (-1, 1):
        hair.back.smooth(_sides([
            (0.6, -0.5), (0.74, -0.52), (0.84, -0.3), (0.86, 0.0), (0.8, 0.28), (0.66, 0.3),
        ], side), deep)  # fmt: skip
        hair.front.smooth(_sides([
            (0.67, -0.5), (0.74, -0.5), (0.81, -0.32), (0.82, -0.12), (0.77, -0.1),
            (0.755, 0.16), (0.715, 0.14), (0.71, -0.2),
        ], side), colour)  # fmt: skip
        for k in range(3):
            y = -0.42 + 0.12 * k
            hair.front.strand(_sides([(0.71, y), (0.76, y + 0.02), (0.8, y + 0.1)], side), 0.03,
                              light, opacity=0.7)
    return hair


HAIR: dict[str, Callable[[Colour], Hair]] = {
    "waves": waves, "quiff": quiff, "bob": bob, "coils": coils, "fringe": fringe, "wreath": wreath,
}  # fmt: skip
