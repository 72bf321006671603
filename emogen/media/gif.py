"""GIF: a clip in, the bytes of a file with one good palette out; ffmpeg reads it back."""

import io
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from emogen.errors import MediaError
from emogen.media.clip import Clip

GIF_MAX_FPS = 50
PALETTE_USE = "dither=bayer:bayer_scale=4:diff_mode=rectangle"


def encode(clip: Clip, *, comment: str | None = None) -> bytes:
    """Return a GIF that loops for ever, with one palette for all frames so that none flickers.

    Alpha above one half is opaque, the rest clear; times are rounded to 1/100 s without drift.

    Raises:
        MediaError: more than 50 frames a second, which viewers slow down to 10.
    """
    if clip.fps > GIF_MAX_FPS:
        raise MediaError(
            f"GIF shows at most {GIF_MAX_FPS} frames a second, got {clip.fps:g}; lower the "
            "frame rate"
        )
    ticks = [round(index * 100 / clip.frame_rate) for index in range(clip.num_frames + 1)]
    options = {"loop": "0", "final_delay": str(ticks[-1] - ticks[-2])}
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="gif", options=options) as container:
        stream = container.add_stream("gif", rate=clip.frame_rate)
        stream.width, stream.height, stream.pix_fmt = clip.width, clip.height, "pal8"
        stream.codec_context.time_base = Fraction(1, 100)
        for index, frame in enumerate(_paletted(clip)):
            frame.pts, frame.time_base = ticks[index], Fraction(1, 100)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return buffer.getvalue() if comment is None else _with_comment(buffer.getvalue(), comment)


def is_whole(path: Path) -> bool:
    """Whether a GIF's blocks lead to its trailer; ffmpeg decodes one cut short without a word."""
    data = path.read_bytes()
    at = _after_header(data)
    while at < len(data):
        kind = data[at]
        if kind == 0x3B:
            return True
        if kind == 0x21:  # an extension: label, blocks
            at += 2
        elif kind == 0x2C and at + 10 < len(
            data
        ):  # a frame: place, size, palette, code size, blocks
            at += 10 + _palette_bytes(data[at + 9]) + 1
        else:
            return False
        while at < len(data) and data[at]:
            at += data[at] + 1
        at += 1
    return False


def _with_comment(data: bytes, text: str) -> bytes:
    """Put a comment extension behind a GIF's header and palette; ffmpeg writes none."""
    raw, at = text.encode(), _after_header(data)
    parts = (raw[start : start + 255] for start in range(0, len(raw), 255))
    blocks = b"".join(bytes([len(part)]) + part for part in parts)
    return data[:at] + b"\x21\xfe" + blocks + b"\x00" + data[at:]


def _after_header(data: bytes) -> int:
    return 13 + _palette_bytes(data[10]) if len(data) > 13 else len(data)


def _palette_bytes(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _paletted(clip: Clip) -> Iterator[av.VideoFrame]:
    """Run ffmpeg's palettegen over all frames, then paletteuse."""
    graph = av.filter.Graph()
    source = graph.add_buffer(
        width=clip.width,
        height=clip.height,
        format="rgba" if clip.has_alpha else "rgb24",
        time_base=1 / clip.frame_rate,
    )
    split, generate = graph.add("split"), graph.add("palettegen", "stats_mode=full")
    use, sink = graph.add("paletteuse", PALETTE_USE), graph.add("buffersink")
    for start, end, into in ((source, split, 0), (generate, use, 1), (use, sink, 0)):
        start.link_to(end, 0, into)
    split.link_to(use, 0, 0)
    split.link_to(generate, 1, 0)
    graph.configure()
    for index, pixels in enumerate(clip.frames):
        layout = "rgba" if clip.has_alpha else "rgb24"
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format=layout)
        frame.pts, frame.time_base = index, 1 / clip.frame_rate
        source.push(frame)
    source.push(None)
    for _ in range(clip.num_frames):
        yield sink.pull()
