"""What is behind and around a face: backdrops, shoulders, beards, glasses and ear-rings."""

from collections.abc import Callable

import numpy as np

from emogen.motion.rig.camera import face_depth, flat
from emogen.motion.rig.colour import Colour, darker, lighter, mix
from emogen.motion.rig.easel import CIRCLE
from emogen.motion.rig.layers import Layers
from emogen.motion.rig.skin import outline_depth


def backdrop(colour: Colour, size: tuple[int, int], seed: int) -> np.ndarray:
    """Return a soft wall with out-of-focus lights, uint8 [H, W, 3]; the seed places the lights."""
    height, width = size
    y, x = np.mgrid[0:height, 0:width]
    x, y = (x + 0.5) / width, (y + 0.5) / height
    centre = np.hypot((x - 0.4) * width / min(size), (y - 0.36) * height / min(size))
    share = np.clip(centre / 0.85, 0, 1)[..., None]
    top, low = np.array(lighter(colour, 0.5), float), np.array(darker(colour, 0.22), float)
    picture = top + (low - top) * share**1.2
    generator = np.random.default_rng(seed)
    for _ in range(9):
        at = generator.uniform((0, 0), (1, 0.75))
        radius = generator.uniform(0.035, 0.11)
        distance = np.hypot((x - at[0]) * width / min(size), (y - at[1]) * height / min(size))
        spot = np.clip((radius - distance) / (0.25 * radius), 0, 1)[..., None]
        picture += (255 - picture) * spot * generator.uniform(0.05, 0.13)
    grain = generator.uniform(-0.5, 0.5, picture.shape)  # hides the steps of a smooth gradient
    return np.clip(picture + grain, 0, 255).round().astype(np.uint8)


def _shoulders(colour: Colour, width: float) -> Layers:
    layers = Layers(surface=flat)
    half = [
        (0, 1.22), (0.42, 1.2), (0.66, 1.34), (1.0, 1.46 + 0.02 / width), (1.26 * width, 1.6),
        (1.48 * width, 1.9), (1.56 * width, 2.6), (0, 2.6),
    ]  # fmt: skip
    shape = np.concatenate([np.array(half), np.array(half[-2:0:-1]) * (-1, 1)])
    layers.smooth(shape, darker(colour, 0.16))
    layers.smooth(shape * (0.985, 1) + (-0.025, 0.02), colour)
    for side, tone in ((-1, lighter(colour, 0.3)), (1, darker(colour, 0.35))):
        layers.strand(np.array([(0.92 * width, 2.5), (1.0 * width, 2.1), (1.07 * width, 1.86)])
                      * (side, 1), 0.03, tone, opacity=0.5)  # fmt: skip
    return layers


def sweater(colour: Colour, skin: Colour) -> Layers:
    """Return a knitted sweater with a round collar."""
    layers = _shoulders(colour, 1.0)
    layers.smooth([(-0.42, 1.18), (0.42, 1.18), (0.37, 1.4), (0, 1.54), (-0.37, 1.4)], skin)
    collar = [(-0.5, 1.2), (-0.4, 1.4), (0, 1.6), (0.4, 1.4), (0.5, 1.2)]
    layers.strand(collar, [0.13, 0.13, 0.13], lighter(colour, 0.14))
    layers.strand(np.array(collar) * (1.12, 1.045), [0.02, 0.02], darker(colour, 0.35),
                  opacity=0.6)
    return layers


def shirt(colour: Colour, skin: Colour) -> Layers:
    """Return an open collar over a shirt."""
    layers = _shoulders(colour, 1.1)
    layers.smooth([(-0.44, 1.16), (0.44, 1.16), (0.28, 1.42), (0, 1.84), (-0.28, 1.42)], skin)
    for side in (-1, 1):
        lapel = np.array([(0.42, 1.06), (0.56, 1.2), (0.42, 1.62), (0.02, 1.86), (0.3, 1.42)])
        layers.fill(lapel * (side, 1), lighter(colour, 0.2 if side < 0 else 0.1))
        layers.strand(lapel[1:4] * (side, 1), 0.022, darker(colour, 0.4), opacity=0.7)
    layers.strand([(0.0, 1.86), (0.01, 2.5)], [0.02, 0.02], darker(colour, 0.4), opacity=0.7)
    for y in (2.02, 2.3):
        layers.oval((0.05, y), (0.03, 0.03), lighter(colour, 0.6))
    return layers


def cardigan(colour: Colour, skin: Colour) -> Layers:
    """Return a cardigan over a pale blouse with a brooch."""
    layers = _shoulders(colour, 1.02)
    blouse = mix(lighter(colour, 0.85), (255, 250, 240), 0.5)
    layers.smooth([(-0.5, 1.2), (0.5, 1.2), (0.42, 1.7), (0.1, 2.6), (-0.1, 2.6), (-0.42, 1.7)],
                  blouse)  # fmt: skip
    layers.smooth([(-0.36, 1.16), (0.36, 1.16), (0.22, 1.4), (0, 1.55), (-0.22, 1.4)], skin)
    for side in (-1, 1):
        layers.strand(np.array([(0.48, 1.22), (0.5, 1.6), (0.2, 2.5)]) * (side, 1),
                      [0.1, 0.12, 0.12], darker(colour, 0.22))  # fmt: skip
    layers.oval((0, 1.6), (0.06, 0.06), (232, 190, 92))
    layers.oval((-0.012, 1.588), (0.034, 0.034), (252, 232, 170))
    return layers


