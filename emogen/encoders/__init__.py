"""Sources of emotion of a talking head, fused: words, voice, tone, portrait and request.

    sound -> VoiceEncoder -> voice, tone  |
    transcript (or Transcriber) -> words  | -> fuse -> Fusion: tokens (L, S, D), weights, conflicts,
    picture -> PortraitEncoder -> portrait|            and one emotion vector a frame (L, 12)
    the user's curve -> request           |

These networks are what the generator listens with. The judge has others, with weights of its own.
"""

from emogen.encoders.conflict import Conflict
from emogen.encoders.fuse import BASE_WEIGHTS, DEFAULT_FPS, TOKEN_WIDTH, Fusion, fuse
from emogen.encoders.portrait import Portrait, PortraitEncoder, face_box
from emogen.encoders.reading import SOURCES, Readings
from emogen.encoders.sources import read_sources
from emogen.encoders.transcribe import Transcriber
from emogen.encoders.voice import VoiceEncoder, VoiceReadings
from emogen.encoders.words import read_words

__all__ = [
    "BASE_WEIGHTS",
    "DEFAULT_FPS",
    "SOURCES",
    "TOKEN_WIDTH",
    "Conflict",
    "Fusion",
    "Portrait",
    "PortraitEncoder",
    "Readings",
    "Transcriber",
    "VoiceEncoder",
    "VoiceReadings",
    "face_box",
    "fuse",
    "read_sources",
    "read_words",
]
