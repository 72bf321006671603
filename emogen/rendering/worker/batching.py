"""How many clips share one forward: the size of a clip in, a number out.

A pass over more tokens is more efficient until the processor is busy; past that a larger batch
only takes memory. The bound is in tokens, so that it holds for every size and length.
"""

from typing import Protocol

TOKENS = 8192
"""Tokens of one pass, all clips and guidance branches together, beyond which nothing is gained."""
MOST = 8
_BRANCHES = 2
_STRIDE = 4
_PATCH = 16


class Sized(Protocol):
    """Anything with the measures of a clip."""

    width: int
    height: int
    num_frames: int


def clips_at_once(clip: Sized) -> int:
    """Return how many clips of a size are sampled in one batch where nobody says."""
    return at_once(clip.width, clip.height, clip.num_frames)


def at_once(width: int, height: int, num_frames: int) -> int:
    """Return the same from numbers.

    >>> at_once(128, 128, 33), at_once(832, 480, 81)
    (7, 1)
    """
    tokens = (width // _PATCH) * (height // _PATCH) * ((num_frames - 1) // _STRIDE + 1)
    return max(1, min(MOST, TOKENS // max(1, tokens * _BRANCHES)))
