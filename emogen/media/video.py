"""Reading video: a path in, frames one at a time or a whole clip with its sound out.

The first frame is time zero. Frames come upright, at a constant rate, as uint8 RGB; what varies in
rate is brought to a constant one by holding and dropping frames, and a warning says so. Sound is
placed where the file says it belongs, so picture and sound stay together.
"""

import warnings
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np

from emogen.errors import MediaError
from emogen.media import webp
from emogen.media.audio import read_audio
from emogen.media.clip import MAX_FPS, Clip, flatten
from emogen.media.container import open_media
from emogen.media.probe import MediaInfo, carries_alpha, probe, video_stream
from emogen.media.timing import steady

MAX_CLIP_BYTES = 2 << 30
"""Most memory that the frames of one clip may take."""


def iterate_frames(
    path: str | Path,
    *,
    fps: float | None = None,
    start: float = 0.0,
    end: float | None = None,
    alpha: bool = False,
) -> Iterator[np.ndarray]:
    """Yield the frames of a video one at a time, in constant memory.

    Args:
        path: MP4, WEBM, GIF, animated WebP or any other video that ffmpeg reads.
        fps: wanted frame rate; None keeps the file's (the mean where it varies).
        start: seconds from the first frame.
        end: seconds from the first frame; None reads to the end.
        alpha: keep transparency (four channels); else transparent pixels are laid over white.

    Yields:
        uint8 [H, W, 3], or [H, W, 4] with ``alpha``.

    Raises:
        MediaError: the file is missing, no video, damaged or cut short.
    """
    info = probe(path)
    if info.video is None:
        raise MediaError(f"expected a video, got sound only: {path}; read it with read_audio")
    _check_span(info, fps, start, end, path)
    rate = fps or info.video.fps
    timed = _timed_frames(Path(path), info, start, end, alpha=alpha)
    slots = fitting = 0
    for pixels, fresh in steady(timed, rate):
        slots, fitting = slots + 1, fitting + (fresh == 1)
        yield pixels
    if not slots:
        raise MediaError(
            f"expected frames from {start:g} s on, got none: {path}; it may be damaged or shorter"
        )
    if fps is None and fitting < slots and info.video.codec not in {"webp", "gif"}:
        warnings.warn(
            f"{path} varies in frame rate; it was read at a constant {rate:.6g}", stacklevel=2
        )


def count_frames(path: str | Path) -> int:
    """Decode all frames of a video in a container of ffmpeg's and return how many there are.

    Raises:
        MediaError: the file is missing, no video or damaged.
    """
    with open_media(path) as container:
        stream = video_stream(container)
        if stream is None:
            raise MediaError(f"expected a video, got sound only: {path}")
        stream.thread_type = "AUTO"
        return sum(1 for _ in container.decode(stream))


def read_video(
    path: str | Path,
    *,
    fps: float | None = None,
    start: float = 0.0,
    end: float | None = None,
    alpha: bool = False,
    sample_rate: int | None = None,
    max_bytes: int = MAX_CLIP_BYTES,
) -> Clip:
    """Read a video with its sound into memory.

    Args:
        path: see :func:`iterate_frames`, as for ``fps``, ``start``, ``end`` and ``alpha``.
        fps: wanted frame rate, None keeps the file's.
        start: seconds from the first frame.
        end: seconds from the first frame, None for all.
        alpha: keep transparency.
        sample_rate: wanted rate of the sound, None keeps the file's.
        max_bytes: most memory for the frames.

    Raises:
        MediaError: as :func:`iterate_frames`, or the frames take more than ``max_bytes``.
    """
    frames, taken = [], 0
    for frame in iterate_frames(path, fps=fps, start=start, end=end, alpha=alpha):
        taken += frame.nbytes
        if taken > max_bytes:
            raise MediaError(
                f"expected frames of at most {max_bytes >> 20} MiB, got more: {path}; "
                "read a part with end= or one frame at a time with iterate_frames"
            )
        frames.append(frame)
    info = probe(path)
    clip = Clip(frames=np.stack(frames), fps=fps or info.video.fps)
    if info.audio is None:
        return clip
    audio = read_audio(path, sample_rate=sample_rate, start=start, end=end, since_first_frame=True)
    return Clip(frames=clip.frames, fps=clip.fps, audio=audio)