def hoodie(colour: Colour, skin: Colour) -> Layers:
    """Return a hooded sweater with cords."""
    layers = Layers(surface=flat)
    layers.smooth([(-0.72, 1.5), (-0.6, 1.1), (0, 0.96), (0.6, 1.1), (0.72, 1.5), (0, 1.75)],
                  darker(colour, 0.35))
    body = _shoulders(colour, 0.92)
    layers.smooth([(-0.34, 1.1), (0.34, 1.1), (0.3, 1.36), (0, 1.5), (-0.3, 1.36)], skin)
    layers.join(body)
    layers.smooth([(-0.36, 1.1), (0.36, 1.1), (0.34, 1.36), (0, 1.52), (-0.34, 1.36)], skin)
    rim = [(-0.52, 1.12), (-0.46, 1.4), (0, 1.62), (0.46, 1.4), (0.52, 1.12)]
    layers.strand(rim, [0.17, 0.2, 0.17], lighter(colour, 0.1))
    layers.strand(np.array(rim) * (0.87, 0.975), [0.02, 0.02], darker(colour, 0.4), opacity=0.6)
    for side in (-1, 1):
        layers.strand(np.array([(0.2, 1.58), (0.22, 1.8), (0.2, 2.02)]) * (side, 1), [0.035, 0.035],
                      lighter(colour, 0.7))  # fmt: skip
    return layers


CLOTHES: dict[str, Callable[[Colour, Colour], Layers]] = {
    "sweater": sweater, "shirt": shirt, "cardigan": cardigan, "hoodie": hoodie,
}  # fmt: skip


def beard(colour: Colour, *, long: bool) -> Layers:
    """Return a beard that follows the jaw; long or trimmed. The chin's bend moves it."""
    layers = Layers(surface=lambda points: np.maximum(outline_depth(points),
                                                      0.75 * face_depth(points)))  # fmt: skip
    low = 1.2 if long else 1.035
    wide = 0.68 if long else 0.655
    half = [
        (0, 0.735), (0.12, 0.735), (0.25, 0.68), (0.275, 0.6), (0.29, 0.52), (0.5, 0.33),
        (0.725, 0.02), (0.735, 0.25), (wide, 0.58), (0.52, 0.84),
        (0.3, 0.99 * (low + 1) / 2.03), (0, low),
    ]  # fmt: skip
    shape = np.concatenate([np.array(half), np.array(half[-2:0:-1]) * (-1, 1)])
    layers.smooth(shape, colour, opacity=1.0 if long else 0.86)
    for side in (-1, 1):
        for k in range(4):
            x = 0.06 + 0.12 * k
            line = np.array([(x, 0.94 - 0.085 * k), (x, low - 0.07 - 0.03 * k * k)])
            bend = line.mean(axis=0) + np.array((0.02, 0))
            line = np.vstack([line[0], bend, line[1]]) * (side, 1)
            layers.strand(line, 0.024, lighter(colour, 0.3) if side < 0 else darker(colour, 0.3),
                          opacity=0.45)  # fmt: skip
    return layers


def glasses(colour: Colour, *, at: tuple[float, float], radius: float) -> Layers:
    """Return round glasses: thin rims, a bridge and a glint."""
    layers = Layers(surface=lambda points: 0.62 * np.ones(len(points)) - 0.5 * points[:, 0] ** 2)
    for side in (-1, 1):
        centre = (side * at[0], at[1] + 0.02)
        rim = CIRCLE * (radius * 1.06, radius) + centre
        closed = np.concatenate([rim, rim[:1]])
        layers.oval(centre, (radius, radius * 0.95), (255, 255, 255), opacity=0.1)
        layers.strand(closed, [0.03, 0.03], colour)
        layers.strand(np.array([(at[0] + radius, at[1]), (0.74, at[1] - 0.05)]) * (side, 1),
                      [0.03, 0.025], colour)
        glint = np.array([(-0.1, 0.05), (-0.06, -0.06), (0.03, -0.12)]) * (radius / 0.2) + centre
        layers.strand(glint, 0.025, (255, 255, 255), opacity=0.55)
    inner = at[0] - radius * 1.04
    layers.strand([(-inner, at[1] - 0.01), (0, at[1] - 0.05), (inner, at[1] - 0.01)],
                  [0.03, 0.03], colour)
    return layers


def ear_rings(colour: Colour) -> Layers:
    """Return two small studs."""
    layers = Layers(surface=lambda points: np.full(len(points), -0.05))
    for side in (-1, 1):
        layers.oval((side * 0.785, 0.3), (0.036, 0.036), darker(colour, 0.25))
        layers.oval((side * 0.785 - 0.008, 0.292), (0.024, 0.024), lighter(colour, 0.35))
    return layers
