"""Flow matching: clean latents in, noisy latents with their targets out, and the loss between.

Noise level sigma runs from 0 (clean) to 1 (noise): x = (1 - sigma) * clean + sigma * noise (Lipman
et al. 2023, arXiv 2210.02747). Levels are drawn logit-normal (Esser et al. 2024, arXiv 2403.03206)
and shifted towards noise by s' = s * sigma / (1 + (s - 1) * sigma) as Wan does.
"""

from typing import Literal

import torch
from torch import Tensor

Prediction = Literal["velocity", "sample"]

MIN_SIGMA = 0.05
"""Floor of sigma in the loss weight of models that predict the clean sample."""


def shift_sigma(sigma: Tensor, shift: float) -> Tensor:
    """Move noise levels towards noise.

    >>> float(shift_sigma(torch.tensor(0.5), 3.0))
    0.75
    """
    return shift * sigma / (1 + (shift - 1) * sigma)


def sample_sigma(
    batch: int,
    *,
    shift: float,
    mean: float = 0.0,
    std: float = 1.0,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Draw noise levels in (0, 1), [B]: logit-normal, then shifted."""
    return shift_sigma(torch.sigmoid(mean + std * torch.randn(batch, generator=generator)), shift)


def add_noise(clean: Tensor, noise: Tensor, sigma: Tensor) -> Tensor:
    """Mix clean latents and noise, both [B, C, L, h, w], at one level a latent frame, [B, L]."""
    sigma = sigma[:, None, :, None, None]
    return (1 - sigma) * clean + sigma * noise


def flow_loss(
    prediction: Tensor,
    clean: Tensor,
    noise: Tensor,
    sigma: Tensor,
    *,
    kind: Prediction = "velocity",
) -> Tensor:
    """Return the mean squared velocity error over the frames that carry noise.

    A model that predicts the clean sample is scored on the velocity it implies,
    (x - sample) / sigma, which is the sample error over sigma (Li & He 2025, arXiv 2511.13720),
    floored at ``MIN_SIGMA``.

    Args:
        prediction: Model output [B, C, L, h, w].
        clean: Clean latents, same shape.
        noise: Noise, same shape.
        sigma: Noise level a latent frame, [B, L]; frames at 0 are conditions and do not count.
        kind: What the model predicts.
    """
    target = clean if kind == "sample" else noise - clean
    error = (prediction.float() - target.float()).square().mean(dim=(1, 3, 4))  # (B, L)
    if kind == "sample":
        error = error / sigma.clamp(min=MIN_SIGMA).square()
    counted = (sigma > 0).to(error.dtype)
    return (error * counted).sum() / counted.sum().clamp(min=1)
