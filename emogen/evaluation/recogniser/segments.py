"""From a file to pieces that fit in memory: a path or clip in, segments of at most 30 s out.

Each segment holds small pictures at about four a second and 16 kHz sound with a margin on both
sides, so that windows of sound may reach over its ends. Both streams are read once, side by side;
an hour takes the memory of a minute.

Shapes: T pictures, S samples of sound.
"""

import mimetypes
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import av
import numpy as np

from emogen.errors import MediaError
from emogen.evaluation.recogniser.reading import HOP
from emogen.evaluation.recogniser.transcript import TEXT_SUFFIXES, read_text
from emogen.media import Clip, probe, read_image
from emogen.media.clip import flatten
from emogen.media.container import check_file, sniff
from emogen.media.stream import iterate_pictures, iterate_samples, shrink

Kind = Literal["video", "audio", "image", "text"]

FPS = 4.0
SIDE = 160
RATE = 16_000
LONGEST = 30.0
"""Seconds of a segment; a multiple of the hop of the timeline."""
MARGIN = 1.5
"""Seconds of sound on either side: half a window of the voice."""

Pictures = Iterable[tuple[float, np.ndarray]]
Blocks = Iterable[np.ndarray]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Segment:
    """A piece of a clip.

    Attributes:
        start: seconds from the beginning of the clip.
        end: seconds.
        frames: uint8 [T, H, W, 3]; T = 0 where there is no picture.
        frame_seconds: float64 [T], from the beginning of the clip.
        samples: float32 [S], mono, 16 kHz; S = 0 where there is no sound.
        samples_start: when the samples begin, in seconds from the beginning of the clip.
    """

    start: float
    end: float
    frames: np.ndarray
    frame_seconds: np.ndarray
    samples: np.ndarray
    samples_start: float

    def __repr__(self) -> str:
        """Say what it is."""
        sound = len(self.samples) / RATE
        return (
            f"Segment({self.start:g} to {self.end:.2f} s, {len(self.frames)} pictures,"
            f" {sound:.2f} s of sound)"
        )


def windows(start: float, end: float) -> np.ndarray:
    """Return the centres of the half seconds from ``start`` to ``end``, float64 [N], at least one.

    >>> windows(0.0, 1.2).tolist()
    [0.25, 0.75, 1.25]
    """
    count = max(1, int(np.ceil((end - start) / HOP - 1e-2)))
    return start + HOP * (np.arange(count) + 0.5)


def kind_of(path: str | Path) -> Kind:
    """Return what a file holds.

    Raises:
        MediaError: it is missing, damaged or of another kind.
    """
    path = check_file(path)
    if path.suffix.lower() in TEXT_SUFFIXES:
        return "text"
    form = sniff(path)
    if form in {"PNG", "JPEG"}:
        return "image"
    try:
        info = probe(path)
    except MediaError as error:
        if form == "WEBP":
            return "image"
        named = mimetypes.guess_type(path.name)[0] or ""
        if _is_text(path) and not named.startswith(("video/", "audio/", "image/")):
            return "text"
        raise error from None
    if form == "WEBP" and info.video.num_frames <= 1:
        return "image"
    return "video" if info.video else "audio"


def file_segments(
    path: str | Path, *, pictures: bool = True, sound: bool = True
) -> Iterator[Segment]:
    """Yield the segments of a video, sound or picture file.

    Args:
        path: the file.
        pictures: whether pictures are wanted; else they are not decoded.
        sound: whether sound is wanted.

    Raises:
        MediaError: nothing of what is wanted is there, or the file is damaged.
    """
    if kind_of(path) == "image":
        still = shrink(read_image(path), SIDE)
        yield from cut([(0.0, still)] if pictures else [], [], seconds=HOP)
        return
    info = probe(path)
    seen = iterate_pictures(path, fps=FPS, side=SIDE) if pictures and info.video else []
    heard = iterate_samples(path, sample_rate=RATE) if sound and info.audio else []
    yield from cut(seen, heard)


