"""People of stories: a look in, wizard and vampire painted out."""

from dataclasses import replace

from emogen.data.rig.face import FaceStyle
from emogen.data.rig.painter import Painter
from emogen.data.rig.people import paint_head, paint_torso, portrait_style
from emogen.data.rig.sketch import Look, Sketch, darker

_BEARD = (240, 240, 246)
_BEARD_INK = (140, 140, 164)
_STAR = (252, 214, 84)
_PALLID = (214, 220, 224)
_RAVEN = (50, 44, 60)


def _wizard_head(sketch: Sketch, look: Look) -> None:
    for side in (-1, 1):
        sketch.oval(side * 0.78, 0.2, 0.3, 0.62, _BEARD, _BEARD_INK, angle=-side * 0.15)
    paint_head(sketch, replace(look, hair_style="bald"))
    sketch.blob(
        ((-0.88, 0.1), (-0.6, 0.32), (-0.3, 0.28), (0, 0.24), (0.3, 0.28), (0.6, 0.32), (0.88, 0.1),
         (0.8, 0.74), (0.4, 1.2), (0.05, 1.5), (-0.4, 1.2), (-0.8, 0.74)),
        _BEARD, _BEARD_INK,
    )  # fmt: skip


def _wizard_front(sketch: Sketch, look: Look) -> None:
    sketch.blob(
        ((-0.62, -0.62), (-0.36, -1.1), (-0.1, -1.4), (0.36, -1.48 - 0.06 * look.arm), (0.3, -1.2),
         (0.46, -0.96), (0.64, -0.62), (0, -0.56)),
        look.main, look.ink,
    )  # fmt: skip
    sketch.oval(0, -0.6, 1.08, 0.19, look.main, look.ink)
    for x, y, r in ((-0.14, -0.92, 0.1), (0.22, -0.88, 0.07), (0.04, -1.24, 0.08)):
        sketch.poly([(x, y - r), (x + r * 0.6, y), (x, y + r), (x - r * 0.6, y)], _STAR)
        sketch.poly([(x - r, y), (x, y + r * 0.6), (x + r, y), (x, y - r * 0.6)], _STAR)


def _wizard_style(look: Look) -> FaceStyle:
    return replace(
        portrait_style(look), brow=_BEARD_INK, mouth_y=0.56, mouth_width=0.74, nose="button",
        nose_colour=darker(look.skin, 0.18), nose_at=(0.0, 0.16), brow_width=0.14,
    )  # fmt: skip


def _vampire_body(sketch: Sketch, look: Look) -> None:
    for side in (-1, 1):
        sketch.poly(
            [(side * 0.1, 0.9), (side * 0.98, 0.06 - 0.1 * look.arm), (side * 1.04, 0.8),
             (side * 0.98, 1.3)],
            look.dark, look.ink,
        )  # fmt: skip
    paint_torso(sketch, replace(look, skin=_skin(look)))
    sketch.poly([(-0.3, 0.68), (0.3, 0.68), (0.0, 1.5)], (250, 248, 244), _RAVEN)
    for side in (-1, 1):
        sketch.poly([(side * 0.02, 0.76), (side * 0.5, 0.62), (side * 0.34, 0.98)], _RAVEN)


def _skin(look: Look) -> tuple[int, int, int]:
    return tuple((4 * a + b) // 5 for a, b in zip(_PALLID, look.skin, strict=True))


def _vampire_head(sketch: Sketch, look: Look) -> None:
    pallid = replace(look, skin=_skin(look), hair=_RAVEN, hair_style="short")
    for side in (-1, 1):
        ear = [(side * 0.76, 0.22), (side * 1.12, -0.26), (side * 0.8, -0.08)]
        sketch.poly(ear, pallid.skin, darker(pallid.skin, 0.55))
    paint_head(sketch, pallid)


def _vampire_front(sketch: Sketch, look: Look) -> None:
    sketch.blob(
        ((-0.9, -0.06), (-0.96, -0.5), (-0.6, -0.98), (0, -1.06), (0.6, -0.98), (0.96, -0.5),
         (0.9, -0.06),
         (0.72, -0.5), (0.4, -0.7), (0, -0.36), (-0.4, -0.7), (-0.72, -0.5)),
        _RAVEN, (24, 18, 30),
    )  # fmt: skip


def _vampire_style(look: Look) -> FaceStyle:
    pallid = replace(look, skin=_skin(look), hair=_RAVEN)
    return replace(portrait_style(pallid), fangs=True, iris=(196, 40, 52), mouth_width=0.8)


PAINTERS: dict[str, Painter] = {
    "wizard": Painter(
        head=_wizard_head, body=paint_torso, front=_wizard_front, style=_wizard_style, clothed=True,
        head_at=(0.0, 0.1, 0.72), face_at=(0.0, 0.12, 0.8), hat_at=(0.0, -0.7, 0.8),
        neck_at=(0.0, 0.92, 0.44),
    ),
    "vampire": Painter(
        head=_vampire_head, body=_vampire_body, front=_vampire_front,
        style=_vampire_style, clothed=True,
        head_at=(0.0, -0.2, 0.78), face_at=(0.0, 0.1, 0.78), neck_at=(0.0, 0.74, 0.5),
        hat_at=(0.0, -0.84, 0.9),
    ),
}  # fmt: skip
