"""Furry animals: a look in, cat, dog, bear, rabbit, fox, panda and mouse painted out."""

from emogen.data.rig.face import FaceStyle
from emogen.data.rig.painter import Painter, arms, features, plush_body
from emogen.data.rig.sketch import Look, Sketch, darker, lighter

_PINK = (248, 168, 176)
_WHITE = (252, 250, 245)
_DARK = (58, 54, 66)


def _muzzle_style(look: Look) -> FaceStyle:
    return features(look, look.light, nose="triangle", nose_at=(0.0, 0.14))


def _pointed_ears(sketch: Sketch, look: Look, inner: tuple[int, int, int]) -> None:
    for side in (-1, 1):
        with sketch.within((side * 0.62, -0.62), rotate=side * (0.12 - 0.22 * look.arm)):
            outer = [(-0.36, 0.22), (side * 0.14, -0.56), (0.36, 0.22)]
            sketch.poly(outer, look.main, look.ink)
            sketch.poly([(x * 0.58, y * 0.58 + 0.03) for x, y in outer], inner)


def _round_ears(
    sketch: Sketch, look: Look, size: float, inner: tuple[int, int, int], fill: tuple | None = None
) -> None:
    for side in (-1, 1):
        x, y = side * 0.7, -0.68 - 0.08 * look.arm
        sketch.oval(x, y, size, size, fill or look.main, look.ink)
        sketch.oval(x, y + 0.02, size * 0.58, size * 0.58, inner)


def _tail(sketch: Sketch, look: Look, tip: tuple[int, int, int] | None = None) -> None:
    lift = 0.18 * look.arm
    points = ((0.3, 0.8), (0.68, 0.78), (0.82, 0.5 - lift), (0.7, 0.24 - lift))
    sketch.limb(points, look.main, look.ink, 0.2)
    if tip:
        sketch.oval(0.7, 0.24 - lift, 0.1, 0.13, tip)


def _cat_body(sketch: Sketch, look: Look) -> None:
    _tail(sketch, look)
    plush_body(sketch, look)


def _cat_head(sketch: Sketch, look: Look) -> None:
    _pointed_ears(sketch, look, _PINK)
    sketch.oval(0, 0.02, 1.0, 0.84, look.main, look.ink)
    if look.variant != 1:
        for x, length in ((-0.2, 0.2), (0.0, 0.28), (0.2, 0.2)):
            sketch.stroke(((x, -0.76), (x * 0.8, -0.76 + length)), look.dark, 0.09)
    sketch.oval(0, 0.44, 0.5, 0.34, look.light)
    for side in (-1, 1):
        for y, end in ((0.3, 0.22), (0.44, 0.46)):
            sketch.stroke(((side * 0.8, y), (side * 1.18, end)), look.ink, 0.045)


def _dog_body(sketch: Sketch, look: Look) -> None:
    _tail(sketch, look)
    plush_body(sketch, look)


def _dog_head(sketch: Sketch, look: Look) -> None:
    sketch.oval(0, 0.02, 0.92, 0.86, look.main, look.ink)
    if look.variant == 0:
        sketch.oval(0.4, -0.16, 0.36, 0.44, look.light, angle=0.2)
    sketch.oval(0, 0.46, 0.56, 0.38, look.light)
    ear = darker(look.main, 0.42)
    for side in (-1, 1):
        with sketch.within((side * 0.74, -0.6), rotate=side * -0.55 * max(-0.4, look.arm)):
            sketch.blob(
                ((0, -0.12), (side * 0.3, 0.04), (side * 0.46, 0.5), (side * 0.28, 0.86),
                 (side * 0.06, 0.66), (-side * 0.1, 0.2)),
                ear, look.ink,
            )  # fmt: skip


def _bear_head(sketch: Sketch, look: Look) -> None:
    _round_ears(sketch, look, 0.3, lighter(look.main, 0.45))
    sketch.oval(0, 0.02, 0.97, 0.87, look.main, look.ink)
    sketch.oval(0, 0.42, 0.52, 0.4, look.light)


def _rabbit_head(sketch: Sketch, look: Look) -> None:
    for side in (-1, 1):
        spread = 0.16 + 0.4 * max(0.0, -look.arm) - 0.08 * max(0.0, look.arm)
        with sketch.within((side * 0.36, -0.62), rotate=side * spread):
            sketch.oval(0, -0.42, 0.23, 0.62, look.main, look.ink)
            sketch.oval(0, -0.4, 0.12, 0.46, _PINK)
    sketch.oval(0, 0.04, 0.98, 0.86, look.main, look.ink)
    sketch.oval(0, 0.42, 0.44, 0.32, look.light)


