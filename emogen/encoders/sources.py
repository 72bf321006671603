"""All sources of emotion of a talking head: sound, words, picture and request in, a `Fusion` out.

    fusion = read_sources("speech.wav", transcript="What was said.")
    fusion.vectors, fusion.conflicts, fusion.to_json()

The sound is read in blocks, once, and once more by a speech recogniser where one is named, so an
hour of it takes the memory of a minute.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from emogen.emotion import Trajectory
from emogen.encoders import portrait as portraits
from emogen.encoders import voice as voices
from emogen.encoders.fuse import DEFAULT_FPS, Fusion, fuse
from emogen.encoders.portrait import Portrait
from emogen.encoders.reading import Readings
from emogen.encoders.request import read_request
from emogen.encoders.transcribe import Transcriber
from emogen.encoders.voice import VoiceReadings
from emogen.encoders.words import Line, read_words
from emogen.errors import InputError
from emogen.media.stream import iterate_samples

NO_WORDS = "no transcript and no speech recogniser: the words are not read"
CLIPPED_FROM = 0.001
"""Share of samples at full scale from which on a sound is called clipped."""


def read_sources(
    sound: str | Path | np.ndarray | Iterable[np.ndarray],
    *,
    transcript: str | Sequence[Line] | None = None,
    portrait: Portrait | None = None,
    request: Trajectory | None = None,
    asr: str | Path | Transcriber | None = None,
    fps: float = DEFAULT_FPS,
) -> Fusion:
    """Read every source there is and fuse them.

    Args:
        sound: any file with sound that FFmpeg reads; or float32 [S], mono, 16 kHz; or blocks of it.
        transcript: what is said: a text, or timed lines or words (start, end, text) in seconds.
        portrait: the reference picture; without a marked face it is absent.
        request: what the user asks for; it is shown, whatever the others say.
        asr: a Whisper-class model's folder or hub id, for want of a transcript.
        fps: frames a second of the result; by default latent frames of video at 25.

    Raises:
        MediaError: the file cannot be read.
        ModelError: there is no speech recogniser at ``asr``.
        InputError: the samples are no sound, or blocks that pass once were to be transcribed.
    """
    once = not isinstance(sound, str | Path | np.ndarray)
    if once and asr is not None and transcript is None:
        raise InputError(
            "expected a file or an array of samples to transcribe, got blocks, which pass once;"
            " give the path"
        )
    heard = voices.load_default().read(_blocks(sound))
    seconds = heard.seconds
    if transcript is None and asr is not None:
        recogniser = asr if isinstance(asr, Transcriber) else Transcriber.load(asr)
        transcript = recogniser.read(_blocks(sound))
    readings = {
        "voice": heard.voice,
        "tone": heard.tone,
        "words": Readings.absent("words", NO_WORDS) if transcript is None
        else read_words(transcript, seconds=seconds),
        "portrait": Readings.absent("portrait", "no picture") if portrait is None
        else portraits.load_default().read(portrait, seconds=seconds),
    }  # fmt: skip
    if request is not None:
        frames = int(np.ceil(round(seconds * fps, 6))) + 1
        readings["request"] = read_request(request, num_frames=frames, fps=fps)
    return fuse(readings, seconds=seconds, fps=fps, sound=sound_facts(heard))


def sound_facts(heard: VoiceReadings) -> dict[str, float]:
    """Return what a caller may want to warn of: peak, and shares clipped and with speech."""
    return {
        "peak": heard.peak,
        "clipped": heard.clipped,
        "speech": float(heard.voice.present.mean()),
    }


def _blocks(
    sound: str | Path | np.ndarray | Iterable[np.ndarray],
) -> Iterable[np.ndarray]:
    if isinstance(sound, str | Path):
        return iterate_samples(sound)
    return [sound] if isinstance(sound, np.ndarray) else sound
