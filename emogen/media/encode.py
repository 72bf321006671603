"""MP4 and WEBM encoders on PyAV: a clip in, an encoded file (on disk or in memory) out.

The same clip gives the same bytes: one thread, no random identifiers, no dates.
"""

from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import BinaryIO, NamedTuple

import av
import numpy as np

from emogen.media.clip import Audio, Clip

AAC_RATES = (48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000)
OPUS_RATES = (48000,)
_BT709 = 1  # the code of BT.709 in primaries, transfer and matrix alike (ITU-T H.273)
_LIMITED = 1


def encode_mp4(
    clip: Clip, path: Path, *, crf: int = 18, tags: dict[str, str] | None = None
) -> None:
    """Write H.264, yuv420p in BT.709, AAC when there is sound, the index in front (+faststart).

    Args:
        clip: opaque frames of even width and height.
        path: file on disk; ffmpeg reads it again to move the index to the front.
        crf: 0 (lossless) to 51.
        tags: kept as ``mdta`` keys.
    """
    options = {"movflags": "+faststart+use_metadata_tags"}
    with av.open(str(path), "w", format="mp4", options=options) as container:
        container.metadata.update(tags or {})
        options = {"crf": str(crf), "preset": "medium", **repeatable()}
        video = add_video(container, Coding("libx264", "yuv420p", options), rate=clip.frame_rate,
                          size=(clip.width, clip.height))  # fmt: skip
        sound = _add_audio(container, clip.audio, "aac", AAC_RATES)
        _mux(container, clip, video, sound)


def encode_webm(
    clip: Clip,
    target: Path | BinaryIO,
    *,
    crf: int = 24,
    speed: int = 4,
    tags: dict[str, str] | None = None,
) -> None:
    """Write VP9, with alpha (yuva420p) where the clip has it, Opus when there is sound.

    Args:
        clip: frames of even width and height.
        target: file or memory to write to.
        crf: 0 to 63, lower is finer.
        speed: libvpx's cpu-used, 0 (small) to 8 (fast).
        tags: Matroska tags.
    """
    pixel_format = "yuva420p" if clip.has_alpha else "yuv420p"
    options = {"crf": str(crf), "b": "0", "deadline": "good", "cpu-used": str(speed)}
    if clip.has_alpha:
        options["auto-alt-ref"] = (
            "0"  # libvpx hides alternate frames, which would part colour from alpha
        )
    target = str(target) if isinstance(target, Path) else target
    with av.open(target, "w", format="webm", options={"fflags": "+bitexact"}) as container:
        container.metadata.update(tags or {})
        video = add_video(container, Coding("libvpx-vp9", pixel_format, options),
                          rate=clip.frame_rate, size=(clip.width, clip.height))  # fmt: skip
        sound = _add_audio(container, clip.audio, "libopus", OPUS_RATES)
        _mux(container, clip, video, sound)


@cache
def repeatable() -> dict[str, str]:
    """Return what keeps x264 from giving other bytes now and then on processors with AVX-512.

    Its AVX-512 code for macroblock trees reads memory that was never set: of 100 encodings of one
    clip 16 differed. The AVX2 code gives the bytes that all other processors give.
    """
    features = np._core._multiarray_umath.__cpu_features__
    return {"x264-params": "asm=AVX2"} if features.get("AVX512F") else {}


class Coding(NamedTuple):
    """How pictures are coded: FFmpeg's names of codec and pixel format, the codec's options."""

    codec: str
    pixel_format: str
    options: dict[str, str]


def add_video(
    container: av.container.OutputContainer, coding: Coding, *, rate: Fraction,
    size: tuple[int, int],
) -> av.video.stream.VideoStream:  # fmt: skip
    """Add pictures of a size (width, height) to a file, in BT.709, coded by one thread."""
    stream = container.add_stream(
        coding.codec, rate=rate, options={**coding.options, "threads": "1"}
    )
    stream.width, stream.height = size
    stream.pix_fmt = coding.pixel_format
    context = stream.codec_context
    context.time_base = 1 / rate
    context.bit_rate = 0
    context.colorspace = context.color_primaries = context.color_trc = _BT709
    context.color_range = _LIMITED
    return stream


