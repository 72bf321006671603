"""Animated WebP, which Pillow reads and ffmpeg does not: a clip in, bytes out, and back."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image

from emogen.errors import MediaError
from emogen.media.clip import Clip
from emogen.media.container import image_errors

MAX_SIDE = 16383
EXIF_DESCRIPTION = 0x010E


@dataclass(frozen=True, kw_only=True)
class WebpInfo:
    """What a WebP file says; ``times`` are the frames' beginnings and the end, in seconds."""

    width: int
    height: int
    times: tuple[float, ...]
    has_alpha: bool

    @property
    def num_frames(self) -> int:
        """Number of stored frames; the encoder merges equal neighbours into one."""
        return len(self.times) - 1


def encode(
    clip: Clip, *, quality: int = 85, effort: int = 4, description: str | None = None
) -> bytes:
    """Return the clip as an animated WebP that loops for ever.

    Args:
        clip: frames with or without alpha, at most 16383 pixels a side; its sound is not looked at.
        quality: 0 (small) to 100 (fine).
        effort: 0 (fast) to 6 (small).
        description: text for the EXIF description.
    """
    if max(clip.width, clip.height) > MAX_SIDE:
        raise MediaError(
            f"WebP holds at most {MAX_SIDE} pixels a side, got {clip.width}x{clip.height}; "
            "scale it down"
        )
    pictures = [Image.fromarray(frame) for frame in clip.frames]
    exif = Image.Exif()
    if description is not None:
        exif[EXIF_DESCRIPTION] = description
    ticks = np.round(np.arange(clip.num_frames + 1) * 1000 / clip.fps).astype(int)
    buffer = io.BytesIO()
    pictures[0].save(
        buffer,
        "WEBP",
        save_all=True,
        append_images=pictures[1:],
        duration=np.diff(ticks).tolist(),
        loop=0,
        quality=quality,
        method=effort,
        exif=exif.tobytes() if description is not None else b"",
    )
    data = buffer.getvalue()
    animated = any(kind == b"ANMF" for kind, _, _ in _chunks(io.BytesIO(data)))
    return data if animated else _as_animation(data, clip, int(ticks[-1]))


def describe(source: Path | bytes) -> WebpInfo:
    """Return size, times and alpha of a WebP file from its chunks, without decoding a pixel."""
    with image_errors(_name(source)), Image.open(_open(source), formats=("WEBP",)) as image:
        width, height = image.size
        has_alpha = image.mode == "RGBA"
    times = [0.0]
    with _open(source) as file:
        for kind, start, size in _chunks(file):
            if kind == b"ANMF" and size >= 16:
                file.seek(start + 12)
                times.append(times[-1] + int.from_bytes(file.read(3), "little") / 1000)
    if len(times) == 1 or times[-1] == 0:
        times = [0.0, 1.0]  # a still: one frame, shown for a second
    return WebpInfo(width=width, height=height, times=tuple(times), has_alpha=has_alpha)


def decode(source: Path | bytes) -> Iterator[tuple[float, float, np.ndarray]]:
    """Yield when each frame begins and ends (seconds) and its pixels, uint8 [H, W, 3 or 4]."""
    times = describe(source).times
    with image_errors(_name(source)), Image.open(_open(source), formats=("WEBP",)) as image:
        for index, (begin, end) in enumerate(pairwise(times)):
            image.seek(index)
            frame = image if image.mode in {"RGB", "RGBA"} else image.convert("RGB")
            yield begin, end, np.array(frame)


def _as_animation(still: bytes, clip: Clip, milliseconds: int) -> bytes:
    """Wrap the still that the encoder makes of equal frames as an animation of one long frame."""
    image, exif = b"", b""
    for kind, start, size in _chunks(io.BytesIO(still)):
        if kind in {b"ALPH", b"VP8 ", b"VP8L"}:
            image += _chunk(kind, still[start : start + size])
        elif kind == b"EXIF":
            exif = _chunk(kind, still[start : start + size])
    flags = 0x02 | (0x10 if clip.has_alpha else 0) | (0x08 if exif else 0)
    sides = b"".join((side - 1).to_bytes(3, "little") for side in (clip.width, clip.height))
    frame = bytes(6) + sides + milliseconds.to_bytes(3, "little") + bytes(1) + image
    body = _chunk(b"VP8X", flags.to_bytes(4, "little") + sides)
    body += _chunk(b"ANIM", bytes(6)) + _chunk(b"ANMF", frame) + exif
    return b"RIFF" + (len(body) + 4).to_bytes(4, "little") + b"WEBP" + body


def _chunk(kind: bytes, data: bytes) -> bytes:
    return kind + len(data).to_bytes(4, "little") + data + bytes(len(data) & 1)


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Yield the kind, the place and the size of each chunk of a WebP file."""
    file.seek(12)
    while len(head := file.read(8)) == 8:
        start, size = file.tell(), int.from_bytes(head[4:], "little")
        yield head[:4], start, size
        file.seek(start + size + (size & 1))


def _open(source: Path | bytes) -> BinaryIO:
    return io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")


def _name(source: Path | bytes) -> str:
    return "a WebP in memory" if isinstance(source, bytes) else str(source)
