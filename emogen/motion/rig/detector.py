"""Landmarks from a model: a picture and a MediaPipe model file in, one face's points out.

The package mediapipe comes without models. Google publishes one for faces
(``face_landmarker.task``); its path is given here, nothing is downloaded.
"""

from pathlib import Path
from typing import Any

import numpy as np

from emogen.errors import InputError, ResourceError
from emogen.motion.rig.landmarks import Landmarks

MESH: dict[str, int] = {
    "forehead": 10, "chin": 152, "temple_right": 234, "temple_left": 454, "jaw_right": 58,
    "jaw_left": 288, "brow_right_outer": 70, "brow_right_middle": 105, "brow_right_inner": 107,
    "brow_left_inner": 336, "brow_left_middle": 334, "brow_left_outer": 300,
    "eye_right_outer": 33, "eye_right_top": 159, "eye_right_inner": 133, "eye_right_bottom": 145,
    "eye_left_inner": 362, "eye_left_top": 386, "eye_left_outer": 263, "eye_left_bottom": 374,
    "nose_tip": 2, "nose_right": 98, "nose_left": 327, "mouth_right": 61, "mouth_left": 291,
    "lip_top": 0, "lip_upper": 13, "lip_lower": 14, "lip_bottom": 17,
}  # fmt: skip
"""The point of MediaPipe's 478-point face mesh behind each name."""


def detect_landmarks(image: np.ndarray, *, model: str | Path) -> Landmarks:
    """Find the one face of a picture.

    Args:
        image: uint8 [H, W, 3], RGB.
        model: path of ``face_landmarker.task``.

    Raises:
        ResourceError: mediapipe is not installed.
        InputError: there is no model file, no face, or more than one.
    """
    faces = _meshes(image, Path(model))
    if len(faces) != 1:
        found = "none" if not faces else "several"
        raise InputError(
            f"expected a portrait with exactly one face, found {found};"
            " crop the picture around the face, or give landmarks marked by hand"
        )
    height, width = image.shape[:2]
    points = {name: (faces[0][k].x * width, faces[0][k].y * height) for name, k in MESH.items()}
    return Landmarks(points=points)


def _meshes(image: np.ndarray, model: Path) -> list[Any]:
    try:
        import mediapipe
        from mediapipe.tasks.python import BaseOptions, vision
    except ImportError as error:
        raise ResourceError(
            "expected the package mediapipe to find a face, it is not installed; install it:"
            " pip install mediapipe, or give landmarks marked by hand"
        ) from error
    if not model.is_file():
        raise InputError(
            f"expected MediaPipe's face_landmarker.task, found no file {model};"
            " get it from Google, or give landmarks marked by hand"
        )
    options = vision.FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(model)), num_faces=2
    )
    try:
        finder = vision.FaceLandmarker.create_from_options(options)
    except (RuntimeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(
            f"expected MediaPipe's face_landmarker.task, got {model}: {reason}"
        ) from error
    with finder:
        picture = mediapipe.Image(
            image_format=mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(image)
        )
        return list(finder.detect(picture).face_landmarks)
