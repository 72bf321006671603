"""Sampling that can be learned through: noise and conditions in, latents with gradients out.

The sampler is the one that clips are made with; gradients are kept over its last few steps, which
settle how a clip looks, and cut off before them (DRaFT-K, Clark et al. 2023, arXiv 2309.17400).
Beside the latents comes how far the tuned model has drifted from a reference on the way, the
anchor that a reward is weighed against.

Shapes: N clips, K guidance branches, C latent channels, L latent frames, h/w latent pixels.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from diffusers import UniPCMultistepScheduler
from torch import Tensor

from emogen.diffusion.autoencoder import decode_clip
from emogen.diffusion.denoiser import denoise, text_context
from emogen.diffusion.guidance import GuidancePlan
from emogen.diffusion.objective import MIN_SIGMA
from emogen.errors import InputError
from emogen.pipelines.loading import Components
from emogen.pipelines.sampling import STRIDE, encode_text, make_scheduler


@dataclass(frozen=True, kw_only=True, eq=False)
class Unrolling:
    """What is sampled and how.

    Attributes:
        prompts: N texts.
        negative_prompt: What guidance moves away from.
        emotion: [N, L, 12], none of them neutral throughout.
        noise: [N, C, L, h, w].
        guidance: The passes of each step.
        steps: Denoising steps.
        flow_shift: Shift of the noise schedule.
        last_steps: How many of the last steps keep gradients, at least 1.
    """

    prompts: Sequence[str]
    negative_prompt: str
    emotion: Tensor
    noise: Tensor
    guidance: GuidancePlan
    steps: int
    flow_shift: float
    last_steps: int

    def __post_init__(self) -> None:
        """Raise an InputError unless the steps that keep gradients are among the steps."""
        check_last_steps(self.last_steps, self.steps)


@dataclass(frozen=True, kw_only=True)
class Unrolled:
    """What came out.

    Attributes:
        latents: Normalised latents [N, C, L, h, w], with gradients.
        drift: [N], mean squared difference of the velocities that the tuned model and the reference
            predict at the same noisy latents, over the last steps; 0 without a reference.
    """

    latents: Tensor
    drift: Tensor


class _Predictor:
    """Guided predictions of one model for a batch whose conditions are encoded once."""

    def __init__(self, parts: Components, asked: Unrolling, text: tuple[Tensor, Tensor]) -> None:
        self.parts, self.guidance = parts, asked.guidance
        self.text = text_context(parts.transformer, *text)
        branches = asked.guidance.branches
        emotion = asked.emotion.to(parts.device)
        shown = [emotion if name == "both" else torch.zeros_like(emotion) for name in branches]
        self.condition = parts.adapter(torch.cat(shown)) if "both" in branches else None

    def __call__(self, latents: Tensor, timestep: Tensor) -> Tensor:
        """Return the prediction [N, C, L, h, w] in float32 at one time step for all."""
        rows = len(self.guidance.branches)
        batch = latents.to(self.parts.dtype).repeat(rows, 1, 1, 1, 1)
        times = timestep.float().expand(len(batch), latents.shape[2])
        found = denoise(self.parts.transformer, batch, times, self.text, self.condition)
        return self.guidance.combine(found.float())


def unroll(parts: Components, asked: Unrolling, *, reference: Components | None = None) -> Unrolled:
    """Sample latents through the last steps of which gradients flow.

    Args:
        parts: The model that is tuned, one that emogen's own passes can run.
        asked: What is sampled and how.
        reference: The model it began as; None measures no drift.

    Raises:
        InputError: The model has no emotion adapter, or takes diffusers' own passes.
    """
    check_tunable(parts)
    text = _encoded(parts, asked)
    tuned = _Predictor(parts, asked, text)
    with torch.no_grad():
        base = None if reference is None else _Predictor(reference, asked, text)
    scheduler = make_scheduler(parts, asked)
    latents = asked.noise.to(parts.device)
    drift = torch.zeros(len(latents), device=parts.device)
    for done, timestep in enumerate(scheduler.timesteps):
        kept = done >= asked.steps - asked.last_steps
        with torch.set_grad_enabled(kept and torch.is_grad_enabled()):
            prediction = tuned(latents, timestep)
            if kept and base is not None:
                drift = drift + _drift(base, latents, timestep, prediction, scheduler)
            latents = scheduler.step(prediction, timestep, latents, return_dict=False)[0]
    return Unrolled(latents=latents, drift=drift / asked.last_steps)


def check_last_steps(last_steps: int, steps: int) -> None:
    """Raise an InputError unless the steps that keep gradients are among the steps."""
    if not 1 <= last_steps <= steps:
        raise InputError(f"expected last_steps from 1 to the {steps} steps, got {last_steps}")


def check_tunable(parts: Components) -> None:
    """Raise an InputError unless a model has an adapter and emogen's own passes run it."""
    if parts.adapter is None or parts.plain is not None:
        raise InputError(
            f"expected a model with an emotion adapter that emogen's own passes run, got"
            f" {parts.name}; take nano or a folder like it"
        )


def decode_window(parts: Components, latents: Tensor, *, start: int, length: int) -> Tensor:
    """Decode some latent frames of each clip with gradients, at a part of the cost of all.

    The decoder is causal. One latent frame before the window is decoded with it and left out, which
    brings 64-pixel frames within 35 dB of those of the whole clip; a window that begins the clip is
    exact.

    Args:
        parts: The model.
        latents: [N, C, L, h, w].
        start: First latent frame, at least 0.
        length: Latent frames.

    Returns:
        Pixels in [-1, 1], [N, 3, T, H, W]: four frames a latent frame, one for the clip's first.
    """
    if not 0 <= start <= start + length <= latents.shape[2] or length < 1:
        raise InputError(
            f"expected a window within {latents.shape[2]} latent frames, got {length} from {start}"
        )
    context = max(start - 1, 0)
    video = decode_clip(parts.vae, latents[:, :, context : start + length].to(parts.vae.dtype))
    return video if start == 0 else video[:, :, 1:]


def window_frames(start: int, length: int) -> list[int]:
    """Return the latent frame that each frame of :func:`decode_window` belongs to.

    >>> window_frames(0, 2), window_frames(3, 1)
    ([0, 1, 1, 1, 1], [3, 3, 3, 3])
    """
    return [
        frame for frame in range(start, start + length) for _ in range(STRIDE if frame else 1)
    ]


def _encoded(parts: Components, asked: Unrolling) -> tuple[Tensor, Tensor]:
    """Return folded text states of all branches and their bias; the text encoder is not tuned."""
    prompts = [
        asked.negative_prompt if branch == "nothing" else prompt
        for branch in asked.guidance.branches for prompt in asked.prompts
    ]  # fmt: skip
    with torch.no_grad():
        return encode_text(parts, prompts)


@torch.no_grad()
def _reference(base: _Predictor, latents: Tensor, timestep: Tensor) -> Tensor:
    return base(latents.detach(), timestep)


def _drift(
    base: _Predictor, latents: Tensor, timestep: Tensor, prediction: Tensor,
    scheduler: UniPCMultistepScheduler,
) -> Tensor:  # fmt: skip
    """Return the mean squared difference of velocities of each clip, [N]."""
    error = (prediction - _reference(base, latents, timestep)).square().flatten(1).mean(1)
    if scheduler.config.prediction_type != "sample":
        return error
    sigma = float(timestep) / scheduler.config.num_train_timesteps
    return error / max(sigma, MIN_SIGMA) ** 2
