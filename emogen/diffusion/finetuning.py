"""What fine-tuning a Wan transformer needs beside the model: noise levels, memory, the objective.

Shapes: B batch, C latent channels, L latent frames, h/w latent pixels.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from diffusers import WanTransformer3DModel
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from emogen.diffusion.objective import Prediction, add_noise, shift_sigma
from emogen.errors import InputError


@dataclass(frozen=True, kw_only=True)
class NoiseLevels:
    """Which noise levels are trained, and how often.

    Attributes:
        shift: Shift towards noise, as in sampling.
        mean: Of the logit-normal distribution before the shift.
        std: Of the same.
        low: Smallest level, the boundary for the first of two experts.
        high: Largest level, the boundary for the second.
    """

    shift: float = 5.0
    mean: float = 0.0
    std: float = 1.0
    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        """Raise an InputError unless the levels are a range in [0, 1]."""
        if not (self.shift > 0 and self.std > 0 and 0 <= self.low < self.high <= 1):
            raise InputError(
                "expected a shift and a spread above 0 and levels 0 <= low < high <= 1, got"
                f" {self}"
            )

    def sample(self, batch: int, generator: torch.Generator | None = None) -> Tensor:
        """Draw levels in (low, high), [B]: logit-normal, shifted, cut to the range.

        >>> levels = NoiseLevels(low=0.875).sample(100, torch.Generator().manual_seed(0))
        >>> bool((levels >= 0.875).all() and (levels < 1).all())
        True
        """
        bounds = torch.tensor([self.low, self.high], dtype=torch.float64)
        plain = bounds / (self.shift - (self.shift - 1) * bounds)  # the shift undone
        low, high = torch.special.ndtr((plain.logit() - self.mean) / self.std)
        part = torch.rand(batch, generator=generator, dtype=torch.float64)
        part = (low + (high - low) * part).clamp(1e-9, 1 - 1e-9)
        normal = self.mean + self.std * torch.special.ndtri(part)
        return shift_sigma(torch.sigmoid(normal), self.shift).float()


def checkpoint_blocks(model: WanTransformer3DModel, share: float) -> int:
    """Recompute a share of the blocks in the backward pass instead of keeping them.

    Args:
        model: The transformer.
        share: 0 keeps all activations, 1 none; between them evenly spread blocks are recomputed.

    Returns:
        How many blocks are recomputed.
    """
    if not 0 <= share <= 1:
        raise InputError(f"expected a share of blocks in [0, 1], got {share}")
    count = len(model.blocks)
    marks = [math.floor((index + 1) * share) - math.floor(index * share) for index in range(count)]
    chosen = {id(block) for block, mark in zip(model.blocks, marks, strict=True) if mark}
    if not chosen:
        return 0

    def run(block: nn.Module, *inputs: Tensor) -> Tensor:
        if id(block) not in chosen:
            return block(*inputs)
        return checkpoint(block.__call__, *inputs, use_reentrant=False)

    model.enable_gradient_checkpointing(run)
    return len(chosen)


def sample_loss(
    predict: Callable[[Tensor, Tensor], Tensor],
    clean: Tensor,
    noise: Tensor,
    sigma: Tensor,
    *,
    kind: Prediction,
    dtype: torch.dtype,
) -> Tensor:
    """Return the flow-matching loss: of each sample the mean over its noisy frames, then the mean.

    A mean of means is the same however a batch is spread over processes.

    Args:
        predict: From noisy latents [B, C, L, h, w] and time steps [B, L] in [0, 1000] to the
            model's prediction.
        clean: Clean latents [B, C, L, h, w].
        noise: Noise, same shape.
        sigma: Noise level of each latent frame, [B, L]; frames at 0 are given and do not count.
        kind: What the model predicts.
        dtype: Type of what the model reads.
    """
    noisy = add_noise(clean, noise, sigma)
    prediction = predict(noisy.to(dtype), sigma * 1000).float()
    target = clean if kind == "sample" else noise - clean
    error = (prediction - target.float()).square().mean(dim=(1, 3, 4))  # (B, L)
    if kind == "sample":
        error = error / sigma.clamp(min=0.05).square()
    counted = (sigma > 0).to(error.dtype)
    return ((error * counted).sum(dim=1) / counted.sum(dim=1).clamp(min=1)).mean()
