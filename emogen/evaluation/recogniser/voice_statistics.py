"""The second opinion on a voice: pictures of speech in, logits from hand-made statistics out.

Nothing here is a convolution: cepstra, loudness and melody are summed up over the window by mean,
spread and quantiles, as in speech research before deep learning (GeMAPS, Eyben 2016), and a small
perceptron reads the sums. It starts from the same pictures as `VoiceNetwork`, and shares no weights
and no features made of them.

Shapes: B windows, R = 64 rows, T frames of 20 ms, K statistics.
"""

import math

import torch
from torch import Tensor, nn

from emogen.emotion import RAVDESS
from emogen.evaluation.recogniser.spectrum import ROWS
from emogen.evaluation.recogniser.voice_network import NEMO, VoiceLogits

CEPSTRA = 20
_QUANTILES = (0.1, 0.5, 0.9)
_MELODY = 4
STATISTICS = (CEPSTRA + _MELODY) * 5 + (CEPSTRA + _MELODY) + 3
"""K."""


def statistics_of(pictures: Tensor) -> Tensor:
    """Return the statistics of pictures [B, 2, R, T] as of `pictures_of`, [B, K].

    Of 20 cepstra, loudness, pitch, clarity of pitch and brightness: mean, spread and three
    quantiles over the audible frames, and the mean change from frame to frame; then the audible
    and the voiced share of the window and how often loudness rises through its mean.
    """
    energy, periodic = pictures.float().unbind(1)  # (B, R, T)
    loudness = energy.mean(1)
    heard = (loudness > -0.5).float()  # (B, T)
    rows = torch.arange(ROWS, dtype=torch.float32)
    cosines = torch.cos(math.pi * torch.arange(CEPSTRA)[:, None] * (rows + 0.5) / ROWS) / ROWS
    clarity, pitch = smooth_peak(periodic)
    weight = (energy * 3.45).exp()
    brightness = (weight * rows[:, None]).sum(1) / weight.sum(1) / ROWS
    tracks = torch.cat(
        [cosines @ energy, torch.stack([loudness, pitch, clarity, brightness], dim=1)], dim=1
    )  # (B, CEPSTRA + 4, T)
    voiced = heard * (clarity > 0.25)
    masks = heard[:, None].repeat(1, tracks.shape[1], 1)
    masks[:, CEPSTRA + 1] = voiced
    sums = _sums(tracks, masks)
    both = masks[..., 1:] * masks[..., :-1]
    change = (tracks.diff(dim=-1).abs() * both).sum(-1) / both.sum(-1).clamp_min(1)
    above = ((loudness > _mean(loudness, heard)[:, None]) & (heard > 0)).float()
    rhythm = torch.stack(
        [heard.mean(1), voiced.mean(1), (above.diff(dim=1) > 0).float().mean(1) * 10], dim=1
    )
    return torch.cat([sums, change, rhythm], dim=1)


def smooth_peak(periodic: Tensor) -> tuple[Tensor, Tensor]:
    """Return height and row (0 to 1) of the strongest pitch of each frame, two [B, T].

    Rows of higher pitch win where a lag and its double are nearly as strong.
    """
    tilt = torch.linspace(0.9, 1.0, ROWS)[:, None]
    height, row = (periodic * tilt).max(1)
    return height, row.float() / ROWS


def _mean(values: Tensor, mask: Tensor) -> Tensor:
    return (values * mask).sum(-1) / mask.sum(-1).clamp_min(1)


def _sums(tracks: Tensor, masks: Tensor) -> Tensor:
    """Return mean, spread and quantiles of tracks [B, N, T] where masks are one, [B, 5 * N]."""
    mean = _mean(tracks, masks)
    spread = _mean((tracks - mean[..., None]).square(), masks).clamp_min(1e-8).sqrt()
    hidden = torch.where(masks > 0, tracks, torch.full_like(tracks, torch.inf)).sort(-1).values
    count = masks.sum(-1, keepdim=True)
    last = (count - 1).clamp_min(0)
    parts = [hidden.gather(-1, (share * last).round().long())[..., 0] for share in _QUANTILES]
    parts = [torch.where(count[..., 0] > 0, part, torch.zeros_like(part)) for part in parts]
    return torch.cat([mean, spread, *parts], dim=1)


class StatisticsNetwork(nn.Module):
    """A perceptron over `statistics_of`, each statistic first set to mean 0 and spread 1.

    Args:
        width: of its hidden layer, and of the embedding.
        dropout: share of inputs and of hidden units that is dropped in training.
    """

    def __init__(self, *, width: int = 128, dropout: float = 0.4) -> None:
        """Make an untrained network."""
        super().__init__()
        self.norm = nn.BatchNorm1d(STATISTICS, affine=False)
        self.hidden = nn.Sequential(
            nn.Dropout(dropout / 4), nn.Linear(STATISTICS, width), nn.SiLU(), nn.Dropout(dropout)
        )
        self.ravdess = nn.Linear(width, len(RAVDESS))
        self.nemo = nn.Linear(width, len(NEMO))
        self.strong = nn.Linear(width, 1)

    def forward(self, pictures: Tensor) -> VoiceLogits:
        """Return the logits of pictures [B, 2, R, T] as of `pictures_of`."""
        return self.read(statistics_of(pictures))

    def read(self, statistics: Tensor) -> VoiceLogits:
        """Return the logits of statistics [B, K]."""
        hidden = self.hidden(self.norm(statistics).clamp(-4, 4))
        return VoiceLogits(
            ravdess=self.ravdess(hidden),
            nemo=self.nemo(hidden),
            strong=self.strong(hidden)[:, 0],
            embedding=hidden,
        )
