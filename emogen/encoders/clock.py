"""From the moments of a source to the frames of a clip: readings in, smooth rows out.

A moment fills its span; where a source is mute, what it said last (or will say first) goes on and
fades with a half-life of three seconds; then a Gaussian half a second wide runs over everything,
weighted by confidence, so that a face does not flicker and a sure moment outweighs a vague one.

Shapes: L frames, N readings, V values a row.
"""

import numpy as np

from emogen.encoders.reading import Readings

HALF_LIFE = 3.0
"""Seconds in which the confidence of what was said last halves."""
FAINTEST = 0.02
"""A confidence below this is absence."""
SMOOTHNESS = 0.5
"""Standard deviation of the smoothing in seconds."""


def on_frames(readings: Readings, *, num_frames: int, fps: float) -> tuple[np.ndarray, np.ndarray]:
    """Return rows (distribution, then vector) [L, 21] and confidence [L] of a source."""
    values = np.concatenate([readings.distribution, readings.vectors], axis=1)
    if not readings.present.any():
        return np.zeros((num_frames, values.shape[1])), np.zeros(num_frames)
    index, away = nearest_moment(readings, np.arange(num_frames) / fps)
    confidence = readings.confidence[index] * 0.5 ** (away / HALF_LIFE)
    confidence[confidence < FAINTEST] = 0
    return smoothed(values[index], confidence, reach=SMOOTHNESS * fps)


def nearest_moment(readings: Readings, seconds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return for times [L] the present moment that is nearest and how far it is, in seconds.

    >>> from emogen.encoders.words import read_words
    >>> said = read_words([(0, 1, "I am happy"), (4, 5, "I am sad")], seconds=6)
    >>> nearest_moment(said, np.array([0.5, 2.0, 5.5]))
    (array([0, 0, 1]), array([0. , 1. , 0.5]))
    """
    rows = np.flatnonzero(readings.present)
    middle, half = readings.seconds[rows], readings.spans[rows] / 2
    after = np.searchsorted(middle, seconds).clip(max=len(rows) - 1)
    both = np.stack([(after - 1).clip(min=0), after])  # (2, L)
    away = np.maximum(0, np.abs(seconds - middle[both]) - half[both])
    choice = away.argmin(0)
    pick = np.arange(len(seconds))
    return rows[both[choice, pick]], away[choice, pick]


def smoothed(
    values: np.ndarray, confidence: np.ndarray, *, reach: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return rows [L, V] and confidence [L] after a Gaussian of ``reach`` frames.

    Where a source is absent for all of the Gaussian's reach it stays absent.

    >>> rows, sure = smoothed(np.array([[0.0], [1.0]]), np.array([1.0, 1.0]), reach=1e-3)
    >>> rows[:, 0].tolist(), sure.tolist()
    ([0.0, 1.0], [1.0, 1.0])
    """
    offsets = np.arange(-int(np.ceil(3 * reach)), int(np.ceil(3 * reach)) + 1)
    kernel = np.exp(-0.5 * (offsets / reach) ** 2)
    kernel /= kernel.sum()

    def run(column: np.ndarray) -> np.ndarray:
        return np.convolve(np.pad(column, len(offsets) // 2), kernel, mode="valid")

    total = run(confidence)
    heard = total > FAINTEST / 2
    rows = np.stack([run(column * confidence) for column in values.T], axis=1)
    rows = np.where(heard[:, None], rows / np.maximum(total, 1e-9)[:, None], 0)
    return rows, np.where(heard, total / np.maximum(run(np.ones(len(total))), 1e-9), 0)
