"""Things with faces: a look in, star, sun, moon, cloud, heart and more painted out."""

import numpy as np

from emogen.data.rig.face import FaceStyle
from emogen.data.rig.painter import Painter, features
from emogen.data.rig.sketch import Look, Sketch, darker, lighter

_CREAM = (255, 240, 214)
_WOOD = (146, 94, 58)


def _no_nose(look: Look) -> FaceStyle:
    return features(look, nose="none", mouth_y=0.42)


def _star(points: int, inner: float, turn: float = 0.0) -> tuple[tuple[float, float], ...]:
    angles = np.arange(2 * points) * np.pi / points - np.pi / 2 + turn
    radii = np.where(np.arange(2 * points) % 2, inner, 1.0)
    xy = np.stack([np.cos(angles) * radii, np.sin(angles) * radii], axis=1)
    return tuple(map(tuple, xy.tolist()))


_STAR = _star(5, 0.62)


def _star_head(sketch: Sketch, look: Look) -> None:
    big = tuple((x * 1.12, y * 1.12 + 0.06) for x, y in _STAR)
    sketch.blob(big, look.main, look.ink)
    sketch.glow(-0.42, -0.32, 0.16, 0.09, lighter(look.main, 0.8), 0.8)


def _sun_head(sketch: Sketch, look: Look) -> None:
    ray = lighter(look.main, 0.1) if look.variant else darker(look.main, 0.12)
    with sketch.within(rotate=0.12 * np.sin(1.5 * look.t)):
        reach = 1.0 + 0.08 * look.arm
        sketch.poly([(x * reach, y * reach) for x, y in _star(12, 0.76)], ray, look.ink)
    sketch.oval(0, 0, 0.72, 0.72, look.main, look.ink)
    sketch.glow(-0.3, -0.5, 0.18, 0.08, lighter(look.main, 0.8), 0.8)


def _moon_head(sketch: Sketch, look: Look) -> None:
    sketch.oval(0, 0, 0.96, 0.96, look.main, look.ink)
    for x, y, r in (
        (-0.62, -0.52, 0.15),
        (0.7, -0.42, 0.11),
        (0.62, 0.66, 0.13),
        (-0.2, -0.78, 0.1),
    ):
        sketch.oval(x, y, r, r * 0.9, look.dark)


def _cloud_head(sketch: Sketch, look: Look) -> None:
    puffs = ((-0.72, 0.2, 0.44), (0.72, 0.2, 0.44), (-0.36, -0.28, 0.52), (0.34, -0.36, 0.56),
             (0.0, 0.3, 0.52), (-0.36, 0.36, 0.4), (0.38, 0.36, 0.4))  # fmt: skip
    for x, y, r in puffs:
        sketch.oval(x, y, r, r, look.main, look.ink)
    for x, y, r in puffs:
        sketch.oval(x, y, r - 0.02, r - 0.02, look.main)
    sketch.oval(0, 0.05, 0.7, 0.5, look.main)
    sketch.glow(-0.5, -0.5, 0.18, 0.08, (255, 255, 255), 0.7)


def _heart_head(sketch: Sketch, look: Look) -> None:
    sketch.blob(
        ((0, -0.52), (0.3, -0.84), (0.76, -0.84), (1.06, -0.44), (0.94, 0.1), (0.5, 0.62),
         (0.1, 0.98), (-0.1, 0.98), (-0.5, 0.62), (-0.94, 0.1), (-1.06, -0.44), (-0.76, -0.84),
         (-0.3, -0.84)),
        look.main, look.ink,
    )  # fmt: skip
    sketch.glow(-0.62, -0.6, 0.17, 0.1, (255, 255, 255), 0.6)


