"""Big models as judges, by name: a folder or a name in, an encoder of one modality out.

They answer with the same readings as the small encoders of `emogen.evaluation.recogniser`, need
their weights on disk or a network, and are not calibrated here. `docs/backends.md` lists them.
"""

from emogen.evaluation.backends.answers import Evidence, Judgement
from emogen.evaluation.backends.image import ImageBackend
from emogen.evaluation.backends.names import BACKENDS, Entry, load_backend, names_for
from emogen.evaluation.backends.options import Options
from emogen.evaluation.backends.picture_head import EmotionHead, save_head
from emogen.evaluation.backends.speech import SpeechBackend
from emogen.evaluation.backends.text import TextBackend
from emogen.evaluation.backends.video_language import VideoLanguageBackend

__all__ = [
    "BACKENDS",
    "EmotionHead",
    "Entry",
    "Evidence",
    "ImageBackend",
    "Judgement",
    "Options",
    "SpeechBackend",
    "TextBackend",
    "VideoLanguageBackend",
    "load_backend",
    "names_for",
    "save_head",
]
