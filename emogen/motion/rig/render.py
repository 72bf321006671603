"""A portrait and a track in, frames out one by one: an hour of them takes the memory of a few."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

import numpy as np

from emogen.errors import InputError
from emogen.motion.rig.pose import readable
from emogen.motion.track import MotionTrack

_AHEAD = 4
Row = tuple[np.ndarray, np.ndarray | None]
"""What a portrait is drawn from: motion values [K], and emotion shares [9] or None."""


class Portrait(Protocol):
    """What can be drawn: `VectorPortrait`, `PhotoPortrait`, or anything of the same shape."""

    size: tuple[int, int]

    def frame(self, row: np.ndarray, emotion: np.ndarray | None = None) -> np.ndarray:
        """Return the face of one row [K] of a track, uint8 [H, W, 3]."""


def draw(
    portrait: Portrait, track: MotionTrack, *, limit_mood: bool = True, threads: int = 1
) -> Iterator[np.ndarray]:
    """Yield the frames of a track, uint8 [H, W, 3], at the track's rate.

    A frame depends on its row alone, so a track drawn in pieces gives the same pictures, and the
    number of threads changes nothing but the time. At most a handful of frames are held.

    Args:
        portrait: who is drawn.
        track: what the face does.
        limit_mood: keep a speaking mouth readable, see `emogen.motion.rig.pose.readable`; a track
            that is drawn in pieces goes through `readable` as a whole first.
        threads: frames drawn at a time.

    Raises:
        InputError: ``threads`` is not positive.
    """
    if threads < 1:
        raise InputError(f"expected at least one thread, got {threads}")
    if limit_mood:
        track = readable(track)
    return draw_rows(portrait, rows(track), threads=threads)


def rows(track: MotionTrack) -> Iterator[Row]:
    """Yield what a portrait needs of each frame of a track."""
    for index, values in enumerate(track.values):
        yield values, None if track.emotion is None else track.emotion[index]


def draw_rows(
    portrait: Portrait, motion: Iterable[Row], *, threads: int = 1
) -> Iterator[np.ndarray]:
    """Yield the frames of rows as they come, uint8 [H, W, 3]; a handful is drawn ahead.

    Args:
        portrait: who is drawn.
        motion: one row a frame, such as `rows` gives them.
        threads: frames drawn at a time.
    """
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[np.ndarray]] = deque()
        try:
            for row in motion:
                waiting.append(pool.submit(portrait.frame, *row))
                if len(waiting) >= threads * _AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:  # a reader that stops early does not wait for frames nobody sees
            for future in waiting:
                future.cancel()

