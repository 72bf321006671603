"""One photograph warped by a pose: coarse fields, lids and lips in, pixels out.

The order is backward: a pixel of the result is first freed of the head's motion, then of the
face's, then eyelids and lips say where in the photograph its colour lies.
"""

from functools import cached_property

import numpy as np
import torch
from torch.nn import functional

from emogen.motion.rig.bending import FaceField, HeadField
from emogen.motion.rig.landmarks import Landmarks
from emogen.motion.rig.photo_eyes import PhotoEye
from emogen.motion.rig.photo_mouth import BOX as MOUTH_BOX
from emogen.motion.rig.photo_mouth import PhotoMouth, Sources
from emogen.motion.rig.pose import Pose

Area = tuple[slice, slice]
SOFTENED = {
    "AU1": 0.75, "AU2": 0.7, "AU4": 0.9, "AU5": 0.45, "AU9": 0.8, "AU10": 0.5, "AU12_left": 0.85,
    "AU12_right": 0.85, "AU15": 0.65, "AU17": 0.45, "AU18": 0.8, "AU20": 0.8,
}  # fmt: skip
"""Shares of units that a photograph can take: bent skin folds and stretches less than drawn."""


def softened(pose: Pose) -> Pose:
    """Return a pose as a photograph can take it."""
    return {name: value * SOFTENED.get(name, 1.0) for name, value in pose.items()}


