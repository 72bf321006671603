"""What characters wear: a painter's places in, hats, glasses, scarves and the like painted out."""

from emogen.data.rig.sketch import Look, Sketch, darker, lighter

_DARK = (46, 42, 58)
_GOLD = (252, 200, 50)
_GOLD_INK = (150, 96, 20)
_CLOTH = {"hat": (72, 84, 170), "bow tie": (214, 44, 70), "scarf": (52, 150, 148)}
_OTHER = {"hat": (178, 52, 74), "bow tie": (60, 100, 210), "scarf": (214, 70, 70)}


def _cloth(name: str, look: Look) -> tuple[int, int, int]:
    """Return the cloth colour of an accessory, the one further from the character's own."""
    first, second = _CLOTH[name], _OTHER[name]
    far = [sum(abs(a - b) for a, b in zip(c, look.main, strict=True)) for c in (first, second)]
    return first if far[0] >= far[1] else second


def _hat(sketch: Sketch, look: Look) -> None:
    cloth = _cloth("hat", look)
    ink = darker(cloth, 0.55)
    sketch.blob(
        ((-0.6, 0.06), (-0.62, -0.4), (-0.46, -0.72), (0, -0.8), (0.46, -0.72), (0.62, -0.4),
         (0.6, 0.06)),
        cloth, ink,
    )  # fmt: skip
    sketch.poly([(-0.64, -0.22), (0.64, -0.22), (0.66, 0.02), (-0.66, 0.02)], lighter(cloth, 0.75))
    sketch.oval(0, 0.06, 1.06, 0.17, cloth, ink)


def _crown(sketch: Sketch, look: Look) -> None:
    points = [(-0.62, 0.1), (-0.74, -0.6), (-0.36, -0.24), (0, -0.8), (0.36, -0.24), (0.74, -0.6),
              (0.62, 0.1)]  # fmt: skip
    sketch.poly(points, _GOLD, _GOLD_INK)
    for x, colour in ((-0.34, (60, 130, 230)), (0, (222, 44, 70)), (0.34, (60, 130, 230))):
        sketch.oval(x, -0.08, 0.1, 0.1, colour)


def _flower(sketch: Sketch, look: Look) -> None:
    petal = (255, 118, 160) if look.main[2] < 150 or look.main[0] < 200 else (255, 255, 255)
    for x, y in ((0, -0.27), (0.26, -0.08), (0.16, 0.22), (-0.16, 0.22), (-0.26, -0.08)):
        sketch.oval(x, y, 0.22, 0.22, petal, darker(petal, 0.45))
    sketch.oval(0, 0, 0.19, 0.19, _GOLD, _GOLD_INK)


def _glasses(sketch: Sketch, look: Look) -> None:
    for side in (-1, 1):
        sketch.canvas.ellipse((side * 0.45, -0.18), (0.4, 0.4), None, outline=_DARK, width=0.085)
        sketch.stroke(((side * 0.84, -0.22), (side * 1.06, -0.28)), _DARK, 0.085)
    sketch.stroke(((-0.08, -0.22), (0, -0.25), (0.08, -0.22)), _DARK, 0.085)


def _headphones(sketch: Sketch, look: Look) -> None:
    cup = (66, 70, 92) if look.main[1] > 110 else (226, 228, 238)
    band = ((-0.98, 0.0), (-0.88, -0.6), (-0.5, -0.98), (0, -1.1), (0.5, -0.98), (0.88, -0.6),
            (0.98, 0.0))  # fmt: skip
    sketch.limb(band, cup, _DARK, 0.17)
    for side in (-1, 1):
        sketch.oval(side * 0.98, 0.08, 0.2, 0.34, cup, _DARK)
        sketch.oval(side * 1.04, 0.08, 0.08, 0.2, (240, 90, 90))


def _bow_tie(sketch: Sketch, look: Look) -> None:
    cloth = _cloth("bow tie", look)
    ink = darker(cloth, 0.55)
    for side in (-1, 1):
        sketch.blob(
            ((side * 0.06, -0.06), (side * 0.56, -0.34), (side * 0.64, 0.0), (side * 0.56, 0.34),
             (side * 0.06, 0.06)),
            cloth, ink,
        )  # fmt: skip
    sketch.oval(0, 0, 0.16, 0.19, lighter(cloth, 0.25), ink)


def _scarf(sketch: Sketch, look: Look) -> None:
    cloth = _cloth("scarf", look)
    ink = darker(cloth, 0.55)
    sketch.poly([(0.22, 0.1), (0.62, 0.04), (0.74, 0.86), (0.36, 0.92)], cloth, ink)
    sketch.blob(
        ((-0.96, -0.2), (0, 0.0), (0.96, -0.2), (1.0, 0.14), (0, 0.36), (-1.0, 0.14)), cloth, ink
    )
    for x in (-0.56, 0.0):
        sketch.stroke(((x, 0.0), (x - 0.02, 0.26)), lighter(cloth, 0.7), 0.11)


ON_HEAD = {"hat": _hat, "crown": _crown, "flower": _flower}
ON_FACE = {"glasses": _glasses}
AROUND_HEAD = {"headphones": _headphones}
AT_NECK = {"bow tie": _bow_tie, "scarf": _scarf}
ACCESSORIES = ("hat", "glasses", "bow tie", "scarf", "crown", "headphones", "flower")
