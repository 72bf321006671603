"""What must hold whatever a network says: lips meet for p, b and m, and rest in silence.

Shapes: J phone frames (50 a second), T frames (25 a second), P = 40 phones; frame t lies at phone
frame 2 t.
"""

import numpy as np

from emogen.motion import schema
from emogen.motion.phones import BILABIALS, INDEX, SILENCE

MARGIN = 8
"""Frames to either side that the rules look at."""
GATE_DECIBELS = (-38.0, -28.0)
"""Below the first, against the level of the speech, a frame is silent; above the second it is not.
"""
QUIET_DECIBELS = -62.0
"""A frame below is silent whatever the level."""
_SURE, _SEALED = 0.3, 0.06
_ATTACK, _RELEASE = 2, 3
_JAW_LIMIT = 0.3


def speech_gate(posteriors: np.ndarray, loudness: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Return how far the mouth may move in each frame, [T] in [0, 1].

    Open where the ear hears a phone and there is sound well above silence; it opens two frames
    early and closes over three. ``loudness`` and ``level`` are decibels per phone frame [J].

    >>> silence = np.eye(40)[np.zeros(100, int)]
    >>> float(speech_gate(silence, np.full(100, -20.0), np.full(100, -20.0)).max())
    0.0
    """
    low, high = GATE_DECIBELS
    loud = ((loudness - level - low) / (high - low)).clip(0, 1) * (loudness > QUIET_DECIBELS)
    loud = _widest(loud, 4)  # the closure of a stop is quiet, too
    heard = 1 - posteriors[:, INDEX[SILENCE]]
    speaking = _median(((heard - 0.25) / 0.4).clip(0, 1), 5)
    around = _widest(_mean(heard, 4), 4)  # a syllable is sure as a whole, hiss only here and there
    gate = np.minimum(loud, speaking * ((around - 0.55) / 0.15).clip(0, 1))
    gate = np.maximum(gate[::2], np.append(gate[1::2], 0)[: len(gate[::2])])  # (T,)
    gate = np.where(gate > 0.15, gate, 0.0)
    opened = _shifted_widest(gate, _ATTACK, _RELEASE)
    return _mean(opened, 1)


def bilabial_closure(posteriors: np.ndarray) -> np.ndarray:
    """Return how closed the lips must be in each frame, [T] in [0, 1].

    Each run of phone frames in which p, b and m together are likely closes the lips from its first
    to its last frame and for at least one; they are half closed in the frame before.

    >>> heard = np.zeros((12, 40))
    >>> heard[5:8, INDEX["M"]] = 0.9
    >>> bilabial_closure(heard).tolist()
    [0.0, 0.0, 0.5, 1.0, 0.0, 0.0]
    """
    likely = posteriors[:, [INDEX[phone] for phone in BILABIALS]].sum(1)
    count = -(-len(likely) // 2)
    closed = np.zeros(count)
    edges = np.flatnonzero(np.diff(np.r_[0, likely > _SURE, 0]))
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        first, last = -(-begin // 2), (end - 1) // 2  # the frames on the run
        if last < first:  # a run between two frames takes the nearer one
            first = last = min(round((begin + end - 1) / 4), count - 1)
        closed[first : last + 1] = 1
        if first:
            closed[first - 1] = max(closed[first - 1], 0.5)
    return closed


def obeyed(
    values: np.ndarray, *, gate: np.ndarray, closure: np.ndarray, mood: np.ndarray
) -> np.ndarray:
    """Return motion values [T, K] that keep the rules.

    Args:
        values: what the network proposes.
        gate: of `speech_gate`, [T].
        closure: of `bilabial_closure`, [T].
        mood: the face of the emotion alone [T, K], which the speaking mouth returns to in silence.
    """
    values = values.copy()
    mouth = schema.columns("speech mouth")
    share = gate[:, None].astype(np.float32)
    values[:, mouth] = share * values[:, mouth] + (1 - share) * mood[:, mouth]
    seal, jaw = schema.index("closure"), schema.index("AU26")
    proposed = np.where(values[:, seal] > 0.6, values[:, seal], 0.5 * values[:, seal])
    values[:, seal] = np.maximum(np.minimum(proposed, 0.5), closure * (gate > 0))
    sealed = values[:, seal] > 0.9
    values[sealed, jaw] = np.minimum(values[sealed, jaw], _JAW_LIMIT)
    return schema.clamp(values)


def _windows(values: np.ndarray, before: int, after: int) -> np.ndarray:
    padded = np.pad(values, (before, after), mode="edge")
    return np.lib.stride_tricks.sliding_window_view(padded, before + after + 1)


def _widest(values: np.ndarray, half: int) -> np.ndarray:
    return _windows(values, half, half).max(1)


def _shifted_widest(values: np.ndarray, ahead: int, behind: int) -> np.ndarray:
    """Return the largest value from ``behind`` frames ago, fading, to ``ahead`` frames later."""
    fade = np.r_[1 - np.arange(behind, 0, -1) / (behind + 1), np.ones(ahead + 1)]
    return (_windows(values, behind, ahead) * fade).max(1)


def _median(values: np.ndarray, size: int) -> np.ndarray:
    return np.median(_windows(values, size // 2, size // 2), axis=1)


def _mean(values: np.ndarray, half: int) -> np.ndarray:
    return _windows(values, half, half).mean(1)
