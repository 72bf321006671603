"""The invisible mark out of frames: frames in, whether they carry it, how sure and which payload.

First the whole frame is read as it is, which finds the mark at any size and frame rate. Where that
finds nothing, unequal scaling (`stretch`) and cropping (`search`) are undone by trial. How often
frames without a mark are taken for marked follows from the key alone: its signs are random, so for
any picture whatever the pilots' normalised sum z exceeds t with probability at most exp(-t^2 / 2)
(Hoeffding 1963), and a checksum of 16 bits lets one in 65,536 through.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from emogen.errors import MediaError
from emogen.provenance.watermark.code import CHECK_BITS, CODED_BITS, decode, wrong_share
from emogen.provenance.watermark.grid import Residual, box_mean
from emogen.provenance.watermark.pattern import roles, signs, window

ALONE = 5.5
"""The z from which the pilots of the whole frame alone prove the mark."""
WITH_CHECK = 3.0
"""The z that suffices beside a checksum that fits."""
_FLOOR = 0.15


@dataclass(frozen=True, kw_only=True)
class Detection:
    """What the frames say about a mark.

    Attributes:
        found: whether there is one.
        payload: its 40 bits, None where they cannot be read.
        z: how far the pilots stand out; below about 4 is noise.
        false_alarm: bound of the chance that frames without a mark give this answer, 1 for none.
        corrected: share of the 256 coded bits that were wrong and put right, None without payload.
        place: ``whole`` frame, ``stretched`` one, ``crop`` of a larger one, or nowhere.
        scale: shorter side of the frame over that of the frame that was marked.
        offset: place of the upper left corner in the marked frame, (down, across) in cells, 64 of
            which made its shorter side; known up to whole repeats of 128 cells.
    """

    found: bool
    payload: int | None = None
    z: float = 0.0
    false_alarm: float = 1.0
    corrected: float | None = None
    place: Literal["whole", "stretched", "crop", "nowhere"] = "nowhere"
    scale: float = 1.0
    offset: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Cells of one supposed position, read with the key.

    Attributes:
        z: normalised sum of the pilots.
        soft: soft bits, float (256,).
    """

    z: float
    soft: np.ndarray


def detect(frames: Iterable[np.ndarray], *, crops: bool = True) -> Detection:
    """Return what frames say about a mark.

    Args:
        frames: uint8 [H, W, 3], all of one size; 32 of a clip are plenty.
        crops: also try cropped, padded and unequally scaled frames, about a second more.

    Raises:
        MediaError: there are no frames, or they are smaller than 16 pixels.
    """
    residual = None
    for frame in frames:
        if residual is None:
            if min(frame.shape[:2]) < 16:
                raise MediaError(
                    f"expected frames of at least 16 pixels, got {frame.shape[1]}x{frame.shape[0]}"
                )
            residual = Residual(*frame.shape[:2])
        residual.add(frame)
    if residual is None:
        raise MediaError("expected at least one frame to look for a watermark, got none")
    whole = judge(read(whiten(residual.cells, 2)))
    if whole.found or not crops:
        return whole
    # here, for both build on what stands in this module
    from emogen.provenance.watermark.search import search
    from emogen.provenance.watermark.stretch import unstretch

    for undo in (unstretch, search):
        found = undo(residual.samples)
        if found.found:
            return found
    return whole


def whiten(values: np.ndarray, radius: int) -> np.ndarray:
    """Weigh each value by the power around it, so that calm places count for more."""
    return values / (box_mean(values * values, radius) + _FLOOR**2)


def read(values: np.ndarray, *, origin: tuple[int, int] = (0, 0)) -> Reading:
    """Return pilots and soft bits of cells (rows, columns) whose first lies at ``origin``."""
    keyed = values * window(signs(), *values.shape, origin=origin)
    role = window(roles(), *values.shape, origin=origin)
    pilots = keyed[role < 0]
    power = float(np.sqrt(np.sum(pilots.astype(np.float64) ** 2)))
    soft = np.bincount(role[role >= 0], keyed[role >= 0], minlength=CODED_BITS)
    return Reading(z=float(pilots.sum() / power) if power > 0 else 0.0, soft=soft)


def judge(reading: Reading) -> Detection:
    """Return the verdict on the whole frame."""
    payload = decode(reading.soft) if reading.z >= WITH_CHECK else None
    alone, checked = (tail(t) for t in (ALONE, WITH_CHECK))
    if payload is None and reading.z < ALONE:
        return Detection(found=False, z=reading.z)
    chance = tail(reading.z)
    bound = min(chance, alone) if payload is None else min(chance, checked) * 2.0**-CHECK_BITS
    return Detection(
        found=True, payload=payload, z=reading.z, false_alarm=bound, place="whole",
        corrected=wrong_share(reading.soft, payload),
    )


def tail(z: float) -> float:
    """Return the bound exp(-z^2 / 2) of the chance that noise reaches z.

    >>> f"{tail(5.5):.1e}"
    '2.7e-07'
    """
    return math.exp(-max(0.0, z) ** 2 / 2)
