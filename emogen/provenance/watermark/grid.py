"""Between pixels and cells: sizes in, matrices that average or spread along one axis out.

A frame has 64 cells along its shorter side, whatever its size, so that scaling changes nothing. The
detector looks at four samples a cell.
"""

from functools import lru_cache

import numpy as np

CELLS = 64
SAMPLES = 4


def cell_size(height: int, width: int) -> float:
    """Return the side of a cell in pixels.

    >>> cell_size(480, 854)
    7.5
    """
    return min(height, width) / CELLS


@lru_cache(maxsize=32)
def spread(size: int, count: int, pitch: float) -> np.ndarray:
    """Return the matrix float32 (size, count + 4) that interpolates cells to pixels.

    Cubic after Keys 1981 (a = -0.5); two cells before the first and two behind the last take part.
    """
    place = (np.arange(size) + 0.5) / pitch - 0.5
    below = np.floor(place).astype(int)
    matrix = np.zeros((size, count + 4), np.float32)
    for step in range(-1, 3):
        gap = np.abs(place - below - step)
        near = 1.5 * gap**3 - 2.5 * gap**2 + 1
        far = -0.5 * gap**3 + 2.5 * gap**2 - 4 * gap + 2
        column = np.clip(below + step + 2, 0, count + 3)
        matrix[np.arange(size), column] += np.where(gap <= 1, near, np.where(gap < 2, far, 0))
    return matrix


@lru_cache(maxsize=512)
def average(size: int, count: int, pitch: float, start: float = 0.0) -> np.ndarray:
    """Return the matrix float32 (count, size) of means over stretches of ``pitch`` from ``start``.

    A stretch that lies outside is a row of zeros.

    >>> average(4, 2, 2.0).tolist()
    [[0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 0.5, 0.5]]
    """
    edges = np.clip(start + np.arange(count + 1) * pitch, 0, size)
    pixel = np.arange(size)
    shares = np.minimum(edges[1:, None], pixel + 1) - np.maximum(edges[:-1, None], pixel)
    shares = shares.clip(0)
    return (shares / np.maximum(shares.sum(axis=1, keepdims=True), 1e-6)).astype(np.float32)


def box_mean(values: np.ndarray, radius: int) -> np.ndarray:
    """Return the mean over a square of 2 radius + 1 around each value, edges repeated, (H, W).

    >>> box_mean(np.eye(3, dtype=np.float32), 1).tolist()[1]  # doctest: +ELLIPSIS
    [0.333..., 0.333..., 0.333...]
    """
    side = 2 * radius + 1
    for axis in (0, 1):
        pads = [(0, 0), (0, 0)]
        pads[axis] = (radius + 1, radius)
        sums = np.pad(values, pads, mode="edge").cumsum(axis=axis, dtype=np.float64)
        if axis == 0:
            values = (sums[side:] - sums[:-side]) / side
        else:
            values = (sums[:, side:] - sums[:, :-side]) / side
    return values.astype(np.float32)


def luma(frame: np.ndarray) -> np.ndarray:
    """Return the luma of BT.709 of uint8 [H, W, 3 or 4] as float32 (H, W), 0 to 255."""
    weights = np.array([0.2126, 0.7152, 0.0722], np.float32)
    return frame[..., :3] @ weights


class Residual:
    """What is left of frames without their coarse shapes and strong edges, averaged over time.

    Args:
        height: of the frames.
        width: of the frames.
    """

    RADIUS = 6
    """Samples around one whose mean is taken away, one and a half cells."""
    LIMIT = 2.5
    """Larger departures are cut to this many grey levels: they are the picture's own."""

    def __init__(self, height: int, width: int) -> None:
        self.pitch = cell_size(height, width) / SAMPLES
        self.rows, self.columns = (
            int(side / self.pitch / SAMPLES + 1e-6) * SAMPLES for side in (height, width)
        )
        self._size = (height, width)
        self._sum = np.zeros((self.rows, self.columns), np.float32)
        self.count = 0

    def add(self, frame: np.ndarray) -> None:
        """Take in a frame, uint8 [H, W, 3 or 4]."""
        down = average(self._size[0], self.rows, self.pitch)
        across = average(self._size[1], self.columns, self.pitch)
        small = down @ luma(frame) @ across.T
        self._sum += np.clip(small - box_mean(small, self.RADIUS), -self.LIMIT, self.LIMIT)
        self.count += 1

    @property
    def samples(self) -> np.ndarray:
        """The mean over time, float32 (rows, columns), four samples a cell."""
        return self._sum / max(1, self.count)

    @property
    def cells(self) -> np.ndarray:
        """The mean over time of each whole cell, float32 (rows / 4, columns / 4)."""
        shape = (self.rows // SAMPLES, SAMPLES, self.columns // SAMPLES, SAMPLES)
        return self.samples.reshape(shape).mean(axis=(1, 3))
