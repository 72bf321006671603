"""How one kind of character is put together: painting functions and the places they meet."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from emogen.data.canvas import Colour
from emogen.data.rig.face import FaceStyle
from emogen.data.rig.sketch import Look, Sketch, darker, lighter, luminance

Paint = Callable[[Sketch, Look], None]
Place = tuple[float, float, float]
"""x, y and scale of a local frame in the enclosing one."""


def nothing(sketch: Sketch, look: Look) -> None:
    """Paint nothing."""


def features(look: Look, ground: Colour | None = None, **overrides: object) -> FaceStyle:
    """Return a face style whose lines read well on ``ground`` (the main colour by default).

    Args:
        look: the character's colours.
        ground: colour below eyes and mouth.
        **overrides: fields of `FaceStyle`.
    """
    ground = ground or look.main
    ink = (52, 34, 44) if luminance(ground) > 95 else (252, 238, 226)
    brow = darker(ground, 0.72) if luminance(ground) > 95 else ink
    return FaceStyle(**{"ink": ink, "brow": brow, "nose_colour": (52, 34, 44), **overrides})


@dataclass(frozen=True, kw_only=True)
class Painter:
    """One kind: body and head painters, and where head, face and accessories sit.

    The character's frame spans [-1, 1] in both directions; the head's own frame puts its outline
    near the unit circle.
    """

    head: Paint
    body: Paint = nothing
    front: Paint = nothing
    """Painted over the face, such as a fringe."""
    style: Callable[[Look], FaceStyle] = features
    head_at: Place = (0.0, -0.2, 0.8)
    face_at: Place = (0.0, 0.08, 0.82)
    hat_at: Place = (0.0, -0.86, 0.8)
    flower_at: Place = (0.6, -0.74, 0.62)
    neck_at: Place = (0.0, 0.52, 0.44)
    """In the character's frame; the others are in the head's."""
    ears_at: Place = (0.0, 0.0, 1.0)
    neck_in_front: bool = True
    """Whether bow tie and scarf are painted over the head."""
    clothed: bool = False
    """Whether the main colour is cloth, which feeling does not tint."""


def fur_tones(main: Colour) -> tuple[Colour, Colour]:
    """Return the belly tone and the marking tone of a coat."""
    return lighter(main, 0.62), darker(main, 0.32)


def plush_body(sketch: Sketch, look: Look, belly: Colour | None = None) -> None:
    """Paint a small sitting body with arms that follow ``look.arm``, and two feet."""
    swell = 1 + 0.04 * look.breath
    arms(sketch, look)
    sketch.oval(0, 0.68, 0.46 * swell, 0.32, look.main, look.ink)
    sketch.oval(0, 0.74, 0.28 * swell, 0.22, belly or look.light)
    for side in (-1, 1):
        sketch.oval(side * 0.28, 0.93, 0.21, 0.11, look.main, look.ink)


def arms(sketch: Sketch, look: Look, width: float = 0.22, colour: Colour | None = None) -> None:
    """Paint both arms, drooping at ``look.arm`` = -1, out at 0, up at 1."""
    turn = 0.95 - 0.55 * look.arm if look.arm < 0 else 0.95 - 1.75 * look.arm
    reach = 0.36 + 0.24 * max(0.0, look.arm)
    for side in (-1, 1):
        x, y = 0.36 + reach * np.cos(turn), 0.54 + reach * np.sin(turn)
        bend = (side * (0.36 + 0.6 * reach * np.cos(turn) + 0.05), 0.52 + 0.5 * (y - 0.54))
        points = ((side * 0.3, 0.5), bend, (side * x, y))
        sketch.limb(points, colour or look.main, look.ink, width)