def _fox_body(sketch: Sketch, look: Look) -> None:
    lift = 0.12 * look.arm
    sketch.blob(
        ((0.2, 0.86), (0.62, 0.94), (0.98, 0.62), (0.94, 0.2 - lift), (0.7, 0.44), (0.4, 0.6)),
        look.main, look.ink,
    )  # fmt: skip
    sketch.oval(0.92, 0.36 - lift, 0.09, 0.18, _WHITE, angle=-0.2)
    plush_body(sketch, look, _WHITE)


def _fox_head(sketch: Sketch, look: Look) -> None:
    _pointed_ears(sketch, look, darker(look.main, 0.65))
    sketch.blob(
        ((0, -0.82), (0.58, -0.66), (0.88, -0.1), (1.14, 0.34), (0.62, 0.66), (0, 0.94),
         (-0.62, 0.66), (-1.14, 0.34), (-0.88, -0.1), (-0.58, -0.66)),
        look.main, look.ink,
    )  # fmt: skip
    for side in (-1, 1):
        sketch.blob(
            ((side * 0.02, 0.2), (side * 0.4, 0.12), (side * 0.78, 0.2), (side * 1.05, 0.35),
             (side * 0.6, 0.6), (side * 0.02, 0.86)),
            _WHITE,
        )  # fmt: skip


def _panda_body(sketch: Sketch, look: Look) -> None:
    arms(sketch, look)
    sketch.oval(0, 0.68, 0.46, 0.32, look.main, look.ink)
    sketch.oval(0, 0.78, 0.38, 0.2, _WHITE)
    for side in (-1, 1):
        sketch.oval(side * 0.28, 0.93, 0.21, 0.11, look.main, look.ink)


def _panda_head(sketch: Sketch, look: Look) -> None:
    _round_ears(sketch, look, 0.29, look.dark)
    sketch.oval(0, 0.02, 1.0, 0.87, _WHITE, look.ink)
    for side in (-1, 1):
        sketch.oval(side * 0.4, -0.06, 0.3, 0.38, look.main, angle=side * 0.5)


def _panda_style(look: Look) -> FaceStyle:
    return features(
        look, _WHITE, nose="triangle", nose_at=(0.0, 0.18), brow=_DARK, brow_raise=0.1,
        eye_gap=0.42,
    )  # fmt: skip


def _mouse_body(sketch: Sketch, look: Look) -> None:
    tail = ((0.2, 0.9), (0.66, 0.9), (0.8, 0.62), (0.96, 0.5))
    sketch.limb(tail, _PINK, darker(_PINK, 0.5), 0.13)
    plush_body(sketch, look)


def _mouse_head(sketch: Sketch, look: Look) -> None:
    for side in (-1, 1):
        x, y = side * 0.78, -0.6 - 0.1 * look.arm
        sketch.oval(x, y, 0.48, 0.48, look.main, look.ink)
        sketch.oval(x, y + 0.02, 0.31, 0.31, _PINK)
    sketch.blob(
        ((0, -0.76), (0.6, -0.6), (0.88, 0.0), (0.66, 0.58), (0, 0.84), (-0.66, 0.58),
         (-0.88, 0.0), (-0.6, -0.6)),
        look.main, look.ink,
    )  # fmt: skip
    sketch.oval(0, 0.46, 0.42, 0.3, look.light)


def _mouse_style(look: Look) -> FaceStyle:
    return features(look, look.light, nose="oval", nose_at=(0.0, 0.14), nose_colour=(240, 120, 140))


PAINTERS: dict[str, Painter] = {
    "cat": Painter(head=_cat_head, body=_cat_body, style=_muzzle_style),
    "dog": Painter(head=_dog_head, body=_dog_body, style=_muzzle_style),
    "bear": Painter(head=_bear_head, body=plush_body, style=_muzzle_style),
    "rabbit": Painter(
        head=_rabbit_head, body=plush_body, style=_muzzle_style, head_at=(0.0, -0.04, 0.68),
        neck_at=(0.0, 0.56, 0.42),
    ),
    "fox": Painter(head=_fox_head, body=_fox_body, style=_muzzle_style, head_at=(0.0, -0.18, 0.76)),
    "panda": Painter(head=_panda_head, body=_panda_body, style=_panda_style),
    "mouse": Painter(head=_mouse_head, body=_mouse_body, style=_mouse_style),
}  # fmt: skip
