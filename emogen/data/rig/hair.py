"""Hair: a look in, what falls behind a head and what lies over its brow painted out."""

from emogen.data.canvas import Colour
from emogen.data.rig.sketch import Look, Sketch, darker, lighter

HAIR_STYLES = {
    "woman": ("long", "curly", "bob", "bun"),
    "man": ("short", "curly", "bald", "quiff"),
    "girl": ("pigtails", "long", "curly", "bob"),
    "boy": ("short", "curly", "spiky", "quiff"),
    "grandmother": ("bun", "curly", "bob"),
    "grandfather": ("bald", "short"),
}


def paint_hair_behind(sketch: Sketch, look: Look) -> None:
    """Paint what a head covers."""
    hair, ink = look.hair, darker(look.hair, 0.5)
    style = look.hair_style
    if style == "long":
        sketch.blob(
            ((0, -1.12), (0.8, -0.84), (1.06, -0.1), (1.1, 0.8), (0.86, 1.16), (0.3, 1.0),
             (-0.3, 1.0), (-0.86, 1.16), (-1.1, 0.8), (-1.06, -0.1), (-0.8, -0.84)),
            hair, ink,
        )  # fmt: skip
    elif style == "bob":
        sketch.blob(
            ((0, -1.1), (0.8, -0.84), (1.08, -0.1), (1.12, 0.56), (0.6, 0.7), (-0.6, 0.7),
             (-1.12, 0.56), (-1.08, -0.1), (-0.8, -0.84)),
            hair, ink,
        )  # fmt: skip
    elif style == "bun":
        sketch.oval(0, -1.1, 0.4, 0.34, hair, ink)
        sketch.oval(0, -0.2, 0.98, 0.86, hair, ink)
    elif style == "pigtails":
        for side in (-1, 1):
            swing = -0.3 * look.arm
            with sketch.within((side * 0.92, -0.3), rotate=side * swing):
                sketch.oval(side * 0.26, 0.3, 0.27, 0.5, hair, ink, angle=-side * 0.35)
        sketch.oval(0, -0.2, 0.98, 0.84, hair, ink)
    elif style == "curly":
        _curls(sketch, hair, ink)


_CURLS = ((-0.86, 0.36, 0.3), (0.86, 0.36, 0.3), (-0.98, -0.02, 0.32), (0.98, -0.02, 0.32),
          (-0.9, -0.44, 0.34), (0.9, -0.44, 0.34), (-0.58, -0.82, 0.36), (0.58, -0.82, 0.36),
          (0.0, -0.96, 0.4))  # fmt: skip


def _curls(sketch: Sketch, hair: Colour, ink: Colour) -> None:
    for x, y, r in _CURLS:
        sketch.oval(x, y, r, r, hair, ink)


def paint_fringe(sketch: Sketch, look: Look) -> None:
    """Paint what covers the forehead."""
    if look.hair_style == "spiky":
        _spikes(sketch, look)
    hair, ink = look.hair, darker(look.hair, 0.5)
    cut = FRINGES.get(look.hair_style)
    if cut:
        sketch.blob(cut, hair, ink)
        sketch.stroke(((-0.5, -0.82), (-0.24, -0.92), (0.04, -0.95)), lighter(hair, 0.25), 0.07)
    if look.hair_style == "curly":
        for x, y, r in (
            (-0.62, -0.66, 0.28),
            (0.62, -0.66, 0.28),
            (-0.22, -0.8, 0.28),
            (0.22, -0.8, 0.28),
        ):
            sketch.oval(x, y, r, r, hair)


_SWEEP = ((-0.9, -0.14), (-0.94, -0.56), (-0.62, -0.98), (0, -1.1), (0.62, -0.98), (0.94, -0.56),
          (0.9, -0.14), (0.74, -0.46), (0.3, -0.66), (-0.2, -0.52), (-0.66, -0.4))  # fmt: skip
FRINGES: dict[str, tuple[tuple[float, float], ...]] = {
    "long": ((-0.92, 0.1), (-0.96, -0.5), (-0.62, -0.98), (0, -1.1), (0.62, -0.98), (0.96, -0.5),
             (0.92, 0.1), (0.72, -0.36), (0.1, -0.78), (-0.7, -0.36)),
    "bob": ((-0.92, 0.0), (-0.96, -0.5), (-0.62, -0.98), (0, -1.1), (0.62, -0.98), (0.96, -0.5),
            (0.92, 0.0), (0.74, -0.46), (0.36, -0.52), (0, -0.54), (-0.36, -0.52), (-0.74, -0.46)),
    "bun": _SWEEP,
    "pigtails": ((-0.92, -0.06), (-0.94, -0.5), (-0.6, -0.96), (0, -1.06), (0.6, -0.96),
                 (0.94, -0.5), (0.92, -0.06), (0.66, -0.46), (0.08, -0.74), (-0.66, -0.46)),
    "short": _SWEEP,
    "quiff": ((-0.88, -0.14), (-0.96, -0.6), (-0.6, -1.0), (0.1, -1.22), (0.8, -1.16),
              (0.98, -0.74),
              (0.88, -0.14), (0.76, -0.5), (0.2, -0.6), (-0.5, -0.62), (-0.76, -0.46)),
}  # fmt: skip


def _spikes(sketch: Sketch, look: Look) -> None:
    tips = [(-0.9, -0.14), (-1.08, -0.56), (-0.8, -0.62), (-0.78, -1.08), (-0.42, -0.92),
            (-0.2, -1.3),
            (0.1, -1.0), (0.48, -1.26), (0.56, -0.88), (1.0, -0.9), (0.86, -0.56), (1.06, -0.44),
            (0.9, -0.14), (0.66, -0.5), (0.4, -0.6), (0.1, -0.52), (-0.24, -0.6),
            (-0.6, -0.48)]  # fmt: skip
    sketch.poly(tips, look.hair, darker(look.hair, 0.5))
