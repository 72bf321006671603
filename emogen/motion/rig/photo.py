"""Photographed portraits: a picture and landmarks in, frames that speak and feel out."""

from dataclasses import dataclass

import numpy as np

from emogen.motion.rig.framing import frame_face
from emogen.motion.rig.landmarks import Landmarks
from emogen.motion.rig.pose import shown
from emogen.motion.rig.vector import check_size
from emogen.motion.rig.warp import Warp


@dataclass(frozen=True, kw_only=True, eq=False)
class PhotoPortrait:
    """A photograph of one face, looking at the camera.

    Attributes:
        image: uint8 [H, W, 3], RGB.
        landmarks: the face, in pixels of ``image``.
        size: (width, height) of the frames in pixels.
    """

    image: np.ndarray
    landmarks: Landmarks
    size: tuple[int, int] = (512, 512)

    def __post_init__(self) -> None:
        """Check the picture, the points and the size, and get ready to warp."""
        check_size(self.size)
        object.__setattr__(self, "_warp", Warp(*frame_face(self.image, self.landmarks, self.size)))

    @property
    def photograph(self) -> np.ndarray:
        """The part of the picture that moves, uint8 [H, W, 3], at rest."""
        return self._warp.frame

    @property
    def face(self) -> Landmarks:
        """The landmarks in pixels of `photograph`."""
        return self._warp.face

    def frame(self, row: np.ndarray, emotion: np.ndarray | None = None) -> np.ndarray:
        """Return the face of one row [K] of a track, uint8 [H, W, 3].

        Args:
            row: one value a channel.
            emotion: taken for the sake of drawn portraits; a photograph shows the row alone.
        """
        del emotion
        return self._warp(shown(row))
