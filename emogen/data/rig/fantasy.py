"""Creatures from films: a look in, robot, ghost, alien and monster painted out."""

import numpy as np

from emogen.data.rig.face import FaceStyle
from emogen.data.rig.painter import Painter, arms, features
from emogen.data.rig.sketch import Look, Sketch, darker

_GOLD = (252, 204, 70)
_BONE = (252, 240, 214)
_SCREEN = (38, 46, 70)
_STEEL = (196, 204, 216)


def _robot_body(sketch: Sketch, look: Look) -> None:
    ink = look.ink
    arms(sketch, look, 0.17, _STEEL)
    for side in (-1, 1):
        sketch.poly(
            [(side * 0.12, 0.8), (side * 0.34, 0.8), (side * 0.4, 1.02), (side * 0.1, 1.02)],
            _STEEL,
            ink,
        )
    sketch.poly([(-0.48, 0.42), (0.48, 0.42), (0.4, 0.9), (-0.4, 0.9)], look.main, ink)
    sketch.oval(0, 0.68, 0.13, 0.13, (255, 96, 96) if look.main[0] < 220 else (110, 220, 255), ink)


def _robot_head(sketch: Sketch, look: Look) -> None:
    sway = 0.14 * look.arm
    sketch.stroke(
        ((0, -0.78), (0.02 - sway * 0.3, -0.96), (0.0, -1.1 - 0.1 * look.arm)), look.ink, 0.08
    )
    sketch.oval(0, -1.14 - 0.1 * look.arm, 0.13, 0.13, (255, 84, 84), look.ink)
    for side in (-1, 1):
        sketch.poly(
            [(side * 0.9, -0.22), (side * 1.12, -0.14), (side * 1.12, 0.26), (side * 0.9, 0.34)],
            _STEEL,
            look.ink,
        )
    sketch.blob(_box(0.98, 0.8), look.main, look.ink)
    sketch.blob(tuple((x, y + 0.03) for x, y in _box(0.82, 0.64)), _SCREEN, look.ink)


def _box(half_x: float, half_y: float) -> tuple[tuple[float, float], ...]:
    """Return a rectangle with round corners."""
    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False) + 0.13
    cos, sin = np.cos(turn), np.sin(turn)
    power = np.maximum(np.abs(cos) ** 5, 1e-9) + np.abs(sin) ** 5
    radius = power ** (-1 / 5)
    return tuple(map(tuple, np.stack([half_x * cos * radius, half_y * sin * radius], 1).tolist()))


def _robot_style(look: Look) -> FaceStyle:
    glow = (130, 236, 255)
    return FaceStyle(
        ink=glow, lid_ink=glow, brow=glow, sclera=(222, 250, 255), iris=(30, 80, 130),
        pupil=(30, 80, 130), nose="none", mouth_y=0.44, eye_gap=0.46, eye_size=(0.28, 0.3),
        cheek=(255, 110, 130), rosy=0.0, cheek_at=(0.78, 0.26),
    )  # fmt: skip


def _ghost_head(sketch: Sketch, look: Look) -> None:
    wave = 0.06 * float(np.sin(4 * look.t))
    hem = []
    for i, x in enumerate(np.linspace(0.86, -0.86, 7)):
        hem.append((float(x), (1.04 if i % 2 == 0 else 0.8) + wave * (-1) ** i))
    sketch.blob(
        ((0, -1.04), (0.6, -0.84), (0.86, -0.3), (0.88, 0.4), *hem, (-0.88, 0.4), (-0.86, -0.3),
         (-0.6, -0.84)),
        look.main, look.ink,
    )  # fmt: skip
    sketch.glow(-0.44, -0.72, 0.18, 0.09, (255, 255, 255), 0.7)


def _ghost_body(sketch: Sketch, look: Look) -> None:
    for side in (-1, 1):
        y = 0.34 - 0.42 * look.arm
        sketch.limb(
            ((side * 0.6, 0.3), (side * 0.84, 0.34 - 0.2 * look.arm), (side * 1.0, y)),
            look.main,
            look.ink,
            0.24,
        )


def _alien_body(sketch: Sketch, look: Look) -> None:
    arms(sketch, look, 0.15)
    sketch.oval(0, 0.72, 0.34, 0.3, look.main, look.ink)
    sketch.oval(0, 0.76, 0.19, 0.18, look.light)
    for side in (-1, 1):
        sketch.oval(side * 0.22, 0.95, 0.17, 0.09, look.main, look.ink)


