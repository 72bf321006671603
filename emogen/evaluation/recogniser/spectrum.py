"""What the voice encoder sees: sound in, pictures of its loud bands and of its melody out.

Every 20 ms a spectrum of 60 ms is taken. Two pictures come from it, both 64 rows high: the log
energy of 64 mel bands, relative to the loud parts of the window so that gain does not matter, and
the autocorrelation of the magnitudes at 64 lags (60 to 600 Hz on a logarithmic axis), in which the
melody of a voice is a bright line even where a telephone has cut its fundamental off.

Both are one matrix product with the spectrum. A `warp` other than 1 reads the spectrum as if the
voice were higher or lower, throat and pitch together, which is how training makes more speakers.

Shapes: B sounds, S samples, T frames, F = 513 frequencies, R = 64 rows.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

SAMPLE_RATE = 16_000
HOP = 320
WINDOW = 960
BINS = 1024
FREQUENCIES = BINS // 2 + 1
ROWS = 64
FRAMES_A_SECOND = SAMPLE_RATE / HOP
FLOOR_DB = -60.0
"""Energy below the loud parts of a window that no longer counts, in decibels."""

_LOWEST, _HIGHEST = 60.0, 7600.0
_PITCHES = (60.0, 600.0)
_SILENCE = 1e-10
_LOUD_PART = 0.9
_VOICE_BINS = slice(4, 257)
"""About 60 to 4000 Hz."""
_VOICED = 0.2
_QUIETEST = 10**-6.5
"""Power of a frame, -65 dB of full scale, below which nothing is called speech."""


def power_spectrum(samples: Tensor) -> Tensor:
    """Return the power of sounds [B, S] every 20 ms, [B, T, F] with T = ceil(S / 320).

    Frame t is centred 20 ms * t + 10 ms after the first sample; full scale is 1.
    """
    frames = -(-samples.shape[-1] // HOP)
    margin = (WINDOW - HOP) // 2
    padded = F.pad(samples, (margin, frames * HOP - samples.shape[-1] + margin))
    cut = padded.unfold(-1, WINDOW, HOP)  # (B, T, WINDOW)
    window = torch.hann_window(WINDOW, dtype=samples.dtype, device=samples.device)
    spectrum = torch.fft.rfft(cut * window, n=BINS)
    return spectrum.abs().square() / window.sum().square() * 4


def mel_height(hertz: np.ndarray | float) -> np.ndarray | float:
    """Return the height of a frequency on the mel scale (O'Shaughnessy 1987).

    >>> round(float(mel_height(1000.0)))
    1000
    """
    return 2595 * np.log10(1 + np.asarray(hertz) / 700)


@lru_cache(maxsize=64)
def mel_matrix(warp: float = 1.0) -> Tensor:
    """Return the mel bands as a matrix [F, R]; each band has the sum 1.

    Args:
        warp: frequencies of the spectrum are multiplied by it first.
    """
    edges = np.linspace(mel_height(_LOWEST), mel_height(_HIGHEST), ROWS + 2)
    hertz = 700 * (10 ** (edges / 2595) - 1)
    line = np.arange(FREQUENCIES)[:, None] * (SAMPLE_RATE / BINS) * warp
    low, middle, high = hertz[:-2], hertz[1:-1], hertz[2:]
    width = SAMPLE_RATE / BINS * warp
    rising = (line - low) / np.maximum(middle - low, width)
    falling = (high - line) / np.maximum(high - middle, width)
    bands = np.clip(np.minimum(rising, falling), 0, None)
    return torch.from_numpy(bands / np.maximum(bands.sum(0), 1e-3)).float()


@lru_cache(maxsize=64)
def lag_matrix(warp: float = 1.0) -> Tensor:
    """Return cosines that turn magnitudes [F] into autocorrelation at R lags, [F, R].

    Row r stands for a pitch from 60 Hz (the first) to 600 Hz (the last).
    """
    pitch = np.geomspace(*_PITCHES, ROWS)
    hertz = np.arange(FREQUENCIES) * (SAMPLE_RATE / BINS) * warp
    cosines = np.cos(2 * np.pi * hertz[:, None] / pitch)
    within = np.zeros(FREQUENCIES)
    within[_VOICE_BINS] = 1
    return torch.from_numpy(cosines * within[:, None]).float()


class Bands(NamedTuple):
    """What is read off a power spectrum, frame by frame, before any level is set.

    Attributes:
        energy: [..., T, R] power in mel bands.
        periodic: [..., T, R] autocorrelation at each lag, -1 to 1.
        power: [..., T] in all, full scale 1.
    """

    energy: Tensor
    periodic: Tensor
    power: Tensor

    def windows(self, starts: Tensor, frames: int) -> "Bands":
        """Return stretches [N, frames] of one sound [T] that begin at some frames [N]."""
        index = starts[:, None] + torch.arange(frames)
        return Bands(*(track[index] for track in self))


def bands_of(power: Tensor, *, mel: Tensor | None = None, lags: Tensor | None = None) -> Bands:
    """Read the bands off power [..., T, F].

    Args:
        power: as of `power_spectrum`.
        mel: [F, R] or one for each sound [B, F, R]; by default `mel_matrix()`.
        lags: likewise; by default `lag_matrix()`.
    """
    magnitude = power.sqrt()
    whole = magnitude[..., _VOICE_BINS].sum(-1, keepdim=True).clamp_min(_SILENCE)
    return Bands(
        energy=power @ (mel_matrix() if mel is None else mel),
        periodic=magnitude @ (lag_matrix() if lags is None else lags) / whole,
        power=power.sum(-1),
    )


def pictures_of(bands: Bands) -> Tensor:
    """Turn the bands of windows [B, T] into what a network sees, [B, 2, R, T], about -1 to 2.

    The first picture is energy in units of 30 dB, 1 at the level of the window's loud parts and
    never below -1. The second is twice the autocorrelation, fading where a frame is silent.
    """
    level = loud_level(bands.energy.mean(-1))[..., None]  # (B, 1, 1)
    decibels = 10 * torch.log10(bands.energy / level + 10 ** (FLOOR_DB / 10))
    audible = bands.power / (bands.power + 1e-3 * loud_level(bands.power))  # half at -30 dB
    stacked = torch.stack([decibels / 30 + 1, 2 * bands.periodic * audible[..., None]], dim=1)
    return stacked.transpose(-1, -2)  # (B, 2, R, T)


def loud_level(power: Tensor) -> Tensor:
    """Return the level of the loud parts of each sound: power [B, T] in, [B, 1] out."""
    return torch.quantile(power, _LOUD_PART, dim=-1, keepdim=True).clamp_min(_SILENCE)


def speech_frames(bands: Bands, pictures: Tensor) -> Tensor:
    """Return which frames hold a voice, bool [B, T]: loud enough, with a pitch, and no mere tone.

    Noise has no pitch, a hum or whistle fills few bands. Music passes, whispering does not.

    Args:
        bands: of windows [B, T].
        pictures: of the same windows, as of `pictures_of`.
    """
    audible = bands.power > (1e-4 * loud_level(bands.power)).clamp_min(_QUIETEST)
    broad = pictures[:, 0].mean(1) > -0.6
    return audible & broad & (pictures[:, 1].amax(1) > 2 * _VOICED)
