"""Wild and farm animals: a look in, frog, pig, lion, owl, penguin and more painted out."""

import numpy as np

from emogen.data.rig.face import FaceStyle
from emogen.data.rig.painter import Painter, features, plush_body
from emogen.data.rig.sketch import Look, Sketch, darker, lighter, mix

_BEAK = (250, 170, 46)
_WHITE = (252, 250, 245)


def _frog_head(sketch: Sketch, look: Look) -> None:
    for side in (-1, 1):
        sketch.oval(side * 0.48, -0.5, 0.42, 0.42, look.main, look.ink)
    sketch.oval(0, 0.1, 1.06, 0.74, look.main, look.ink)
    for side in (-1, 1):
        sketch.oval(side * 0.48, -0.46, 0.37, 0.37, look.main)
    sketch.oval(0, 0.56, 0.72, 0.25, look.light)


def _frog_style(look: Look) -> FaceStyle:
    return features(
        look, nose="nostrils", nose_at=(0.0, 0.02), eye_y=-0.66, eye_gap=0.58, mouth_y=0.36,
        mouth_width=0.98, cheek_at=(0.98, 0.14), brow_raise=0.02,
    )  # fmt: skip


def _pig_head(sketch: Sketch, look: Look) -> None:
    for side in (-1, 1):
        with sketch.within((side * 0.66, -0.66), rotate=side * (0.5 - 0.35 * look.arm)):
            sketch.blob(
                ((-0.3, 0.2), (-0.2, -0.28), (0, -0.4), (0.2, -0.28), (0.3, 0.2)),
                look.main,
                look.ink,
            )
            sketch.blob(((-0.16, 0.16), (-0.1, -0.14), (0.1, -0.14), (0.16, 0.16)), look.dark)
    sketch.oval(0, 0.02, 1.0, 0.87, look.main, look.ink)


def _pig_style(look: Look) -> FaceStyle:
    return features(
        look, nose="snout", nose_at=(0.0, 0.18), nose_colour=lighter(mix(look.main,
        (250, 120, 150), 0.35), 0.2),
        mouth_y=0.66, mouth_width=0.66,
    )  # fmt: skip


def _lion_body(sketch: Sketch, look: Look) -> None:
    lift = 0.14 * look.arm
    sketch.limb(((0.3, 0.86), (0.7, 0.84), (0.86, 0.56 - lift)), look.main, look.ink, 0.15)
    sketch.oval(0.88, 0.46 - lift, 0.15, 0.18, look.dark, look.ink)
    plush_body(sketch, look)


def _lion_head(sketch: Sketch, look: Look) -> None:
    mane = mix(darker(look.main, 0.3), (176, 84, 30), 0.45)
    angles = np.arange(12) * np.pi / 6
    for angle in angles:
        x, y = 0.84 * float(np.cos(angle)), 0.84 * float(np.sin(angle))
        sketch.oval(x, y, 0.34, 0.34, mane, darker(mane, 0.5))
    sketch.oval(0, 0, 0.9, 0.9, mane)
    for side in (-1, 1):
        sketch.oval(side * 0.6, -0.58, 0.2, 0.2, look.main, look.ink)
    sketch.oval(0, 0.06, 0.82, 0.76, look.main, look.ink)
    sketch.oval(0, 0.44, 0.42, 0.32, look.light)


def _lion_style(look: Look) -> FaceStyle:
    return features(look, look.light, nose="triangle", nose_at=(0.0, 0.16))


def _wings(sketch: Sketch, look: Look, y: float) -> None:
    for side in (-1, 1):
        with sketch.within((side * 0.62, y), rotate=side * (-0.35 - 1.1 * look.arm)):
            sketch.blob(
                ((-side * 0.1, -0.14), (side * 0.18, -0.06), (side * 0.26, 0.34),
                 (side * 0.1, 0.66),
                 (-side * 0.14, 0.3)),
                look.dark, look.ink,
            )  # fmt: skip


