"""A drawn person: a style in, a painter of poses out."""

from dataclasses import dataclass, field

import numpy as np

from emogen.motion.rig.camera import body_camera, head_camera
from emogen.motion.rig.colour import Colour, darker, mix
from emogen.motion.rig.easel import Easel, curve
from emogen.motion.rig.hair import HAIR
from emogen.motion.rig.lips import lips
from emogen.motion.rig.mood import paint_mood, skin_in_mood
from emogen.motion.rig.painted_eyes import BrowStyle, EyeStyle, paint_brows, paint_eyes
from emogen.motion.rig.painted_mouth import MouthStyle, paint_mouth
from emogen.motion.rig.pose import Pose
from emogen.motion.rig.skin import (
    HeadStyle,
    bloom_layers,
    chin_bend,
    ear_layers,
    head_layers,
    neck,
    paint_folds,
    paint_nose,
)
from emogen.motion.rig.wardrobe import CLOTHES, beard, ear_rings, glasses


@dataclass(frozen=True, kw_only=True)
class PersonStyle:
    """Everything that makes one person."""

    head: HeadStyle
    eyes: EyeStyle
    brows: BrowStyle
    mouth: MouthStyle
    hair: str
    hair_colour: Colour
    clothes: str
    cloth: Colour
    beard: str = ""
    moustache: bool = False
    glasses: Colour | None = None
    ear_rings: Colour | None = None
    neck: float = 0.36
    wall: Colour = field(default=(150, 180, 190))


class Person:
    """Paints one person; shapes that never change are laid down once.

    Args:
        style: the person.
    """

    def __init__(self, style: PersonStyle) -> None:
        self.style = style
        skin = style.head.skin
        self.hair = HAIR[style.hair](style.hair_colour)
        self.clothes = CLOTHES[style.clothes](style.cloth, mix(skin, darker(skin, 0.3), 0.35))
        self.head, self.ears = head_layers(style.head), ear_layers(style.head)
        self.bloom = bloom_layers(style.head)
        self.beard = beard(style.hair_colour, long=style.beard == "long") if style.beard else None
        frames = style.glasses
        self.glasses = frames and glasses(frames, at=style.eyes.at, radius=0.225)
        self.rings = style.ear_rings and ear_rings(style.ear_rings)

    def paint(self, wall: np.ndarray, pose: Pose, moods: dict[str, float]) -> np.ndarray:
        """Return one frame, uint8 [H, W, 3], painted on ``wall``.

        Args:
            wall: uint8 [H, W, 3].
            pose: what the face does.
            moods: share of each emotion, for tears, sweat and blush.
        """
        head, body = head_camera(pose, wall.shape[:2]), body_camera(pose, wall.shape[:2])
        easel, style = Easel(wall, head), self.style
        self.hair.back.paint(easel, head, body)
        throat = neck(style.head, head, body, style.neck)
        easel.pixels(throat, darker(style.head.skin, 0.2))
        self._shadow(easel, pose)
        self.clothes.paint(easel, body)
        self.ears.paint(easel, head)
        if self.rings:
            self.rings.paint(easel, head)
        jaw = lips(pose, style.mouth.fullness).jaw * style.mouth.half_width
        bend = chin_bend(0.62 * jaw)
        self.head.paint(easel, head, bend=bend)
        self.bloom.paint(easel, head)
        skin_in_mood(easel, moods, style.head)
        if self.beard:
            self.beard.paint(easel, head, bend=bend)
        self._features(easel, pose)
        self.hair.front.paint(easel, head, body)
        paint_brows(easel, pose, style.brows)
        if self.glasses:
            self.glasses.paint(easel, head)
        paint_mood(easel, pose, moods)
        return easel.array()

    def _features(self, easel: Easel, pose: Pose) -> None:
        style = self.style
        paint_folds(easel, pose, style.head)
        paint_mouth(easel, pose, style.mouth)
        if style.moustache:
            self._moustache(easel, pose)
        paint_nose(easel, pose, style.head)
        paint_eyes(easel, pose, style.eyes)

    def _shadow(self, easel: Easel, pose: Pose) -> None:
        """Paint the shadow that the chin throws on the neck."""
        shade = darker(self.style.head.skin, 0.5)
        drop = 0.1 * pose["gap"]
        width = self.style.neck
        shape = curve([(-width, 0.7), (width, 0.7), (width * 0.98, 1.0 + drop),
                       (0.04, 1.2 + drop), (-width * 0.98, 0.98 + drop)], closed=True)
        with easel.through(surface=lambda points: np.full(len(points), -0.06)):
            for size in (1.0, 0.97, 0.93):
                easel.fill(shape * (size, size), shade, opacity=0.2)

    def _moustache(self, easel: Easel, pose: Pose) -> None:
        mouth, colour = self.style.mouth, self.style.hair_colour
        shape = lips(pose, mouth.fullness)
        rim = shape.upper_outer * mouth.half_width + mouth.at
        for side in (-1, 1):
            order = rim[16:] if side > 0 else rim[16::-1]
            top = np.array([(-side * 0.012, 0.475), (side * 0.12, 0.47)])
            tip = order[-1] + (side * 0.045, 0.012)
            line = np.concatenate([top, curve([(side * 0.2, 0.505), (side * 0.265, 0.55), tip])])
            outline = np.concatenate([line, order[::-1][2:] + np.array((0, 0.004))])
            easel.fill(outline, colour, lift=0.06)
            strand = curve([(side * 0.05, 0.5), (side * 0.14, 0.515), order[-4] + (0, -0.03)])
            easel.ribbon(strand, 0.02, darker(colour, 0.25), opacity=0.5, lift=0.06)
