"""Chunks that look alike: frames of one chunk after the other in, without seam and drift out.

Two corrections, both of low frequencies only, so that no line moves. Where a chunk begins, the
difference between what was shown and how the new chunk remembers it is added and fades. Over many
chunks the mean and spread of each colour are drawn back, slowly, to those of the first chunk.

Shapes: T frames, H/W pixels, uint8 [T, H, W, 3].
"""

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812

BLOCK = 16
"""Pixels of a low-frequency block."""
FADE_FRAMES = 4.0
"""Frames over which the difference at a seam falls to a third."""
PULL = 0.3
"""Share of the drift that is taken back by the end of a chunk."""
_GAIN = (0.9, 1.1)
_COMPARED = 3


class ColourKeeper:
    """Keeps the colours of the first chunk."""

    def __init__(self) -> None:
        self._goal: tuple[np.ndarray, np.ndarray] | None = None
        self._shown: np.ndarray | None = None

    def keep(self, frames: np.ndarray, *, overlap: int, trust: float = 1.0) -> np.ndarray:
        """Return the new frames of a chunk, uint8.

        Args:
            frames: A chunk, uint8 [T, H, W, 3].
            overlap: How many of its first frames were shown already.
            trust: How far the first chunk's colours are still the goal, 0 to 1; 0 where the
                emotion has changed since.
        """
        rows = frames.astype(np.float32)
        new = rows[overlap:]
        if self._shown is not None and overlap:
            new = new + _fading(self._shown[-_COMPARED:], rows[:overlap][-_COMPARED:], len(new))
        if self._goal is None:
            self._goal = colour_statistics(new)
        else:
            new = _drawn_back(new, self._goal, PULL * trust)
        shown = new.round().clip(0, 255).astype(np.uint8)
        self._shown = shown[-_COMPARED:].astype(np.float32)
        return shown


def low_frequencies(frames: np.ndarray) -> np.ndarray:
    """Return the means of 16x16 blocks, float32 [T, H/16, W/16, 3].

    >>> low_frequencies(np.ones((1, 32, 16, 3), np.float32)).shape
    (1, 2, 1, 3)
    """
    count, height, width, _ = frames.shape
    blocks = frames.reshape(count, height // BLOCK, BLOCK, width // BLOCK, BLOCK, 3)
    return blocks.mean(axis=(2, 4), dtype=np.float32)


def colour_statistics(frames: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation of each colour's low frequencies, [3] each."""
    low = low_frequencies(frames)
    return low.mean(axis=(0, 1, 2)), low.std(axis=(0, 1, 2))


def _fading(shown: np.ndarray, remembered: np.ndarray, count: int) -> np.ndarray:
    """Return what is added to the frames after a seam, [count, H, W, 3]."""
    missed = low_frequencies(shown - remembered).mean(axis=0)  # (H/16, W/16, 3)
    field = torch.from_numpy(missed).permute(2, 0, 1)[None]
    size = shown.shape[1:3]
    field = F.interpolate(field, size=size, mode="bilinear", align_corners=False)[0]
    fade = np.exp(-((np.arange(1, count + 1, dtype=np.float32) / FADE_FRAMES) ** 2))
    return fade[:, None, None, None] * field.permute(1, 2, 0).numpy()


def _drawn_back(
    frames: np.ndarray, goal: tuple[np.ndarray, np.ndarray], pull: float
) -> np.ndarray:
    """Return frames whose colours go a part of the way to the goal, none at the first frame."""
    mean, spread = colour_statistics(frames)
    gain = (goal[1] / np.maximum(spread, 1e-3)).clip(*_GAIN)
    corrected = (frames - mean) * gain + goal[0]
    share = pull * np.arange(1, len(frames) + 1, dtype=np.float32) / len(frames)
    return frames + share[:, None, None, None] * (corrected - frames)
