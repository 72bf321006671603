"""People: a look in, head and shoulders of women, men, children and grandparents painted out."""

from collections.abc import Callable
from functools import partial

from emogen.data.rig.face import FaceStyle
from emogen.data.rig.hair import paint_fringe, paint_hair_behind
from emogen.data.rig.painter import Painter
from emogen.data.rig.sketch import Look, Sketch, darker, luminance, mix


def portrait_style(
    look: Look, *, lashes: bool = False, lips: bool = False, eyes: float = 1.0, aged: bool = False
) -> FaceStyle:
    """Return the face of a person in the colours of a look."""
    ink = (60, 32, 36) if luminance(look.skin) > 120 else (26, 12, 18)
    return FaceStyle(
        ink=ink,
        brow=darker(look.hair, 0.15) if not aged else darker(look.hair, 0.3),
        brow_width=0.1 if lashes else 0.13,
        nose="hook",
        nose_colour=darker(look.skin, 0.34),
        nose_at=(0.0, 0.12),
        iris=look.accent,
        pupil_size=0.68,
        eye_size=(0.3 * eyes, 0.32 * eyes),
        lashes=lashes,
        lips=(206, 60, 84) if lips else None,
        cheek=mix(look.skin, (240, 70, 84), 0.75),
        rosy=0.25 if lashes else 0.12,
    )


def paint_torso(sketch: Sketch, look: Look, width: float = 0.86, drop: float = 0.0) -> None:
    """Paint shoulders that run down out of the picture, a neck and a collar."""
    rise = drop - 0.02 * look.breath
    ink = look.ink
    if look.arm > 0.05:
        _hands(sketch, look)
    sketch.blob(
        ((-0.3, 0.62 + rise), (0.3, 0.62 + rise), (width * 0.82, 0.78 + rise), (width, 1.2),
         (width, 3.0), (-width, 3.0), (-width, 1.2), (-width * 0.82, 0.78 + rise)),
        look.main, ink,
    )  # fmt: skip
    sketch.poly(
        [(-0.2, 0.3), (0.2, 0.3), (0.22, 0.68 + rise), (-0.22, 0.68 + rise)],
        darker(look.skin, 0.14),
    )
    sketch.oval(0, 0.65 + rise, 0.3, 0.13, darker(look.skin, 0.14))
    sketch.stroke(
        ((-0.32, 0.62 + rise), (-0.18, 0.75 + rise), (0.18, 0.75 + rise), (0.32, 0.62 + rise)),
        look.dark, 0.09,
    )  # fmt: skip


def _hands(sketch: Sketch, look: Look) -> None:
    for side in (-1, 1):
        y = 1.15 - 0.95 * look.arm
        points = ((side * 0.72, 1.3), (side * 1.0, 0.75 + 0.3 * (1 - look.arm)), (side * 1.0, y))
        sketch.limb(points, look.main, look.ink, 0.26)
        sketch.oval(side * 1.0, y - 0.12, 0.16, 0.18, look.skin, darker(look.skin, 0.5))


def paint_head(sketch: Sketch, look: Look, *, jaw: float = 0.0) -> None:
    """Paint hair, ears and face; ``jaw`` widens the chin."""
    skin, ink = look.skin, darker(look.skin, 0.55)
    paint_hair_behind(sketch, look)
    for side in (-1, 1):
        sketch.oval(side * 0.86, 0.1, 0.16, 0.2, skin, ink)
    sketch.blob(
        ((0, -0.9), (0.56, -0.78), (0.85, -0.3), (0.84, 0.2), (0.66 + jaw, 0.62), (0.3 + jaw, 0.88),
         (-0.3 - jaw, 0.88), (-0.66 - jaw, 0.62), (-0.84, 0.2), (-0.85, -0.3), (-0.56, -0.78)),
        skin, ink,
    )  # fmt: skip


def _front(
    sketch: Sketch, look: Look, *, details: tuple[Callable[[Sketch, Look], None], ...] = ()
) -> None:
    paint_fringe(sketch, look)
    if look.hair_style == "bald":
        for side in (-1, 1):
            sketch.oval(side * 0.84, -0.16, 0.15, 0.28, look.hair, darker(look.hair, 0.45))
    for detail in details:
        detail(sketch, look)


def _earrings(sketch: Sketch, look: Look) -> None:
    if look.variant:
        for side in (-1, 1):
            sketch.oval(side * 0.88, 0.36, 0.085, 0.085, (252, 204, 70), (150, 96, 20))


def _freckles(sketch: Sketch, look: Look) -> None:
    if look.variant != 1:
        return
    for x, y in ((0.36, 0.24), (0.5, 0.3), (0.6, 0.22)):
        for side in (-1, 1):
            sketch.oval(side * x, y, 0.035, 0.03, darker(look.skin, 0.3))


def _wrinkles(sketch: Sketch, look: Look) -> None:
    for side in (-1, 1):
        curve = ((side * 0.62, 0.3), (side * 0.68, 0.42), (side * 0.64, 0.52))
        sketch.stroke(curve, darker(look.skin, 0.3), 0.04)


def _moustache(sketch: Sketch, look: Look) -> None:
    for side in (-1, 1):
        sketch.blob(
            ((0, 0.24), (side * 0.26, 0.2), (side * 0.5, 0.36), (side * 0.24, 0.38), (0, 0.34)),
            look.hair, darker(look.hair, 0.4),
        )  # fmt: skip


_BUST = {"head_at": (0.0, -0.2, 0.78), "neck_at": (0.0, 0.74, 0.5), "face_at": (0.0, 0.1, 0.78),
         "clothed": True, "hat_at": (0.0, -0.84, 0.92)}  # fmt: skip
_SMALL = {**_BUST, "head_at": (0.0, -0.08, 0.84), "neck_at": (0.0, 0.82, 0.46)}
PAINTERS: dict[str, Painter] = {
    "woman": Painter(
        head=paint_head, body=partial(paint_torso, width=0.76),
        front=partial(_front, details=(_earrings,)),
        style=partial(portrait_style, lashes=True, lips=True), **_BUST,
    ),
    "man": Painter(head=partial(paint_head, jaw=0.07), body=paint_torso, front=_front,
    style=portrait_style, **_BUST),
    "girl": Painter(
        head=partial(paint_head, jaw=0.03), body=partial(paint_torso, width=0.6, drop=0.1),
        front=partial(_front, details=(_freckles,)),
        style=partial(portrait_style, lashes=True, eyes=1.14), **_SMALL,
    ),
    "boy": Painter(
        head=partial(paint_head, jaw=0.03), body=partial(paint_torso, width=0.62, drop=0.1),
        front=partial(_front, details=(_freckles,)),
        style=partial(portrait_style, eyes=1.12), **_SMALL,
    ),
    "grandmother": Painter(
        head=paint_head, body=partial(paint_torso, width=0.76), front=partial(_front,
        details=(_wrinkles, _earrings)),
        style=partial(portrait_style, lashes=True, lips=True, aged=True), **_BUST,
    ),
    "grandfather": Painter(
        head=partial(paint_head, jaw=0.05), body=partial(paint_torso, width=0.82),
        front=partial(_front, details=(_wrinkles, _moustache)),
        style=partial(portrait_style, aged=True), **_BUST,
    ),
}  # fmt: skip
