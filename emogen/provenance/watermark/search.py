"""Where a crop was cut from: the residual of cropped frames in, the best place and payload out.

A crop moves the cells and changes how many there are. Every size of a cell from half to two and a
half times the usual one is tried; for each, one Fourier transform correlates the frame with the
pilots at every place of the plane. The best few are tried again between the grid points.
"""

from functools import cache
from itertools import product

import numpy as np

from emogen.provenance.watermark.code import CHECK_BITS, decode, wrong_share
from emogen.provenance.watermark.detect import Detection, Reading, read, tail, whiten
from emogen.provenance.watermark.grid import SAMPLES, average
from emogen.provenance.watermark.pattern import SIDE, roles, signs

SCALES = np.exp(np.arange(np.log(0.4), np.log(1.85), 0.005))
"""Supposed part of the marked frame's shorter side that is left; above 1 bars were added, at most
those that fill 16:9 up to a square."""
WITH_CHECK = 7.0
ALONE = 8.5
CANDIDATES = 6
_FINE = tuple(product((-0.0025, 0.0, 0.0025), (-0.25, 0.0, 0.25), (-0.25, 0.0, 0.25)))
TRIES = len(SCALES) * (2 * SIDE) ** 2 * len(_FINE)
"""Positions among which the best is taken; the bound of a false alarm counts each."""

Position = tuple[float, float, float]
"""Scale, and the row and column of the plane at the frame's upper left corner, in cells."""


def search(samples: np.ndarray) -> Detection:
    """Return the verdict on frames that may be part of larger ones.

    Args:
        samples: residual float32 (rows, columns), see `grid.Residual`.
    """
    flat = whiten(samples, 2 * SAMPLES)
    best = Detection(found=False)
    for position in _candidates(flat):
        scale, reading = max(
            ((fine, _read(flat, fine)) for fine in _around(position)), key=lambda one: one[1].z
        )
        if reading.z > best.z:
            best = _judge(reading, scale)
        if best.payload is not None:
            break
    return best


def _judge(reading: Reading, position: Position) -> Detection:
    payload = decode(reading.soft) if reading.z >= WITH_CHECK else None
    if payload is None and reading.z < ALONE:
        return Detection(found=False, z=reading.z)
    bound = min(1.0, tail(reading.z) * TRIES)
    if payload is not None:
        bound *= CANDIDATES * 2.0**-CHECK_BITS
    scale, down, across = position
    return Detection(
        found=True, payload=payload, z=reading.z, false_alarm=bound, place="crop", scale=scale,
        offset=(down % SIDE, across % SIDE), corrected=wrong_share(reading.soft, payload),
    )


def _candidates(flat: np.ndarray) -> list[Position]:
    """Return the best position of the best few scales."""
    found = []
    for scale in SCALES:
        folded = _folded(flat, scale)
        power = np.sqrt(np.sum(folded * folded)) or 1.0
        match = np.fft.irfft2(np.fft.rfft2(folded).conj() * _pilots(), s=folded.shape)
        place = int(match.argmax())
        down, across = np.unravel_index(place, match.shape)
        found.append((float(match.flat[place] / power), (float(scale), down / 2, across / 2)))
    found.sort(key=lambda one: -one[0])
    return [position for _, position in found[:CANDIDATES]]


def _folded(flat: np.ndarray, scale: float) -> np.ndarray:
    """Resample to two samples a cell and add up what falls on the same place of the plane."""
    pitch = SAMPLES / scale / 2
    rows, columns = (int(side / pitch) for side in flat.shape)
    small = average(flat.shape[0], rows, pitch) @ flat @ average(flat.shape[1], columns, pitch).T
    folded = np.zeros((2 * SIDE, 2 * SIDE), np.float32)
    for top, left in product(range(0, rows, 2 * SIDE), range(0, columns, 2 * SIDE)):
        part = small[top : top + 2 * SIDE, left : left + 2 * SIDE]
        folded[: part.shape[0], : part.shape[1]] += part
    return folded


@cache
def _pilots() -> np.ndarray:
    """Return the spectrum of the pilots' signs at two samples a cell."""
    plane = np.where(roles() < 0, signs(), np.float32(0))
    return np.fft.rfft2(np.repeat(np.repeat(plane, 2, axis=0), 2, axis=1))


def _around(position: Position) -> list[Position]:
    scale, down, across = position
    return [(scale * (1 + grow), down + low, across + right) for grow, low, right in _FINE]


def _read(flat: np.ndarray, position: Position) -> Reading:
    """Read the whole cells of a frame at a position."""
    scale, down, across = position
    pitch = SAMPLES / scale
    first = np.ceil([down, across]).astype(int)
    start = (first - [down, across]) * pitch
    rows, columns = ((np.array(flat.shape) - start) / pitch).astype(int)
    means = (
        average(flat.shape[0], rows, pitch, float(start[0])) @ flat
        @ average(flat.shape[1], columns, pitch, float(start[1])).T
    )
    return read(means, origin=(int(first[0]), int(first[1])))
