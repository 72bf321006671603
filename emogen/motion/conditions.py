"""What the flow is told of the sound: phones, loudness and pitch in, one row a motion frame out.

Shapes: J = 2 T phone frames (50 a second), T motion frames (25 a second), P = 40 phones, C = 86.
"""

import numpy as np

from emogen.motion.phones import PHONES

WIDTH = 2 * (len(PHONES) + 3)
"""The numbers of a row, C."""


def loudness_share(decibels: np.ndarray) -> np.ndarray:
    """Return loudness against the level, 1 at the level and 0 at 40 dB below.

    >>> loudness_share(np.array([0.0, -20.0, -60.0])).tolist()
    [1.0, 0.5, 0.0]
    """
    return (1 + np.asarray(decibels, float) / 40).clip(0, 1.2)


def tone(pitch: np.ndarray, habit: np.ndarray | float) -> np.ndarray:
    """Return half octaves above the speaker's usual pitch, in [-2, 2]; 0 where unvoiced.

    >>> tone(np.array([200.0, 100.0, 0.0]), 100.0).tolist()
    [2.0, 0.0, 0.0]
    """
    known = (np.asarray(pitch) > 0) & (np.asarray(habit) > 0)
    ratio = np.where(known, pitch, 1.0) / np.where(known, habit, 1.0)
    return np.where(known, 2 * np.log2(ratio), 0.0).clip(-2, 2)


def conditions(
    posteriors: np.ndarray, decibels: np.ndarray, pitch: np.ndarray, habit: np.ndarray | float
) -> np.ndarray:
    """Return a row a motion frame, float32 [T, C]: two phone frames side by side.

    Args:
        posteriors: how likely each phone is, [J, P].
        decibels: loudness against the level of the speech, [J].
        pitch: Hz, 0 where unvoiced, [J].
        habit: the speaker's usual pitch in Hz, 0 where unknown, [J] or one number.
    """
    extra = np.stack([loudness_share(decibels), tone(pitch, habit), pitch > 0], axis=1)
    rows = np.concatenate([posteriors, extra], axis=1).astype(np.float32)  # (J, P + 3)
    return rows.reshape(len(rows) // 2, WIDTH)


def stress(decibels: np.ndarray, tones: np.ndarray) -> np.ndarray:
    """Return how strongly the voice stresses each phone frame, [J] in [0, 1]."""
    return (1.3 * (loudness_share(decibels) - 0.55) + 0.3 * np.maximum(tones, 0)).clip(0, 1)
