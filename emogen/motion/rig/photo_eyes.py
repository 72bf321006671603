"""Lids and gaze in a photograph: pixels around an eye in, where their colour comes from out.

A lid that sinks is the skin between brow and lid, stretched, so it keeps the person's skin, crease
and lashes. Lengths are in half-widths of the eye; the eyeball stays where it is.
"""

import numpy as np

from emogen.motion.rig.landmarks import Landmarks
from emogen.motion.rig.layers import smoothstep
from emogen.motion.rig.pose import Pose

CHEEK = 1.1
"""How far below an eye its lower lid pulls at the skin."""


class PhotoEye:
    """One eye of a photograph.

    Args:
        frame: uint8 [H, W, 3].
        face: landmarks in pixels of ``frame``.
        side: "right" or "left", the person's own.
    """

    def __init__(self, frame: np.ndarray, face: Landmarks, side: str) -> None:
        self.side = side
        ends = [face.at(f"eye_{side}_outer"), face.at(f"eye_{side}_inner")]
        if side == "left":
            ends.reverse()
        along = ends[1] - ends[0]
        self.unit = float(np.linalg.norm(along) / 2)
        along = along / np.linalg.norm(along)
        self.axes = np.array([along, (-along[1], along[0])])
        self.centre = (ends[0] + ends[1]) / 2
        self.upper = min(self.local(face.at(f"eye_{side}_top"))[1], -0.15)
        self.lower = max(self.local(face.at(f"eye_{side}_bottom"))[1], 0.08)
        brow = self.local(face.at(f"brow_{side}_middle"))[1]
        self.fold = float(np.clip(0.72 * -brow, -self.upper + 0.18, 1.3))
        self.cheek = CHEEK
        self.box = (-1.02, 1.02, -self.fold - 0.02, self.cheek + 0.02)
        self.skin = self._skin(frame)

    def local(self, points: np.ndarray) -> np.ndarray:
        """Return pixels [..., 2] in the eye's frame."""
        return (points - self.centre.astype(points.dtype)) @ (
            self.axes.T / self.unit
        ).astype(points.dtype)

    def _skin(self, frame: np.ndarray) -> np.ndarray:
        """Return the colour of a shut lid, float [3]: the lid's own and the cheek's below it.

        The socket alone is too grey: most of what is seen of it at rest lies in the brow's shadow.
        """
        heights = np.linspace(0.5 * (self.upper - self.fold), -self.fold, 5)
        lid = self._tone(frame, heights)
        cheek = self._tone(frame, np.linspace(self.lower + 0.5, self.lower + 0.9, 5))
        return 0.35 * lid + 0.63 * cheek

    def _tone(self, frame: np.ndarray, heights: np.ndarray) -> np.ndarray:
        """Return the middle colour of a strip at heights of the eye's frame, float [3]."""
        spots = np.stack(np.meshgrid(np.linspace(-0.5, 0.5, 7), heights), axis=-1).reshape(-1, 2)
        pixels = (spots * self.unit) @ self.axes + self.centre
        pixels = np.clip(pixels.round().astype(int), 0, np.array(frame.shape[1::-1]) - 1)
        return np.median(frame[pixels[:, 1], pixels[:, 0]].astype(float), axis=0)

    def lids(self, pose: Pose) -> tuple[float, float, float]:
        """Return the heights of upper and lower lid in the middle, and how much it is shut."""
        blink = pose[f"AU45_{self.side}"]
        wide = 1 + 0.4 * pose["AU5"] - 0.2 * pose["AU7"] - 0.5 * pose["AU43"] - 0.08 * pose["AU6"]
        raised = 1 - 0.3 * pose["AU7"] - 0.45 * pose["AU6"] - 0.1 * pose["AU43"]
        meet = 0.8 * self.lower
        upper = self.upper * wide
        lower = self.lower * raised
        return upper + (meet - upper) * blink, lower + (meet - lower) * blink, blink

    def sources(self, local: np.ndarray, pose: Pose) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return where colours come from.

        Args:
            local: float [h, w, 2], the pixels' positions in the eye's frame.
            pose: what lids and gaze do.

        Returns:
            float [h, w, 2], what is added to the position, in half-widths; float [h, w], the share
            of the lid's colour; float [h, w], a factor for lashes.
        """
        upper, lower, blink = self.lids(pose)
        x, y = local[..., 0], local[..., 1]
        hump = np.maximum(1 - x**2, 0)
        arch, bowl = hump**0.7, hump**0.8
        old_top, old_low = self.upper * arch, self.lower * bowl
        new_top, new_low = upper * arch, lower * bowl
        if blink > 0:  # shut lids meet on one line
            new_top = new_top * (1 - blink) + blink * np.minimum(new_low, 0.8 * self.lower * bowl)
        new_top = np.minimum(new_top, new_low)
        over = (y + self.fold) * (old_top + self.fold) / (new_top + self.fold) - self.fold
        under = self.cheek - (self.cheek - y) * (self.cheek - old_low) / (self.cheek - new_low)
        opened = np.where(new_top < old_top, _between(y, new_top, new_low, old_top, old_low), y)
        source = np.where(y < new_top, over, np.where(y > new_low, under, opened))
        source = np.where((y < -self.fold) | (y > self.cheek), y, source)
        shift = np.zeros_like(local)
        shift[..., 1] = source - y
        ball = (y >= new_top) & (y <= new_low)
        look = smoothstep(hump, 0.0, 0.8) * ball
        shift[..., 0] -= 0.3 * pose["gaze_x"] * look
        shift[..., 1] -= 0.14 * pose["gaze_y"] * look
        sunk = np.maximum(new_top - old_top, 0)
        veil = smoothstep(sunk, 0.05, 0.5) * (y < new_top) * smoothstep(y - old_top, -0.25, 0.1)
        line = np.exp(-(((y - new_top) / 0.075) ** 2)) * smoothstep(hump, 0.0, 0.4)
        lashes = 1 - 0.36 * line * smoothstep(sunk, 0.1, 0.5)
        return shift, 0.5 * veil, lashes


def _between(
    y: np.ndarray, top: np.ndarray, low: np.ndarray, old_top: np.ndarray, old_low: np.ndarray
) -> np.ndarray:
    """Return heights between two curves, stretched to lie between two others."""
    share = (y - top) / np.maximum(low - top, 1e-3)
    return old_top + share * (old_low - old_top)
