"""Creatures from legends: a look in, dragon and unicorn painted out."""

from emogen.data.rig.face import FaceStyle
from emogen.data.rig.painter import Painter, features, plush_body
from emogen.data.rig.sketch import Look, Sketch, darker, lighter, mix

_GOLD = (252, 204, 70)
_BONE = (252, 240, 214)
_RAINBOW = ((240, 92, 120), (250, 172, 70), (110, 196, 120), (90, 150, 236), (170, 110, 220))


def _dragon_body(sketch: Sketch, look: Look) -> None:
    up = look.arm
    for side in (-1, 1):
        with sketch.within((side * 0.34, 0.42), rotate=side * (0.1 - 0.5 * up)):
            sketch.blob(
                ((0, 0), (side * 0.36, -0.4), (side * 0.76, -0.34), (side * 0.62, -0.1),
                 (side * 0.66, 0.14),
                 (side * 0.36, 0.08), (side * 0.2, 0.24)),
                look.light, look.ink,
            )  # fmt: skip
    sketch.limb(((0.2, 0.84), (0.6, 0.92), (0.86, 0.72)), look.main, look.ink, 0.2)
    sketch.poly([(0.76, 0.72), (0.98, 0.78), (0.94, 0.5)], _GOLD, look.ink)
    plush_body(sketch, look, mix(look.light, _GOLD, 0.5))


def _dragon_head(sketch: Sketch, look: Look) -> None:
    for side in (-1, 1):
        sketch.blob(
            ((side * 0.36, -0.66), (side * 0.5, -0.96), (side * 0.74, -1.16),
             (side * 0.72, -0.84), (side * 0.66, -0.54)),
            _BONE, darker(_BONE, 0.6),
        )  # fmt: skip
        sketch.poly(
            [
                (side * 0.8, -0.24),
                (side * 1.2, -0.36 - 0.16 * look.arm),
                (side * 1.06, -0.04),
                (side * 1.16, 0.2),
                (side * 0.8, 0.16),
            ],
            look.dark,
            look.ink,
        )
    for x in (-0.16, 0.0, 0.16):
        sketch.poly([(x - 0.14, -0.74), (x, -1.08 + abs(x)), (x + 0.14, -0.74)], _GOLD, look.ink)
    sketch.blob(
        ((0, -0.86), (0.56, -0.74), (0.88, -0.28), (0.84, 0.16), (0.92, 0.5), (0.6, 0.84),
         (0, 0.92),
         (-0.6, 0.84), (-0.92, 0.5), (-0.84, 0.16), (-0.88, -0.28), (-0.56, -0.74)),
        look.main, look.ink,
    )  # fmt: skip
    sketch.oval(0, 0.5, 0.68, 0.36, look.light)


def _dragon_style(look: Look) -> FaceStyle:
    return features(look, nose="nostrils", nose_at=(0.0, 0.2), fangs=True, mouth_width=0.84)


def _unicorn_body(sketch: Sketch, look: Look) -> None:
    for i, colour in enumerate(_RAINBOW[:3]):
        y = 0.1 * i - 0.16 * look.arm
        sketch.stroke(
            ((0.3, 0.72), (0.66, 0.5 + y), (0.9, 0.66 + y), (0.94, 0.86 + 0.5 * y)), colour, 0.16
        )
    plush_body(sketch, look)


def _unicorn_head(sketch: Sketch, look: Look) -> None:
    for i, (x, y) in enumerate(((-0.6, -0.66), (-0.88, -0.3), (-0.96, 0.1), (-0.9, 0.5))):
        colour = _RAINBOW[i]
        sketch.oval(x, y, 0.3, 0.32, colour, darker(colour, 0.5))
    for side in (-1, 1):
        with sketch.within((side * 0.6, -0.64), rotate=side * (0.4 - 0.3 * look.arm)):
            sketch.poly([(-0.2, 0.2), (0, -0.42), (0.2, 0.2)], look.main, look.ink)
            sketch.poly([(-0.1, 0.14), (0, -0.22), (0.1, 0.14)], (250, 170, 196))
    sketch.poly([(-0.2, -0.7), (0.04, -1.36), (0.24, -0.7)], _GOLD, (168, 110, 30))
    for y in (-0.86, -1.04):
        sketch.stroke(((-0.1, y), (0.14, y - 0.08)), (214, 150, 40), 0.06)
    sketch.blob(
        ((0, -0.82), (0.56, -0.72), (0.86, -0.28), (0.82, 0.2), (0.74, 0.62), (0.4, 0.88),
         (-0.4, 0.88),
         (-0.74, 0.62), (-0.82, 0.2), (-0.86, -0.28), (-0.56, -0.72)),
        look.main, look.ink,
    )  # fmt: skip
    sketch.oval(0, 0.5, 0.6, 0.36, mix(look.light, (250, 180, 200), 0.4))
    for colour, x in zip(_RAINBOW[3:], (-0.34, -0.1), strict=True):
        sketch.oval(x, -0.72, 0.26, 0.2, colour, darker(colour, 0.5), angle=-0.4)


def _unicorn_style(look: Look) -> FaceStyle:
    return features(
        look, lighter(look.light, 0.2), nose="nostrils", nose_at=(0.0, 0.2), lashes=True
    )


PAINTERS: dict[str, Painter] = {
    "dragon": Painter(head=_dragon_head, body=_dragon_body, style=_dragon_style),
    "unicorn": Painter(head=_unicorn_head, body=_unicorn_body, style=_unicorn_style,
    head_at=(0.0, -0.1, 0.76)),
}  # fmt: skip
