"""Faces for the rig's tests: names in, rows of a track and pictures with known landmarks out."""

import io
import os
import zipfile
from functools import cache
from pathlib import Path

import av
import numpy as np

from emogen.motion import schema
from emogen.motion.rig import Landmarks, PhotoPortrait, VectorPortrait, load_landmarks
from emogen.motion.rig.camera import face_depth, head_camera
from emogen.motion.rig.pose import pose

MARKED = ("bbaf2n", "brbk7n", "lrwp9a", "lwbsza")
"""Clips of the GRID corpus whose first frame was marked by hand."""
DATA = Path(__file__).parent.parent / "data"
WHERE = {
    "forehead": (0, -0.72), "chin": (0, 1.0), "temple_right": (-0.71, 0.02),
    "temple_left": (0.71, 0.02), "jaw_right": (-0.5, 0.6), "jaw_left": (0.5, 0.6),
    "brow_right_outer": (-0.53, -0.24), "brow_right_middle": (-0.35, -0.3),
    "brow_right_inner": (-0.13, -0.25), "brow_left_inner": (0.13, -0.25),
    "brow_left_middle": (0.35, -0.3), "brow_left_outer": (0.53, -0.24),
    "eye_right_outer": (-0.5, 0.0), "eye_right_top": (-0.325, -0.1),
    "eye_right_inner": (-0.145, 0.03), "eye_right_bottom": (-0.325, 0.1),
    "eye_left_inner": (0.145, 0.03), "eye_left_top": (0.325, -0.1), "eye_left_outer": (0.5, 0.0),
    "eye_left_bottom": (0.325, 0.1), "nose_tip": (0, 0.44), "nose_right": (-0.11, 0.41),
    "nose_left": (0.11, 0.41), "mouth_right": (-0.235, 0.6), "mouth_left": (0.235, 0.6),
    "lip_top": (0, 0.56), "lip_upper": (0, 0.617), "lip_lower": (0, 0.617),
    "lip_bottom": (0, 0.7),
}  # fmt: skip
"""The drawn woman's landmarks in the head's frame."""


def row(**channels):
    """Return a row [K]; a name without its side sets both sides."""
    values = schema.rest(1)[0]
    for name, value in channels.items():
        names = [name] if name in schema.NAMES else [f"{name}_left", f"{name}_right"]
        values[[schema.index(one) for one in names]] = value
    return values


@cache
def painted():
    """Return a drawn face and its landmarks, as if it were a photograph."""
    size = (512, 512)
    image = VectorPortrait(character="woman", size=size).frame(row())
    points = np.array(list(WHERE.values()), float)
    seen = head_camera(pose(row()), size).see(points, face_depth(points))
    return image, Landmarks(points=dict(zip(WHERE, seen.tolist(), strict=True)))


@cache
def photographed(name):
    """Return the first frame of a GRID clip and the landmarks marked in it."""
    with zipfile.ZipFile(Path(os.environ["EMOGEN_DATA"]) / "grid_samples.zip") as archive:
        film = io.BytesIO(archive.read(f"{name}.mpg"))
    with av.open(film) as container:
        image = next(container.decode(video=0)).to_ndarray(format="rgb24")
    return image, load_landmarks(DATA / f"{name}.json")


@cache
def portrait(name="painted", size=(320, 320)):
    """Return a photo portrait of the drawn face, or of a GRID clip."""
    image, landmarks = painted() if name == "painted" else photographed(name)
    return PhotoPortrait(image=image, landmarks=landmarks, size=size)


def region(portrait, names, *, margin=0.1):
    """Return the pixels around landmarks as slices, ``margin`` in face heights."""
    points = np.array([portrait.face.at(name) for name in names])
    edge = margin * portrait.face.face_height
    left, top = np.maximum(points.min(axis=0) - edge, 0).astype(int)
    right, bottom = np.ceil(points.max(axis=0) + edge).astype(int)
    return slice(top, bottom), slice(left, right)


def change(one, other):
    """Return the mean absolute difference of two pictures."""
    return float(np.abs(one.astype(float) - other.astype(float)).mean())
