"""Where a point of the head or the body is seen: a pose and a picture size in, pixels out.

The head's frame: x to the picture's right, y down, z towards the viewer; the chin is near y = 1,
the crown near y = -1, so a head is about two units high. The head turns about the neck; the body
stays and only breathes. Depth makes the near parts move more than the far ones (parallax).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from emogen.motion.rig.pose import Pose

HEAD_AT = (0.5, 0.475)
"""Where the head's origin is seen, as shares of the picture."""
HEAD_SIZE = 0.29
"""One unit of the head's frame, as a share of the shorter side."""
_PIVOT = np.array([0.0, 0.95, -0.25])
_DISTANCE = 9.0
_FACE_HEIGHT = 2.0

Surface = Callable[[np.ndarray], np.ndarray]


def face_depth(points: np.ndarray) -> np.ndarray:
    """Return the depth [N] of points [N, 2] on the front of the head.

    >>> face_depth(np.array([[0.0, 0.0], [2.0, 0.0]])).tolist()
    [0.62, 0.0]
    """
    inside = 1 - (points[:, 0] / 0.95) ** 2 - (points[:, 1] / 1.35) ** 2
    return 0.62 * np.sqrt(np.maximum(inside, 0))


def flat(points: np.ndarray) -> np.ndarray:
    """Return zero depth for points [N, 2]."""
    return np.zeros(len(points))


@dataclass(frozen=True, kw_only=True)
class Camera:
    """An affine turn with weak perspective.

    Attributes:
        matrix: float [3, 3], what turns and scales.
        pivot: the point that it turns about.
        origin: where the frame's origin is seen, pixels.
        unit: pixels of one unit.
    """

    matrix: np.ndarray
    pivot: np.ndarray
    origin: np.ndarray
    unit: float

    def see(self, points: np.ndarray, depth: np.ndarray) -> np.ndarray:
        """Return pixels [N, 2] of points [N, 2] with depth [N]."""
        moved = (points - self.pivot[:2]) @ self.matrix[:, :2].T
        moved += (depth - self.pivot[2])[:, None] * self.matrix[:, 2]
        near = self.unit / (1 - moved[:, 2:] / _DISTANCE)
        return moved[:, :2] * near + (self.pivot[:2] * self.unit + self.origin)


def head_camera(pose: Pose, size: tuple[int, int]) -> Camera:
    """Return how the head is seen in a picture of (height, width).

    Large angles saturate: a drawn face has no back, so it turns to about 26 and nods to 18 degrees.
    """
    height, width = size
    unit = HEAD_SIZE * min(size)
    yaw = np.radians(27 * np.tanh(pose["head_yaw"] / 27))
    pitch = np.radians(20 * np.tanh(pose["head_pitch"] / 20))
    roll = np.radians(pose["head_roll"])
    turn = _about_z(roll) @ _about_x(pitch) @ _about_y(yaw) * (1 + pose["head_scale"])
    shift = np.array([pose["head_x"], pose["head_y"] - 0.008 * pose["shoulder"]])
    origin = np.array([HEAD_AT[0] * width, HEAD_AT[1] * height]) + shift * _FACE_HEIGHT * unit
    return Camera(matrix=turn, pivot=_PIVOT, origin=origin, unit=unit)


def body_camera(pose: Pose, size: tuple[int, int]) -> Camera:
    """Return how the body is seen: it follows the head a little and breathes."""
    height, width = size
    unit = HEAD_SIZE * min(size)
    near = 1 + 0.4 * pose["head_scale"]
    follow = np.array([0.3 * pose["head_x"], 0.3 * pose["head_y"] - 0.018 * pose["shoulder"]])
    origin = np.array([HEAD_AT[0] * width, HEAD_AT[1] * height]) + follow * _FACE_HEIGHT * unit
    return Camera(matrix=np.eye(3) * near, pivot=np.zeros(3), origin=origin, unit=unit)


def _about_x(angle: float) -> np.ndarray:
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[1, 0, 0], [0, cos, sin], [0, -sin, cos]])


def _about_y(angle: float) -> np.ndarray:
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])


def _about_z(angle: float) -> np.ndarray:
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
