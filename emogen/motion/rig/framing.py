"""The part of a photograph that becomes the video: a picture and its landmarks in, a frame out."""

import warnings

import numpy as np
from PIL import Image

from emogen.errors import InputError
from emogen.media.image import check_image
from emogen.motion.rig.landmarks import Landmarks

SMALLEST = 128
"""Least pixels of the picture's shorter side."""
LARGEST = 4096
"""Pixels of the longer side above which a reduction is said."""
SMALLEST_FACE = 64
"""Least pixels from hairline to chin; below, lids and lips are a pixel or two."""
_HEADROOM = 2.3
_LOWER = 0.1


def frame_face(
    image: np.ndarray, landmarks: Landmarks, size: tuple[int, int]
) -> tuple[np.ndarray, Landmarks]:
    """Cut the head and shoulders out of a picture and resample them.

    The cut never leaves the picture, so a tightly cropped face stays tightly cropped.

    Args:
        image: uint8 [H, W, 3], RGB.
        landmarks: the face, in pixels of ``image``.
        size: (width, height) of the result.

    Returns:
        uint8 [height, width, 3] and the landmarks in its pixels.

    Raises:
        InputError: the picture is too small, or a landmark is outside of it.
    """
    check_image(image)
    height, width = image.shape[:2]
    _check_face(landmarks, (width, height))
    if max(height, width) > LARGEST:
        warnings.warn(
            f"the portrait of {width}x{height} pixels is reduced to {size[0]}x{size[1]}",
            stacklevel=2,
        )
    left, top, span = _cut(landmarks, (width, height), size)
    box = (left, top, left + span, top + span * size[1] / size[0])
    frame = Image.fromarray(image[..., :3]).resize(size, Image.Resampling.LANCZOS, box=box)
    return np.array(frame), landmarks.moved(offset=np.array([left, top]), scale=size[0] / span)


def _check_face(landmarks: Landmarks, picture: tuple[int, int]) -> None:
    """Raise an `InputError` unless picture and face are large enough and fit."""
    width, height = picture
    if min(height, width) < SMALLEST:
        raise InputError(
            f"expected a portrait of at least {SMALLEST} pixels a side, got {width}x{height};"
            " use a larger picture"
        )
    points = np.array(list(landmarks.points.values()))
    if (points < 0).any() or (points > (width, height)).any():
        raise InputError(
            f"expected all landmarks inside the picture of {width}x{height} pixels, got one outside"
        )
    if landmarks.face_height < SMALLEST_FACE:
        raise InputError(
            f"expected a face of at least {SMALLEST_FACE} pixels from hairline to chin, got"
            f" {landmarks.face_height:.0f}; use a larger picture of the face"
        )


def _cut(
    landmarks: Landmarks, picture: tuple[int, int], size: tuple[int, int]
) -> tuple[float, float, float]:
    """Return left, top and width of the cut."""
    width, height = picture
    aspect = size[0] / size[1]
    tall = _HEADROOM * landmarks.face_height
    span = min(max(tall, tall * aspect), width, height * aspect)
    centre = (landmarks.at("forehead") + landmarks.at("chin")) / 2
    centre[1] += _LOWER * landmarks.face_height
    left = float(np.clip(centre[0] - span / 2, 0, width - span))
    top = float(np.clip(centre[1] - span / aspect / 2, 0, height - span / aspect))
    return left, top, span
