"""A drawn robot: metal, a dark screen, and a face of light on it."""

import numpy as np

from emogen.motion.rig.camera import body_camera, flat, head_camera
from emogen.motion.rig.colour import WHITE, Colour, darker, lighter, mix
from emogen.motion.rig.easel import CIRCLE, Easel, curve, mirrored
from emogen.motion.rig.layers import Layers
from emogen.motion.rig.lips import Fullness, lips
from emogen.motion.rig.painted_eyes import SIDES
from emogen.motion.rig.pose import Pose

_METAL: Colour = (206, 216, 224)
_SCREEN: Colour = (22, 30, 46)
_GLOW: Colour = (92, 226, 244)
_MOODS: dict[str, Colour] = {
    "amusement": (255, 214, 92), "awe": (170, 160, 255), "contentment": (140, 236, 160),
    "excitement": (255, 170, 70), "anger": (255, 84, 76), "disgust": (170, 214, 70),
    "fear": (214, 180, 255), "sadness": (96, 156, 255),
}  # fmt: skip


class Robot:
    """Paints the robot.

    Args:
        palette: colours of wall, cloth and small things.
    """

    def __init__(self, palette: dict[str, Colour]) -> None:
        self.accent = palette["accent"]
        self.back, self.front = self._head()
        self.body = self._body(palette)
        self.fullness = Fullness(upper=0.0, lower=0.0, bow=0.0, cheer=0.1)

    def _head(self) -> tuple[Layers, Layers]:
        back = Layers(surface=lambda points: np.full(len(points), -0.1))
        for side in (-1, 1):
            back.oval((side * 0.88, 0.05), (0.17, 0.26), darker(_METAL, 0.4))
            back.oval((side * 0.9, 0.05), (0.1, 0.18), self.accent)
        front = Layers(surface=lambda points: 0.18 * np.ones(len(points)))
        shell = _rounded(0.86, 0.86, 0.36) + np.array((0, 0.04))
        for step in range(7):
            tone = mix(darker(_METAL, 0.38), lighter(_METAL, 0.25), step / 6)
            front.fill(shell * (1 - 0.014 * step) + (-0.006 * step, -0.01 * step), tone)
        front.strand([(-0.58, -0.7), (-0.2, -0.77), (0.3, -0.77)], 0.04, WHITE, opacity=0.8)
        front.fill(_rounded(0.72, 0.63, 0.3) + np.array((0, 0.1)), darker(_METAL, 0.5))
        front.fill(_rounded(0.69, 0.6, 0.28) + np.array((0, 0.1)), _SCREEN)
        front.glow((-0.2, -0.1), (0.44, 0.34), (70, 100, 140), 0.3, steps=7)
        front.fill([(-0.6, -0.32), (-0.36, -0.47), (-0.1, -0.49), (-0.56, 0.2), (-0.665, 0.3)],
                   WHITE, opacity=0.06)  # fmt: skip
        for x in (-0.6, 0.6):
            front.oval((x, 0.8), (0.03, 0.03), darker(_METAL, 0.4))
        return back, front

    def _body(self, palette: dict[str, Colour]) -> Layers:
        layers, cloth = Layers(surface=flat), palette["cloth"]
        layers.fill(mirrored([(0, 0.8), (0.22, 0.8), (0.24, 1.4), (0, 1.4)]), darker(_METAL, 0.5))
        for y in (0.98, 1.08, 1.18):
            layers.fill(mirrored([(0, y), (0.25, y), (0.25, y + 0.04), (0, y + 0.04)]),
                        darker(_METAL, 0.2))  # fmt: skip
        half = [(0, 1.22), (0.5, 1.24), (1.0, 1.36), (1.22, 1.62), (1.28, 2.6), (0, 2.6)]
        layers.smooth(mirrored(half), darker(cloth, 0.2))
        layers.smooth(mirrored(half) * (0.98, 1) + (-0.02, 0.02), cloth)
        layers.fill(_rounded(0.36, 0.24, 0.1) + np.array((0, 1.78)), darker(cloth, 0.45))
        for x, tone in ((-0.18, (244, 100, 92)), (0.0, (250, 206, 90)), (0.18, (120, 220, 140))):
            layers.glow((x, 1.76), (0.1, 0.1), tone, 0.5, steps=5)
            layers.oval((x, 1.76), (0.05, 0.05), tone)
        return layers

    def paint(self, wall: np.ndarray, pose: Pose, moods: dict[str, float]) -> np.ndarray:
        """Return one frame, uint8 [H, W, 3]."""
        head, body = head_camera(pose, wall.shape[:2]), body_camera(pose, wall.shape[:2])
        easel = Easel(wall, head)
        light = _GLOW
        for name, tone in _MOODS.items():
            light = mix(light, tone, min(1.0, 1.6 * moods[name]))
        self.body.paint(easel, body)
        self._antenna(easel, light)
        self.back.paint(easel, head)
        self.front.paint(easel, head)
        with easel.through(surface=lambda points: 0.24 * np.ones(len(points))):
            self._mouth(easel, pose, light)
            self._eyes(easel, pose, light)
            self._brows(easel, pose, light)
            if moods["sadness"] > 0.35:
                for side in (-1, 1):
                    drop = CIRCLE * (0.03, 0.05) + (side * 0.34, 0.28)
                    easel.fill(drop, lighter(light, 0.5), opacity=moods["sadness"])
        return easel.array()

    def _antenna(self, easel: Easel, light: Colour) -> None:
        with easel.through(surface=lambda points: 0.05 * np.ones(len(points))):
            easel.ribbon(np.array([(0, -0.8), (0, -0.95), (0, -1.08)]), [0.06, 0.05],
                         darker(_METAL, 0.4))  # fmt: skip
            easel.glow((0, -1.14), (0.18, 0.18), light, 0.5, steps=6)
            easel.oval((0, -1.14), (0.085, 0.085), light)
            easel.oval((-0.025, -1.165), (0.028, 0.028), WHITE, opacity=0.8)

    def _eyes(self, easel: Easel, pose: Pose, light: Colour) -> None:
        span = np.linspace(-1, 1, 25)
        for side, name in SIDES:
            wide = 1 + 0.35 * pose["AU5"] - 0.25 * pose["AU7"] - 0.45 * pose["AU43"]
            lid = 0.2 * wide * (1 - pose[f"AU45_{name}"])
            low = 0.2 * (1 - 0.75 * max(pose["AU6"], 0.6 * pose[f"AU12_{name}"] * pose["AU6"])
                         - 0.3 * pose["AU7"]) * (1 - pose[f"AU45_{name}"])  # fmt: skip
            inner = -side * span  # 1 at the inner corner
            anger = pose["AU4"] * (1 - 0.85 * pose["AU1"])
            worry = pose["AU1"] * (0.4 + 0.6 * pose["AU4"])
            hump = np.maximum(1 - np.abs(span) ** 2.6, 0) ** 0.5
            slope = 0.13 * anger * (inner + 0.4) + 0.11 * worry * (0.3 - inner)
            top = np.minimum(-lid * hump + np.maximum(slope, -0.04) * hump, low * hump)
            x = side * 0.33 + 0.15 * span + 0.05 * pose["gaze_x"]
            y = -0.02 + 0.05 * pose["gaze_y"]
            low_line = low * hump - 0.16 * pose["AU6"] * hump * (low > 0.01)
            outline = np.concatenate([
                np.stack([x, y + top - 0.014], axis=1),
                np.stack([x, y + np.maximum(low_line, top) + 0.014], axis=1)[::-1],
            ])  # fmt: skip
            easel.glow((side * 0.33, y), (0.28, 0.28), light, 0.34, steps=6)
            easel.fill(outline, light)
            easel.fill((outline - outline.mean(axis=0)) * 0.62 + outline.mean(axis=0),
                       lighter(light, 0.55), opacity=0.8)  # fmt: skip

    def _brows(self, easel: Easel, pose: Pose, light: Colour) -> None:
        frown = pose["AU4"] * (1 - 0.75 * pose["AU1"])
        for side, _ in SIDES:
            line = np.array([
                (0.17, -0.28 - 0.1 * pose["AU1"] + 0.12 * frown),
                (0.34, -0.31 - 0.06 * pose["AU1"] - 0.05 * pose["AU2"] + 0.04 * frown),
                (0.5, -0.28 - 0.1 * pose["AU2"] + 0.05 * pose["AU1"] * pose["AU4"]),
            ]) * (side, 1)  # fmt: skip
            easel.ribbon(curve(line), [0.05, 0.05, 0.04], light, opacity=0.9)

    def _mouth(self, easel: Easel, pose: Pose, light: Colour) -> None:
        """Draw the mouth as a line of light that opens."""
        shape = lips(pose, self.fullness)
        top = shape.upper_inner * 0.25 + (0, 0.42)
        bottom = shape.lower_inner * 0.25 + (0, 0.42)
        easel.glow((0, 0.45), (0.4, 0.2), light, 0.24, steps=6)
        rim = np.concatenate([top, bottom[::-1]])
        thick = 0.05 * (1 - 0.35 * pose["closure"] - 0.3 * pose["AU23"])
        if shape.gap > 0.01:
            easel.fill(rim, mix(_SCREEN, light, 0.28))
            if pose["tongue"] > 0.1:
                low = bottom[10:23]
                crest = low - (0, 0.6 * float((bottom - top)[16, 1]))
                easel.fill(np.concatenate([crest, low[::-1]]), lighter(light, 0.5),
                           opacity=pose["tongue"])  # fmt: skip
        if pose["AU28"] > 0.05:
            easel.fill(rim, lighter(light, 0.6), opacity=0.8 * pose["AU28"])
        easel.ribbon(top, [0.8 * thick, thick, 0.8 * thick], light)
        easel.ribbon(bottom, [0.8 * thick, thick, 0.8 * thick], light)


def _rounded(width: float, height: float, radius: float) -> np.ndarray:
    """Return the outline of a box with round corners, half-sizes given, float [40, 2]."""
    inner = np.array([width - radius, height - radius])
    return np.sign(CIRCLE.round(9)) * inner + CIRCLE * radius
