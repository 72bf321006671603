"""The rig: a motion track in, pictures of a drawn or photographed face out, without a network.

`draw` limits the mood of a speaking mouth (`readable`) and asks a portrait for each frame. A
`VectorPortrait` lays anti-aliased polygons, seen through a camera; a `PhotoPortrait` resamples its
picture once, along the fields of head and face and the shapes of lids and lips.
"""

from emogen.motion.rig.cast import PALETTES
from emogen.motion.rig.detector import detect_landmarks
from emogen.motion.rig.landmarks import Landmarks, load_landmarks, save_landmarks
from emogen.motion.rig.photo import PhotoPortrait
from emogen.motion.rig.pose import readable
from emogen.motion.rig.render import draw
from emogen.motion.rig.vector import CHARACTERS, VectorPortrait

__all__ = [
    "CHARACTERS",
    "PALETTES",
    "Landmarks",
    "PhotoPortrait",
    "VectorPortrait",
    "detect_landmarks",
    "draw",
    "load_landmarks",
    "readable",
    "save_landmarks",
]
