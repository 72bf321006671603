"""A portrait seen from near: any portrait of the rig in, one whose face fills the frame out."""

from dataclasses import dataclass, replace

import numpy as np

from emogen.errors import InputError
from emogen.motion.rig.camera import HEAD_AT
from emogen.motion.rig.photo import PhotoPortrait
from emogen.motion.rig.vector import VectorPortrait
from emogen.motion.strangers import Stranger

Resizable = VectorPortrait | PhotoPortrait | Stranger
ZOOM = 1.4
"""How much larger a face is drawn than in the rig's own framing."""
_BELOW = 0.023
"""How far the middle of the cut lies below the middle of the head, in frame heights."""


@dataclass(frozen=True, kw_only=True)
class CloseUp:
    """A cut out of a larger portrait; it is drawn like any portrait.

    Attributes:
        portrait: what it is cut out of.
        left: first column of the cut.
        top: first row of the cut.
        size: (width, height) of the frames in pixels.
    """

    portrait: Resizable
    left: int
    top: int
    size: tuple[int, int]

    def __post_init__(self) -> None:
        """Check that the cut lies in the portrait."""
        (width, height), (across, down) = self.portrait.size, self.size
        inside = 0 <= self.left <= width - across and 0 <= self.top <= height - down
        if not inside:
            raise InputError(
                f"expected a cut inside the portrait of {width}x{height} pixels, got"
                f" {across}x{down} from {self.left},{self.top}"
            )

    def frame(self, row: np.ndarray, emotion: np.ndarray | None = None) -> np.ndarray:
        """Return the face of one row [K] of a track, uint8 [H, W, 3]."""
        return self.cut(self.portrait.frame(row, emotion))

    def cut(self, frame: np.ndarray) -> np.ndarray:
        """Return the cut's part of a frame of the portrait's size, uint8 [H, W, 3]."""
        width, height = self.size
        return frame[self.top : self.top + height, self.left : self.left + width]


def close_up(
    portrait: Resizable,
    *,
    size: tuple[int, int] = (128, 128),
    zoom: float = ZOOM,
    shift: tuple[float, float] = (0.0, 0.0),
) -> CloseUp:
    """Return a portrait in which the face fills the frame.

    Args:
        portrait: who; its own size does not matter.
        size: (width, height) of the frames in pixels.
        zoom: 1 is the rig's framing of head and chest, 1.4 a face from hair to chin.
        shift: how far the cut lies right of and below the head, in frame widths and heights; it
            stops at the border of the larger picture.

    Raises:
        InputError: ``zoom`` is below 1 or above 2.

    >>> close_up(VectorPortrait(character="fox"), zoom=1.5).portrait.size
    (192, 192)
    """
    if not 1 <= zoom <= 2:
        raise InputError(f"expected a zoom of 1 to 2, got {zoom:g}")
    large = tuple(round(side * zoom) for side in size)
    whole = replace(portrait, size=large)
    below = (HEAD_AT[0], HEAD_AT[1] + _BELOW)
    left, top = (
        int(np.clip(round(at * big - side / 2 + far * side), 0, big - side))
        for at, big, side, far in zip(below, large, size, shift, strict=True)
    )
    return CloseUp(portrait=whole, left=left, top=top, size=size)
