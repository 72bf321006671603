"""Things that grow: a look in, pumpkin, mushroom, cactus, apple and flower painted out."""

import numpy as np

from emogen.data.rig.face import FaceStyle
from emogen.data.rig.painter import Painter, features
from emogen.data.rig.sketch import Look, Sketch, darker

_LEAF = (96, 176, 84)
_LEAF_INK = (44, 104, 58)
_CREAM = (255, 240, 214)
_WOOD = (146, 94, 58)


def _no_nose(look: Look) -> FaceStyle:
    return features(look, nose="none", mouth_y=0.42)


def _pumpkin_head(sketch: Sketch, look: Look) -> None:
    sketch.limb(((0.0, -0.7), (0.04, -0.9), (0.2, -1.04)), _LEAF, _LEAF_INK, 0.24)
    for x, rx in ((-0.62, 0.44), (0.62, 0.44), (-0.32, 0.5), (0.32, 0.5)):
        sketch.oval(x, 0.1, rx, 0.8, look.dark, look.ink)
        sketch.oval(x * 0.98, 0.1, rx - 0.06, 0.76, look.main)
    sketch.oval(0, 0.1, 0.46, 0.84, look.main)
    for side in (-1, 1):
        curve = ((side * 0.3, -0.66), (side * 0.42, -0.5), (side * 0.47, -0.38))
        sketch.stroke(curve, look.dark, 0.06)
        curve = ((side * 0.34, 0.84), (side * 0.42, 0.74), (side * 0.46, 0.66))
        sketch.stroke(curve, look.dark, 0.06)


def _mushroom_head(sketch: Sketch, look: Look) -> None:
    sketch.blob(
        ((-0.56, -0.2), (0.56, -0.2), (0.64, 0.4), (0.74, 0.9), (0.34, 1.04), (-0.34, 1.04),
         (-0.74, 0.9), (-0.64, 0.4)),
        _CREAM, darker(_WOOD, 0.3),
    )  # fmt: skip
    sketch.blob(
        ((-1.08, -0.06), (-0.96, -0.52), (-0.5, -0.92), (0, -1.02), (0.5, -0.92), (0.96, -0.52),
         (1.08, -0.06), (0.6, 0.06), (0, 0.0), (-0.6, 0.06)),
        look.main, look.ink,
    )  # fmt: skip
    spot = (255, 250, 240) if look.main[1] < 220 else look.dark
    for x, y, r in ((-0.6, -0.42, 0.2), (0.1, -0.66, 0.24), (0.74, -0.32, 0.17)):
        sketch.oval(x, y, r, r * 0.85, spot)


def _cactus_body(sketch: Sketch, look: Look) -> None:
    up = 0.22 * look.arm
    for side, y in ((-1, 0.12), (1, 0.0)):
        points = ((side * 0.4, y), (side * 0.78, y), (side * 0.84, y - 0.3 - up))
        sketch.limb(points, look.main, look.ink, 0.26)


def _cactus_head(sketch: Sketch, look: Look) -> None:
    sketch.blob(
        ((-0.74, 0.9), (-0.78, -0.2), (-0.5, -0.98), (0, -1.14), (0.5, -0.98), (0.78, -0.2),
         (0.74, 0.9), (0, 1.1)),
        look.main, look.ink,
    )  # fmt: skip
    for x, y in (
        (-0.36, -0.84),
        (0.0, -0.94),
        (0.36, -0.84),
        (0.0, -0.72),
        (-0.62, 0.5),
        (0.62, 0.5),
    ):
        sketch.stroke(((x - 0.04, y - 0.05), (x, y), (x + 0.04, y - 0.05)), look.ink, 0.05)
    pot = (206, 112, 72)
    sketch.poly([(-0.7, 0.98), (0.7, 0.98), (0.54, 1.56), (-0.54, 1.56)], pot, darker(pot, 0.55))
    sketch.poly([(-0.84, 0.86), (0.84, 0.86), (0.84, 1.1), (-0.84, 1.1)], pot, darker(pot, 0.55))


def _apple_head(sketch: Sketch, look: Look) -> None:
    sketch.stroke(((0.0, -0.66), (0.02, -0.9), (0.12, -1.08)), _WOOD, 0.13)
    sketch.blob(((0.08, -0.86), (0.3, -1.08), (0.7, -1.04), (0.46, -0.8)), _LEAF, _LEAF_INK)
    sketch.blob(
        ((0, -0.6), (0.44, -0.76), (0.9, -0.5), (1.0, 0.06), (0.76, 0.68), (0.34, 0.96), (0, 0.88),
         (-0.34, 0.96), (-0.76, 0.68), (-1.0, 0.06), (-0.9, -0.5), (-0.44, -0.76)),
        look.main, look.ink,
    )  # fmt: skip
    sketch.glow(-0.66, -0.46, 0.13, 0.17, (255, 255, 255), 0.6)


def _flower_body(sketch: Sketch, look: Look) -> None:
    sketch.limb(((0.0, 0.3), (0.03, 0.7), (0.0, 1.0)), _LEAF, _LEAF_INK, 0.17)
    lift = 0.2 * look.arm
    for side in (-1, 1):
        sketch.blob(
            ((0, 0.96), (side * 0.3, 0.72 - 0.5 * lift), (side * 0.74, 0.66 - lift),
             (side * 0.44, 0.94 - 0.5 * lift)),
            _LEAF, _LEAF_INK,
        )  # fmt: skip


def _flower_head(sketch: Sketch, look: Look) -> None:
    for angle in np.arange(8) * np.pi / 4 + 0.39:
        x, y = 0.78 * float(np.cos(angle)), 0.78 * float(np.sin(angle))
        sketch.oval(x, y, 0.42, 0.34, look.main, look.ink, angle=float(angle))
    middle = _CREAM if min(look.main) > 60 and look.main[2] < 110 else (255, 214, 92)
    sketch.oval(0, 0, 0.76, 0.76, middle, darker(middle, 0.55))


def _flower_style(look: Look) -> FaceStyle:
    return features(look, _CREAM, nose="none", mouth_y=0.42)


_WHOLE = {"head_at": (0.0, 0.02, 0.94), "neck_at": (0.0, 0.8, 0.58)}
PAINTERS: dict[str, Painter] = {
    "pumpkin": Painter(head=_pumpkin_head, style=_no_nose, face_at=(0.0, 0.12, 0.84), **_WHOLE),
    "mushroom": Painter(
        head=_mushroom_head, style=lambda look: features(look, _CREAM, nose="none", mouth_y=0.42),
        face_at=(0.0, 0.46, 0.62), head_at=(0.0, 0.0, 0.98), neck_at=(0.0, 0.94, 0.4),
        hat_at=(0.0, -0.92, 0.7), ears_at=(0.0, 0.4, 0.6),
    ),
    "cactus": Painter(
        head=_cactus_head, body=_cactus_body, style=_no_nose, face_at=(0.0, 0.0, 0.8),
        head_at=(0.0, -0.18, 0.76), hat_at=(0.0, -1.0, 0.7), neck_at=(0.0, 0.44, 0.5),
    ),
    "apple": Painter(head=_apple_head, style=_no_nose, face_at=(0.0, 0.08, 0.82), **_WHOLE),
    "flower": Painter(
        head=_flower_head, body=_flower_body, style=_flower_style, face_at=(0.0, 0.04, 0.7),
        head_at=(0.0, -0.24, 0.76), neck_at=(0.0, 0.54, 0.4), flower_at=(0.66, -0.8, 0.5),
    ),
}  # fmt: skip
