"""Hearing: samples of any length in, blocks of one second of mel bands and pitch out.

The stream cuts the sound at fixed places, so however the samples arrive, in one piece or in many,
the same bits come out. Sound is mono, 16 kHz, float32 in [-1, 1].

Shapes: S samples, F mel frames (100 a second; frame i lies around sample 160 i), M = 64 bands.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

SAMPLE_RATE = 16_000
HOP = 160
"""Samples between mel frames: 10 ms."""
BANDS = 64
BLOCK = 100
"""Mel frames of a block: one second."""
PITCH_HOP = 2
"""Mel frames between pitch frames."""
SILENT_DECIBELS = -100.0
"""The mel power of digital silence."""
QUIETEST_LEVEL = -45.0
"""A sound whose loud parts lie below is not speech but the noise of an open microphone."""
LEVEL_FALL = 0.5
"""Decibels that the level falls in a second without speech."""
_WINDOW, _FFT, _REACH = 400, 1024, 320
_PITCH_RANGE = (70.0, 400.0)
_VOICED = 0.5
_BLOCK_SAMPLES = BLOCK * HOP
_LEAD_BLOCKS = 3
_FEWEST_VOICED, _HABIT_SHARE = 8, 0.2


@dataclass(frozen=True, kw_only=True)
class Heard:
    """A block of heard sound.

    Attributes:
        mel: power in mel bands, decibels, float32 [100, 64].
        pitch: fundamental frequency in Hz every 20 ms, 0 where there is no voice, float32 [50].
        level: the present loudness of speech in decibels, one number.
        habit: the speaker's usual pitch in Hz, 0 as long as nobody spoke.
    """

    mel: np.ndarray
    pitch: np.ndarray
    level: float
    habit: float


def mel_filters() -> np.ndarray:
    """Return triangular filters from FFT bins to bands, float32 [513, 64], 60 to 7600 Hz.

    Mel scale after O'Shaughnessy (1987): 2595 log10(1 + f / 700).
    """
    low, high = (2595 * np.log10(1 + hertz / 700) for hertz in (60.0, 7600.0))
    edges = 700 * (10 ** (np.linspace(low, high, BANDS + 2) / 2595) - 1)
    hertz = np.fft.rfftfreq(_FFT, 1 / SAMPLE_RATE)[:, None]
    rising = (hertz - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - hertz) / (edges[2:] - edges[1:-1])
    return np.maximum(0, np.minimum(rising, falling)).astype(np.float32)


_FILTERS = mel_filters()
_HANN = np.hanning(_WINDOW + 1)[:-1].astype(np.float32)


def log_mel(block: np.ndarray) -> np.ndarray:
    """Return mel power in decibels of consecutive frames, float32 [F, 64].

    Args:
        block: samples from 200 before the first frame's centre to 200 after the last's.
    """
    frames = np.lib.stride_tricks.sliding_window_view(block, _WINDOW)[::HOP] * _HANN
    power = np.abs(np.fft.rfft(frames, _FFT)) ** 2 / _HANN.sum() ** 2
    decibels = 10 * np.log10(power.astype(np.float32) @ _FILTERS + 1e-10)
    return decibels.astype(np.float32)


def pitch_of(block: np.ndarray) -> np.ndarray:
    """Return the fundamental frequency of frames 20 ms apart, float32, 0 where unvoiced.

    The lag at which the autocorrelation of 40 ms, divided by that of its window, is largest
    (Boersma 1993); below half of the power there is no voice.
    """
    hop = PITCH_HOP * HOP
    window = np.hanning(2 * _REACH)
    frames = np.lib.stride_tricks.sliding_window_view(block, 2 * _REACH)[::hop]
    frames = (frames - frames.mean(1, keepdims=True)) * window
    size = 4 * _REACH
    correlation = np.fft.irfft(np.abs(np.fft.rfft(frames, size)) ** 2)
    own = np.fft.irfft(np.abs(np.fft.rfft(window, size)) ** 2)
    shortest, longest = (round(SAMPLE_RATE / hertz) for hertz in reversed(_PITCH_RANGE))
    lags = np.arange(shortest, longest + 1)
    strength = correlation[:, lags] / np.maximum(correlation[:, :1], 1e-9)
    strength = strength * own[0] / own[lags] - 2e-4 * lags  # an octave below is as periodic
    best = strength.argmax(1)
    voiced = (strength.max(1) > _VOICED) & (correlation[:, 0] > 1e-4)
    return np.where(voiced, SAMPLE_RATE / lags[best], 0).astype(np.float32)


def loudness(mel: np.ndarray) -> np.ndarray:
    """Return the loudness of frames [F, 64] in decibels, the mean power of 100 to 4000 Hz, [F]."""
    return 10 * np.log10((10 ** (mel[:, 1:50] / 10)).sum(1) + 1e-10)


def block_level(mel: np.ndarray) -> float:
    """Return how loud the loud parts of a block are; a click of a few frames does not count."""
    smooth = np.convolve(loudness(mel), np.full(20, 1 / 20), mode="valid")
    return float(np.quantile(smooth, 0.9))


def usual_pitch(pitch: np.ndarray, before: float) -> float:
    """Return a speaker's usual pitch in Hz after a block; it follows the block's median slowly.

    >>> usual_pitch(np.full(50, 120.0), 0.0), usual_pitch(np.zeros(50), 100.0)
    (120.0, 100.0)
    """
    voiced = pitch[pitch > 0]
    if len(voiced) < _FEWEST_VOICED:
        return before
    now = float(np.median(voiced))
    return now if before == 0 else before * (now / before) ** _HABIT_SHARE


class HearingStream:
    """Turns pushed samples into blocks of one second; the last one is filled up with silence.

    The level of speech rises at once and falls slowly; before the first block comes out, three
    seconds are looked at.
    """

    def __init__(self) -> None:
        self.num_samples = 0
        self._pending = np.zeros(_REACH, np.float32)  # what lies before the first sample
        self._waiting: list[tuple[np.ndarray, np.ndarray, float]] = []
        self._level: float | None = None
        self._habit = 0.0

    def push(self, samples: np.ndarray) -> Iterator[Heard]:
        """Take samples [S], any number, and yield the blocks that are complete."""
        self.num_samples += len(samples)
        self._pending = np.concatenate([self._pending, samples])
        while len(self._pending) >= _BLOCK_SAMPLES + 2 * _REACH:
            self._hear()
            if self._level is not None or len(self._waiting) == _LEAD_BLOCKS:
                yield from self._release()

    def finish(self) -> Iterator[Heard]:
        """End the sound and yield the rest; the blocks cover every sample."""
        missing = -self.num_samples % _BLOCK_SAMPLES
        self._pending = np.pad(self._pending, (0, missing + 2 * _REACH))
        while len(self._pending) >= _BLOCK_SAMPLES + 2 * _REACH:
            self._hear()
        yield from self._release()

    def _hear(self) -> None:
        block = self._pending[: _BLOCK_SAMPLES + 2 * _REACH]
        before = _REACH - _WINDOW // 2
        mel = log_mel(block[before : before + _BLOCK_SAMPLES - HOP + _WINDOW])
        pitch = pitch_of(block[: _BLOCK_SAMPLES - PITCH_HOP * HOP + 2 * _REACH])
        self._waiting.append((mel, pitch, block_level(mel)))
        self._pending = self._pending[_BLOCK_SAMPLES:]

    def _release(self) -> Iterator[Heard]:
        if self._waiting and self._level is None:
            self._level = max(level for _, _, level in self._waiting)
        for mel, pitch, level in self._waiting:
            self._level = max(level, self._level - LEVEL_FALL, QUIETEST_LEVEL)
            self._habit = usual_pitch(pitch, self._habit)
            yield Heard(mel=mel, pitch=pitch, level=self._level, habit=self._habit)
        self._waiting.clear()


def hear(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return mel [F, 64], pitch [F / 2] and level [F] of a whole sound, as the stream hears it.

    >>> mel, pitch, level = hear(np.zeros(16_000, np.float32))
    >>> mel.shape, pitch.shape, float(level[0])
    ((100, 64), (50,), -45.0)
    """
    stream = HearingStream()
    blocks = [*stream.push(np.asarray(samples, np.float32)), *stream.finish()]
    frames = -(-len(samples) // HOP)
    levels = np.repeat(np.array([block.level for block in blocks], np.float32), BLOCK)
    return (
        np.concatenate([block.mel for block in blocks])[:frames],
        np.concatenate([block.pitch for block in blocks])[: -(-frames // PITCH_HOP)],
        levels[:frames],
    )


def scaled(mel: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Return mel decibels [F, 64] relative to the level [F], in the range that networks like.

    >>> scaled(np.full((1, 64), -20.0), np.array([-20.0]))[0, 0].item()
    1.0
    """
    return np.clip((mel - level[:, None]) / 20 + 1, -3, 3)