def _cupcake_head(sketch: Sketch, look: Look) -> None:
    cup = ((-0.78, 0.1), (0.78, 0.1), (0.56, 1.0), (-0.56, 1.0))
    sketch.poly(cup, _CREAM, darker(_WOOD, 0.3))
    for x in (-0.46, -0.16, 0.16, 0.46):
        sketch.poly(
            [(x * 1.35 - 0.06, 0.12), (x * 1.35 + 0.06, 0.12), (x + 0.05, 0.98), (x - 0.05, 0.98)],
            (238, 196, 140),
        )
    sketch.oval(0, -0.94, 0.17, 0.17, (226, 48, 64), (120, 20, 40))
    sketch.blob(
        ((0, -0.86), (0.4, -0.74), (0.56, -0.46), (0.84, -0.28), (1.0, 0.1), (0.84, 0.46),
         (0.3, 0.5), (-0.3, 0.5), (-0.84, 0.46), (-1.0, 0.1), (-0.84, -0.28), (-0.56, -0.46),
         (-0.4, -0.74)),
        look.main, look.ink,
    )  # fmt: skip
    for i, (x, y) in enumerate(((-0.5, -0.52), (0.3, -0.68), (0.84, 0.0), (-0.86, 0.02))):
        tone = ((252, 208, 62), (96, 188, 240), (240, 96, 140), (120, 200, 110))[i]
        sketch.stroke(((x - 0.06, y - 0.03), (x + 0.06, y + 0.04)), tone, 0.08)


def _snowman_body(sketch: Sketch, look: Look) -> None:
    for side in (-1, 1):
        lift = 0.5 * look.arm
        hand = (side * 0.96, 0.4 - lift)
        sketch.stroke(((side * 0.4, 0.56), (side * 0.7, 0.46 - 0.4 * lift), hand), _WOOD, 0.085)
        sketch.stroke((hand, (hand[0] + side * 0.06, hand[1] - 0.16)), _WOOD, 0.06)
        sketch.stroke((hand, (hand[0] + side * 0.16, hand[1] - 0.02)), _WOOD, 0.06)
    sketch.oval(0, 0.58, 0.58, 0.46, look.main, look.ink)
    for y in (0.56, 0.8):
        sketch.oval(0, y, 0.065, 0.065, (52, 48, 60))


def _snowman_head(sketch: Sketch, look: Look) -> None:
    sketch.oval(0, 0, 0.96, 0.9, look.main, look.ink)
    sketch.glow(-0.48, -0.6, 0.2, 0.09, (255, 255, 255), 0.7)


def _snowman_style(look: Look) -> FaceStyle:
    return features(look, nose="carrot", nose_colour=(246, 134, 40), nose_at=(0.02, 0.16))


_WHOLE = {"head_at": (0.0, 0.02, 0.92), "neck_at": (0.0, 0.78, 0.56)}
PAINTERS: dict[str, Painter] = {
    "star": Painter(
        head=_star_head, style=_no_nose, face_at=(0.0, 0.1, 0.66), head_at=(0.0, 0.04, 0.98),
        neck_at=(0.0, 0.72, 0.46), hat_at=(0.0, -0.74, 0.52), flower_at=(0.46, -0.44, 0.56),
        ears_at=(0.0, 0.08, 0.74),
    ),
    "sun": Painter(
        head=_sun_head, style=_no_nose, face_at=(0.0, 0.04, 0.68), head_at=(0.0, 0.0, 1.06),
        neck_at=(0.0, 0.72, 0.46), hat_at=(0.0, -0.62, 0.7), ears_at=(0.0, 0.0, 0.76),
    ),
    "moon": Painter(head=_moon_head, style=_no_nose, face_at=(0.0, 0.06, 0.82), **_WHOLE),
    "cloud": Painter(
        head=_cloud_head, style=_no_nose, face_at=(0.0, 0.0, 0.8), head_at=(0.0, 0.0, 0.98),
        neck_at=(0.0, 0.72, 0.6), hat_at=(0.1, -0.78, 0.75),
    ),
    "heart": Painter(
        head=_heart_head, style=_no_nose, face_at=(0.0, -0.05, 0.78), head_at=(0.0, 0.02, 0.96),
        neck_at=(0.0, 0.66, 0.44), hat_at=(0.0, -0.66, 0.74), flower_at=(0.66, -0.72, 0.56),
    ),
    "cupcake": Painter(
        head=_cupcake_head, style=_no_nose, face_at=(0.0, -0.06, 0.68), head_at=(0.0, 0.0, 0.98),
        neck_at=(0.0, 0.62, 0.44), hat_at=(0.0, -0.8, 0.66),
    ),
    "snowman": Painter(
        head=_snowman_head, body=_snowman_body, style=_snowman_style, head_at=(0.0, -0.26, 0.72),
        neck_at=(0.0, 0.34, 0.48), face_at=(0.0, 0.04, 0.84),
    ),
}  # fmt: skip
