"""Several clocks to one: the readings of single senses in, evidence per half second out.

Shapes: N windows of the common timeline, W windows of a reading, M senses, C categories.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from emogen.emotion import CATEGORIES
from emogen.evaluation.recogniser.fusion import Evidence
from emogen.evaluation.recogniser.reading import HOP, MODALITIES, Modality, ModalityReading
from emogen.evaluation.recogniser.transcript import Line

_NEUTRAL = CATEGORIES.index("neutral")
Rows = dict[Modality, np.ndarray]


def strength(reading: ModalityReading) -> np.ndarray:
    """Return how strongly is felt what each window shows, float32 [W] in [0, 1].

    It is the encoder's own reading, where it has one ("intensity"), else what neutral leaves.
    """
    if "intensity" in reading.native:
        return np.clip(reading.native["intensity"][:, 0], 0, 1).astype(np.float32)
    return np.where(reading.presence, 1 - reading.emotion[:, _NEUTRAL], 0).astype(np.float32)


def nearest(times: np.ndarray, reading: ModalityReading, *, reach: float = HOP) -> np.ndarray:
    """Return for each time [N] the row of the nearest window, int64 [N], -1 beyond the reach.

    Args:
        times: seconds.
        reading: a sense's reading.
        reach: seconds that a window may lie away.
    """
    if not reading.num_windows:
        return np.full(len(times), -1)
    after = np.clip(np.searchsorted(reading.seconds, times), 1, None)
    after = np.minimum(after, reading.num_windows - 1)
    before = np.maximum(after - 1, 0)
    closer = np.abs(reading.seconds[before] - times) <= np.abs(reading.seconds[after] - times)
    rows = np.where(closer, before, after)
    return np.where(np.abs(reading.seconds[rows] - times) <= reach + 1e-6, rows, -1)


def spoken(times: np.ndarray, lines: Sequence[Line]) -> np.ndarray:
    """Return for each time [N] the line that is said then, int64 [N]; -1 where nobody speaks.

    A line is held for half a window on either side; where lines overlap the later one counts.

    >>> spoken(np.array([0.25, 1.25, 3.25]), [(0.0, 1.0, "Oh."), (3.0, 4.0, "No!")]).tolist()
    [0, 0, 1]
    """
    rows = np.full(len(times), -1)
    for index, (start, end, _) in enumerate(lines):
        rows[(times >= start - HOP / 2) & (times <= end + HOP / 2)] = index
    return rows


def evidence(readings: Mapping[Modality, ModalityReading], rows: Rows) -> Evidence:
    """Gather what each sense says at each window of the common timeline.

    Args:
        readings: by sense; absent ones are missing.
        rows: for each reading the row for each window, int64 [N], -1 where there is none.
    """
    count = len(next(iter(rows.values())))
    shape = (count, len(MODALITIES))
    emotion = np.full((*shape, len(CATEGORIES)), 1 / len(CATEGORIES), np.float32)
    vad, confidence = np.zeros((*shape, 3), np.float32), np.zeros(shape, np.float32)
    presence = np.zeros(shape, bool)
    for name, reading in readings.items():
        sense, row = MODALITIES.index(name), rows[name]
        heard = np.flatnonzero(row >= 0)
        heard = heard[reading.presence[row[heard]]]
        emotion[heard, sense] = reading.emotion[row[heard]]
        vad[heard, sense] = reading.vad[row[heard]]
        confidence[heard, sense] = reading.confidence[row[heard]]
        presence[heard, sense] = True
    return Evidence(emotion=emotion, vad=vad, confidence=confidence, presence=presence)


def whole(timeline: Evidence) -> Evidence:
    """Return what each sense says about the clip, one row: means weighted by confidence."""
    weights = (timeline.confidence + 1e-3) * timeline.presence  # (N, M)
    total = weights.sum(0, keepdims=True)
    shares = weights / np.maximum(total, 1e-9)
    present = timeline.presence.any(0)
    emotion = np.einsum("nm,nmc->mc", shares, timeline.emotion)
    emotion = np.where(present[:, None], emotion, 1 / len(CATEGORIES))
    return Evidence(
        emotion=emotion[None].astype(np.float32),
        vad=np.einsum("nm,nmd->md", shares, timeline.vad)[None].astype(np.float32),
        confidence=(shares * timeline.confidence).sum(0)[None].astype(np.float32),
        presence=present[None],
    )
