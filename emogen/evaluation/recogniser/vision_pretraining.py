"""Masked reconstruction for the two streams of the judge: hidden squares of pictures filled in.

Half of the 4x4 squares of a picture are covered; each stream has to say what is there, at half the
resolution, from the features it keeps of that place (the idea of masked autoencoders, He et al.
2022). Used by ``train_judge_vision.py --pretrain STEPS``.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from emogen.evaluation.recogniser.subject_crop import SCENE, close_up, scene_of
from emogen.evaluation.recogniser.vision_networks import TwoStreamNetwork

GRID, HIDDEN, RATE = 4, 0.5, 2e-3
_SIDE = SCENE // GRID


def pretrain(
    network: TwoStreamNetwork,
    draw: Callable[[torch.Generator], Tensor],
    *,
    steps: int,
    seed: int,
) -> list[float]:
    """Train the stages of both streams to fill in what is hidden; return the error of each step.

    Args:
        network: whose streams learn.
        draw: gives pictures [N, 3, S, S].
        steps: how many batches are seen.
        seed: decides what is hidden.
    """
    streams = (network.scene_stages, network.face_stages)
    decoders = nn.ModuleList(
        [nn.Linear(stream[-1][0].conv.out_channels, 3 * (_SIDE // 2) ** 2) for stream in streams]
    )
    learned = [p for module in (*streams, decoders) for p in module.parameters()]
    optimiser = torch.optim.AdamW(learned, lr=RATE, weight_decay=0.03)
    losses = []
    for step in range(steps):
        rng = torch.Generator().manual_seed(seed * 7919 + step)
        x = draw(rng)
        boxes = torch.rand(len(x), 3, generator=rng) * torch.tensor([0.4, 0.4, 0.2]) + 0.3
        views = (scene_of(x), close_up(x, boxes))
        loss = sum(
            _error(stream, decoder, view, rng)
            for stream, decoder, view in zip(streams, decoders, views, strict=True)
        )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return losses


def _error(stages: nn.ModuleList, decoder: nn.Linear, view: Tensor, rng: torch.Generator) -> Tensor:
    """Return the squared error over hidden squares of a view [N, 3, 64, 64]."""
    hidden = (torch.rand(len(view), 1, GRID, GRID, generator=rng) < HIDDEN).float()
    cover = F.interpolate(hidden, scale_factor=_SIDE)
    x = (view * (1 - cover)).contiguous(memory_format=torch.channels_last)
    with torch.autocast("cpu", torch.bfloat16):
        for stage in stages:
            x = stage(x)
        filled = decoder(x.permute(0, 2, 3, 1)).float()  # (N, 4, 4, 3*8*8)
    truth = F.pixel_unshuffle(F.avg_pool2d(view, 2), _SIDE // 2).permute(0, 2, 3, 1)
    error = (filled - truth).square().mean(-1)
    return (error * hidden[:, 0]).sum() / hidden.sum().clamp_min(1)
