"""Streams for looking and listening: a path in, few small pictures or blocks of sound out.

Unlike `iterate_frames` and `read_audio` these are made for recognition: pictures come at a low rate
and are scaled before they are converted, frames that nobody asks for are not even decoded where the
codec allows it, and sound arrives in blocks, so that an hour takes the memory of a minute.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import av
import numpy as np
from PIL import Image

from emogen.errors import InputError, MediaError
from emogen.media.clip import MAX_FPS, MAX_SAMPLE_RATE
from emogen.media.container import open_media
from emogen.media.probe import (
    MediaInfo,
    declared_seconds,
    frame_end,
    known_codec,
    probe,
    video_stream,
)
from emogen.media.video import iterate_frames

_DISPENSABLE = 3.0
"""Frames that no other needs are skipped where the file has this many times the wanted rate."""
_TICK = 0.005
"""Seconds by which coarse clocks of files may be late."""


def iterate_pictures(
    path: str | Path, *, fps: float = 4.0, side: int = 160
) -> Iterator[tuple[float, np.ndarray]]:
    """Yield small pictures of a video at a low constant rate, in constant memory.

    Picture k is what is shown at k / fps seconds; a frame that stays longer is given again.

    Args:
        path: any video that `iterate_frames` reads.
        fps: pictures a second.
        side: most pixels of the shorter side; smaller videos keep their size.

    Yields:
        When it is shown, in seconds from the first frame, and the picture, uint8 [H, W, 3].

    Raises:
        MediaError: the file is missing, no video, damaged or cut short.
    """
    if not 0 < fps <= MAX_FPS or side < 1:
        raise MediaError(
            f"expected a rate above 0 and at most {MAX_FPS:g} and a side of at least 1 pixel,"
            f" got {fps} and {side}"
        )
    info = probe(path)
    if info.video is None:
        raise MediaError(f"expected a video, got sound only: {path}")
    if info.video.has_alpha or info.container == "webp":  # stickers: short, laid over white
        for index, frame in enumerate(iterate_frames(path, fps=fps)):
            yield index / fps, shrink(frame, side)
        return
    yield from _decode(Path(path), info, fps, side)


def iterate_samples(
    path: str | Path, *, sample_rate: int = 16_000, seconds: float = 1.0
) -> Iterator[np.ndarray]:
    """Yield the sound of a file as mono blocks, in constant memory.

    Time zero is the first frame of the picture, where there is one, else the first sample.

    Args:
        path: any file that `read_audio` reads.
        sample_rate: wanted rate.
        seconds: length of a block; the last may be shorter.

    Yields:
        float32 [S].

    Raises:
        MediaError: the file is missing, damaged or cut short, or has no sound.
    """
    if not 1 <= sample_rate <= MAX_SAMPLE_RATE or not seconds > 0:
        raise MediaError(
            f"expected a sample rate of 1 to {MAX_SAMPLE_RATE} and blocks longer than 0 s,"
            f" got {sample_rate} and {seconds}"
        )
    size = max(1, round(seconds * sample_rate))
    held: list[np.ndarray] = []
    for pieces in _sound(path, sample_rate):
        held.append(pieces.mean(axis=0, dtype=np.float32))
        if sum(map(len, held)) >= size:
            joined = np.concatenate(held)
            whole = len(joined) // size * size
            yield from joined[:whole].reshape(-1, size)
            held = [joined[whole:]]
    rest = np.concatenate(held) if held else np.zeros(0, np.float32)
    if len(rest):
        yield rest


def iterate_sound(path: str | Path, *, sample_rate: int) -> Iterator[np.ndarray]:
    """Yield the sound of a file as it should be heard, in pieces of any length.

    It lasts exactly as long as what `iterate_samples` yields and begins at the same time zero. One
    channel stays one, more are mixed down to two.

    Args:
        path: any file that `read_audio` reads.
        sample_rate: wanted rate.

    Yields:
        float32 [C, S], C = 1 or 2.

    Raises:
        MediaError: as `iterate_samples`.
    """
    if not 1 <= sample_rate <= MAX_SAMPLE_RATE:
        raise MediaError(f"expected a sample rate of 1 to {MAX_SAMPLE_RATE}, got {sample_rate}")
    yield from _sound(path, sample_rate)


def small_size(width: int, height: int, side: int) -> tuple[int, int]:
    """Return the size of a picture whose shorter side is at most ``side`` pixels.

    >>> small_size(854, 480, 160)
    (285, 160)
    >>> small_size(64, 48, 160)
    (64, 48)
    """
    scale = min(1.0, side / min(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def shrink(frame: np.ndarray, side: int) -> np.ndarray:
    """Scale pixels uint8 [H, W, 3] so that the shorter side has at most ``side`` pixels.

    >>> shrink(np.zeros((480, 854, 3), np.uint8), 160).shape
    (160, 285, 3)
    """
    height, width = frame.shape[:2]
    size = small_size(width, height, side)
    if size == (width, height):
        return frame
    return np.array(Image.fromarray(frame).resize(size, Image.Resampling.BOX, reducing_gap=2.0))


def _decode(
    path: Path, info: MediaInfo, fps: float, side: int
) -> Iterator[tuple[float, np.ndarray]]:
    with open_media(path) as container:
        stream = video_stream(container)
        stream.thread_type = "AUTO"
        if info.video.fps >= _DISPENSABLE * fps:
            stream.codec_context.skip_frame = "NONREF"
        slot, over, held = 0, 0.0, None
        for begin, end, frame in _timed(container.decode(stream), stream, info):
            while held is not None and slot / fps < begin - _TICK:
                held = held if isinstance(held, np.ndarray) else _picture(held, side)
                yield slot / fps, held
                slot += 1
            held, over = frame, max(over, end)
        if held is None or over + max(8 / info.video.fps, 0.15) < info.video.seconds:
            raise MediaError(
                f"expected {info.video.seconds:.2f} s of video in {path}, got {over:.2f} s; "
                "it is damaged or cut short"
            )
        picture = held if isinstance(held, np.ndarray) else _picture(held, side)
        while slot == 0 or slot / fps < over - 1e-6:
            yield slot / fps, picture
            slot += 1


def _timed(
    frames: Iterable[av.VideoFrame], stream: av.video.stream.VideoStream, info: MediaInfo
) -> Iterator[tuple[float, float, av.VideoFrame]]:
    """Yield when a frame begins and ends, in seconds from the first, and the frame."""
    origin = (stream.start_time or 0) * stream.time_base
    sides = {info.video.width, info.video.height}
    for index, frame in enumerate(frames):
        if {frame.width, frame.height} != sides:
            raise MediaError(f"expected frames of one size, got {frame.width}x{frame.height} later")
        begin = float(frame.time - origin) if frame.time is not None else index / info.video.fps
        length = float((frame.duration or 0) * stream.time_base) or 1 / info.video.fps
        yield begin, begin + length, frame


def _picture(frame: av.VideoFrame, side: int) -> np.ndarray:
    width, height = small_size(frame.width, frame.height, side)
    small = frame.reformat(
        width=width, height=height, format="rgb24", interpolation="AREA", threads=1
    )
    pixels = small.to_ndarray()
    turns = frame.rotation // 90
    return np.ascontiguousarray(np.rot90(pixels, turns)) if turns % 4 else pixels


def _sound(path: str | Path, rate: int) -> Iterator[np.ndarray]:
    """Yield float32 [C, S], C = 1 or 2, in pieces of any length, from time zero on."""
    with open_media(path) as container:
        stream = next(iter(container.streams.audio), None)
        if stream is None:
            raise MediaError(f"expected sound in {path}, got none")
        known_codec(stream, path)
        picture = video_stream(container)
        origin = None if picture is None else float((picture.start_time or 0) * picture.time_base)
        seconds, over, resampler, ahead = 0.0, 0.0, None, 0
        for frame in container.decode(stream):
            if resampler is None:
                channels = min(frame.layout.nb_channels, 2)
                layout = "mono" if channels == 1 else "stereo"
                resampler = av.AudioResampler(format="fltp", layout=layout, rate=rate)
                began = float(frame.time or 0.0)
                ahead = 0 if origin is None else round((began - origin) * rate)
                yield np.zeros((channels, max(0, ahead)), np.float32)
            seconds += frame.samples / frame.sample_rate
            over = max(over, seconds, frame_end(frame, stream))
            for samples in _resampled(resampler, frame, path):
                length = samples.shape[1]
                yield samples[:, min(length, max(0, -ahead)) :]
                ahead = min(0, ahead + length) if ahead < 0 else ahead
        stated = declared_seconds(stream)
        if resampler is None:
            raise MediaError(
                f"expected sound in {path}, got no samples; it is empty or cut short"
            )
        if over + 0.5 < stated:
            raise MediaError(
                f"expected {stated:.2f} s of sound in {path}, got {seconds:.2f} s; "
                "it is damaged or cut short"
            )
        yield from _resampled(resampler, None, path)


def _resampled(
    resampler: av.AudioResampler, frame: av.AudioFrame | None, path: str | Path
) -> Iterator[np.ndarray]:
    try:
        blocks = resampler.resample(frame)
    except ValueError as error:
        raise MediaError(
            f"expected sound of one kind in {path}, got one that changes midway ({error})"
        ) from error
    for block in blocks:
        yield block.to_ndarray()


def checked_sound(samples: np.ndarray) -> np.ndarray:
    """Return samples if they are sound: float32 [S], finite.

    Raises:
        InputError: They are something else.
    """
    right = isinstance(samples, np.ndarray) and samples.ndim == 1 and samples.dtype == np.float32
    if not right or not np.isfinite(samples).all():
        array = isinstance(samples, np.ndarray)
        got = f"{samples.dtype} {list(samples.shape)}" if array else type(samples).__name__
        raise InputError(
            f"expected finite sound float32 [samples], mono, 16 kHz, got {got};"
            " use emogen.media.stream.iterate_samples(path)"
        )
    return samples
