"""When it is felt: a distribution per half second in, onset, peak, turns and drift out.

Shapes: N windows, C = 9 categories (`emogen.emotion.CATEGORIES`).
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from emogen.emotion import CATEGORIES
from emogen.errors import InputError
from emogen.evaluation.metrics.curves import emotion_drift, timeline_events

NEUTRAL = CATEGORIES.index("neutral")
SMOOTHING = 3
"""Windows over which a timeline is averaged before moments are read from it."""
LASTING = 2
"""Windows that a category has to lead for its lead to count as a turn."""
STEADY = 0.15
"""A drift below this is within what the judge itself wavers."""


@dataclass(frozen=True, kw_only=True)
class Turn:
    """From ``seconds`` on, ``emotion`` is the strongest category."""

    seconds: float
    emotion: str


@dataclass(frozen=True, kw_only=True)
class Moments:
    """What can be read from a timeline.

    Attributes:
        onset: when the intensity last crosses half of its range on the way to the peak, in seconds;
            None where it hardly changes.
        peak: when the intensity is highest, in seconds.
        peak_emotion: the strongest category then, neutral aside.
        peak_intensity: in [0, 1].
        drift: how far the mean of the last third lies from that of the first, Jensen-Shannon
            distance in [0, 1]; below `STEADY` it means nothing.
        first_emotion: the strongest category of the first third.
        last_emotion: that of the last third.
        turns: the strongest category from the beginning on and whenever it changes for a second.
    """

    onset: float | None
    peak: float
    peak_emotion: str
    peak_intensity: float
    drift: float
    first_emotion: str
    last_emotion: str
    turns: tuple[Turn, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        document = {
            name: round(value, 4) if isinstance(value, float) else value
            for name, value in asdict(self).items()
        }
        return {**document, "turns": [asdict(turn) for turn in self.turns]}


def moments(
    seconds: np.ndarray, emotion: np.ndarray, intensity: np.ndarray, presence: np.ndarray
) -> Moments | None:
    """Return what a timeline says about when, or None where less than two windows are present.

    Args:
        seconds: [N], growing.
        emotion: [N, C] distributions.
        intensity: [N] in [0, 1].
        presence: bool [N], whether there was anything to read.

    >>> fright = np.eye(9)[[8] * 4 + [6] * 4]
    >>> found = moments(np.arange(8) / 2, fright, 1 - fright[:, 8], np.ones(8, bool))
    >>> round(found.onset, 2), found.peak_emotion, found.first_emotion, found.drift
    (1.75, 'fear', 'neutral', 1.0)
    """
    if len({len(seconds), len(emotion), len(intensity), len(presence)}) > 1:
        raise InputError(
            f"expected as many windows everywhere, got {len(seconds)} seconds, {len(emotion)}"
            f" distributions, {len(intensity)} intensities and {len(presence)} presences"
        )
    times = np.asarray(seconds, float)[presence]
    if len(times) < 2:
        return None
    exact = np.asarray(emotion, float)[presence]
    smooth = smoothed(exact, SMOOTHING)
    strength = smoothed(np.asarray(intensity, float)[presence, None], SMOOTHING)[:, 0]
    events, top = timeline_events(times, strength), int(strength.argmax())
    third = max(1, len(times) // 3)
    first, last = exact[:third].mean(0), exact[-third:].mean(0)
    return Moments(
        onset=events.onset_seconds,
        peak=events.peak_seconds,
        peak_emotion=CATEGORIES[int(smooth[top, :NEUTRAL].argmax())],
        peak_intensity=events.peak,
        drift=emotion_drift(exact),
        first_emotion=CATEGORIES[int(first.argmax())],
        last_emotion=CATEGORIES[int(last.argmax())],
        turns=turns(times, smooth),
    )


def turns(seconds: np.ndarray, emotion: np.ndarray) -> tuple[Turn, ...]:
    """Return the leading category of distributions [N, C] whenever it changes and stays.

    >>> [turn.emotion for turn in turns(np.arange(5) / 2, np.eye(9)[[7, 7, 0, 7, 7]])]
    ['sadness']
    """
    leads = emotion.argmax(-1)
    found: list[Turn] = []
    starts = np.flatnonzero(np.diff(leads, prepend=-1))
    for start, stop in zip(starts, [*starts[1:], len(leads)], strict=True):
        name = CATEGORIES[int(leads[start])]
        lasts = stop - start >= min(LASTING, len(leads))
        if lasts and (not found or found[-1].emotion != name):
            found.append(Turn(seconds=float(seconds[start]), emotion=name))
    return tuple(found)


def smoothed(values: np.ndarray, width: int) -> np.ndarray:
    """Return the running mean of rows [N, K] over an odd number of rows, fewer at both ends.

    >>> smoothed(np.array([[0.0], [3.0], [0.0]]), 3).ravel().tolist()
    [1.5, 1.0, 1.5]
    """
    half = width // 2
    total = np.cumsum(np.concatenate([np.zeros_like(values[:1]), values]), axis=0)
    low = np.maximum(np.arange(len(values)) - half, 0)
    high = np.minimum(np.arange(len(values)) + half + 1, len(values))
    return (total[high] - total[low]) / (high - low)[:, None]