def _check_span(
    info: MediaInfo, fps: float | None, start: float, end: float | None, path: str | Path
) -> None:
    if fps is not None and not 0 < fps <= MAX_FPS:
        raise MediaError(f"expected a frame rate above 0 and at most {MAX_FPS:g}, got {fps}")
    if start < 0 or (end is not None and end <= start):
        raise MediaError(
            f"expected 0 <= start < end, got start {start:g} and end {end:g}"
            if end is not None
            else f"expected a start of 0 s or later, got {start:g}"
        )
    if info.video.seconds and start >= info.video.seconds:
        raise MediaError(
            f"expected a start before the end at {info.video.seconds:.2f} s of {path}, got "
            f"{start:g}"
        )


def _timed_frames(
    path: Path, info: MediaInfo, start: float, end: float | None, *, alpha: bool
) -> Iterator[tuple[float, float, np.ndarray]]:
    """Yield when a frame begins and ends, in seconds from ``start``, and its pixels."""
    half, last = 0.5 / info.video.fps, 0.0
    source = webp.decode(path) if info.container == "webp" else _decode(path, info, start)
    for begin, over, pixels in source:
        if end is not None and begin >= end - half:
            return
        last = over
        if over > start + half:
            until = over if end is None else min(over, end)
            yield max(0.0, begin - start), until - start, _with_channels(pixels, alpha=alpha)
    tolerance = max(2 / info.video.fps, 0.15)
    if end is None and last + tolerance < info.video.seconds:
        raise MediaError(
            f"expected {info.video.seconds:.2f} s of video in {path}, got {last:.2f} s; "
            "it is damaged or cut short"
        )


def _decode(path: Path, info: MediaInfo, start: float) -> Iterator[tuple[float, float, np.ndarray]]:
    with open_media(path) as container:
        stream = video_stream(container)
        stream.thread_type = "AUTO"
        origin = (stream.start_time or 0) * stream.time_base
        if start > 1:
            container.seek(int((start + float(origin)) * av.time_base), backward=True)
        layout = "rgba" if carries_alpha(stream) else "rgb24"
        sides = {info.video.width, info.video.height}
        for index, frame in enumerate(_frames(container, stream, layout)):
            if {frame.width, frame.height} != sides:
                got = f"{frame.width}x{frame.height}"
                raise MediaError(f"expected frames of one size in {path}, got {got} later on")
            begin = float(frame.time - origin) if frame.time is not None else index / info.video.fps
            length = float((frame.duration or 0) * stream.time_base) or 1 / info.video.fps
            pixels = frame.to_ndarray(format=layout, threads=1)
            yield begin, begin + length, _upright(pixels, frame.rotation)


def _frames(
    container: av.container.InputContainer, stream: av.video.stream.VideoStream, layout: str
) -> Iterator[av.VideoFrame]:
    """Decode a stream; VP9 with alpha needs libvpx, ffmpeg's own decoder leaves the alpha out."""
    codec = stream.codec_context.codec.canonical_name
    if layout == "rgb24" or codec not in {"vp8", "vp9"}:
        yield from container.decode(stream)
        return
    decoder = av.CodecContext.create("libvpx-vp9" if codec == "vp9" else "libvpx", "r")
    for packet in container.demux(stream):
        for frame in decoder.decode(packet if packet.size else None):
            frame.time_base = stream.time_base
            yield frame


def _upright(pixels: np.ndarray, rotation: int) -> np.ndarray:
    return np.ascontiguousarray(np.rot90(pixels, rotation // 90)) if rotation % 360 else pixels


def _with_channels(pixels: np.ndarray, *, alpha: bool) -> np.ndarray:
    if alpha == (pixels.shape[2] == 4):
        return pixels
    if not alpha:
        return flatten(pixels)
    opaque = np.full((*pixels.shape[:2], 1), 255, np.uint8)
    return np.concatenate([pixels, opaque], axis=2)
