"""Conditions to motion: a small flow-matching transformer over windows of two seconds.

A window has ten frames that are already known and fifty new ones. From noise at time 0 the network
follows a velocity to motion at time 1 (flow matching, Lipman et al. 2023), told by the sound, the
emotion and the known frames; guidance strengthens sound and emotion apart (as FLOAT does, Ki et al.
2024).

Shapes: B windows, W = 60 frames of a window, N = 32 moved channels, C condition, E = 12 emotion,
D width.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from emogen.motion import conditions, schema
from emogen.motion.idle import COLUMNS as IDLE

KNOWN, NEW, REACH = 10, 50, 2
"""Known frames, new frames and frames of sound beside the window that its ends hear."""
WINDOW = KNOWN + NEW
CHANNELS = tuple(column for column in range(schema.WIDTH) if column not in IDLE)
"""The columns of a track that the flow moves: all but lids that blink, gaze and breath."""
EMOTION = 12
_TIMES = 32


@dataclass(frozen=True, kw_only=True)
class FlowShape:
    """Sizes of the network."""

    width: int = 96
    layers: int = 3
    heads: int = 4
    spread: float = 1.5
    """Width of a feed-forward layer against that of the network."""


class FlowBlock(nn.Module):
    """Attention over the window and a feed-forward layer, both scaled and shifted by the time."""

    def __init__(self, shape: FlowShape) -> None:
        super().__init__()
        width, inner = shape.width, round(shape.width * shape.spread)
        self.heads = shape.heads
        self.modulation = nn.Parameter(torch.zeros(4, width))
        self.mix = nn.Linear(width, 3 * width)
        self.merge = nn.Linear(width, width)
        self.widen = nn.Linear(width, inner)
        self.narrow = nn.Linear(inner, width)

    def forward(self, x: Tensor, moment: Tensor) -> Tensor:
        """Change tokens [B, W, D] at a moment [B, 4, D]."""
        shift, scale, shift_in, scale_in = (moment + self.modulation)[:, :, None].unbind(1)
        tokens = F.layer_norm(x, x.shape[-1:]) * (1 + scale) + shift
        parts = self.mix(tokens).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        seen = F.scaled_dot_product_attention(*parts)  # (B, heads, W, D / heads)
        x = x + self.merge(seen.transpose(1, 2).flatten(2))
        tokens = F.layer_norm(x, x.shape[-1:]) * (1 + scale_in) + shift_in
        return x + self.narrow(F.gelu(self.widen(tokens)))


class Flow(nn.Module):
    """The velocity of a window of motion.

    Args:
        shape: sizes.
    """

    def __init__(self, shape: FlowShape | None = None) -> None:
        super().__init__()
        self.shape = shape or FlowShape()
        width = self.shape.width
        self.listen = nn.Conv1d(conditions.WIDTH, width, 2 * REACH + 1)
        self.deaf = nn.Parameter(torch.zeros(width))
        self.feel = nn.Linear(EMOTION, width)
        self.numb = nn.Parameter(torch.zeros(width))
        self.enter = nn.Linear(2 * len(CHANNELS) + 1, width)
        self.place = nn.Parameter(0.02 * torch.randn(WINDOW, width))
        self.clock = nn.Sequential(
            nn.Linear(2 * _TIMES, width), nn.SiLU(), nn.Linear(width, 4 * width)
        )
        self.blocks = nn.ModuleList(FlowBlock(self.shape) for _ in range(self.shape.layers))
        self.leave = nn.Linear(width, len(CHANNELS))
        for last in (self.clock[2], self.leave):
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)

    def told(
        self, sound: Tensor, emotion: Tensor, *, deaf: Tensor | None = None,
        numb: Tensor | None = None,
    ) -> Tensor:  # fmt: skip
        """Return what the window is told, [B, W, D]; it is the same at every time.

        Args:
            sound: conditions with two more frames at either end, [B, W + 4, C].
            emotion: [B, W, E].
            deaf: windows that are not told of the sound, bool [B].
            numb: windows that are not told of the emotion, bool [B].
        """
        heard = self.listen(sound.transpose(1, 2)).transpose(1, 2)
        felt = self.feel(emotion)
        if deaf is not None:
            heard = torch.where(deaf[:, None, None], self.deaf, heard)
        if numb is not None:
            felt = torch.where(numb[:, None, None], self.numb, felt)
        return heard + felt + self.place

    def forward(
        self, noisy: Tensor, time: Tensor, told: Tensor, known: Tensor, mask: Tensor
    ) -> Tensor:
        """Return the velocity of a window, [B, W, N].

        Args:
            noisy: motion at this time, [B, W, N].
            time: 0 noise to 1 motion, [B].
            told: of `told`, [B, W, D].
            known: frames that are already known, zero elsewhere, [B, W, N].
            mask: 1 where a frame is known, [B, W, 1].
        """
        tokens = self.enter(torch.cat([noisy, known, mask], dim=-1)) + told
        moment = self.clock(_waves(time)).unflatten(-1, (4, -1))
        for block in self.blocks:
            tokens = block(tokens, moment)
        return self.leave(F.layer_norm(tokens, tokens.shape[-1:]))


def _waves(time: Tensor) -> Tensor:
    """Return sines and cosines of a time in [0, 1], [B, 64]."""
    rates = torch.exp(torch.arange(_TIMES) * (math.log(1000.0) / _TIMES))
    angles = time[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], dim=-1)


@dataclass(frozen=True, kw_only=True)
class Guidance:
    """How the flow is sampled.

    Attributes:
        steps: Euler steps from noise to motion.
        sound: strength of the sound; 1 is as learned.
        emotion: strength of the emotion; 1 is as learned.
        temperature: size of the noise, 0 (the most likely motion) to 1.
    """

    steps: int = 8
    sound: float = 1.0
    emotion: float = 1.0
    temperature: float = 1.0


@torch.inference_mode()
def sample(
    flow: Flow, sound: Tensor, emotion: Tensor, known: Tensor | None, noise: Tensor,
    guidance: Guidance,
) -> Tensor:  # fmt: skip
    """Return one window of motion, [W, N], in the normalised units of the training.

    e(0) + sound [e(sound) - e(0)] + emotion [e(sound, emotion) - e(sound)].

    Args:
        flow: the network.
        sound: [W + 4, C].
        emotion: [W, E].
        known: the ten frames before, [10, N], or None at the beginning.
        noise: standard normal, [W, N].
        guidance: steps and strengths.
    """
    guided = guidance.sound != 1 or guidance.emotion != 1
    deaf = torch.tensor([True, False, False]) if guided else torch.tensor([False])
    numb = torch.tensor([True, True, False]) if guided else torch.tensor([False])
    count = len(deaf)
    told = flow.told(sound.expand(count, -1, -1), emotion.expand(count, -1, -1),
                     deaf=deaf, numb=numb)  # fmt: skip
    kept, mask = torch.zeros_like(noise), torch.zeros(len(noise), 1)
    if known is not None:
        kept[:KNOWN], mask[:KNOWN] = known, 1
    x = guidance.temperature * noise
    for step in range(guidance.steps):
        x = torch.where(mask > 0, kept, x)
        time = torch.full((count,), step / guidance.steps)
        speeds = flow(x.expand(count, -1, -1), time, told, kept.expand(count, -1, -1),
                      mask.expand(count, -1, -1))  # fmt: skip
        speed = speeds[0]
        if guided:
            free, said, felt = speeds
            speed = free + guidance.sound * (said - free) + guidance.emotion * (felt - said)
        x = x + speed / guidance.steps
    return torch.where(mask > 0, kept, x)


def matching_loss(
    flow: Flow, motion: Tensor, told: Tensor, mask: Tensor, weights: Tensor, rng: torch.Generator
) -> Tensor:
    """Return the flow-matching loss of windows of motion, with that of the motion's speed.

    Args:
        flow: the network.
        motion: normalised, [B, W, N].
        told: of `Flow.told`.
        mask: 1 where frames are known, [B, W, 1].
        weights: how much each channel counts, [N].
        rng: draws times and noise.
    """
    time = torch.rand(len(motion), generator=rng)
    noise = torch.randn(motion.shape, generator=rng)
    part = time[:, None, None]
    noisy = torch.where(mask > 0, motion, (1 - part) * noise + part * motion)
    speed = flow(noisy, time, told, motion * mask, mask).float()
    error = (speed - (motion - noise)) * (1 - mask)
    landed = torch.where(mask > 0, motion, noisy + (1 - part) * speed)
    jerk = (landed - motion).diff(dim=1)
    return (weights * error.square()).mean() + 0.5 * (weights * jerk.square()).mean()
