"""Bytes on disk to clips in memory and back: video, sound, pictures, stickers, how they were made.

Compositing lies in ``emogen.media.compose``, which alone needs moviepy.
"""

from emogen.media.audio import read_audio
from emogen.media.clip import Audio, Clip
from emogen.media.image import image_to_frame, read_image, save_image
from emogen.media.metadata import read_parameters, read_sidecar, sidecar_path, write_sidecar
from emogen.media.probe import AudioStream, MediaInfo, VideoStream, probe
from emogen.media.sheet import contact_sheet
from emogen.media.stickers import Sticker, check_sticker, export_sticker
from emogen.media.video import iterate_frames, read_video
from emogen.media.write import pad_to_even, write_video

__all__ = [
    "Audio",
    "AudioStream",
    "Clip",
    "MediaInfo",
    "Sticker",
    "VideoStream",
    "check_sticker",
    "contact_sheet",
    "export_sticker",
    "image_to_frame",
    "iterate_frames",
    "pad_to_even",
    "probe",
    "read_audio",
    "read_image",
    "read_parameters",
    "read_sidecar",
    "read_video",
    "save_image",
    "sidecar_path",
    "write_sidecar",
    "write_video",
]
