"""Harder hearing: power spectra and pictures of speech in, noisier and stranger ones out.

What a microphone, a room, a telephone or a codec does to sound is done here to its power spectrum,
which costs a fraction of filtering the waveform and needs no copy of it. Everything is random and
drawn from one generator, one draw a sound.

Shapes: B sounds, T frames of 20 ms, F frequencies from 0 to 8 kHz, R rows of a picture.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

NYQUIST = 8000.0
_KNOTS = 7
_TAIL_FRAMES = 12
_FRAME_SECONDS = 0.02


def uniform(count: int, low: float, high: float, rng: torch.Generator) -> Tensor:
    """Return numbers between two bounds, one a sound, [B, 1, 1]."""
    return low + (high - low) * torch.rand(count, 1, 1, generator=rng)


def chance(count: int, share: float, rng: torch.Generator) -> Tensor:
    """Return for each sound whether something happens to it, bool [B, 1, 1]."""
    return torch.rand(count, 1, 1, generator=rng) < share


def coloured(power: Tensor, rng: torch.Generator, *, decibels: float = 8.0) -> Tensor:
    """Play each sound through another microphone: a smooth random response over frequency."""
    knots = decibels * torch.randn(len(power), 1, _KNOTS, generator=rng) / 2
    curve = F.interpolate(knots, size=power.shape[-1], mode="linear", align_corners=True)
    return power * 10 ** (curve / 10)


def echoing(power: Tensor, rng: torch.Generator, *, share: float = 0.3) -> Tensor:
    """Put some sounds into a room: each frame rings on and fades by 60 dB in 0.15 to 0.9 s."""
    return _some(power, share, rng, _echo)


def _echo(power: Tensor, rng: torch.Generator) -> Tensor:
    count = len(power)
    fade = 10 ** (-6 * _FRAME_SECONDS / uniform(count, 0.15, 0.9, rng))
    tail = torch.zeros_like(power)
    for frame in range(1, min(_TAIL_FRAMES, power.shape[1])):
        tail[:, frame:] += fade**frame * power[:, :-frame]
    return power + 10 ** uniform(count, -2.5, -0.5, rng) * tail


def noisy(power: Tensor, rng: torch.Generator, *, share: float = 0.7) -> Tensor:
    """Add noise of a random colour, 0 to 35 dB below the loud parts, to most sounds."""
    count, frames, bins = power.shape
    loud = torch.quantile(power.mean(-1), 0.9, dim=1)[:, None, None]
    ratio = 10 ** (-uniform(count, 0, 35, rng) / 10) * chance(count, share, rng)
    hertz = torch.linspace(NYQUIST / bins, NYQUIST, bins)
    colour = (hertz / 500) ** uniform(count, -2, 0.3, rng)
    colour = coloured(colour / colour.mean(-1, keepdim=True), rng)
    grain = -torch.rand(frames, bins, generator=rng).clamp_min(1e-6).log()  # one for all sounds
    swell = 1 + 0.8 * torch.sin(uniform(count, 0, 6.3, rng)
                                + torch.arange(frames)[:, None] * uniform(count, 0, 0.3, rng))
    return power + loud * ratio * colour * swell * grain


def telephoned(power: Tensor, rng: torch.Generator, *, share: float = 0.25) -> Tensor:
    """Cut some sounds to a band of about 300 to 3400 Hz, others only at the top."""
    count, _, bins = power.shape
    hertz = torch.linspace(0, NYQUIST, bins)
    both = chance(count, share, rng)
    top = both | chance(count, share, rng)
    low = torch.where(both, uniform(count, 150, 400, rng), 0.0)
    high = torch.where(top, uniform(count, 2800, 6500, rng), NYQUIST)
    high = torch.where(both, high.clamp_max(4000), high)
    below = (low / hertz.clamp_min(1)).clamp_min(1).log2()
    above = (hertz / high).clamp_min(1).log2()
    return power * 10 ** (-(2.4 * below + 12 * above).clamp_max(6))


def coded(power: Tensor, rng: torch.Generator, *, share: float = 0.3) -> Tensor:
    """Drop from some sounds what a codec would not send: bins far below the loudest near them."""
    return _some(power, share, rng, _code)


def _code(power: Tensor, rng: torch.Generator) -> Tensor:
    depth = 10 ** (-uniform(len(power), 12, 30, rng) / 10)
    loudest = F.max_pool1d(power.flatten(0, 1)[:, None], 17, stride=1, padding=8)
    return torch.where(power >= depth * loudest[:, 0].view_as(power), power, 1e-3 * power)


def _some(
    power: Tensor, share: float, rng: torch.Generator,
    change: Callable[[Tensor, torch.Generator], Tensor],
) -> Tensor:  # fmt: skip
    """Change a random part of the sounds and leave the others."""
    rows = chance(len(power), share, rng).flatten().nonzero()[:, 0]
    out = power.clone()
    if len(rows):
        out[rows] = change(power[rows], rng)
    return out


def disturbed(power: Tensor, rng: torch.Generator) -> Tensor:
    """Return sounds as another microphone, room, background and line would give them, [B, T, F]."""
    power = echoing(coloured(power, rng), rng)
    return coded(telephoned(noisy(power, rng), rng), rng)


def cut_starts(lengths: Tensor, window: int, rng: torch.Generator, *, margin: int = 30) -> Tensor:
    """Return where windows start in sounds of so many frames, int64 [B]; negative is before.

    A shorter sound lies anywhere inside its window, a longer one is cut anywhere; up to ``margin``
    frames of either may be lost at an end.
    """
    first = (lengths - window).clamp_max(0) - margin
    last = (lengths - window).clamp_min(0) + margin
    share = torch.rand(len(lengths), generator=rng)
    return torch.floor(first + share * (last - first + 1)).long()


def masked(pictures: Tensor, rng: torch.Generator, *, fill: float, rows: int = 10,
           frames: int = 25) -> Tensor:
    """Blank two bands of rows and one stretch of frames of each picture (SpecAugment, Park 2019).

    Args:
        pictures: [B, R, T].
        rng: decides where.
        fill: what stands in the gaps.
        rows: most rows of one band.
        frames: most frames of the stretch.
    """
    count, height, width = pictures.shape
    hidden = torch.zeros(count, height, width, dtype=torch.bool)
    for _ in range(2):
        hidden |= _stretch(count, height, rows, rng)[:, :, None]
    hidden |= _stretch(count, width, frames, rng)[:, None]
    return pictures.masked_fill(hidden, fill)


def mixing(count: int, rng: torch.Generator, *, share: float = 0.5) -> Tensor:
    """Return the part of itself that each of B mixed examples keeps, [B] in 0.5 to 1.

    Most keep nearly all, as with the beta distribution of mixup (Zhang 2018).
    """
    given = torch.rand(count, generator=rng) ** 3 / 2
    return 1 - given * (torch.rand(count, generator=rng) < share)


def _stretch(count: int, length: int, most: int, rng: torch.Generator) -> Tensor:
    """Return a random stretch of up to ``most`` out of ``length`` places, bool [B, length]."""
    long = torch.floor((most + 1) * torch.rand(count, 1, generator=rng))
    start = torch.floor((length + 1 - long) * torch.rand(count, 1, generator=rng))
    place = torch.arange(length)
    return (place >= start) & (place < start + long)