def _alien_head(sketch: Sketch, look: Look) -> None:
    for side in (-1, 1):
        lean = side * (0.56 - 0.14 * look.arm)
        tip = (lean, -1.12 - 0.12 * look.arm)
        sketch.stroke(((side * 0.3, -0.7), (side * 0.42, -0.92), tip), look.ink, 0.08)
        sketch.oval(*tip, 0.13, 0.13, _GOLD, look.ink)
    sketch.blob(
        ((0, -0.88), (0.6, -0.78), (0.98, -0.34), (0.94, 0.12), (0.6, 0.6), (0.24, 0.9),
         (-0.24, 0.9),
         (-0.6, 0.6), (-0.94, 0.12), (-0.98, -0.34), (-0.6, -0.78)),
        look.main, look.ink,
    )  # fmt: skip
    for x, y, r in ((-0.56, -0.6, 0.09), (-0.34, -0.72, 0.06), (0.62, -0.56, 0.08)):
        sketch.oval(x, y, r, r, look.dark)


def _alien_style(look: Look) -> FaceStyle:
    return features(
        look, nose="none", eye_size=(0.37, 0.42), eye_gap=0.5, eye_y=-0.16, pupil_size=0.8,
        mouth_y=0.56, mouth_width=0.58, cheek_at=(0.7, 0.34), brow_raise=0.02,
    )  # fmt: skip


def _monster_body(sketch: Sketch, look: Look) -> None:
    with sketch.within((0, -0.12), 1.15):
        arms(sketch, look, 0.22)
    for side in (-1, 1):
        sketch.oval(side * 0.36, 0.94, 0.24, 0.12, look.dark, look.ink)


def _monster_head(sketch: Sketch, look: Look) -> None:
    for side in (-1, 1):
        sketch.blob(
            ((side * 0.4, -0.76), (side * 0.62, -1.0), (side * 0.9, -1.14), (side * 0.84, -0.84),
             (side * 0.74, -0.56)),
            _BONE, darker(_BONE, 0.6),
        )  # fmt: skip
    tufts = []
    for i, angle in enumerate(np.arange(28) * np.pi / 14 - np.pi / 2):
        radius = 1.0 if i % 2 else 0.9
        square = 1.0 / (abs(np.cos(angle)) ** 3 + abs(np.sin(angle)) ** 3) ** (1 / 3)
        tufts.append(
            (
                float(0.9 * radius * square * np.cos(angle)),
                float(0.96 * radius * square * np.sin(angle)),
            )
        )
    sketch.poly(tufts, look.main, look.ink)
    sketch.oval(0, 0.62, 0.56, 0.26, look.light)
    for x, y, r in ((-0.7, 0.0, 0.08), (0.7, 0.06, 0.1), (0.62, -0.16, 0.06)):
        sketch.oval(x, y, r, r, look.dark)


def _monster_style(look: Look) -> FaceStyle:
    return features(look, nose="none", fangs=True, mouth_y=0.42, mouth_width=0.86, eye_gap=0.42)


_WHOLE = {"head_at": (0.0, 0.0, 0.96), "neck_at": (0.0, 0.76, 0.46)}
PAINTERS: dict[str, Painter] = {
    "robot": Painter(
        head=_robot_head, body=_robot_body, style=_robot_style, head_at=(0.0, -0.24, 0.78),
        hat_at=(0.0, -0.76, 0.8),
        face_at=(0.0, 0.06, 0.74), flower_at=(0.74, -0.68, 0.58), clothed=True,
    ),
    "ghost": Painter(
        head=_ghost_head, body=_ghost_body, face_at=(0.0, -0.14, 0.8), hat_at=(0.0, -0.92, 0.74),
        style=lambda look: features(look, nose="none", mouth_y=0.48),
        ears_at=(0.0, -0.14, 0.9), **_WHOLE,
    ),
    "alien": Painter(
        head=_alien_head, body=_alien_body, style=_alien_style, hat_at=(0.0, -0.82, 0.76),
        face_at=(0.0, 0.04, 0.82), head_at=(0.0, -0.18, 0.8), neck_at=(0.0, 0.56, 0.38),
    ),
    "monster": Painter(
        head=_monster_head, body=_monster_body, style=_monster_style, face_at=(0.0, -0.06, 0.8),
        head_at=(0.0, 0.02, 0.88), hat_at=(0.0, -0.84, 0.72), neck_at=(0.0, 0.7, 0.46),
    ),
}  # fmt: skip
