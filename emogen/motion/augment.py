"""Harder hearing for the ear: mel frames of clear speech in, those of other throats and rooms out.

What a throat, a microphone, a room, a background or a telephone line does is done to the mel bands,
which costs a fraction of filtering the sound. Everything is drawn from one generator.

Shapes: B sounds, F frames of 10 ms, M = 64 bands; values are decibels unless said otherwise.
"""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from emogen.motion.features import BANDS, SILENT_DECIBELS

_CENTRES = 700 * (10 ** (torch.linspace(96.5, 2786.0, BANDS + 2)[1:-1] / 2595) - 1)
"""The bands' middles in Hz."""


def uniform(count: int, low: float, high: float, rng: torch.Generator) -> Tensor:
    """Return random numbers, one a sound, [B, 1, 1]."""
    return low + (high - low) * torch.rand(count, 1, 1, generator=rng)


def chance(count: int, share: float, rng: torch.Generator) -> Tensor:
    """Return for each sound whether something happens to it, bool [B, 1, 1]."""
    return torch.rand(count, 1, 1, generator=rng) < share


def another_throat(mel: Tensor, rng: torch.Generator, *, most: float = 0.16) -> Tensor:
    """Stretch the frequencies of each sound by up to so much (vocal tract length perturbation)."""
    count = len(mel)
    factor = 1 + most * (2 * torch.rand(count, 1, generator=rng) - 1)
    place = torch.arange(BANDS)[None] * factor
    below = place.floor().clamp(0, BANDS - 1).long()
    above = (below + 1).clamp_max(BANDS - 1)
    share = (place - below).clamp(0, 1)[:, None]
    indices = (index[:, None].expand(-1, mel.shape[1], -1) for index in (below, above))
    low, high = (torch.gather(mel, 2, index) for index in indices)
    return low * (1 - share) + high * share


def another_microphone(mel: Tensor, rng: torch.Generator, *, decibels: float = 5.0) -> Tensor:
    """Give each sound a smooth random frequency response."""
    knots = decibels * torch.randn(len(mel), 1, 6, generator=rng)
    return mel + F.interpolate(knots, size=BANDS, mode="linear", align_corners=True)


def in_a_room(mel: Tensor, rng: torch.Generator, *, share: float = 0.35) -> Tensor:
    """Let some sounds ring on: each frame fades by 60 dB in 0.15 to 0.8 s."""
    count, frames, _ = mel.shape
    power = 10 ** (mel / 10)
    fade = 10 ** (-6 * 0.01 / uniform(count, 0.15, 0.8, rng))
    steps = torch.arange(1, 41)[None, None]
    kernel = (fade**steps).flip(-1) * 10 ** uniform(count, -2.6, -1.2, rng)
    kernel = kernel * chance(count, share, rng)
    bands = power.transpose(1, 2).reshape(1, count * BANDS, frames)
    kernels = kernel.expand(-1, BANDS, -1).reshape(count * BANDS, 1, -1)
    tail = F.conv1d(F.pad(bands, (40, -1)), kernels, groups=count * BANDS)
    tail = tail[..., :frames].reshape(count, BANDS, -1).transpose(1, 2)
    return 10 * torch.log10(power + tail)


def grains(count: int, frames: int, rng: torch.Generator) -> Tensor:
    """Return how noise flickers about its mean, [B, F, M]: more in the narrow low bands."""
    power = -torch.rand(count, frames, BANDS, generator=rng).clamp_min(1e-6).log()
    share = torch.linspace(0.8, 0.3, BANDS)
    return 10 * torch.log10(1 - share + share * power)


def noise_alone(count: int, frames: int, rng: torch.Generator) -> Tensor:
    """Return the sound of rooms in which nobody speaks, [B, F, M]."""
    tilt = uniform(count, -6, 4, rng) * torch.log2(_CENTRES / 500)
    return uniform(count, -80, -30, rng) + tilt + grains(count, frames, rng)


def with_noise(mel: Tensor, rng: torch.Generator, *, share: float = 0.75) -> Tensor:
    """Add noise of a random colour, 3 to 40 dB below the loud parts, to most sounds."""
    count, frames, _ = mel.shape
    loud = torch.quantile(mel.mean(-1), 0.9, dim=1)[:, None, None]
    tilt = uniform(count, -6, 4, rng) * torch.log2(_CENTRES / 500)
    colour = another_microphone(tilt.expand(-1, 1, -1), rng, decibels=4)
    grain = grains(count, frames, rng)
    swell = 3 * torch.sin(uniform(count, 0, 6.3, rng)
                          + torch.arange(frames)[None, :, None] * uniform(count, 0, 0.2, rng))
    noise = loud - uniform(count, 3, 40, rng) + colour - colour.mean(-1, keepdim=True)
    noise = noise + grain + swell
    noise = torch.where(chance(count, share, rng), noise, SILENT_DECIBELS)
    return 10 * torch.log10(10 ** (mel / 10) + 10 ** (noise / 10))


def by_telephone(mel: Tensor, rng: torch.Generator, *, share: float = 0.25) -> Tensor:
    """Cut some sounds to about 300 to 3400 Hz, others only at the top (8 kHz files, codecs)."""
    count = len(mel)
    both = chance(count, share, rng)
    top = both | chance(count, share, rng)
    low = torch.where(both, uniform(count, 150, 350, rng), 1.0)
    high = torch.where(top, uniform(count, 3000, 6500, rng), 8000.0)
    high = torch.where(both, high.clamp_max(4000), high)
    below = (low / _CENTRES).clamp_min(1).log2()
    above = (_CENTRES / high).clamp_min(1).log2()
    return mel - (24 * below + 150 * above).clamp_max(60)


def disturbed(mel: Tensor, rng: torch.Generator) -> Tensor:
    """Return sounds as another throat, room, background and line would give them, [B, F, M]."""
    mel = another_microphone(another_throat(mel, rng), rng)
    mel = by_telephone(with_noise(in_a_room(mel, rng), rng), rng)
    floor = uniform(len(mel), -100, -70, rng)
    return torch.maximum(mel, floor + torch.zeros_like(mel))


def relative(mel: Tensor, rng: torch.Generator, *, jitter: float = 2.5) -> Tensor:
    """Return frames relative to a level as the hearing would find it, with an error, [B, F, M]."""
    loud = 10 * torch.log10((10 ** (mel[..., 1:50] / 10)).sum(-1) + 1e-10)  # (B, F)
    smooth = F.avg_pool1d(loud[:, None], 20, stride=5)[:, 0]
    level = torch.quantile(smooth, 0.95, dim=1)[:, None, None].clamp_min(-45)
    level = level + jitter * torch.randn(len(mel), 1, 1, generator=rng)
    return ((mel - level) / 20 + 1).clamp(-3, 3)


def masked(mel: Tensor, rng: torch.Generator, *, fill: float = -1.5) -> Tensor:
    """Blank a band and a stretch of each sound (SpecAugment, Park et al. 2019)."""
    count, frames, bands = mel.shape
    hidden = torch.zeros_like(mel, dtype=torch.bool)
    for size, most, shape in ((bands, 8, (count, 1, bands)), (frames, 12, (count, frames, 1))):
        long = torch.floor((most + 1) * torch.rand(count, 1, generator=rng))
        start = torch.floor((size - long) * torch.rand(count, 1, generator=rng))
        place = torch.arange(size)[None]
        hidden |= ((place >= start) & (place < start + long)).view(shape)
    return mel.masked_fill(hidden, fill)
