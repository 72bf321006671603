"""Windows of time: values a frame or a piece of sound in, one reading per half second out.

Windows lie on one grid for all modalities and all chunks of a file: the k-th spans [k/2, (k+1)/2)
seconds and is named by its centre.

Shapes: T frames, N windows, K labels, D width of an embedding.
"""

from dataclasses import dataclass, field

import numpy as np

from emogen.emotion import CATEGORIES
from emogen.errors import InputError
from emogen.evaluation.backends.loading import Source
from emogen.evaluation.recogniser.reading import HOP, Modality, ModalityReading

_PLAIN = 8
"""A picture whose pixels differ by at most this is blank: black, white or one colour."""


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What a model says of N windows, before what held nothing is taken out.

    Attributes:
        emotion: [N, 9], distributions.
        vad: [N, 3], as felt.
        features: [N, D].
        native: the model's own labels, name -> [N, K].
        confidence: [N]; None is the probability of the top category.
    """

    emotion: np.ndarray
    vad: np.ndarray
    features: np.ndarray
    native: dict[str, np.ndarray] = field(default_factory=dict)
    confidence: np.ndarray | None = None


def centres(duration: float) -> np.ndarray:
    """Return the centres of the windows that a duration in seconds touches, at least one.

    >>> centres(1.2).tolist()
    [0.25, 0.75, 1.25]
    """
    count = max(1, int(np.ceil(duration / HOP - 1e-6)))
    return (np.arange(count) + 0.5) * HOP


def pool(values: np.ndarray, seconds: np.ndarray) -> np.ndarray:
    """Return the mean of values [T, ...] in each window that has a frame, [N, ...].

    >>> pool(np.array([0.0, 2.0, 5.0]), np.array([0.0, 0.25, 0.5])).tolist()
    [1.0, 5.0]
    """
    _, rows, counts = np.unique(window_of(seconds), return_inverse=True, return_counts=True)
    total = np.zeros((len(counts), *values.shape[1:]))
    np.add.at(total, rows, values)
    return total / counts.reshape(-1, *[1] * (values.ndim - 1))


def window_of(seconds: np.ndarray) -> np.ndarray:
    """Return the number of the window in which each moment lies."""
    return np.floor(np.asarray(seconds, dtype=np.float64) / HOP + 1e-6).astype(int)


def pooled_seconds(seconds: np.ndarray) -> np.ndarray:
    """Return the centres of the windows that have a frame, growing."""
    return (np.unique(window_of(seconds)) + 0.5) * HOP


def checked_frames(frames: np.ndarray, seconds: np.ndarray | None) -> np.ndarray:
    """Check frames uint8 [T, H, W, 3] and return their times, four a second where none are given.

    Raises:
        InputError: they are no frames, or the times do not fit them.
    """
    frames = np.asarray(frames)
    if frames.dtype != np.uint8 or frames.ndim != 4 or frames.shape[-1] != 3 or 0 in frames.shape:
        raise InputError(
            f"expected frames uint8 [T, H, W, 3], got {frames.dtype} {list(frames.shape)};"
            " flatten transparency first"
        )
    times = np.arange(len(frames)) / 4 if seconds is None else np.asarray(seconds, np.float64)
    if times.shape != (len(frames),) or not np.isfinite(times).all() or (np.diff(times) < 0).any():
        raise InputError(
            f"expected {len(frames)} growing times in seconds, got {times.shape}; one a frame"
        )
    return times


def is_blank(frames: np.ndarray) -> np.ndarray:
    """Return bool [T]: frames of one colour, in which there is nothing to see."""
    flat = frames.reshape(len(frames), -1, 3)
    return ((flat.max(1).astype(int) - flat.min(1)) <= _PLAIN).all(-1)


def assemble(
    source: Source, modality: Modality, *, seconds: np.ndarray, presence: np.ndarray, judged: Judged
) -> ModalityReading:
    """Return a reading; where nothing was present all categories are alike and confidence is 0."""
    seen = np.asarray(presence, dtype=bool)
    even = np.full(len(CATEGORIES), 1 / len(CATEGORIES))
    emotion = np.where(seen[:, None], judged.emotion, even)
    emotion = emotion / emotion.sum(-1, keepdims=True)
    confidence = judged.emotion.max(-1) if judged.confidence is None else judged.confidence
    return ModalityReading(
        modality=modality,
        seconds=seconds,
        emotion=emotion.astype(np.float32),
        vad=np.clip(judged.vad * seen[:, None], -1, 1).astype(np.float32),
        presence=seen,
        confidence=np.clip(confidence * seen, 0, 1).astype(np.float32),
        native={name: (table * seen[:, None]).astype(np.float32)
                for name, table in judged.native.items()},
        features=(judged.features * seen[:, None]).astype(np.float32),
        tier=source.tier,
        model=source.model,
    )
