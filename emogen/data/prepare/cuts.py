"""Scene cuts: small frames in, the frames at which a new shot begins out.

A cut is a change that is large, all over the picture, much larger than the changes around it, and
that stays: a flash, which goes back to what was before, is none, nor is a figure that jumps before
a background that does not. Slow dissolves are not found.

Shapes: T frames, S pixels a side.
"""

from itertools import pairwise

import numpy as np

STILL = 0.10
"""Mean change of colour, of 1, below which nothing is a cut."""
OUTSTANDING = 4.0
"""How many times the usual change around it a cut is at least."""
HISTOGRAM = 0.25
"""Share of pixels that change their place in the histogram of colours at a cut, at least."""
COVERAGE = 0.7
"""Share of the picture that changes visibly at a cut, at least."""
_AROUND, _BINS, _FLASH = 8, 6, 4
_VISIBLE = 12


def changes(small: np.ndarray) -> np.ndarray:
    """Return the mean change of colour from each frame to the next, float32 [T - 1], of 1.

    Args:
        small: uint8 [T, S, S, 3].

    >>> changes(np.array([[[[0, 0, 0]]], [[[255, 255, 255]]]], np.uint8)).tolist()
    [1.0]
    """
    frames = np.asarray(small, np.float32) / 255
    return np.abs(np.diff(frames, axis=0)).mean(axis=(1, 2, 3))


def find_cuts(small: np.ndarray) -> list[int]:
    """Return the first frame of every shot but the first.

    Args:
        small: uint8 [T, S, S, 3], at the rate of the examples.

    >>> red, blue = np.full((9, 4, 4, 3), (200, 0, 0)), np.full((9, 4, 4, 3), (0, 0, 200))
    >>> find_cuts(np.concatenate([red, blue]).astype(np.uint8))
    [9]
    """
    change = changes(small)
    found: list[int] = []
    for index in np.flatnonzero(change > STILL):
        low, high = max(0, index - _AROUND), index + _AROUND + 1
        around = np.delete(change[low:high], index - low)
        usual = float(np.median(around)) if len(around) else 0.0
        stands_out = change[index] > OUTSTANDING * usual
        everywhere = _coverage(small, index) > COVERAGE and _moved(small, index) > HISTOGRAM
        if stands_out and everywhere and not _is_flash(small, index):
            found.append(int(index) + 1)
    return found


def shots(num_frames: int, cuts: list[int]) -> list[tuple[int, int]]:
    """Return the first frame and the number of frames of each shot.

    >>> shots(20, [9, 12])
    [(0, 9), (9, 3), (12, 8)]
    """
    edges = [0, *cuts, num_frames]
    return [(begin, end - begin) for begin, end in pairwise(edges) if end > begin]


def _coverage(small: np.ndarray, index: int) -> float:
    """Return the share of pixels whose colour changed visibly."""
    change = np.abs(small[index + 1].astype(np.int16) - small[index]).max(axis=-1)
    return float((change > _VISIBLE).mean())


def _moved(small: np.ndarray, index: int) -> float:
    """Return the share of pixels that changed their bin of the colour histogram."""
    first, second = (_histogram(small[at]) for at in (index, index + 1))
    return float(np.abs(first - second).sum() / 2)


def _histogram(frame: np.ndarray) -> np.ndarray:
    bins = frame.reshape(-1, 3).astype(np.int64) * _BINS // 256
    flat = (bins[:, 0] * _BINS + bins[:, 1]) * _BINS + bins[:, 2]
    return np.bincount(flat, minlength=_BINS**3) / len(flat)


def _is_flash(small: np.ndarray, index: int) -> bool:
    """Tell whether the look of before is back within a few frames, or was there a few before."""
    before, after = small[index].astype(np.float32), small[index + 1].astype(np.float32)
    later = small[index + 2: index + 2 + _FLASH].astype(np.float32)
    earlier = small[max(0, index - _FLASH): index].astype(np.float32)
    near = STILL * 255 / 2
    back = len(later) and np.abs(later - before).mean(axis=(1, 2, 3)).min() < near
    was = len(earlier) and np.abs(earlier - after).mean(axis=(1, 2, 3)).min() < near
    return bool(back or was)
