"""What a file holds, without decoding it: a path in, sizes, rates, lengths and codecs out."""

from dataclasses import dataclass
from pathlib import Path

import av

from emogen.errors import MediaError
from emogen.media import gif, webp
from emogen.media.container import check_file, open_media, sniff
from emogen.media.timing import grid_rate

MAX_PIXELS = 4096 * 4096
"""Largest picture or frame that is decoded."""


@dataclass(frozen=True, kw_only=True)
class VideoStream:
    """The picture part of a file, as it is shown (turned upright).

    Attributes:
        width: pixels across.
        height: pixels down.
        fps: frames a second, the average if they vary.
        num_frames: frames the file says it holds.
        seconds: length; 0 where the file does not say.
        codec: ffmpeg's name, such as ``h264``.
        pixel_format: ffmpeg's name, such as ``yuv420p``.
        has_alpha: whether pixels can be transparent.
        rotation: degrees, counter-clockwise, by which stored frames are turned to stand upright.
    """

    width: int
    height: int
    fps: float
    num_frames: int
    seconds: float
    codec: str
    pixel_format: str
    has_alpha: bool = False
    rotation: int = 0


@dataclass(frozen=True, kw_only=True)
class AudioStream:
    """The sound part of a file; ``seconds`` is 0 where the file does not say."""

    codec: str
    sample_rate: int
    channels: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class MediaInfo:
    """What :func:`probe` found: the container's name and the first video and audio stream."""

    container: str
    video: VideoStream | None
    audio: AudioStream | None

    @property
    def duration(self) -> float:
        """Length in seconds of the longer of picture and sound."""
        return max(
            (part.seconds for part in (self.video, self.audio) if part is not None), default=0.0
        )


def probe(path: str | Path) -> MediaInfo:
    """Return what a video or sound file holds.

    Reads the headers and one frame; files without an index (WEBM, GIF) are walked through once.

    Raises:
        MediaError: the file is missing, no media, damaged or larger than is decoded.
    """
    path = check_file(path)
    kind = sniff(path)
    if kind == "WEBP":
        return MediaInfo(container="webp", video=_webp_stream(path), audio=None)
    if kind == "GIF" and not gif.is_whole(path):
        raise MediaError(f"expected a whole GIF, got one that is damaged or cut short: {path}")
    with open_media(path) as container:
        video, audio = video_stream(container), next(iter(container.streams.audio), None)
        if video is None and audio is None:
            raise MediaError(
                f"expected a picture or sound in {path}, got neither; it may be damaged"
            )
        return MediaInfo(
            container=container.format.name.split(",")[0],
            video=None if video is None else _describe_video(container, video, path),
            audio=None if audio is None else _describe_audio(container, audio, path),
        )


def video_stream(container: av.container.InputContainer) -> av.video.stream.VideoStream | None:
    """Return the first stream of moving pictures; the cover picture of a song is none."""
    cover = av.stream.Disposition.attached_pic
    return next(
        (stream for stream in container.streams.video if not stream.disposition & cover), None
    )


def known_codec(stream: av.stream.Stream, path: str | Path) -> av.CodecContext:
    """Return the decoder of a stream.

    Raises:
        MediaError: there is none for what the file claims to hold.
    """
    if stream.codec_context is None:
        raise MediaError(
            f"expected a known codec in {path}, got one that nothing here decodes; "
            "the file may be damaged, or convert it to H.264 and AAC"
        )
    return stream.codec_context


def carries_alpha(stream: av.video.stream.VideoStream) -> bool:
    """Whether the pixels of a stream can be transparent; VP9 keeps alpha beside the picture."""
    name = stream.codec_context.pix_fmt or ""
    return stream.metadata.get("alpha_mode") == "1" or name.startswith(
        ("yuva", "rgba", "bgra", "argb", "gbra")
    )


