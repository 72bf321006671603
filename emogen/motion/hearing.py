"""A memory of what was heard: samples in, the stretch around a window of motion out.

It keeps what the next window needs and forgets the rest.

Shapes: F mel frames (100 a second), J phone frames (50 a second), M = 64 bands.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from emogen.motion import features
from emogen.motion.features import BANDS, SILENT_DECIBELS, Heard, HearingStream

SAMPLES_A_FRAME = features.SAMPLE_RATE // 25
_MEL = 4
"""Mel frames of a motion frame."""


@dataclass(frozen=True, kw_only=True)
class Around:
    """What lies around a window.

    Attributes:
        mel: relative to the level, as the ear likes it, float32 [F, M].
        loudness: decibels, [J].
        level: decibels, [J].
        pitch: Hz, [J].
        habit: Hz, [J].
    """

    mel: np.ndarray
    loudness: np.ndarray
    level: np.ndarray
    pitch: np.ndarray
    habit: np.ndarray


class Hearing:
    """Takes samples and gives what lies around windows that move on.

    Args:
        reach: mel frames that must be known after the last motion frame of a window.
    """

    def __init__(self, reach: int) -> None:
        self.reach = reach
        self.ended = False
        self._stream = HearingStream()
        self._rows = np.zeros((0, BANDS + 4), np.float32)  # mel, loudness, level, pitch, habit
        self._first = 0  # the mel frame of the first row

    @property
    def num_samples(self) -> int:
        """Samples heard so far."""
        return self._stream.num_samples

    @property
    def num_frames(self) -> int:
        """Motion frames that cover the sound."""
        return max(1, -(-self.num_samples // SAMPLES_A_FRAME))

    def push(self, samples: np.ndarray) -> None:
        """Take samples, float32 [S], any number."""
        self._keep(self._stream.push(samples))

    def finish(self) -> None:
        """End the sound."""
        self._keep(self._stream.finish())
        self.ended = True

    def reaches(self, frame: int) -> bool:
        """Return whether everything is known that motion up to a frame needs."""
        return self._first + len(self._rows) >= frame * _MEL + self.reach

    def around(self, first: int, last: int, *, margin: int) -> Around:
        """Return what lies at motion frames first to last, with a margin of mel frames.

        Beyond both ends of the sound there is silence. What lies before is forgotten.
        """
        begin, end = first * _MEL - margin, last * _MEL + margin
        rows = self._rows[max(0, begin - self._first) : max(0, end - self._first)]
        filler = np.full((1, BANDS + 4), SILENT_DECIBELS, np.float32)
        filler[0, -2:] = 0
        filler[0, -3] = self._rows[0, -3] if len(self._rows) else 0
        before = np.repeat(filler, max(0, -begin), axis=0)
        after = np.repeat(filler, end - begin - len(rows) - len(before), axis=0)
        rows = np.concatenate([before, rows, after])
        self._forget(begin)
        inner = rows[margin : len(rows) - margin : features.PITCH_HOP]
        return Around(
            mel=features.scaled(rows[:, :BANDS], rows[:, -3]).astype(np.float32),
            loudness=inner[:, -4], level=inner[:, -3], pitch=inner[:, -2], habit=inner[:, -1],
        )  # fmt: skip

    def _keep(self, blocks: Iterable[Heard]) -> None:
        for block in blocks:
            count = len(block.mel)
            columns = (
                features.loudness(block.mel),
                np.full(count, block.level),
                np.repeat(block.pitch, features.PITCH_HOP),
                np.full(count, block.habit),
            )
            rows = np.concatenate([block.mel, np.stack(columns, axis=1)], axis=1)
            self._rows = np.concatenate([self._rows, rows.astype(np.float32)])

    def _forget(self, frame: int) -> None:
        useless = max(0, frame - self._first)
        self._rows, self._first = self._rows[useless:], self._first + useless


