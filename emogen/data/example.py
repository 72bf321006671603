"""One training example: a short clip with its words and its emotion over time."""

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from emogen.errors import CorpusError

VECTOR_WIDTH = 12
"""Eight categories, valence, arousal, dominance, intensity."""


@dataclass(frozen=True, kw_only=True)
class Example:
    """A clip and what is known about it.

    Args:
        frames: uint8 [T, H, W, 3], T = 4k + 1.
        fps: frames a second.
        caption: what is seen, without a word about the emotion.
        emotion_phrase: the emotion in words, for example ``looking sad``; empty if neutral.
        subject: the class of the main thing, for example ``cat``.
        vectors: float32 [T, 12], the emotion of each frame.
        aus: float32 [T, A] facial action units, or None where there is no rig.
        attributes: EmoVid's hue, colourfulness and brightness, and the drawn choices by name.
        identity: examples that share it never lie in different splits.
        seed: what the example was made from.
        source: the drawing it comes from.
    """

    frames: np.ndarray
    fps: float
    caption: str
    emotion_phrase: str
    subject: str
    vectors: np.ndarray
    aus: np.ndarray | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    identity: str
    seed: int
    source: Literal["rig", "noto"]

    def __post_init__(self) -> None:
        """Check the shapes."""
        shape = self.frames.shape
        if (
            self.frames.dtype != np.uint8
            or self.frames.ndim != 4
            or shape[-1] != 3
            or shape[0] % 4 != 1
        ):
            raise CorpusError(
                f"expected uint8 frames [4k+1, H, W, 3], got {self.frames.dtype} {list(shape)}; "
                "render another number of frames"
            )
        if self.vectors.shape != (shape[0], VECTOR_WIDTH):
            raise CorpusError(
                f"expected emotion vectors [{shape[0]}, {VECTOR_WIDTH}], "
                f"got {list(self.vectors.shape)}; "
                "give one vector a frame"
            )

    def __repr__(self) -> str:
        """Show size, rate and caption, not pixels."""
        frames, height, width, _ = self.frames.shape
        return f"Example({frames}x{height}x{width} at {self.fps:g} fps, {self.caption!r})"