class Warp:
    """Warps one framed photograph.

    Args:
        frame: uint8 [H, W, 3].
        face: landmarks in its pixels.
    """

    def __init__(self, frame: np.ndarray, face: Landmarks) -> None:
        self.frame, self.face = frame, face
        self.height, self.width = frame.shape[:2]
        size = (self.width, self.height)
        self._scale = np.array([2 / self.width, 2 / self.height], np.float32)
        self.mouth = PhotoMouth(frame, face)
        self.eyes = [PhotoEye(frame, face, side) for side in ("right", "left")]
        self.head_field = HeadField(face, size)
        self.face_field = FaceField(face, size, self.mouth.fullness)

    @cached_property
    def _picture(self) -> torch.Tensor:
        pixels = torch.from_numpy(self.frame.astype(np.float32))
        return pixels.permute(2, 0, 1)[None].contiguous()  # (1, 3, H, W)

    def __call__(self, pose: Pose) -> np.ndarray:
        """Return the photograph in a pose, uint8 [H, W, 3]."""
        pose = softened(pose)
        head = self.head_field.displacement(pose)
        freed = self.head_field.grid - head
        where = freed - self._at(self.face_field.displacement(pose), freed)
        where = self._fine((where + np.float32(0.5)) * self._scale - 1)  # as grid_sample counts
        painted = []
        for eye in self.eyes:
            area = self._box(eye, eye.box, head)
            painted.append((area, self._move_eye(where, freed, eye, area, pose)))
        box = self._box(self.mouth, MOUTH_BOX, head)
        inside = self._move_mouth(where, freed, box, pose)
        picture = self._sample(where)
        for (area, (veil, lashes)), eye in zip(painted, self.eyes, strict=True):
            for patch, tone in zip(picture[:, *area], eye.skin, strict=True):
                patch += (tone - patch) * veil
                patch *= lashes
        if inside is not None:
            for channel, patch in enumerate(picture[:, *box][:, *inside.opening]):
                patch += (inside.paint[..., channel] - patch) * inside.share
        return _pixels(picture)

    def _move_eye(
        self, where: np.ndarray, freed: np.ndarray, eye: PhotoEye, area: Area, pose: Pose
    ) -> tuple[np.ndarray, np.ndarray]:
        """Move one eye's lids and gaze in ``where``; return the lid's veil and the lashes."""
        local = eye.local(self._within(freed, area))
        shift, veil, lashes = eye.sources(local, pose)
        where[:, *area] += np.moveaxis((shift * eye.unit) @ (eye.axes * self._scale), -1, 0)
        return veil, lashes

    def _move_mouth(
        self, where: np.ndarray, freed: np.ndarray, area: Area, pose: Pose
    ) -> Sources | None:
        """Move the lips in ``where``; return what is painted between them, if they are open."""
        mouth = self.mouth
        local = mouth.local(self._within(freed, area))
        shape = mouth.shape(pose)
        curves = np.stack([shape.upper_inner, shape.lower_inner], axis=1)  # (33, 2, 2)
        pixels = (curves * mouth.unit) @ mouth.axes + mouth.centre
        taken = self.face_field.at(pixels.reshape(-1, 2), pose).reshape(curves.shape)
        sources = mouth.sources(local, pose, shape, (taken @ mouth.axes.T) / mouth.unit)
        shift = (sources.shift * mouth.unit) @ (mouth.axes * self._scale)
        where[:, *area] += np.moveaxis(shift, -1, 0)
        return sources if shape.gap > 0.004 else None

    def _sample(self, where: np.ndarray) -> np.ndarray:
        """Return the photograph's colours at places [2, H, W] in [-1, 1], float32 [3, H, W]."""
        grid = np.empty((1, self.height, self.width, 2), np.float32)
        grid[0, ..., 0], grid[0, ..., 1] = where
        sampled = functional.grid_sample(
            self._picture, torch.from_numpy(grid), padding_mode="border", align_corners=False
        )
        return sampled[0].numpy()

    def _at(self, field: np.ndarray, where: np.ndarray) -> np.ndarray:
        """Return a coarse field at other places than its grid's, [Gh, Gw, 2]."""
        scale = np.array([2 / (self.width - 1), 2 / (self.height - 1)], np.float32)
        grid = torch.from_numpy(where * scale - 1)[None]
        values = torch.from_numpy(field).permute(2, 0, 1)[None]
        moved = functional.grid_sample(values, grid, padding_mode="border", align_corners=True)
        return moved[0].permute(1, 2, 0).numpy()

    def _fine(self, coarse: np.ndarray) -> np.ndarray:
        """Return a coarse field [Gh, Gw, 2] on every pixel, float32 [2, H, W]."""
        values = torch.from_numpy(np.ascontiguousarray(np.moveaxis(coarse, -1, 0)))[None]
        full = functional.interpolate(
            values, size=(self.height, self.width), mode="bilinear", align_corners=True
        )
        return full[0].numpy()

    def _within(self, coarse: np.ndarray, area: Area) -> np.ndarray:
        """Return a coarse field [Gh, Gw, 2] on the pixels of an area, float32 [h, w, 2]."""
        field = coarse
        for axis, (span, count) in enumerate(zip(area, (self.height, self.width), strict=True)):
            knots = coarse.shape[axis]
            place = np.arange(span.start, span.stop) * ((knots - 1) / (count - 1))
            low = np.minimum(place.astype(np.intp), knots - 2)
            share = (place - low).astype(np.float32)[:, None, None]
            field = np.moveaxis(field, axis, 0)
            field = np.moveaxis(field[low] * (1 - share) + field[low + 1] * share, 0, axis)
        return field

    def _box(
        self, part: PhotoMouth | PhotoEye, box: tuple[float, float, float, float],
        head: np.ndarray,
    ) -> tuple[slice, slice]:  # fmt: skip
        """Return the pixels that a part may move, where the head has taken it."""
        left, right, top, bottom = box
        corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
        pixels = corners * part.unit @ part.axes + part.centre
        pixels = np.concatenate([pixels + self._near(head, corner) for corner in pixels])
        low = np.floor(pixels.min(axis=0)).astype(int) - 2
        high = np.ceil(pixels.max(axis=0)).astype(int) + 3
        low, high = np.maximum(low, 0), np.minimum(high, (self.width, self.height))
        return slice(low[1], high[1]), slice(low[0], high[0])

    def _near(self, field: np.ndarray, pixel: np.ndarray) -> np.ndarray:
        rows, columns = field.shape[:2]
        x = round(float(np.clip(pixel[0] / (self.width - 1), 0, 1)) * (columns - 1))
        y = round(float(np.clip(pixel[1] / (self.height - 1), 0, 1)) * (rows - 1))
        return field[y, x][None]


def _pixels(picture: np.ndarray) -> np.ndarray:
    """Return planes [3, H, W] in [0, 255] as pixels, uint8 [H, W, 3]."""
    planes = torch.from_numpy(picture).add_(0.5).to(torch.uint8)
    return planes.permute(1, 2, 0).contiguous().numpy()
