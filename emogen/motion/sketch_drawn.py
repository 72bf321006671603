"""The sketch of a drawn character: its styles and a pose in, lines in fixed colours out.

The same painters that draw the character draw its sketch, with all colours exchanged.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from emogen.motion.rig.camera import Surface, face_depth, head_camera
from emogen.motion.rig.colour import Colour
from emogen.motion.rig.easel import Easel, curve, mirrored
from emogen.motion.rig.lips import Fullness, lips
from emogen.motion.rig.painted_eyes import BrowStyle, EyeStyle, paint_brows, paint_eyes
from emogen.motion.rig.painted_mouth import MouthStyle, paint_mouth
from emogen.motion.rig.pose import Pose, shown
from emogen.motion.rig.skin import HeadStyle, chin_bend, outline, outline_depth, paint_nose

OUTLINE: Colour = (60, 110, 255)
BROW: Colour = (255, 170, 30)
SCLERA: Colour = (255, 255, 255)
IRIS: Colour = (20, 170, 190)
LID: Colour = (40, 230, 90)
NOSE: Colour = (235, 225, 60)
UPPER_LIP: Colour = (255, 60, 60)
LOWER_LIP: Colour = (255, 60, 190)
LIP_LINE: Colour = (120, 0, 40)
INSIDE: Colour = (90, 10, 140)
TEETH: Colour = (230, 250, 255)
TONGUE: Colour = (190, 110, 255)
_STROKE = 0.05
_FOX_CHEEKS = (
    (0, -0.92), (0.4, -0.86), (0.74, -0.58), (0.88, -0.14), (1.08, 0.24), (0.92, 0.34),
    (0.98, 0.5), (0.74, 0.62), (0.5, 0.8), (0.24, 0.94), (0, 0.97),
)  # fmt: skip
_SCREEN = (
    (0, -0.5), (0.45, -0.5), (0.66, -0.38), (0.69, -0.1), (0.69, 0.3), (0.66, 0.58), (0.45, 0.7),
    (0, 0.7),
)  # fmt: skip
_SCREEN_DEPTH = 0.24


@dataclass(frozen=True, kw_only=True)
class DrawnFace:
    """The geometry of one character, in the head's frame.

    Attributes:
        head: outline and nose.
        eyes: both eyes.
        brows: both brows.
        mouth: the mouth.
        rim: outline of the face where it is not that of ``head``, float [N, 2].
        jaw: how far the chin follows the jaw.
        nose: whether there is one.
        surface: depth of the features.
    """

    head: HeadStyle
    eyes: EyeStyle
    brows: BrowStyle
    mouth: MouthStyle
    rim: np.ndarray | None = None
    jaw: float = 0.62
    nose: bool = True
    surface: Surface = field(default=face_depth)

    @classmethod
    def fox(cls, eyes: EyeStyle, brows: BrowStyle, mouth: MouthStyle) -> "DrawnFace":
        """Return the fox: cheeks of fur around the features that people have."""
        return cls(head=HeadStyle(nose_width=0.12, nose_length=0.34), eyes=eyes, brows=brows,
                   mouth=mouth, rim=curve(mirrored(_FOX_CHEEKS), closed=True), jaw=0.8)  # fmt: skip

    @classmethod
    def robot(cls) -> "DrawnFace":
        """Return the robot: a face of light on a flat screen."""
        return cls(
            head=HeadStyle(), nose=False, jaw=0.0,
            eyes=EyeStyle(at=(0.33, -0.02), half_width=0.15, upper=0.2, lower=0.2, tilt=0.0,
                          iris_size=0.08),
            brows=BrowStyle(y=-0.28, inner=0.17, outer=0.5, arch=0.03, width=0.05),
            mouth=MouthStyle(at=(0.0, 0.42), half_width=0.25, lift=0.0, fullness=Fullness(
                upper=0.1, lower=0.1, bow=0.0, cheer=0.1)),
            rim=curve(mirrored(_SCREEN), closed=True),
            surface=lambda points: np.full(len(points), _SCREEN_DEPTH),
        )  # fmt: skip


class DrawnSketch:
    """Sketches one drawn character.

    Args:
        face: its geometry.
        size: (width, height) of the frames in pixels.
    """

    def __init__(self, face: DrawnFace, size: tuple[int, int]) -> None:
        self.face = face
        self.paper = np.zeros((size[1], size[0], 3), np.uint8)
        self.eyes = replace(face.eyes, iris=IRIS, sclera=SCLERA, lash=LID, lid=LID, lashes=0.03,
                            wing=0.0, slit=False, bags=0.0)  # fmt: skip
        self.brows = replace(face.brows, colour=BROW)
        self.mouth = sketched_mouth(face.mouth)
        self.head = replace(face.head, skin=NOSE, blush=NOSE)
        self.rim = outline(face.head) if face.rim is None else face.rim

    def frame(self, row: np.ndarray) -> np.ndarray:
        """Return the sketch of one row [K] of a track, uint8 [H, W, 3]."""
        pose = shown(row)
        easel = Easel(self.paper, head_camera(pose, self.paper.shape[:2]))
        self._outline(easel, pose)
        with easel.through(surface=self.face.surface):
            paint_mouth(easel, pose, self.mouth)
            if self.face.nose:
                paint_nose(easel, pose, self.head)
            paint_eyes(easel, pose, self.eyes)
            paint_brows(easel, pose, self.brows)
        return easel.array()

    def _outline(self, easel: Easel, pose: Pose) -> None:
        mouth = self.face.mouth
        jaw = lips(pose, mouth.fullness).jaw * mouth.half_width
        rim = chin_bend(self.face.jaw * jaw)(self.rim)
        with easel.through(surface=outline_depth):
            easel.ribbon(np.concatenate([rim, rim[:1]]), [_STROKE, _STROKE], OUTLINE)


def sketched_mouth(style: MouthStyle) -> MouthStyle:
    """Return a mouth in the sketch's colours."""
    return replace(style, upper=UPPER_LIP, lower=LOWER_LIP, line=LIP_LINE, inside=INSIDE,
                   tongue=TONGUE, teeth=TEETH, fangs=0.0)  # fmt: skip