def add_sound(
    container: av.container.OutputContainer, codec: str, *, rate: int, channels: int
) -> av.audio.stream.AudioStream:
    """Add sound to a file: 96 kbit/s a channel, one or two channels."""
    stream = container.add_stream(codec, rate=rate)
    stream.layout = "mono" if channels == 1 else "stereo"
    stream.bit_rate = 96_000 * channels
    return stream


def codec_rate(rates: tuple[int, ...], wanted: int) -> int:
    """Return the rate a codec has: the wanted one or the next higher, else its highest.

    >>> codec_rate(AAC_RATES, 22050), codec_rate(AAC_RATES, 9000), codec_rate(OPUS_RATES, 96000)
    (22050, 11025, 48000)
    """
    return min((known for known in rates if known >= wanted), default=rates[0])


def _add_audio(
    container: av.container.OutputContainer, audio: Audio | None, codec: str, rates: tuple[int, ...]
) -> tuple[av.audio.stream.AudioStream, np.ndarray] | None:
    """Return the stream and the samples at a rate the codec has: the same or the next higher."""
    if audio is None:
        return None
    rate = codec_rate(rates, audio.sample_rate)
    stream = add_sound(container, codec, rate=rate, channels=audio.channels)
    return stream, _at_rate(audio, rate)


def _at_rate(audio: Audio, rate: int) -> np.ndarray:
    if rate == audio.sample_rate:
        return audio.samples
    layout = "mono" if audio.channels == 1 else "stereo"
    resampler = av.AudioResampler(format="fltp", layout=layout, rate=rate)
    frames = [
        *resampler.resample(audio_frame(audio.samples, audio.sample_rate, 0)),
        *resampler.resample(None),
    ]
    return np.concatenate([frame.to_ndarray() for frame in frames], axis=1)


def _mux(
    container: av.container.OutputContainer,
    clip: Clip,
    video: av.video.stream.VideoStream,
    sound: tuple[av.audio.stream.AudioStream, np.ndarray] | None,
) -> None:
    """Encode picture and sound in turn, frame by frame, so that the file is interleaved."""
    for index, picture in enumerate(_yuv_frames(clip, video.pix_fmt)):
        container.mux(video.encode(picture))
        if sound is not None:
            stream, samples = sound
            begin, end = (round(at / clip.frame_rate * stream.rate) for at in (index, index + 1))
            end = None if index + 1 == clip.num_frames else end
            if samples[:, begin:end].shape[1]:
                container.mux(
                    stream.encode(audio_frame(samples[:, begin:end], stream.rate, begin))
                )
    container.mux(video.encode(None))
    if sound is not None:
        container.mux(sound[0].encode(None))


def _yuv_frames(clip: Clip, pixel_format: str) -> Iterator[av.VideoFrame]:
    for index, pixels in enumerate(clip.frames):
        yield yuv_frame(pixels, pixel_format, index=index, rate=clip.frame_rate)


def yuv_frame(
    pixels: np.ndarray, pixel_format: str, *, index: int, rate: Fraction
) -> av.VideoFrame:
    """Return pixels uint8 [H, W, 3 or 4] as frame ``index`` of a video in BT.709."""
    layout = "rgba" if pixels.shape[2] == 4 else "rgb24"
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format=layout)
    frame = frame.reformat(
        format=pixel_format, dst_colorspace="ITU709", dst_color_range="MPEG", threads=1
    )  # threads of their own for each frame cost more than they save
    frame.pts, frame.time_base = index, 1 / rate
    return frame


def audio_frame(samples: np.ndarray, rate: int, pts: int) -> av.AudioFrame:
    """Return samples float32 [C, S] as sound that begins at sample ``pts``."""
    layout = "mono" if samples.shape[0] == 1 else "stereo"
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout=layout)
    frame.sample_rate, frame.pts, frame.time_base = rate, pts, Fraction(1, rate)
    return frame
