"""Reading sound: any file with sound in it in, float samples at the wanted rate out."""

from pathlib import Path
from typing import Literal

import av
import numpy as np

from emogen.errors import MediaError
from emogen.media.clip import MAX_SAMPLE_RATE, Audio
from emogen.media.container import open_media
from emogen.media.probe import declared_seconds, frame_end, known_codec, video_stream

MAX_SECONDS = 4 * 3600.0


def read_audio(
    path: str | Path,
    *,
    sample_rate: int | None = None,
    channels: Literal[1, 2] | None = None,
    start: float = 0.0,
    end: float | None = None,
    since_first_frame: bool = False,
    max_seconds: float = MAX_SECONDS,
) -> Audio:
    """Read the sound of a file: WAV, FLAC, MP3, AAC, Opus, or the track of a video.

    Stereo becomes mono by the mean of both channels, mono becomes stereo by doubling; more than two
    channels are mixed down to stereo first.

    Args:
        path: the file.
        sample_rate: wanted rate, None keeps the file's.
        channels: 1 or 2, None keeps the file's (two where it has more).
        start: seconds from the beginning.
        end: seconds from the beginning, None for all.
        since_first_frame: count from the first frame of the picture instead of the first sample, so
            that sound which begins later is preceded by silence.
        max_seconds: longest sound to read.

    Raises:
        MediaError: the file is missing, damaged or cut short, has no sound, or lasts too long.
    """
    if sample_rate is not None and not 1 <= sample_rate <= MAX_SAMPLE_RATE:
        raise MediaError(f"expected a sample rate of 1 to {MAX_SAMPLE_RATE}, got {sample_rate}")
    if channels not in (None, 1, 2):
        raise MediaError(f"expected 1 or 2 channels, got {channels}")
    with open_media(path) as container:
        stream = next(iter(container.streams.audio), None)
        if stream is None:
            raise MediaError(
                f"expected sound in {path}, got none; give a sound file or a video with sound"
            )
        known_codec(stream, path)
        origin = _picture_start(container) if since_first_frame else None
        frames = _frames(container, stream, max_seconds, path)
        rate = sample_rate or frames[0].sample_rate
        began = float(frames[0].time or 0.0)
        samples = _without_padding(_resample(frames, rate, path), stream, rate)  # (C, samples)
    if samples.shape[1] == 0:
        raise MediaError(f"expected sound in {path}, got no samples; it is empty or cut short")
    first = start - (began - origin if origin is not None else 0.0)
    samples = _cut(samples, first, None if end is None else end - start, rate)
    if samples.shape[1] == 0 and since_first_frame:
        samples = np.zeros(
            (samples.shape[0], 1), np.float32
        )  # the picture goes on, the sound is over
    if samples.shape[1] == 0:
        raise MediaError(f"expected sound from {start:g} s on, got none: {path}; it is shorter")
    return Audio(samples=_with_channels(samples, channels), sample_rate=rate)


def _picture_start(container: av.container.InputContainer) -> float | None:
    stream = video_stream(container)
    if stream is None:
        return None
    return float((stream.start_time or 0) * stream.time_base)


def _frames(
    container: av.container.InputContainer,
    stream: av.audio.stream.AudioStream,
    max_seconds: float,
    path: str | Path,
) -> list[av.AudioFrame]:
    frames, seconds, over = [], 0.0, 0.0
    for frame in container.decode(stream):
        seconds += frame.samples / frame.sample_rate
        over = max(over, seconds, frame_end(frame, stream))
        if seconds > max_seconds:
            raise MediaError(
                f"expected at most {max_seconds:g} s of sound, got more: {path}; cut it first"
            )
        frames.append(frame)
    if not frames:
        raise MediaError(f"expected sound in {path}, got no samples; it is empty or cut short")
    if over + 0.5 < declared_seconds(stream):
        raise MediaError(
            f"expected {declared_seconds(stream):.2f} s of sound in {path}, got {seconds:.2f} s; "
            "it is damaged or cut short"
        )
    return frames


def _without_padding(
    samples: np.ndarray, stream: av.audio.stream.AudioStream, rate: int
) -> np.ndarray:
    """Drop what the encoder added to fill its last block (64 ms of AAC at 16 kHz)."""
    stated = round(declared_seconds(stream) * rate)
    return samples[:, :stated] if 0 < samples.shape[1] - stated < 0.1 * rate and stated else samples


def _resample(frames: list[av.AudioFrame], rate: int, path: str | Path) -> np.ndarray:
    layout = "mono" if frames[0].layout.nb_channels == 1 else "stereo"
    resampler = av.AudioResampler(format="fltp", layout=layout, rate=rate)
    try:
        blocks = [
            block.to_ndarray() for frame in [*frames, None] for block in resampler.resample(frame)
        ]
    except ValueError as error:
        raise MediaError(
            f"expected sound of one kind in {path}, got one that changes midway ({error})"
        ) from error
    return np.concatenate(blocks, axis=1) if blocks else np.zeros((1, 0), np.float32)


def _cut(samples: np.ndarray, start: float, seconds: float | None, rate: int) -> np.ndarray:
    """Cut the sound to ``seconds`` from ``start`` on; before its beginning there is silence."""
    first = round(start * rate)
    samples = np.pad(samples, ((0, 0), (max(0, -first), 0)))[:, max(0, first) :]
    return samples if seconds is None else samples[:, : max(1, round(seconds * rate))]


def _with_channels(samples: np.ndarray, channels: int | None) -> np.ndarray:
    if channels is None or samples.shape[0] == channels:
        return np.ascontiguousarray(samples)
    if channels == 1:
        return samples.mean(axis=0, keepdims=True, dtype=np.float32)
    return np.repeat(samples, 2, axis=0)
