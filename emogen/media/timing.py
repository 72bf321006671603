"""Frames on a clock: frames with their times in, one frame a slot of a constant rate out."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np


def grid_rate(times: Sequence[float], tick: float) -> float:
    """Return the frame rate behind times that a file's coarse clock has rounded.

    It is the lowest whole rate on whose grid every time lies to half a tick, else the mean rate.

    >>> grid_rate([0.0, 0.06, 0.12, 0.19, 0.25], 0.01)  # 16 frames a second in a GIF's 1/100 s
    16.0

    Args:
        times: when each frame begins, and last when the final one ends; seconds, from 0.
        tick: resolution of the clock in seconds.
    """
    moments = np.asarray(times, dtype=float)
    for rate in range(1, 61):
        distance = np.abs(moments - np.round(moments * rate) / rate)
        if moments[-1] * rate > 0.5 and distance.max() <= 0.51 * tick:
            return float(rate)
    return float((len(moments) - 1) / moments[-1])


def steady(
    frames: Iterable[tuple[float, float, np.ndarray]], fps: float
) -> Iterator[tuple[np.ndarray, int]]:
    """Hold or drop frames so that one is shown every 1 / fps.

    Args:
        frames: when a frame begins and ends (seconds from the wanted start) and its pixels.
        fps: the wanted rate.

    Yields:
        The pixels of each slot and how many frames of the file fell into it: 1 where the rate was
        constant already, 0 where a frame is held, 2 or more where frames were dropped.
    """
    slot, fresh, held, until = 0, 0, None, 0.0
    for begin, end, pixels in frames:
        wanted = max(0, int(np.floor(begin * fps + 0.5)))
        while held is not None and slot < wanted:
            yield held, fresh
            slot, fresh = slot + 1, 0
        held, fresh, until = pixels, fresh + 1, end
    last = max(slot + 1, round(until * fps))
    while held is not None and slot < last:
        yield held, fresh
        slot, fresh = slot + 1, 0
