"""The sketch of a filmed face: landmarks of each frame in, lines in the sketch's colours out.

Where `sketch_photo` moves a photograph's points by a track, here the points of a frame say
themselves what the face does, so real films can be sketched without a motion track.
"""

import numpy as np

from emogen.motion.rig.easel import CIRCLE, Easel, curve, ribbon
from emogen.motion.rig.landmarks import Landmarks
from emogen.motion.sketch_drawn import (
    BROW,
    INSIDE,
    IRIS,
    LID,
    LOWER_LIP,
    NOSE,
    OUTLINE,
    SCLERA,
    UPPER_LIP,
)
from emogen.motion.sketch_photo import LINES, RIM, flat_camera

_IRIS_SHARE = 0.42
"""Radius of the iris in half-widths of the eye."""


def sketch_landmarks(face: Landmarks, size: tuple[int, int]) -> np.ndarray:
    """Return a face's lines, uint8 [H, W, 3].

    Args:
        face: its landmarks, in pixels.
        size: (width, height) of the frame.
    """
    paper = np.zeros((size[1], size[0], 3), np.uint8)
    easel = Easel(paper, flat_camera(np.zeros(2), np.eye(2)))
    rim = curve([face.at(name) for name in RIM], closed=True)
    _line(easel, np.concatenate([rim, rim[:1]]), LINES["rim"] * face.face_height, OUTLINE)
    _mouth(easel, face)
    nose = curve([face.at(f"nose_{part}") for part in ("right", "tip", "left")])
    _line(easel, nose, LINES["nose"] * face.face_height, NOSE)
    for side in ("right", "left"):
        _eye(easel, face, side)
        brow = [face.at(f"brow_{side}_{part}") for part in ("inner", "middle", "outer")]
        _line(easel, curve(brow), LINES["brow"] * face.face_height, BROW)
    return easel.array()


def _line(easel: Easel, points: np.ndarray, width: float, colour: tuple[int, int, int]) -> None:
    easel.pixels(ribbon(points, [width, width]), colour)


def _mouth(easel: Easel, face: Landmarks) -> None:
    right, left = face.at("mouth_right"), face.at("mouth_left")
    rows = [
        curve([right, face.at(f"lip_{name}"), left]) for name in ("top", "upper", "lower", "bottom")
    ]
    colours = (UPPER_LIP, INSIDE, LOWER_LIP)
    for above, below, colour in zip(rows, rows[1:], colours, strict=False):
        easel.pixels(np.concatenate([above, below[::-1]]), colour)


def _eye(easel: Easel, face: Landmarks, side: str) -> None:
    outer, top, inner, low = (
        face.at(f"eye_{side}_{part}") for part in ("outer", "top", "inner", "bottom")
    )
    upper, lower = curve([outer, top, inner]), curve([outer, low, inner])
    easel.pixels(np.concatenate([upper, lower[::-1]]), SCLERA)
    half = float(np.linalg.norm(inner - outer)) / 2
    tall = float(np.linalg.norm(low - top)) / 2
    radii = (_IRIS_SHARE * half, min(_IRIS_SHARE * half, tall))
    easel.pixels(CIRCLE * radii + (top + low) / 2, IRIS)
    width = LINES["lid"] * face.face_height
    _line(easel, upper, width, LID)
    _line(easel, lower, width / 2, LID)