def clip_segments(clip: Clip, *, pictures: bool = True, sound: bool = True) -> Iterator[Segment]:
    """Yield the segments of a clip in memory, transparency laid over white."""
    seen: Pictures = ()
    if pictures:
        count = max(1, int(np.ceil(clip.duration * FPS - 1e-6)))
        times = np.arange(count) / FPS
        picks = np.minimum((times * clip.fps + 1e-6).astype(int), clip.num_frames - 1)
        seen = ((time, shrink(_opaque(clip.frames[pick]), SIDE))
                for time, pick in zip(times.tolist(), picks, strict=True))
    heard = [_resampled(clip)] if sound and clip.audio is not None else []
    yield from cut(seen, heard)


def cut(pictures: Pictures, blocks: Blocks, *, seconds: float | None = None) -> Iterator[Segment]:
    """Yield segments of two streams, read side by side.

    Args:
        pictures: when each is shown, growing, and its pixels.
        blocks: sound, float32 [S] each, from time zero on without gaps.
        seconds: the length of the clip, where pictures do not tell it (a still).
    """
    seen, heard, start = _Shelf(pictures), _Tape(blocks), 0.0
    while start == 0.0 or not (seen.is_over and heard.is_over(start)):
        stop = start + LONGEST
        frames = seen.until(stop)
        begin, samples = heard.between(start - MARGIN, stop + MARGIN)
        over = max([time + 1 / FPS for time, _ in frames[-1:]] + [start, heard.length])
        end = min(stop, seconds or over) if seen.is_over else stop
        yield Segment(
            start=start,
            end=max(end, start),
            frames=np.stack([frame for _, frame in frames]) if frames else _NO_FRAMES,
            frame_seconds=np.array([time for time, _ in frames], dtype=np.float64),
            samples=samples,
            samples_start=begin,
        )
        start = stop


_NO_FRAMES = np.zeros((0, 1, 1, 3), np.uint8)


class _Shelf:
    """Pictures taken in order, one looked at ahead."""

    def __init__(self, pictures: Pictures) -> None:
        self._source = iter(pictures)
        self._next = next(self._source, None)

    @property
    def is_over(self) -> bool:
        return self._next is None

    def until(self, stop: float) -> list[tuple[float, np.ndarray]]:
        taken = []
        while self._next is not None and self._next[0] < stop - 1e-6:
            taken.append(self._next)
            self._next = next(self._source, None)
        return taken


class _Tape:
    """Sound read as far as it is asked for, forgotten where it is past."""

    def __init__(self, blocks: Blocks) -> None:
        self._source = iter(blocks)
        self._held = np.zeros(0, np.float32)
        self._first = 0  # sample at which what is held begins
        self._ended = False

    @property
    def length(self) -> float:
        """Seconds known so far."""
        return (self._first + len(self._held)) / RATE

    def is_over(self, start: float) -> bool:
        return self._ended and self.length <= start + 1e-6

    def between(self, start: float, stop: float) -> tuple[float, np.ndarray]:
        last = round(stop * RATE)
        parts = [self._held]
        count = self._first + len(self._held)
        while count < last and not self._ended:
            block = next(self._source, None)
            self._ended = block is None
            parts += [] if block is None else [block]
            count += 0 if block is None else len(block)
        held = np.concatenate(parts)
        drop = min(len(held), max(0, round(start * RATE) - self._first))
        self._held, self._first = held[drop:], self._first + drop
        return self._first / RATE, self._held[: max(0, last - self._first)]


def _opaque(frame: np.ndarray) -> np.ndarray:
    return flatten(frame) if frame.shape[2] == 4 else frame


def _resampled(clip: Clip) -> np.ndarray:
    """Return the sound of a clip, mono at 16 kHz, float32 [S]."""
    audio = clip.audio
    mono = audio.samples.mean(axis=0, dtype=np.float32)
    if audio.sample_rate == RATE:
        return mono
    frame = av.AudioFrame.from_ndarray(mono[None], format="fltp", layout="mono")
    frame.sample_rate = audio.sample_rate
    resampler = av.AudioResampler(format="fltp", layout="mono", rate=RATE)
    blocks = [block for part in (frame, None) for block in resampler.resample(part)]
    return np.concatenate([block.to_ndarray()[0] for block in blocks] or [mono[:0]])


def _is_text(path: Path) -> bool:
    try:
        text = read_text(path)
    except MediaError:
        return False
    return sum(letter.isprintable() or letter.isspace() for letter in text) > 0.98 * len(text)
