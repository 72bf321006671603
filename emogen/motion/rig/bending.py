"""How a photographed head moves: a pose in, smooth displacements on a coarse grid out.

Two fields, both backward (where a pixel's colour comes from) and in pixels. The head's field turns,
tilts and shifts head and hair, and fades out before shoulders and picture border, which stay
still. The face's field moves brows, cheeks, nose, chin and the corners of the mouth; it is
the interpolant of compactly supported Wendland functions through the moved landmarks (Wendland
1995, Advances in Computational Mathematics 4), smooth everywhere, without triangles.
"""

from dataclasses import dataclass

import numpy as np

from emogen.motion.rig.landmarks import Landmarks
from emogen.motion.rig.layers import smoothstep
from emogen.motion.rig.lips import Fullness, corners, lips
from emogen.motion.rig.pose import Pose

SPACING = 8
"""Pixels between neighbours of the coarse grid."""
YAW, PITCH, ROLL = 13.0, 9.0, 9.0
"""Degrees at which a photograph's turns saturate: it has no sides."""
_SHIFT, _SCALE = 0.08, 0.08
_STEEPEST = 0.75
_REACH = 0.5
_STILL = (
    "forehead", "temple_right", "temple_left", "eye_right_outer", "eye_right_inner",
    "eye_right_top", "eye_right_bottom", "eye_left_inner", "eye_left_outer", "eye_left_top",
    "eye_left_bottom",
)  # fmt: skip
_MOVING = (
    "brow_right_outer", "brow_right_middle", "brow_right_inner", "brow_left_inner",
    "brow_left_middle", "brow_left_outer", "nose_tip", "nose_right", "nose_left", "mouth_right",
    "mouth_left", "chin", "jaw_right", "jaw_left",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Measures:
    """The sizes of a face in pixels.

    Attributes:
        height: hairline to chin.
        eyes: between the middles of the eyes.
        mouth: half the width of the mouth.
        middle: centre of the face.
    """

    height: float
    eyes: float
    mouth: float
    middle: np.ndarray


def measure(face: Landmarks) -> Measures:
    """Return a face's sizes."""
    right = (face.at("eye_right_outer") + face.at("eye_right_inner")) / 2
    left = (face.at("eye_left_outer") + face.at("eye_left_inner")) / 2
    return Measures(
        height=face.face_height,
        eyes=float(np.linalg.norm(left - right)),
        mouth=float(np.linalg.norm(face.at("mouth_left") - face.at("mouth_right")) / 2),
        middle=(face.at("forehead") + face.at("chin")) / 2,
    )


def coarse_grid(size: tuple[int, int]) -> np.ndarray:
    """Return the coarse grid's pixels, float32 [Gh, Gw, 2], its corners on the frame's corners."""
    width, height = size
    columns, rows = max(2, round(width / SPACING) + 1), max(2, round(height / SPACING) + 1)
    x, y = np.linspace(0, width - 1, columns), np.linspace(0, height - 1, rows)
    return np.stack(np.meshgrid(x, y), axis=-1).astype(np.float32)


class HeadField:
    """Displacement by turns, tilts and shifts of the head."""

    def __init__(self, face: Landmarks, size: tuple[int, int]) -> None:
        self.measures = measure(face)
        self.grid = coarse_grid(size)
        self.neck = face.at("chin") + np.array((0, 0.05 * self.measures.height))
        self.share = self._share(face, size)[..., None]
        offset = (self.grid - self.measures.middle) / self.measures.height
        inside = 1 - (offset[..., 0] / 0.62) ** 2 - (offset[..., 1] / 0.85) ** 2
        self.depth = 0.42 * self.measures.height * np.sqrt(np.maximum(inside, 0)) + 0.0
        self.depth -= 0.1 * self.measures.height

    def _share(self, face: Landmarks, size: tuple[int, int]) -> np.ndarray:
        """Return how much of the head's motion a pixel takes part in, [Gh, Gw] in [0, 1]."""
        height, chin = self.measures.height, face.at("chin")
        offset = (self.grid - (self.measures.middle - (0, 0.12 * height))) / height
        radius = np.hypot(offset[..., 0] / 0.72, offset[..., 1] / 0.82)
        head = 1 - smoothstep(radius, 0.95, 1.75)
        neck = 1 - smoothstep((self.grid[..., 1] - chin[1]) / height, 0.0, 0.42)
        edge = np.minimum(self.grid, np.array(size) - 1 - self.grid)
        border = smoothstep(edge.min(axis=-1) / min(size), 0.0, 0.2)
        return np.minimum(head, border) * neck

    def displacement(self, pose: Pose) -> np.ndarray:
        """Return float32 [Gh, Gw, 2], what is taken off a pixel to find its colour."""
        yaw = np.radians(YAW * np.tanh(pose["head_yaw"] / YAW))
        pitch = np.radians(PITCH * np.tanh(pose["head_pitch"] / PITCH))
        roll = np.radians(ROLL * np.tanh(pose["head_roll"] / ROLL))
        scale = _SCALE * np.tanh(pose["head_scale"] / _SCALE)
        height = self.measures.height
        shift = _SHIFT * np.tanh(np.array([pose["head_x"], pose["head_y"]]) / _SHIFT) * height
        around = self.grid - self.neck
        cos, sin = np.cos(roll) * (1 + scale), np.sin(roll) * (1 + scale)
        turned = around @ np.array([[cos, sin], [-sin, cos]])
        moved = turned - around + shift
        middle = self.grid - self.measures.middle
        moved[..., 0] += np.sin(yaw) * self.depth + (np.cos(yaw) - 1) * middle[..., 0]
        moved[..., 1] += np.sin(pitch) * self.depth + (np.cos(pitch) - 1) * middle[..., 1]
        return _unfolded((moved * self.share).astype(np.float32))


class FaceField:
    """Displacement by brows, cheeks, nose, jaw and the corners of the mouth."""

    def __init__(self, face: Landmarks, size: tuple[int, int], fullness: Fullness) -> None:
        self.measures, self.fullness = measure(face), fullness
        self.grid = coarse_grid(size)
        self.frame = mouth_axes(face)
        self.brow_room = _brow_room(face, self.measures.eyes)
        height = self.measures.height
        cheeks = [
            face.at(f"eye_{side}_bottom") + np.array((sign * 0.04 * height, 0.13 * height))
            for sign, side in ((-1, "right"), (1, "left"))
        ]
        below = face.at("chin") + np.array((0, 0.3 * height))
        sides = [face.at(f"jaw_{side}") + np.array((sign * 0.22 * height, 0.02 * height))
                 for sign, side in ((-1, "right"), (1, "left"))]  # fmt: skip
        self.moving = np.array([*(face.at(name) for name in _MOVING), *cheeks])
        centres = np.array([*self.moving, *(face.at(name) for name in _STILL), below, *sides])
        weights = np.linalg.inv(self._kernel(centres, centres))[:, : len(self.moving)]
        basis = self._kernel(self.grid.reshape(-1, 2), centres) @ weights
        self.basis = basis.astype(np.float32)  # (G, N): pixels a pixel of each moving point
        self.centres, self.weights = centres, weights

    def _kernel(self, points: np.ndarray, centres: np.ndarray) -> np.ndarray:
        distance = np.linalg.norm(points[:, None] - centres[None], axis=-1)
        near = np.clip(1 - distance / (_REACH * self.measures.height), 0, 1)
        return near**4 * (5 - 4 * near)

    def displacement(self, pose: Pose) -> np.ndarray:
        """Return float32 [Gh, Gw, 2], what is taken off a pixel to find its colour."""
        moved = self.moves(pose).astype(np.float32)
        field = np.einsum("gn,nc->gc", self.basis, moved)  # no BLAS: its threads would wait busily
        return field.reshape(self.grid.shape)

    def at(self, points: np.ndarray, pose: Pose) -> np.ndarray:
        """Return the displacement at points [N, 2] in pixels, float [N, 2]."""
        return self._kernel(points, self.centres) @ (self.weights @ self.moves(pose))

    def moves(self, pose: Pose) -> np.ndarray:
        """Return how far each moving landmark goes, float [N, 2] pixels."""
        eyes, mouth = self.measures.eyes, self.measures.mouth
        right, left = (corners(pose) - [(-1, 0), (1, 0)]) @ self.frame * mouth
        jaw = lips(pose, self.fullness).jaw * mouth
        outer, middle, inner = _brows(pose) * (1.0, self.brow_room)
        nose = -0.07 * pose["AU9"] - 0.02 * pose["AU10"]
        cheek = [
            -0.09 * pose["AU6"] - 0.07 * pose[f"AU12_{side}"] - 0.03 * pose["AU9"]
            for side in ("right", "left")
        ]
        flip = np.array([-1, 1])
        rows = [
            flip * outer * eyes, flip * middle * eyes, flip * inner * eyes,
            inner * eyes, middle * eyes, outer * eyes,
            (0, 0.6 * nose * eyes), (-0.03 * pose["AU9"] * eyes, nose * eyes),
            (0.03 * pose["AU9"] * eyes, nose * eyes), right, left,
            (0, 0.8 * jaw - 0.08 * pose["AU17"] * mouth), (0.03 * jaw, 0.3 * jaw),
            (-0.03 * jaw, 0.3 * jaw), (0, cheek[0] * eyes), (0, cheek[1] * eyes),
        ]  # fmt: skip
        return np.array(rows, dtype=float)


def _unfolded(field: np.ndarray) -> np.ndarray:
    """Return a field, scaled down where it is so steep that the picture would fold over."""
    steepest = max(float(np.diff(field[..., axis], axis=1 - axis).max()) for axis in (0, 1))
    return field * min(1.0, _STEEPEST * SPACING / max(steepest, 1e-6))


def mouth_axes(face: Landmarks) -> np.ndarray:
    """Return the mouth's axes as rows, float [2, 2]: along its corners, and down."""
    along = face.at("mouth_left") - face.at("mouth_right")
    along = along / np.linalg.norm(along)
    return np.array([along, (-along[1], along[0])])


def _brow_room(face: Landmarks, eyes: float) -> float:
    """Return the share of the brows' way that the skin between brows and lids can take.

    Low brows leave a few rows of pixels there, which a full raise would stretch into stripes.
    """
    room = min(
        face.at(f"eye_{side}_top")[1] - face.at(f"brow_{side}_middle")[1]
        for side in ("right", "left")
    )
    return float(np.clip(0.5 * room / (0.14 * eyes), 0.3, 1.0))


def _brows(pose: Pose) -> np.ndarray:
    """Return how the left brow's outer, middle and inner point move, in eye distances."""
    up_inner, up_outer = pose["AU1"], pose["AU2"]
    frown = pose["AU4"] * (1 - 0.7 * up_inner)
    together = -0.055 * pose["AU4"]
    return np.array([
        (0.0, -0.17 * up_outer + 0.04 * frown + 0.02 * pose["AU4"] * up_inner),
        (0.4 * together, -0.09 * up_inner - 0.1 * up_outer + 0.09 * frown),
        (together, -0.19 * up_inner - 0.03 * up_outer + 0.13 * frown + 0.03 * pose["AU9"]),
    ])  # fmt: skip
