"""A frame whose sides were scaled unequally: its residual in, the best shape and payload out.

One side still has 64 cells; how many the other has is tried in half cells, for either side.
"""

from itertools import product

import numpy as np

from emogen.provenance.watermark.code import CHECK_BITS, decode, wrong_share
from emogen.provenance.watermark.detect import Detection, Reading, read, tail, whiten
from emogen.provenance.watermark.grid import CELLS, average

COUNTS = np.arange(40.0, 160.5, 0.5)
"""Supposed cells along the other side: from 8:5 squeezed upright to 5:2."""
WITH_CHECK = 5.5
ALONE = 7.0
TRIES = 2 * len(COUNTS)


def unstretch(samples: np.ndarray) -> Detection:
    """Return the verdict on whole frames of any proportions.

    Args:
        samples: residual float32 (rows, columns), see `grid.Residual`.
    """
    best = max(
        (_read(samples, count, axis) for count, axis in product(COUNTS, (0, 1))),
        key=lambda one: one.z,
    )
    payload = decode(best.soft) if best.z >= WITH_CHECK else None
    if payload is None and best.z < ALONE:
        return Detection(found=False, z=best.z)
    bound = min(1.0, TRIES * tail(best.z))
    bound *= 1.0 if payload is None else 2.0**-CHECK_BITS
    return Detection(
        found=True, payload=payload, z=best.z, false_alarm=bound, place="stretched",
        corrected=wrong_share(best.soft, payload),
    )


def _read(samples: np.ndarray, count: float, axis: int) -> Reading:
    """Read cells of which one side has ``count``, the side ``axis`` has 64."""
    sides = (CELLS, count) if axis == 0 else (count, CELLS)
    down, across = (
        average(size, int(cells), size / cells)
        for size, cells in zip(samples.shape, sides, strict=True)
    )
    return read(whiten(down @ samples @ across.T, 2))
