"""Training examples of voices: rows of recordings in, batches of stranger windows out.

Only training uses this. Windows are cut anywhere, played faster or slower and higher or lower, and
then changed as a microphone, a noisy room, a narrow line and gaps would change them, all of it on
the decibels of the rows, which is cheap.

Shapes: B windows, T = 192 frames, R = 96 rows, N recordings.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from emogen.encoders.spectrum import ROWS, ROWS_AN_OCTAVE, SILENT_DECIBELS

WINDOW_FRAMES = 192
"""About three seconds."""
STEPS_A_DECIBEL = 2
"""Rows are kept as whole numbers: (decibels + 100) * 2."""
_MOST_MOVED, _STRETCH = 3, 0.17


def packed_rows(decibels: Tensor) -> Tensor:
    """Return rows in decibels as uint8, half a decibel a step."""
    return ((decibels - SILENT_DECIBELS) * STEPS_A_DECIBEL).round().clamp(0, 255).byte()


@dataclass(frozen=True, kw_only=True)
class Recordings:
    """Recordings and what is known of them.

    Attributes:
        rows: all recordings end to end, uint8 [frames, R], see `packed_rows`.
        begins: where each begins, int64 [N + 1].
        label: place among RAVDESS's eight, -1 where nobody speaks, int64 [N].
        corpus: 0 RAVDESS, 1 nEMO, 2 no speech, int64 [N].
        strong: 1 strong, 0 normal, -1 unknown, float32 [N].
        affect: valence, arousal and dominance that go with the label, float32 [N, 3].
    """

    rows: Tensor
    begins: Tensor
    label: Tensor
    corpus: Tensor
    strong: Tensor
    affect: Tensor


@dataclass(frozen=True, kw_only=True)
class VoiceBatch:
    """Windows in decibels [B, T, R] and which recording each comes from, int64 [B]."""

    decibels: Tensor
    picks: Tensor


class VoiceBatches:
    """Random windows of recordings.

    Args:
        recordings: as read.
        odds: how often each is drawn, [N]; 0 leaves one out.
        seed: decides the draw.
    """

    def __init__(self, recordings: Recordings, odds: Tensor, *, seed: int) -> None:
        self.recordings, self.odds = recordings, odds
        self.rng = torch.Generator().manual_seed(seed)

    def draw(self, count: int) -> VoiceBatch:
        """Return windows, each of another pace, pitch and surroundings."""
        picks = torch.multinomial(self.odds, count, replacement=True, generator=self.rng)
        begin = self.recordings.begins[picks]
        length = self.recordings.begins[picks + 1] - begin
        pace = torch.exp(_uniform(count, -_STRETCH, _STRETCH, self.rng))
        lasting = (length / pace).floor()
        slack = lasting - WINDOW_FRAMES  # below zero: the window is longer
        low, high = slack.clamp_max(0) - 30, slack.clamp_min(0) + 30
        first = (low + torch.rand(count, generator=self.rng) * (high - low)).floor()
        place = first[:, None] + torch.arange(WINDOW_FRAMES)  # (B, T)
        inside = (place >= 0) & (place < lasting[:, None])
        source = (place * pace[:, None]).long().clamp_min(0)
        source = torch.minimum(source, length[:, None] - 1) + begin[:, None]
        rows = self.recordings.rows[source].float() / STEPS_A_DECIBEL + SILENT_DECIBELS
        rows = rows.masked_fill(~inside[..., None], SILENT_DECIBELS)
        rows = disturbed(moved(rows, self.rng), self.rng)
        return VoiceBatch(decibels=rows, picks=picks)


def _uniform(count: int, low: float, high: float, rng: torch.Generator) -> Tensor:
    return low + (high - low) * torch.rand(count, generator=rng)


def moved(rows: Tensor, rng: torch.Generator) -> Tensor:
    """Make each voice [B, T, R] up to three rows (16 %) higher or lower, throat and pitch alike."""
    step = torch.randint(-_MOST_MOVED, _MOST_MOVED + 1, (len(rows), 1, 1), generator=rng)
    source = (torch.arange(ROWS) - step).clamp(0, ROWS - 1)  # (B, 1, R)
    return rows.gather(2, source.expand_as(rows))


def disturbed(rows: Tensor, rng: torch.Generator) -> Tensor:
    """Return windows [B, T, R] as another microphone, noise and line would give them."""
    count, frames, _ = rows.shape
    knots = 4.0 * torch.randn(count, 1, 6, generator=rng)
    rows = rows + F.interpolate(knots, size=ROWS, mode="linear", align_corners=True)
    loud = torch.quantile(rows.amax(-1), 0.9, dim=1)
    noise = loud - _uniform(count, 3, 45, rng)
    noise[torch.rand(count, generator=rng) < 0.25] = SILENT_DECIBELS
    octave = torch.arange(ROWS) / ROWS_AN_OCTAVE - 3
    slope = _uniform(count, -4, 1, rng)[:, None, None] * octave
    grain = -torch.rand(frames, ROWS, generator=rng).clamp_min(1e-4).log()
    floor = noise[:, None, None] + slope + 10 * grain.clamp_min(0.03).log10()
    rows = 10 * (10 ** (rows / 10) + 10 ** (floor / 10)).log10()
    return _narrowed(rows, rng)


def _narrowed(rows: Tensor, rng: torch.Generator) -> Tensor:
    """Cut a part of the windows at the top, and some of those at the bottom too."""
    count = len(rows)
    top = _uniform(count, 70, ROWS, rng).masked_fill(torch.rand(count, generator=rng) > 0.35, ROWS)
    low = _uniform(count, 12, 32, rng).masked_fill(torch.rand(count, generator=rng) > 0.1, 0)
    row = torch.arange(ROWS)[None]
    lost = ((row - top[:, None]).clamp_min(0) + (low[:, None] - row).clamp_min(0)) * 5
    return (rows - lost[:, None].clamp_max(60)).clamp_min(SILENT_DECIBELS)


def masked(pictures: Tensor, rng: torch.Generator, *, fill: float = -0.6) -> Tensor:
    """Blank two bands of rows and two stretches of frames of pictures [B, 1, R, T] (Park 2019)."""
    count, _, rows, frames = pictures.shape
    hidden = torch.zeros(count, rows, frames, dtype=torch.bool)
    for _ in range(2):
        hidden |= _stretch(count, rows, 12, rng)[:, :, None]
        hidden |= _stretch(count, frames, 18, rng)[:, None]
    return pictures.masked_fill(hidden[:, None], fill)


def _stretch(count: int, length: int, most: int, rng: torch.Generator) -> Tensor:
    """Return a random stretch of up to ``most`` places, bool [B, length]."""
    long = torch.floor((most + 1) * torch.rand(count, 1, generator=rng))
    start = torch.floor((length + 1 - long) * torch.rand(count, 1, generator=rng))
    place = torch.arange(length)
    return (place >= start) & (place < start + long)