def _owl_body(sketch: Sketch, look: Look) -> None:
    _wings(sketch, look, 0.2)
    for side in (-1, 1):
        for dx in (-0.1, 0.0, 0.1):
            sketch.oval(side * 0.26 + dx, 0.95, 0.06, 0.09, _BEAK, darker(_BEAK, 0.5))
    sketch.blob(
        ((-0.7, -0.1), (0.7, -0.1), (0.76, 0.4), (0.5, 0.86), (0, 0.94), (-0.5, 0.86),
         (-0.76, 0.4)),
        look.main, look.ink,
    )  # fmt: skip
    sketch.oval(0, 0.56, 0.44, 0.32, look.light)
    for x, y in ((-0.2, 0.6), (0.0, 0.6), (0.2, 0.6), (-0.1, 0.76), (0.1, 0.76)):
        sketch.stroke(((x - 0.06, y - 0.04), (x, y), (x + 0.06, y - 0.04)), look.dark, 0.05)


def _owl_head(sketch: Sketch, look: Look) -> None:
    up = 0.16 * look.arm
    sketch.blob(
        ((-1.0, -0.84 - up), (-0.5, -0.74), (0, -0.7), (0.5, -0.74), (1.0, -0.84 - up),
         (0.98, -0.2),
         (0.92, 0.4), (0.5, 0.8), (-0.5, 0.8), (-0.92, 0.4), (-0.98, -0.2)),
        look.main, look.ink,
    )  # fmt: skip
    for side in (-1, 1):
        sketch.oval(side * 0.42, -0.08, 0.48, 0.48, look.light)
    sketch.oval(0, 0.42, 0.5, 0.28, look.light)


def _owl_style(look: Look) -> FaceStyle:
    return features(
        look, look.light, nose="beak", nose_colour=_BEAK, nose_at=(0.0, 0.16), eye_gap=0.5,
        eye_size=(0.37, 0.38), eye_y=-0.12, mouth_y=0.56, mouth_width=0.58,
        iris=(240, 160, 30), pupil_size=0.74, brow_raise=0.02, brow=darker(look.main, 0.6),
    )  # fmt: skip


def _penguin_body(sketch: Sketch, look: Look) -> None:
    _wings(sketch, look, 0.28)
    for side in (-1, 1):
        sketch.oval(side * 0.27, 0.94, 0.23, 0.09, _BEAK, darker(_BEAK, 0.5))
    sketch.blob(
        ((-0.66, -0.1), (0.66, -0.1), (0.72, 0.4), (0.5, 0.86), (0, 0.94), (-0.5, 0.86),
         (-0.72, 0.4)),
        look.main, look.ink,
    )  # fmt: skip
    sketch.oval(0, 0.58, 0.46, 0.33, _WHITE)


def _penguin_head(sketch: Sketch, look: Look) -> None:
    sketch.oval(0, 0.0, 0.96, 0.86, look.main, look.ink)
    for side in (-1, 1):
        sketch.oval(side * 0.36, -0.02, 0.47, 0.56, _WHITE)
    sketch.oval(0, 0.4, 0.68, 0.4, _WHITE)


def _penguin_style(look: Look) -> FaceStyle:
    return features(
        look, _WHITE, nose="beak", nose_colour=_BEAK, nose_at=(0.0, 0.18), mouth_y=0.54,
        eye_gap=0.42,
        mouth_width=0.62, brow=(52, 48, 60), cheek_at=(0.7, 0.34),
    )  # fmt: skip


def _elephant_head(sketch: Sketch, look: Look) -> None:
    for side in (-1, 1):
        with sketch.within((side * 0.66, -0.1), rotate=side * (0.1 - 0.3 * look.arm)):
            sketch.blob(
                ((0, -0.6), (side * 0.5, -0.72), (side * 0.78, -0.2), (side * 0.62, 0.4),
                 (side * 0.2, 0.62), (0, 0.3)),
                look.main, look.ink,
            )  # fmt: skip
            sketch.oval(side * 0.38, -0.1, 0.25, 0.42, mix(look.light, (250, 170, 190), 0.5))
    sketch.oval(0, 0.0, 0.84, 0.86, look.main, look.ink)


