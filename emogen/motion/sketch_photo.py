"""The sketch of a photograph: its landmarks and a pose in, lines in fixed colours out.

Points go forward where the photograph's pixels go backward (`emogen.motion.rig.warp`): lids and
lips move in the freed face, brows, nose and rim with the face's field, all of it with the head's.
"""

import numpy as np

from emogen.motion.rig.camera import Camera, flat
from emogen.motion.rig.easel import CIRCLE, Easel, curve, ribbon
from emogen.motion.rig.painted_mouth import MouthStyle, paint_mouth
from emogen.motion.rig.photo import PhotoPortrait
from emogen.motion.rig.photo_eyes import PhotoEye
from emogen.motion.rig.pose import Pose, shown
from emogen.motion.rig.warp import Warp, softened
from emogen.motion.sketch_drawn import (
    BROW,
    IRIS,
    LID,
    NOSE,
    OUTLINE,
    SCLERA,
    sketched_mouth,
)

RIM = ("forehead", "temple_left", "jaw_left", "chin", "jaw_right", "temple_right")
"""Landmarks along the rim of the face."""
_SPAN = np.linspace(-1, 1, 17)
_ROUNDS = 4
_IRIS_SIZE = 0.5
LINES = {"rim": 0.022, "brow": 0.03, "lid": 0.014, "nose": 0.014}
"""Widths of lines, in face heights."""


class PhotoSketch:
    """Sketches one photograph.

    Args:
        portrait: the photograph.
    """

    def __init__(self, portrait: PhotoPortrait) -> None:
        self.warp = Warp(portrait.photograph, portrait.face)
        self.face = portrait.face
        self.paper = np.zeros_like(portrait.photograph)
        self.rim = curve([self.face.at(name) for name in RIM], closed=True)
        self.brows = [
            curve([self.face.at(f"brow_{side}_{part}") for part in ("inner", "middle", "outer")])
            for side in ("right", "left")
        ]
        self.nose = curve([self.face.at(f"nose_{part}") for part in ("right", "tip", "left")])
        self.mouth = sketched_mouth(
            MouthStyle(at=(0.0, 0.0), half_width=1.0, fullness=self.warp.mouth.fullness, lift=0.0)
        )

    def frame(self, row: np.ndarray) -> np.ndarray:
        """Return the sketch of one row [K] of a track, uint8 [H, W, 3]."""
        pose = softened(shown(row))
        head = self.warp.head_field.displacement(pose)
        easel = Easel(self.paper, flat_camera(np.zeros(2), np.eye(2)))
        self._line(easel, np.concatenate([self.rim, self.rim[:1]]), "rim", OUTLINE, pose, head)
        with easel.through(camera=self._mouth_camera(head), surface=flat):
            paint_mouth(easel, pose, self.mouth)
        self._line(easel, self.nose, "nose", NOSE, pose, head)
        for eye in self.warp.eyes:
            self._eye(easel, eye, pose, head)
        for brow in self.brows:
            self._line(easel, brow, "brow", BROW, pose, head)
        return easel.array()

    def _line(
        self, easel: Easel, rest: np.ndarray, kind: str, colour: tuple[int, int, int], pose: Pose,
        head: np.ndarray,
    ) -> None:  # fmt: skip
        """Draw points of the photograph at rest [N, 2] as a line where the pose takes them."""
        freed = rest
        for _ in range(_ROUNDS):
            freed = rest + self.warp.face_field.at(freed, pose)
        width = LINES[kind] * self.face.face_height
        easel.pixels(ribbon(self._seen(freed, head), [width, width]), colour)

    def _eye(self, easel: Easel, eye: PhotoEye, pose: Pose, head: np.ndarray) -> None:
        upper, lower, blink = eye.lids(pose)
        hump = np.maximum(1 - _SPAN**2, 0)
        top, low = upper * hump**0.7, lower * hump**0.8
        meet = np.minimum(low, 0.8 * eye.lower * hump**0.8)
        top = np.minimum(top * (1 - blink) + blink * meet, low)

        def placed(x: np.ndarray, y: np.ndarray) -> np.ndarray:
            local = np.stack([x, y], axis=1)
            return self._seen((local * eye.unit) @ eye.axes + eye.centre, head)

        if (low - top).max() > 0.06:
            rim = placed(np.concatenate([_SPAN, _SPAN[::-1]]), np.concatenate([top, low[::-1]]))
            easel.pixels(rim, SCLERA)
            centre = (0.3 * pose["gaze_x"], 0.35 * (eye.upper + eye.lower) + 0.14 * pose["gaze_y"])
            for size, colour in ((_IRIS_SIZE, IRIS), (0.46 * _IRIS_SIZE, (20, 14, 18))):
                x, y = (CIRCLE * size + centre).T
                y = np.clip(y, np.interp(x, _SPAN, top), np.interp(x, _SPAN, low))
                easel.pixels(placed(x.clip(-1, 1), y), colour)
        width = LINES["lid"] * self.face.face_height
        for line, share in ((low, 0.5), (top, 1.0)):
            easel.pixels(ribbon(placed(_SPAN, line), [share * width, share * width]), LID)

    def _mouth_camera(self, head: np.ndarray) -> Camera:
        """Return how the mouth's frame is seen: the head's field is close to affine there."""
        mouth = self.warp.mouth
        corners = np.array([(-1.0, 0.0), (1.0, 0.0), (0.0, 0.0), (0.0, 1.0)])
        seen = self._seen((corners * mouth.unit) @ mouth.axes + mouth.centre, head)
        axes = np.array([(seen[1] - seen[0]) / 2, seen[3] - seen[2]])
        return flat_camera(seen[:2].mean(axis=0), axes)

    def _seen(self, freed: np.ndarray, head: np.ndarray) -> np.ndarray:
        """Return where the head takes points [N, 2] of the freed face."""
        seen = freed
        for _ in range(_ROUNDS):
            seen = freed + self._looked_up(head, seen)
        return seen

    def _looked_up(self, field: np.ndarray, pixels: np.ndarray) -> np.ndarray:
        """Return a coarse field [Gh, Gw, 2] at pixels [N, 2]."""
        knots = np.array(field.shape[1::-1])
        place = pixels / (self.warp.width - 1, self.warp.height - 1) * (knots - 1)
        place = np.clip(place, 0, knots - 1.001)
        low = place.astype(int)
        (x, y), share = low.T, place - low
        across, down = share[:, :1], share[:, 1:]
        above = field[y, x] * (1 - across) + field[y, x + 1] * across
        below = field[y + 1, x] * (1 - across) + field[y + 1, x + 1] * across
        return above * (1 - down) + below * down


def flat_camera(origin: np.ndarray, axes: np.ndarray) -> Camera:
    """Return a camera that lays a flat frame into the picture; ``axes`` are its rows in pixels."""
    matrix = np.zeros((3, 3))
    matrix[:2, :2] = axes.T
    return Camera(matrix=matrix, pivot=np.zeros(3), origin=origin, unit=1.0)
