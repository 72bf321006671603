"""Best of N: clips of one request and what was asked in, how well each shows it out.

The scorer is the probe, which learned from drawn clips alone. It chooses; it must not also judge:
figures of chosen clips have to come from a reader that took no part in the choice.
"""

import numpy as np

from emogen.emotion import CATEGORIES, Trajectory
from emogen.emotion.labels import MIKELS
from emogen.errors import InputError
from emogen.evaluation.probe import Probe
from emogen.media import Clip

_STRIDE = 4


def overlap(asked: np.ndarray, read: np.ndarray) -> float:
    """Return how much of the asked emotion is shown, in [0, 1]: the mean overlap of distributions.

    One minus the total variation distance, averaged over time.

    Args:
        asked: [L, 9], distributions over Mikels' eight and neutral.
        read: [L, 9], the same.

    >>> fear, half = np.eye(9)[[6]], np.eye(9)[[6]] * 0.5 + np.eye(9)[[8]] * 0.5
    >>> overlap(fear, fear), overlap(fear, half)
    (1.0, 0.5)
    """
    shape = (len(asked), len(CATEGORIES))
    if np.shape(asked) != shape or np.shape(read) != shape:
        raise InputError(
            f"expected two arrays [L, {len(CATEGORIES)}], got {np.shape(asked)} and "
            f"{np.shape(read)}; read both at the same moments"
        )
    return float(np.minimum(asked, read).sum(axis=1).mean())


def distributions(emotion: Trajectory | None, num_frames: int, fps: float) -> np.ndarray:
    """Return what is asked of each latent frame as distributions [L, 9]; None asks for neutral."""
    if emotion is None:
        return np.tile(np.eye(len(CATEGORIES))[-1], ((num_frames - 1) // _STRIDE + 1, 1))
    weights = emotion.latent(num_frames, fps)[:, : len(MIKELS)].astype(float)
    return np.hstack([weights, 1 - weights.sum(axis=1, keepdims=True)])


def score(clip: Clip, emotion: Trajectory | None, probe: Probe) -> float:
    """Return how well a clip of 4k+1 frames shows an emotion over time, in [0, 1]."""
    asked = distributions(emotion, clip.num_frames, clip.fps)
    return overlap(asked, probe(clip.frames).latent_emotion(_STRIDE))