def _elephant_front(sketch: Sketch, look: Look) -> None:
    curl = 0.1 * look.arm
    trunk = ((0.0, 0.06), (0.1, 0.26), (0.4, 0.38), (0.76, 0.26 - curl), (0.86, 0.0 - curl))
    sketch.limb(trunk, look.main, look.ink, 0.25)
    sketch.oval(0, 0.06, 0.13, 0.14, look.main)
    for x, y in ((0.04, 0.2), (0.26, 0.34), (0.52, 0.38)):
        sketch.stroke(((x - 0.06, y + 0.03), (x + 0.05, y - 0.05)), look.dark, 0.04)


def _elephant_style(look: Look) -> FaceStyle:
    return features(
        look,
        nose="none",
        mouth_y=0.72,
        mouth_width=0.6,
        eye_y=-0.22,
        eye_gap=0.44,
        cheek_at=(0.68, 0.22),
    )


def _monkey_body(sketch: Sketch, look: Look) -> None:
    lift = 0.12 * look.arm
    points = ((0.3, 0.86), (0.76, 0.84), (0.9, 0.5 - lift), (0.72, 0.34 - lift), (0.64, 0.5 - lift))
    sketch.limb(points, look.main, look.ink, 0.14)
    plush_body(sketch, look)


def _monkey_head(sketch: Sketch, look: Look) -> None:
    for side in (-1, 1):
        sketch.oval(side * 0.94, 0.0 - 0.06 * look.arm, 0.32, 0.34, look.main, look.ink)
        sketch.oval(side * 0.96, 0.0 - 0.06 * look.arm, 0.19, 0.2, look.light)
    sketch.oval(0, 0.0, 0.88, 0.88, look.main, look.ink)
    for side in (-1, 1):
        sketch.oval(side * 0.34, -0.12, 0.4, 0.42, look.light)
    sketch.oval(0, 0.4, 0.66, 0.4, look.light)


def _monkey_style(look: Look) -> FaceStyle:
    return features(
        look, look.light, nose="nostrils", nose_at=(0.0, 0.2), eye_gap=0.4, mouth_y=0.54
    )


PAINTERS: dict[str, Painter] = {
    "frog": Painter(
        head=_frog_head, body=plush_body, style=_frog_style, face_at=(0.0, 0.08, 0.82),
        head_at=(0.0, -0.16, 0.82), hat_at=(0.0, -0.6, 0.5),
        flower_at=(0.0, -0.66, 0.46),
    ),
    "pig": Painter(head=_pig_head, body=plush_body, style=_pig_style),
    "lion": Painter(
        head=_lion_head, body=_lion_body, style=_lion_style, face_at=(0.0, 0.08, 0.76),
        head_at=(0.0, -0.16, 0.8), hat_at=(0.0, -0.86, 0.8),
    ),
    "owl": Painter(
        head=_owl_head, body=_owl_body, style=_owl_style, hat_at=(0.0, -0.68, 0.8),
        face_at=(0.0, 0.08, 0.84), head_at=(0.0, -0.24, 0.8), neck_at=(0.0, 0.46, 0.44),
    ),
    "penguin": Painter(
        head=_penguin_head, body=_penguin_body, style=_penguin_style, head_at=(0.0, -0.24, 0.8),
        neck_at=(0.0, 0.46, 0.44),
    ),
    "elephant": Painter(
        head=_elephant_head, body=plush_body, style=_elephant_style, front=_elephant_front,
        head_at=(0.0, -0.18, 0.8), face_at=(0.0, 0.13, 0.8),
    ),
    "monkey": Painter(
        head=_monkey_head, body=_monkey_body, style=_monkey_style, face_at=(0.0, 0.06, 0.8),
    ),
}  # fmt: skip
