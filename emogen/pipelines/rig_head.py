"""The rig as a talking head: sound in blocks and an emotion in, frames with a moving face out.

    blocks -> AudioToMotion -> limited (a speaking mouth stays readable) -> paced (any frame rate)
           -> a portrait of the rig -> frames

Everything is a stream: an hour takes the memory of a few seconds. In pieces or as a whole the same
frames come out.

Shapes: T frames, K channels of `emogen.motion.schema`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from emogen.emotion import Trajectory
from emogen.errors import InputError
from emogen.motion import schema
from emogen.motion.a2m import AudioToMotion, MotionSettings
from emogen.motion.phones import PhoneSpan
from emogen.motion.rig import readable
from emogen.motion.rig.render import Portrait, Row, draw_rows
from emogen.motion.track import MotionTrack, join

_LOOK = 1.0
"""Seconds to either side that `readable` may look at."""


class RigHead:
    """A portrait of the rig that speaks.

    Args:
        portrait: who is drawn.
        a2m: moves the face; by default the shipped model.
        fps: frames a second, 1 to 120.
        threads: frames drawn at a time, beside whoever takes them.
    """

    def __init__(
        self, portrait: Portrait, *, a2m: AudioToMotion | None = None, fps: float = schema.FPS,
        threads: int = 1,
    ) -> None:  # fmt: skip
        if not 1 <= fps <= 120:
            raise InputError(f"expected 1 to 120 frames a second, got {fps:g}")
        self.portrait, self.fps, self.threads = portrait, float(fps), threads
        self.a2m = a2m or AudioToMotion()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the frames in pixels."""
        return self.portrait.size

    def stream(
        self,
        blocks: Iterable[np.ndarray],
        *,
        emotion: Trajectory | np.ndarray | None = None,
        spans: Sequence[PhoneSpan] = (),
        settings: MotionSettings | None = None,
        watch: Callable[[MotionTrack], None] | None = None,
    ) -> Iterator[np.ndarray]:
        """Yield frames uint8 [H, W, 3] while the sound arrives; frame i is shown at i / fps.

        Args:
            blocks: float32 [S], mono, 16 kHz, of any lengths.
            emotion: a curve, or vectors [T, 12] at 25 a second.
            spans: phones with their times, which sharpen the mouth.
            settings: seed and how lively.
            watch: called with each stretch of motion, at 25 a second, before it is drawn.

        Raises:
            InputError: a block is no sound, or there is none at all.
        """
        tracks = limited(self.a2m.stream(blocks, emotion=emotion, spans=spans, settings=settings))
        if watch is not None:
            tracks = _watched(tracks, watch)
        yield from draw_rows(self.portrait, paced(tracks, self.fps), threads=self.threads)


def limited(tracks: Iterable[MotionTrack]) -> Iterator[MotionTrack]:
    """Yield stretches of a track as `readable` leaves the whole of them.

    A stretch comes out once a second of what follows is known.
    """
    done: MotionTrack | None = None  # the end of what was given, for `readable` to look back at
    held: MotionTrack | None = None
    for track in tracks:
        held = track if held is None else join([held, track])
        look = round(_LOOK * track.fps)
        if len(held) > look:
            ready = len(held) - look
            yield _readable(done, held)[:ready]
            done = _tail(done, held[:ready], look)
            held = held[ready:]
    if held is not None:
        yield _readable(done, held)


def _readable(before: MotionTrack | None, track: MotionTrack) -> MotionTrack:
    if before is None:
        return readable(track)
    return readable(join([before, track]))[len(before) :]


def _tail(before: MotionTrack | None, track: MotionTrack, count: int) -> MotionTrack:
    return (track if before is None else join([before, track]))[-count:]


def paced(tracks: Iterable[MotionTrack], fps: float) -> Iterator[Row]:
    """Yield rows of a track that comes in stretches at another frame rate.

    Between frames on straight lines; the last one holds, so the length stays within a frame.

    >>> still = MotionTrack(values=schema.rest(25))
    >>> sum(1 for _ in paced([still, still], 30))
    60
    """
    first, held, count = 0, None, 0  # the frame of the first held row, and of the next one out
    for track in tracks:
        held = track if held is None else join([held, track])
        last = first + len(held) - 1
        while count * held.fps / fps <= last:
            yield _between(held, count * held.fps / fps - first)
            count += 1
        keep = min(int(count * held.fps / fps) - first, len(held) - 1)
        held, first = held[keep:], first + keep
    if held is None:
        return
    total = max(1, int(np.ceil((first + len(held)) * fps / held.fps - 1e-6)))
    for _ in range(count, total):
        yield _between(held, len(held) - 1)


def _between(track: MotionTrack, place: float) -> Row:
    """Return the row at a place between frames."""
    before = int(place)
    share = np.float32(place - before)
    after = min(before + 1, len(track) - 1)

    def at(rows: np.ndarray) -> np.ndarray:
        return rows[before] if share == 0 else rows[before] * (1 - share) + rows[after] * share

    return at(track.values), None if track.emotion is None else at(track.emotion)


def _watched(
    tracks: Iterable[MotionTrack], watch: Callable[[MotionTrack], None]
) -> Iterator[MotionTrack]:
    for track in tracks:
        watch(track)
        yield track

