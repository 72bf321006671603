"""What the voice encoder sees: sound in, a picture in logarithmic frequency out.

Every 16 ms a spectrum of 64 ms is laid on 96 rows, 14 an octave from 70 Hz on. On this axis a
higher voice or a shorter throat is the same picture moved up, and the distances of harmonics do not
change with pitch, so one convolution sees melody and timbre alike (the constant-Q idea of Brown
1991, Journal of the Acoustical Society of America 89(1)).

Shapes: B sounds, S samples, T frames, F = 513 frequencies, R = 96 rows.
"""

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

SAMPLE_RATE = 16_000
HOP = 256
"""Samples between frames: 16 ms."""
SPAN = 1024
"""Samples of a spectrum: 64 ms."""
ROWS = 96
ROWS_AN_OCTAVE = 14
LOWEST_HERTZ = 70.0
FLOOR_DECIBELS = -60.0
"""What lies further below the loud parts of a window does not count."""
SILENT_DECIBELS = -100.0
QUIETEST_DECIBELS = -62.0
"""A window whose loud parts lie below, in decibels of full scale, holds nothing to read."""
_LOUD_PART = 0.9


def row_filters() -> np.ndarray:
    """Return how much of each frequency a row takes, float32 [513, 96]; each row adds up to one.

    Triangles as wide as the distance of two rows, but never narrower than two frequencies.

    >>> row_filters().sum(0).round(4).min().item()
    1.0
    """
    spacing = SAMPLE_RATE / SPAN
    hertz = np.arange(SPAN // 2 + 1)[:, None] * spacing
    centres = LOWEST_HERTZ * 2 ** (np.arange(ROWS) / ROWS_AN_OCTAVE)
    reach = np.maximum(centres * (2 ** (1 / ROWS_AN_OCTAVE) - 1), spacing)
    filters = np.clip(1 - np.abs(hertz - centres) / reach, 0, None)
    return (filters / filters.sum(0)).astype(np.float32)


_FILTERS = torch.from_numpy(row_filters())
_WINDOW = torch.hann_window(SPAN)


def decibels_of(samples: Tensor) -> Tensor:
    """Return the rows of sounds [B, S] in decibels of full scale, [B, T, R], T = ceil(S / 256).

    Frame t is centred 16 ms * t + 8 ms after the first sample; outside of the sound is silence.

    >>> decibels_of(torch.zeros(1, 600)).shape
    torch.Size([1, 3, 96])
    """
    frames = -(-samples.shape[-1] // HOP)
    margin = (SPAN - HOP) // 2
    padded = F.pad(samples, (margin, frames * HOP - samples.shape[-1] + margin))
    spectrum = torch.fft.rfft(padded.unfold(-1, SPAN, HOP) * _WINDOW)
    power = spectrum.abs().square() / _WINDOW.sum() ** 2
    return 10 * (power @ _FILTERS + 10 ** (SILENT_DECIBELS / 10)).log10()


def level_of(decibels: Tensor) -> Tensor:
    """Return the loudness of the loud parts of windows [B, T, R] in decibels, [B]."""
    power = (10 ** (decibels / 10)).sum(-1)  # (B, T)
    return 10 * torch.quantile(power, _LOUD_PART, dim=1).log10()


def pictures_of(decibels: Tensor) -> Tensor:
    """Return windows [B, T, R] as the network wants them, [B, 1, R, T] in about -1 to 1.5.

    Gain does not matter: the loud parts of each window lie at the same height.

    >>> quiet, loud = torch.rand(2, 40, 96).mul(50).sub(70)[:1], 6.0
    >>> bool((pictures_of(quiet) - pictures_of(quiet + loud)).abs().max() < 1e-5)
    True
    """
    relative = decibels - level_of(decibels)[:, None, None] + 12
    return (relative.clamp_min(FLOOR_DECIBELS) / 30 + 1).transpose(1, 2)[:, None]
