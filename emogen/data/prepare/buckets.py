"""Buckets: the shape and length of a clip in, the size and number of frames to train on out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emogen.media import image_to_frame


@dataclass(frozen=True, kw_only=True, order=True)
class Bucket:
    """Examples of one shape, which can share a batch.

    >>> str(Bucket(width=832, height=480, frames=81))
    '832x480x81'
    """

    width: int
    height: int
    frames: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}x{self.frames}"


def size_for(
    width: int, height: int, sizes: Sequence[tuple[int, int]], *, upscale: float
) -> tuple[int, int] | None:
    """Return the size of the nearest shape, the largest of equal ones, or None if all are too big.

    Args:
        width: of the clip, pixels.
        height: of the clip, pixels.
        sizes: (width, height) to choose from.
        upscale: most times the clip may be enlarged to cover it.

    >>> size_for(1920, 1080, [(832, 480), (480, 832), (416, 240)], upscale=1)
    (832, 480)
    >>> size_for(100, 100, [(832, 480)], upscale=2) is None
    True
    """
    fitting = [size for size in sizes if max(size[0] / width, size[1] / height) <= upscale]
    if not fitting:
        return None
    shape = math.log(width / height)

    def distance(size: tuple[int, int]) -> tuple[float, int]:
        return round(abs(math.log(size[0] / size[1]) - shape), 2), -size[0] * size[1]

    return min(fitting, key=distance)


def windows(
    first: int, count: int, lengths: Sequence[int], *, most: int = 1
) -> list[tuple[int, int]]:
    """Return the first frame and length of the examples of a shot: the longest length that fits.

    One lies in the middle; several are spread from end to end and do not overlap.

    >>> windows(10, 40, [17, 33])
    [(13, 33)]
    >>> windows(0, 40, [17], most=3)
    [(0, 17), (23, 17)]
    """
    fitting = [length for length in lengths if length <= count]
    if not fitting:
        return []
    length = max(fitting)
    many = min(most, count // length)
    if many == 1:
        return [(first + (count - length) // 2, length)]
    starts = np.linspace(0, count - length, many).round().astype(int)
    return [(first + int(start), length) for start in starts]


def cropped_share(width: int, height: int, size: tuple[int, int]) -> float:
    """Return the part of a picture that is cut off to fill a size.

    >>> round(cropped_share(1920, 1080, (832, 480)), 3)
    0.025
    """
    scale = min(width / size[0], height / size[1])
    return max(0.0, 1 - scale * size[0] * scale * size[1] / (width * height))


def fitted(frame: np.ndarray, bucket: Bucket) -> np.ndarray:
    """Return a frame uint8 [H, W, 3] scaled and cropped around its middle to a bucket's size."""
    return image_to_frame(frame, (bucket.width, bucket.height))
