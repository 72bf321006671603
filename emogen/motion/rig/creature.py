"""A drawn fox: the same eyes, brows and lips as people have, on fur."""

import numpy as np

from emogen.motion.rig.camera import body_camera, flat, head_camera
from emogen.motion.rig.colour import Colour, darker, lighter, mix
from emogen.motion.rig.easel import Easel, curve, mirrored
from emogen.motion.rig.layers import Layers
from emogen.motion.rig.lips import Fullness, lips
from emogen.motion.rig.mood import paint_mood
from emogen.motion.rig.painted_eyes import BrowStyle, EyeStyle, paint_brows, paint_eyes
from emogen.motion.rig.painted_mouth import MouthStyle, paint_mouth
from emogen.motion.rig.pose import Pose
from emogen.motion.rig.skin import chin_bend, outline_depth

_COAT: Colour = (226, 122, 54)
_CREAM: Colour = (252, 240, 222)
_BLACK: Colour = (52, 34, 34)


class Fox:
    """Paints the fox.

    Args:
        palette: colours of wall, cloth and small things.
    """

    def __init__(self, palette: dict[str, Colour]) -> None:
        self.eyes = EyeStyle(
            at=(0.34, 0.0), half_width=0.17, upper=0.135, lower=0.09, tilt=0.045,
            iris=(196, 138, 40), iris_size=0.115, lid=_COAT, lash=_BLACK, lashes=0.045, crease=0.05,
        )  # fmt: skip
        self.brows = BrowStyle(y=-0.24, inner=0.16, outer=0.5, width=0.062, arch=0.05,
                               colour=darker(_COAT, 0.62))  # fmt: skip
        self.mouth = MouthStyle(
            at=(0.0, 0.66), half_width=0.25, fullness=Fullness(upper=0.1, lower=0.14, bow=0.5),
            upper=(92, 56, 50), lower=(108, 66, 60), line=_BLACK, fangs=0.3, lift=0.2,
        )  # fmt: skip
        self.ears, self.head = self._ears(), self._head()
        self.body = self._body(palette)

    def _ears(self) -> Layers:
        layers = Layers(surface=lambda points: np.full(len(points), -0.1))
        for side in (-1, 1):
            def turned(points: list, side: int = side) -> np.ndarray:
                return curve(np.array(points) * (side, 1), closed=True)

            layers.fill(turned([(0.2, -0.82), (0.5, -1.2), (0.8, -1.5), (0.9, -1.1), (0.86, -0.5)]),
                        darker(_COAT, 0.12))  # fmt: skip
            layers.fill(turned([(0.56, -1.22), (0.8, -1.5), (0.89, -1.12), (0.76, -1.1)]), _BLACK)
            layers.fill(turned([(0.38, -0.84), (0.58, -1.1), (0.74, -1.2), (0.76, -0.9),
                                (0.72, -0.6)]), (246, 196, 168))  # fmt: skip
            for k in range(3):
                layers.strand(np.array([(0.44 + 0.09 * k, -0.7), (0.54 + 0.07 * k, -0.92),
                                        (0.63 + 0.05 * k, -1.06)]) * (side, 1), 0.05, _CREAM,
                              opacity=0.7)  # fmt: skip
        return layers

    def _head(self) -> Layers:
        layers = Layers(surface=outline_depth)
        half = [
            (0, -0.92), (0.4, -0.86), (0.74, -0.58), (0.88, -0.14), (1.08, 0.24), (0.92, 0.34),
            (0.98, 0.5), (0.74, 0.62), (0.5, 0.8), (0.24, 0.94), (0, 0.97),
        ]  # fmt: skip
        rim = curve(mirrored(half), closed=True)
        for step in range(6):
            tone = mix(darker(_COAT, 0.26), _COAT, step / 5)
            layers.fill((rim - (0, 0.1)) * (1 - 0.018 * step) + (-0.004 * step, 0.1), tone)
        cheek = [
            (0.1, 0.16), (0.4, 0.24), (0.7, 0.16), (1.05, 0.25), (0.9, 0.345), (0.955, 0.49),
            (0.72, 0.61), (0.48, 0.785), (0.23, 0.92), (0, 0.95),
        ]  # fmt: skip
        layers.fill(np.concatenate([curve(cheek), curve(cheek)[::-1] * (-1, 1)]), _CREAM)
        layers.glow((0.5, 0.62), (0.3, 0.16), darker(_CREAM, 0.3), 0.3, steps=6)
        layers.smooth([(0, -0.72), (0.13, -0.3), (0.16, 0.1), (0.0, 0.3), (-0.16, 0.1),
                       (-0.13, -0.3)], lighter(_COAT, 0.2), opacity=0.6)  # fmt: skip
        for side in (-1, 1):
            layers.glow((side * 0.5, 0.38), (0.2, 0.13), (240, 130, 110), 0.3, steps=6)
            for k in range(3):
                layers.strand(np.array([(0.62 + 0.09 * k, 0.4 - 0.05 * k), (0.72 + 0.09 * k, 0.45),
                                        (0.8 + 0.07 * k, 0.44 - 0.04 * k)]) * (side, 1), 0.025,
                              darker(_CREAM, 0.18), opacity=0.7)  # fmt: skip
                layers.strand(np.array([(-0.08 + 0.08 * k, -0.78), (-0.06 + 0.06 * k, -0.66),
                                        (-0.03 + 0.03 * k, -0.56)]), 0.03, lighter(_COAT, 0.3),
                              opacity=0.5)  # fmt: skip
        return layers

    def _body(self, palette: dict[str, Colour]) -> Layers:
        layers, cloth = Layers(surface=flat), palette["cloth"]
        half = [(0, 0.5), (0.44, 0.62), (0.7, 1.2), (1.08, 1.5), (1.26, 1.9), (1.3, 2.6), (0, 2.6)]
        layers.smooth(mirrored(half), darker(_COAT, 0.12))
        layers.smooth([(-0.5, 1.1), (0.5, 1.1), (0.6, 1.6), (0.3, 2.6), (-0.3, 2.6), (-0.6, 1.6)],
                      _CREAM)  # fmt: skip
        scarf = [(-0.72, 1.14), (-0.4, 1.3), (0, 1.36), (0.4, 1.3), (0.72, 1.14)]
        layers.strand(scarf, [0.3, 0.34, 0.3], cloth)
        layers.strand(np.array(scarf) + np.array((0, 0.1)), [0.03, 0.03], darker(cloth, 0.35),
                      opacity=0.6)  # fmt: skip
        layers.smooth([(0.24, 1.36), (0.54, 1.3), (0.66, 1.95), (0.34, 2.02)], darker(cloth, 0.12))
        layers.oval((0.38, 1.36), (0.17, 0.16), lighter(cloth, 0.1))
        layers.strand([(0.36, 1.9), (0.64, 1.84)], [0.05, 0.05], palette["accent"])
        return layers

    def paint(self, wall: np.ndarray, pose: Pose, moods: dict[str, float]) -> np.ndarray:
        """Return one frame, uint8 [H, W, 3]."""
        head, body = head_camera(pose, wall.shape[:2]), body_camera(pose, wall.shape[:2])
        easel = Easel(wall, head)
        self.body.paint(easel, body)
        self.ears.paint(easel, head)
        jaw = lips(pose, self.mouth.fullness).jaw * self.mouth.half_width
        bend = chin_bend(0.8 * jaw)
        self.head.paint(easel, head, bend=bend)
        self._muzzle(easel, pose)
        paint_mouth(easel, pose, self.mouth)
        self._nose(easel, pose)
        paint_eyes(easel, pose, self.eyes)
        paint_brows(easel, pose, self.brows)
        paint_mood(easel, pose, moods)
        return easel.array()

    def _muzzle(self, easel: Easel, pose: Pose) -> None:
        lift = 0.04 * pose["AU9"] + 0.03 * pose["AU10"]
        for side in (-1, 1):
            easel.glow((side * 0.15, 0.52 - lift), (0.22, 0.17), (255, 250, 240), 0.7, steps=6)
            if pose["AU9"] > 0.05:
                for k in range(3):
                    y = 0.06 + 0.07 * k
                    fold = curve([
                        (side * 0.03, y), (side * 0.1, y - 0.015), (side * 0.17, y + 0.03),
                    ])  # fmt: skip
                    easel.ribbon(fold, 0.022, darker(_COAT, 0.5), opacity=0.7 * pose["AU9"],
                                 lift=0.1)  # fmt: skip
            for k in range(3):
                spot = (side * (0.17 + 0.055 * k), 0.52 + 0.03 * (k % 2) - lift)
                easel.oval(spot, (0.013, 0.013), darker(_CREAM, 0.5), lift=0.2)

    def _nose(self, easel: Easel, pose: Pose) -> None:
        top = 0.3 - 0.05 * pose["AU9"] - 0.03 * pose["AU10"]
        tip = curve([(0, top - 0.01), (0.13, top), (0.12, top + 0.08), (0, top + 0.15),
                     (-0.12, top + 0.08), (-0.13, top)], closed=True)  # fmt: skip
        easel.fill(tip, _BLACK, lift=0.32)
        easel.oval((-0.045, top + 0.03), (0.04, 0.02), (255, 255, 255), opacity=0.65, lift=0.32,
                   angle=-0.2)  # fmt: skip
        shape = lips(pose, self.mouth.fullness)
        lip = shape.upper_outer[16] * self.mouth.half_width + self.mouth.at
        easel.ribbon(np.array([(0, top + 0.14), (0, (top + 0.14 + lip[1]) / 2), lip]), [0.03, 0.03],
                     _BLACK, lift=0.22)  # fmt: skip
