"""The file that is handed over: frames and the original sound in, a marked and sealed video out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from emogen.errors import MediaError
from emogen.media import probe
from emogen.media.recording import Sound, record_video
from emogen.media.stream import iterate_sound
from emogen.provenance import Seal, marked_stream, sealed

SUFFIXES = (".mp4", ".webm")


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """A video on disk.

    Attributes:
        num_frames: how many frames it has.
        seconds: how long the picture is.
        warnings: what a person should know.
    """

    num_frames: int
    seconds: float
    warnings: tuple[str, ...] = ()


def deliver(
    frames: Iterable[np.ndarray],
    path: Path,
    *,
    sound: Path,
    fps: float,
    parameters: Mapping[str, Any],
    watermark: bool = True,
    label: bool = False,
) -> Delivered:
    """Write a talking head while it is drawn, with the sound it talks to.

    Args:
        frames: uint8 [H, W, 3].
        path: a ``.mp4`` or ``.webm``.
        sound: the file that was listened to; mono stays mono, more channels become two.
        fps: frames a second.
        parameters: how the video was made, plain JSON.
        watermark: whether the frames carry the invisible mark.
        label: whether they show that they are generated.

    Raises:
        MediaError: the sound cannot be read, or the file cannot be written as asked.
        ResourceError: the disk is full or the folder cannot be written.
    """
    audio = probe(sound).audio
    if audio is None:
        raise MediaError(f"expected sound in {sound}, got none")
    seals: list[Seal] = []
    kind, parameters = path.suffix.lower(), dict(parameters)
    recorded = record_video(
        marked_stream(frames, parameters, fps=fps, watermark=watermark, label=label), path,
        fps=fps,
        sound=Sound(
            blocks=iterate_sound(sound, sample_rate=audio.sample_rate),
            sample_rate=audio.sample_rate, channels=min(audio.channels, 2),
        ),
        parameters=parameters,
        finish=lambda written: seals.append(sealed(written, parameters, kind=kind)),
    )  # fmt: skip
    return Delivered(
        num_frames=recorded.num_frames, seconds=recorded.num_frames / fps,
        warnings=tuple(note for seal in seals for note in seal.warnings),
    )
