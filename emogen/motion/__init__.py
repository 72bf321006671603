"""Audio to motion: speech and emotion in, one frame of a face's motion every 40 ms out.

The schema and tracks are light (numpy only); `emogen.motion.a2m`, which makes them from sound,
loads torch and is imported where it is needed.
"""

from emogen.motion.schema import CHANNELS, FPS, NAMES, Channel
from emogen.motion.track import MotionTrack, aperture, join, load_track, resample, save_track

__all__ = [
    "CHANNELS",
    "FPS",
    "NAMES",
    "Channel",
    "MotionTrack",
    "aperture",
    "join",
    "load_track",
    "resample",
    "save_track",
]
