"""Copies of a clip: a few small frames in, a fingerprint out; fingerprints in, copies out.

The fingerprint is the perceptual hash of three frames, at a sixth, a half and five sixths of the
time: the signs of the 64 lowest frequencies of each, against their median (pHash, Zauner 2010),
192 bits in all; and the mean colours of a 4x4 grid of the middle frame. Copies of another size,
codec or quality match; mirrored, cropped or trimmed ones do not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

SIDE = 32
"""Pixels a side that a fingerprint is taken from."""
COLOURS = 10.0
"""Most mean difference of the coloured grid of a copy, of 255."""
_KEPT = 8
_FLAT = 1e-3


@dataclass(frozen=True, kw_only=True)
class Fingerprint:
    """What a clip looks like, in 72 bytes.

    Attributes:
        bits: uint8 [24], 192 bits.
        grid: uint8 [48], 4x4 colours.
    """

    bits: np.ndarray
    grid: np.ndarray

    def to_text(self) -> str:
        """Return both as hexadecimal digits."""
        return self.bits.tobytes().hex() + self.grid.tobytes().hex()

    @classmethod
    def from_text(cls, text: str) -> "Fingerprint":
        """Return what :meth:`to_text` wrote."""
        data = np.frombuffer(bytes.fromhex(text), np.uint8)
        return cls(bits=data[:24], grid=data[24:])


def fingerprint(small: np.ndarray) -> Fingerprint:
    """Return the fingerprint of a clip.

    Args:
        small: uint8 [T, 32, 32, 3], its frames scaled down.
    """
    count = len(small)
    places = [min(count - 1, int(count * share)) for share in (1 / 6, 1 / 2, 5 / 6)]
    grey = small[places].astype(np.float64) @ (0.299, 0.587, 0.114)  # (3, 32, 32)
    middle = small[places[1]].reshape(4, 8, 4, 8, 3).mean(axis=(1, 3))
    bits = np.concatenate([_signs(picture) for picture in grey])
    return Fingerprint(bits=np.packbits(bits), grid=middle.round().astype(np.uint8).ravel())


def find_copies(
    prints: Sequence[Fingerprint], seconds: Sequence[float], *, most_bits: int
) -> dict[int, int]:
    """Return, for each clip that is a copy of an earlier one, the first such.

    Compares every pair: 23,000 clips take seconds, 200,000 minutes.

    Args:
        prints: in the order of preference.
        seconds: lengths; copies are alike in length to a tenth.
        most_bits: of 192, how many may differ; below 0 nothing is a copy.
    """
    if most_bits < 0 or not prints:
        return {}
    bits = np.stack([one.bits for one in prints]).view(np.uint64)  # (N, 3)
    grids = np.stack([one.grid for one in prints]).astype(np.int16)
    lengths = np.asarray(seconds)
    copies: dict[int, int] = {}
    for index in range(1, len(prints)):
        apart = np.bitwise_count(bits[:index] ^ bits[index]).sum(axis=1)
        for near in np.flatnonzero(apart <= most_bits):
            longest = max(lengths[near], lengths[index])
            if abs(lengths[near] - lengths[index]) > 0.1 * longest:
                continue
            if np.abs(grids[near] - grids[index]).mean() <= COLOURS and int(near) not in copies:
                copies[index] = int(near)
                break
    return copies


def _signs(picture: np.ndarray) -> np.ndarray:
    """Return which of the lowest frequencies of a picture [32, 32] lie above their median."""
    low = _COSINES @ picture @ _COSINES.T  # (8, 8)
    values = low.ravel()
    values = np.where(np.abs(values) < _FLAT, 0.0, values)
    return values > np.median(values[1:])


def _cosines() -> np.ndarray:
    """Return the lowest rows of the orthonormal DCT-II matrix, float64 [8, 32]."""
    row, column = np.mgrid[:_KEPT, :SIDE]
    matrix: Any = np.sqrt(2 / SIDE) * np.cos(np.pi * (2 * column + 1) * row / (2 * SIDE))
    matrix[0] /= np.sqrt(2)
    return matrix


_COSINES = _cosines()
