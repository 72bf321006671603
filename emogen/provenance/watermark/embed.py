"""The invisible mark into frames: a clip and a payload in, the marked clip out.

Each cell of the plane (`pattern`) brightens or darkens its square of the picture by about one grey
level, more where the picture is busy and hides it. The sign stays the same for the whole clip, so
that video codecs keep it and changes of the frame rate do not matter. The embedder knows what the
detector will read without a mark: where the picture already speaks for the sign it adds less,
where it speaks against it more.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain, islice

import numpy as np

from emogen.media import Clip
from emogen.provenance.watermark.code import PAYLOAD_BITS, encode
from emogen.provenance.watermark.grid import Residual, average, cell_size, luma, spread
from emogen.provenance.watermark.pattern import cells, window

SMALLEST = 64
"""Pixels of the shorter side below which there is no room for a mark."""
_FLAT = 0.65
_BUSY = 0.2
_LARGEST = 2.0
"""Grey levels: in flat places, more for each level of mean gradient, and at most."""
_OPPOSE = 0.75
_RANGE = (0.4, 1.8)
_LOOKED_AT = 12
"""Frames that tell what the picture itself says."""
_FIRST_SECONDS, _LOOKS_A_SECOND = 2.0, 5.0
_FINE_ENOUGH = 240
"""Pixels of the shorter side that suffice to see where a picture is busy."""


def embed(clip: Clip, payload: int) -> Clip:
    """Return the clip with the mark in its frames; sound and alpha stay as they are.

    Args:
        clip: at least 64 pixels a side; smaller ones are returned as they are.
        payload: 0 to 2^40 - 1.

    Raises:
        ValueError: the payload is out of range.
    """
    if not 0 <= payload < 1 << PAYLOAD_BITS:
        raise ValueError(f"expected a payload of {PAYLOAD_BITS} bits, got {payload}")
    if min(clip.height, clip.width) < SMALLEST:
        return clip
    writer = _Writer(clip, payload)
    return replace(clip, frames=np.stack([writer.mark(frame) for frame in clip.frames]))


def embed_stream(
    frames: Iterable[np.ndarray], payload: int, *, fps: float = 25.0
) -> Iterator[np.ndarray]:
    """Yield frames with the mark as they come, in the memory of two seconds.

    The first two seconds tell what the picture itself says. Where it is busy is looked at five
    times a second; a fast picture keeps its mark that long, which nobody sees.

    Args:
        frames: uint8 [H, W, 3], all of one size; below 64 pixels a side they stay as they are.
        payload: 0 to 2^40 - 1.
        fps: frames a second.

    Raises:
        ValueError: the payload is out of range.
    """
    if not 0 <= payload < 1 << PAYLOAD_BITS:
        raise ValueError(f"expected a payload of {PAYLOAD_BITS} bits, got {payload}")
    coming = iter(frames)
    first = list(islice(coming, max(1, round(_FIRST_SECONDS * fps))))
    if not first:
        return
    if min(first[0].shape[:2]) < SMALLEST:
        yield from chain(first, coming)
        return
    writer = _Writer(Clip(frames=np.stack(first), fps=fps), payload)
    hold, levels = max(1, round(fps / _LOOKS_A_SECOND)), None
    for index, frame in enumerate(chain(first, coming)):
        if index % hold == 0:
            levels = writer.levels(frame)
        yield levels.lay_over(frame)


class _Levels:
    """What is added to the colours of a frame: whole grey levels int8 (H, W)."""

    def __init__(self, change: np.ndarray, channels: int) -> None:
        levels = np.zeros((*change.shape, channels), np.int8)
        for colour in range(3):
            levels[..., colour] = change
        self._brighter = np.maximum(levels, 0).view(np.uint8)
        self._darker = np.maximum(-levels, 0).view(np.uint8)
        self._room = 255 - self._brighter

    def lay_over(self, frame: np.ndarray) -> np.ndarray:
        """Return a frame uint8 (H, W, channels) that never leaves 0 to 255."""
        out = np.minimum(frame, self._room)
        out += self._brighter
        np.maximum(out, self._darker, out=out)
        out -= self._darker
        return out


class _Writer:
    """The mark of one clip, ready to be laid over its frames."""

    def __init__(self, clip: Clip, payload: int) -> None:
        height, width = clip.height, clip.width
        pitch = cell_size(height, width)
        rows, columns = (int(np.ceil(side / pitch - 1e-6)) for side in (height, width))
        self._plane = window(cells(encode(payload)), rows + 4, columns + 4, origin=(-2, -2))
        self._down, self._across = spread(height, rows, pitch), spread(width, columns, pitch)
        self._stride = stride = max(1, min(height, width) // _FINE_ENOUGH)
        self._mean_down = average(-(-height // stride), rows, pitch / stride)
        self._mean_across = average(-(-width // stride), columns, pitch / stride)
        self._strength = self._opposition(clip, rows, columns)

    def _opposition(self, clip: Clip, rows: int, columns: int) -> np.ndarray:
        """Return how much stronger than usual each cell must be, float32 (rows, columns)."""
        residual = Residual(clip.height, clip.width)
        step = max(1, clip.num_frames // _LOOKED_AT)
        for frame in clip.frames[::step]:
            residual.add(frame)
        said = residual.cells
        missing = ((0, rows - said.shape[0]), (0, columns - said.shape[1]))
        agreement = np.pad(said, missing) * self._plane[2:-2, 2:-2]
        return np.clip(1 - _OPPOSE * agreement, *_RANGE)

    def mark(self, frame: np.ndarray) -> np.ndarray:
        """Return a frame uint8 [H, W, 3 or 4] with the mark."""
        return self.levels(frame).lay_over(frame)

    def levels(self, frame: np.ndarray) -> _Levels:
        """Return what the mark adds to a frame and to those that look like it."""
        strength = np.minimum(_FLAT + _BUSY * self._activity(frame), _LARGEST) * self._strength
        field = self._down @ (self._plane * np.pad(strength, 2, mode="edge")) @ self._across.T
        return _Levels(np.rint(field).astype(np.int8), frame.shape[2])

    def _activity(self, frame: np.ndarray) -> np.ndarray:
        """Return the mean gradient in each cell, float32 (rows, columns)."""
        grey = luma(frame[:: self._stride, :: self._stride])
        slope = np.zeros_like(grey)
        slope[:, :-1] = np.abs(np.diff(grey, axis=1))
        slope[:-1] += np.abs(np.diff(grey, axis=0))
        return self._mean_down @ slope @ self._mean_across.T

