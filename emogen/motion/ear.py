"""The ear: mel frames in, how likely each phone sounds every 20 ms out.

A stack of dilated convolutions over time, seeing 0.37 s to either side. It is trained from scratch
(`training/train_a2m.py`) and knows nothing of words.

Shapes: B sounds, F mel frames (100 a second), J = F / 2 phone frames (50 a second), M = 64 bands,
P = 40 phones, D width.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from emogen.motion.features import BANDS
from emogen.motion.phones import PHONES

PHONE_RATE = 50.0
"""Phone frames a second."""


@dataclass(frozen=True, kw_only=True)
class EarShape:
    """Sizes of the ear.

    Attributes:
        width: channels of every layer.
        dilations: reach of each block's three taps.
    """

    width: int = 112
    dilations: tuple[int, ...] = (1, 2, 4, 6, 2, 1)

    @property
    def reach(self) -> int:
        """Phone frames that an output sees to either side."""
        return sum(self.dilations) + 2


class ChannelNorm(nn.Module):
    """Divides each frame by its root mean square over channels (Zhang and Sennrich 2019)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(width, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Normalise [B, D, T]."""
        return x * torch.rsqrt(x.square().mean(1, keepdim=True) + 1e-5) * self.scale


class EarBlock(nn.Module):
    """A residual convolution of three taps over time."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.norm = ChannelNorm(width)
        self.conv = nn.Conv1d(width, width, 3, padding=dilation, dilation=dilation)

    def forward(self, x: Tensor) -> Tensor:
        """Add what the block finds to [B, D, J]."""
        return x + F.gelu(self.conv(self.norm(x)))


class Ear(nn.Module):
    """Reads phones from mel frames.

    Args:
        shape: sizes.
    """

    def __init__(self, shape: EarShape | None = None) -> None:
        super().__init__()
        self.shape = shape or EarShape()
        self.enter = nn.Conv1d(BANDS, self.shape.width, 5, stride=2, padding=2)
        self.blocks = nn.Sequential(
            *(EarBlock(self.shape.width, dilation) for dilation in self.shape.dilations)
        )
        self.norm = ChannelNorm(self.shape.width)
        self.leave = nn.Conv1d(self.shape.width, len(PHONES), 1)

    def forward(self, mel: Tensor) -> Tensor:
        """Return phone logits [B, J, P] of scaled mel frames [B, F, M], F even."""
        hidden = self.blocks(F.gelu(self.enter(mel.transpose(1, 2))))  # (B, D, J)
        return self.leave(self.norm(hidden)).transpose(1, 2)
