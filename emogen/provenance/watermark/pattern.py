"""The plane of cells that the mark is written on: an index of rows and columns in, signs out.

A frame is divided into square cells. Each cell has a role, pilot or one of the coded bits, that
repeats on a lattice so that every part of the picture holds every role, and a random sign of its
own, the key. The plane is 128 cells high and wide and repeats; the frame's upper left corner is its
origin.
"""

import hashlib
from functools import cache

import numpy as np

from emogen.provenance.watermark.code import CODED_BITS

SIDE = 128
PILOTS = 88
"""Roles beyond the coded bits: cells that always carry plus one times their sign."""
_ROLES = CODED_BITS + PILOTS
_STEP_DOWN = 93
_STEP_ACROSS = 1
_KEY = b"emogen frame mark 1"


@cache
def signs() -> np.ndarray:
    """Return the random sign of each cell, float32 (128, 128), +1 or -1."""
    data = np.frombuffer(hashlib.shake_256(_KEY).digest(SIDE * SIDE // 8), np.uint8)
    return (1.0 - 2.0 * np.unpackbits(data).reshape(SIDE, SIDE)).astype(np.float32)


@cache
def roles() -> np.ndarray:
    """Return the coded bit that each cell carries, int (128, 128), -1 for a pilot."""
    rows, columns = np.ogrid[:SIDE, :SIDE]
    slot = (rows * _STEP_DOWN + columns * _STEP_ACROSS) % _ROLES
    order = np.full(_ROLES, -1)
    data = np.setdiff1d(np.arange(_ROLES), np.arange(PILOTS) * _ROLES // PILOTS)
    order[data] = np.arange(CODED_BITS) * 101 % CODED_BITS  # neighbours carry distant bits
    return order[slot]


def cells(coded: np.ndarray) -> np.ndarray:
    """Return what each cell carries, float32 (128, 128), for coded signs (256,)."""
    return signs() * np.where(roles() < 0, np.float32(1), coded[roles()])


def window(
    plane: np.ndarray, rows: int, columns: int, *, origin: tuple[int, int] = (0, 0)
) -> np.ndarray:
    """Return a part (rows, columns) of the endless plane from a row and column on.

    >>> window(np.arange(SIDE * SIDE).reshape(SIDE, SIDE), 1, 3, origin=(0, -1)).tolist()
    [[127, 0, 1]]
    """
    down = (np.arange(rows) + origin[0]) % SIDE
    across = (np.arange(columns) + origin[1]) % SIDE
    return plane[np.ix_(down, across)]
