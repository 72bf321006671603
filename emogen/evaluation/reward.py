"""A reward with gradients: decoded frames and what was asked in, how well they show it out.

The probe reads frames as `emogen.evaluation.selection` does for best-of-N, but on tensors, so that
a generator can be tuned through it. A network that is climbed gets fooled: frames can be spoiled at
random before it looks, and whether a tuned generator is any better is for a judge to say that took
no part.

Shapes: B clips, T frames, H/W pixels.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from emogen.emotion import CATEGORIES
from emogen.errors import InputError
from emogen.evaluation.probe import SIZE, Probe
from emogen.evaluation.statistics import Estimate

_SHIFT, _NOISE = 3, 0.06
_FAINTEST = 1e-4


@dataclass(frozen=True, kw_only=True)
class Rewards:
    """How well clips show what was asked.

    Attributes:
        divergence: [B], mean over frames of KL(asked || read) in nats, at least 0; to be lowered.
        overlap: [B] in [0, 1], one minus the total variation distance, the score of best-of-N. By
            Pinsker's inequality it is at least 1 - sqrt(divergence / 2) in every frame.
    """

    divergence: Tensor
    overlap: Tensor


class ProbeReward:
    """The probe as a differentiable reward; it is frozen.

    Args:
        probe: Reads the frames.
    """

    def __init__(self, probe: Probe) -> None:
        """Freeze the probe's network."""
        self.network = probe.network.requires_grad_(requires_grad=False)

    def __call__(
        self, video: Tensor, asked: Tensor, *, spoil: torch.Generator | None = None
    ) -> Rewards:
        """Read clips.

        Args:
            video: Pixels in [-1, 1], [B, 3, T, H, W].
            asked: Distributions over Mikels' eight and neutral, [B, T, 9].
            spoil: Source of shifts, mirroring and noise; None reads frames as they are.

        Raises:
            InputError: The shapes do not belong together.
        """
        wanted = (len(video), video.shape[2], len(CATEGORIES)) if video.ndim == 5 else None
        if wanted != tuple(asked.shape):
            raise InputError(
                f"expected video [B, 3, T, H, W] and asked [B, T, {len(CATEGORIES)}], got"
                f" {list(video.shape)} and {list(asked.shape)}; ask for every frame"
            )
        pictures = seen(video.transpose(1, 2).flatten(0, 1).float())  # (B*T, 3, 64, 64)
        if spoil is not None:
            pictures = spoiled(pictures, spoil)
        read = self.network(pictures)[0].log_softmax(-1).unflatten(0, asked.shape[:2])
        asked = asked.to(read)
        certain = asked.clamp(min=_FAINTEST).log()
        return Rewards(
            divergence=(asked * (certain - read)).sum(-1).mean(-1),
            overlap=torch.minimum(asked, read.detach().exp()).sum(-1).mean(-1),
        )


def seen(frames: Tensor) -> Tensor:
    """Return what the probe sees of frames [N, 3, H, W]: the middle square at 64 pixels.

    >>> seen(torch.zeros(2, 3, 128, 160)).shape
    torch.Size([2, 3, 64, 64])
    """
    side = min(frames.shape[2:])
    top, left = (frames.shape[2] - side) // 2, (frames.shape[3] - side) // 2
    square = frames[:, :, top : top + side, left : left + side]
    if side == SIZE:
        return square
    mode = {"mode": "area"} if side % SIZE == 0 else {"mode": "bilinear", "antialias": True}
    return F.interpolate(square, size=(SIZE, SIZE), **mode)


def spoiled(pictures: Tensor, generator: torch.Generator) -> Tensor:
    """Return pictures [N, 3, S, S] moved by up to three pixels, half of them mirrored, with noise.

    What a small change takes away was no emotion but a pattern that the network likes.
    """
    size = pictures.shape[-1]
    padded = F.pad(pictures, (_SHIFT,) * 4, mode="replicate")
    places = torch.randint(2 * _SHIFT + 1, (len(pictures), 2), generator=generator).tolist()
    moved = torch.stack([
        one[:, y : y + size, x : x + size] for one, (y, x) in zip(padded, places, strict=True)
    ])
    mirrored = torch.rand(len(pictures), generator=generator) < 0.5
    moved = torch.where(mirrored[:, None, None, None].to(moved.device), moved.flip(-1), moved)
    noise = torch.randn(pictures.shape, generator=generator) * _NOISE
    return moved + noise.to(moved)


def verdict(reward: Estimate, judge: Estimate) -> str:
    """Say what a tuned generator is worth, from the differences of reward and held-out judge.

    A difference counts where its interval leaves out zero.

    >>> up = Estimate(value=0.1, low=0.05, high=0.15, count=100)
    >>> flat = Estimate(value=0.0, low=-0.05, high=0.05, count=100)
    >>> verdict(up, flat), verdict(up, up)
    ('failure: reward up and judge flat', 'reward up and judge up')
    """
    words = {name: _direction(found) for name, found in (("reward", reward), ("judge", judge))}
    said = " and ".join(f"{name} {word}" for name, word in words.items())
    failed = words["reward"] == "up" and words["judge"] != "up"
    return f"failure: {said}" if failed else said


def _direction(difference: Estimate) -> str:
    if difference.low > 0:
        return "up"
    return "down" if difference.high < 0 else "flat"