def declared_seconds(stream: av.stream.Stream) -> float:
    """Return the length that the file states for a stream, 0 if it does not."""
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    hours, _, rest = stream.metadata.get("DURATION", "").partition(
        ":"
    )  # Matroska's tag, 00:00:02.063
    minutes, _, seconds = rest.partition(":")
    try:
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    except ValueError:
        return 0.0


def _describe_video(
    container: av.container.InputContainer, stream: av.video.stream.VideoStream, path: Path
) -> VideoStream:
    context = known_codec(stream, path)
    _check_size(context.width, context.height, path)
    frame = next(container.decode(stream), None)
    if frame is None:
        raise MediaError(
            f"expected at least one frame in {path}, got none; it may be damaged or cut short"
        )
    num_frames, seconds = stream.frames, declared_seconds(stream)
    rate = float(stream.average_rate or stream.guessed_rate or 0)
    if not num_frames or container.format.name == "gif":
        times = _packet_times(path)
        num_frames, seconds = len(times) - 1, seconds or times[-1]
        if container.format.name == "gif":
            rate, seconds = grid_rate(times, 0.01), times[-1]
            num_frames = round(seconds * rate)
    if not rate:
        raise MediaError(f"expected a frame rate in {path}, got none; it may be a still or damaged")
    width, height = (
        (frame.height, frame.width) if frame.rotation % 180 else (frame.width, frame.height)
    )
    return VideoStream(
        width=width,
        height=height,
        fps=rate,
        num_frames=num_frames,
        seconds=seconds or num_frames / rate,
        codec=context.codec.canonical_name,
        pixel_format=context.pix_fmt or "unknown",
        has_alpha=carries_alpha(stream),
        rotation=frame.rotation,
    )


def _describe_audio(
    container: av.container.InputContainer, stream: av.audio.stream.AudioStream, path: Path
) -> AudioStream:
    context = known_codec(stream, path)
    if not context.sample_rate or not context.channels:
        raise MediaError(
            f"expected sound with a sample rate in {path}, got none; it may be damaged"
        )
    seconds = declared_seconds(stream)
    if not seconds and container.duration:
        seconds = container.duration / av.time_base
    return AudioStream(
        codec=context.codec.canonical_name,
        sample_rate=context.sample_rate,
        channels=context.channels,
        seconds=seconds,
    )


def _packet_times(path: Path) -> list[float]:
    """Return when each frame begins and the last one ends, in seconds from the first."""
    with open_media(path) as container:
        packets = [
            (packet.pts * packet.time_base, (packet.duration or 0) * packet.time_base)
            for packet in container.demux(video_stream(container))
            if packet.size and packet.pts is not None
        ]
    if not packets:
        raise MediaError(
            f"expected frames with times in {path}, got none; it may be damaged or cut short"
        )
    starts = sorted(start for start, _ in packets)
    end = max(start + length for start, length in packets)
    return [float(time - starts[0]) for time in [*starts, end]]


def _webp_stream(path: Path) -> VideoStream:
    info = webp.describe(path)
    _check_size(info.width, info.height, path)
    fps = grid_rate(info.times, 0.001)
    return VideoStream(
        width=info.width,
        height=info.height,
        fps=fps,
        num_frames=round(info.times[-1] * fps),
        seconds=info.times[-1],
        codec="webp",
        pixel_format="rgba" if info.has_alpha else "rgb24",
        has_alpha=info.has_alpha,
    )


def _check_size(width: int, height: int, path: Path) -> None:
    if not 0 < width * height <= MAX_PIXELS:
        raise MediaError(
            f"expected 1 to {MAX_PIXELS} pixels a frame, got {width}x{height} in {path}; "
            "scale it down first"
        )


def frame_end(frame: av.AudioFrame, stream: av.audio.stream.AudioStream) -> float:
    """Return the second of the stream at which a frame of sound ends; gaps before it count."""
    begin = float((stream.start_time or 0) * stream.time_base)
    return float(frame.time or 0.0) - begin + frame.samples / frame.sample_rate
