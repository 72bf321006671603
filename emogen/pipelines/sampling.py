"""The steps that pipelines share: prompts to text, noise to latents, latents to frames.

Several requests of one kind may share every pass of the transformer. Each is encoded as it would be
alone; on the CPU the embedded model then gives the same bits in any company, which tests hold.

Shapes: N requests, K guidance branches, M text tokens, C latent channels, L latent frames.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from diffusers import UniPCMultistepScheduler
from torch import Tensor

from emogen.diffusion.autoencoder import decode_clip, encode_clip, latent_statistics
from emogen.diffusion.denoiser import TEXT_LENGTH, TextContext, denoise, fold_padding, text_context
from emogen.diffusion.guidance import GuidancePlan, plan
from emogen.emotion import Trajectory
from emogen.errors import InputError
from emogen.pipelines.loading import Components

Progress = Callable[[str, int, int], None]
"""Called with the stage, the steps done and the steps in all."""
Foresee = Callable[[Tensor], None]
"""Called with the latents [N, C, L, h, w] that a step expects at the end."""

STRIDE = 4


@dataclass(frozen=True, kw_only=True)
class Request:
    """One clip to sample.

    Attributes:
        prompt: What is seen.
        negative_prompt: What guidance moves away from.
        emotion: What is felt, over time; None for the base model.
        first_frame: uint8 [H, W, 3] the clip begins with, or None.
        width: Pixels, a multiple of 16.
        height: Pixels, a multiple of 16.
        num_frames: 4k + 1.
        fps: Frames a second.
        steps: Denoising steps.
        guidance_scale: Text guidance.
        emotion_guidance_scale: Emotion guidance.
        flow_shift: Shift of the noise schedule.
        seed: Seed of the noise.
        guidance_scale_2: Text guidance of the second of two experts, None as the model states it.
    """

    prompt: str
    negative_prompt: str
    emotion: Trajectory | None
    first_frame: np.ndarray | None
    width: int
    height: int
    num_frames: int
    fps: float
    steps: int
    guidance_scale: float
    emotion_guidance_scale: float
    flow_shift: float
    seed: int
    guidance_scale_2: float | None = None


def unknown_words(tokenizer: object, prompt: str) -> list[str]:
    """Return the words of a prompt that the tokenizer does not know, in order, each once."""
    unknown = tokenizer.unk_token_id
    words = dict.fromkeys(re.findall(r"[\w'-]+", prompt.lower()))
    return [
        word for word in words if unknown in tokenizer(word, add_special_tokens=False).input_ids
    ]


def encode_text(parts: Components, prompts: Sequence[str]) -> tuple[Tensor, Tensor]:
    """Return folded text states [B, M, text_dim] and logit bias [B, M] of prompts."""
    tokens = parts.tokenizer(
        list(prompts), padding=True, truncation=True, max_length=TEXT_LENGTH, return_tensors="pt"
    ).to(parts.device)
    states = parts.text_encoder(
        tokens.input_ids, attention_mask=tokens.attention_mask
    ).last_hidden_state
    states, bias = fold_padding(states, tokens.attention_mask.bool())
    return states.to(parts.dtype), bias


def emotion_latents(parts: Components, request: Request) -> Tensor | None:
    """Return the emotion of each latent frame, [1, L, 12], or None where none is asked."""
    if request.emotion is None or request.emotion.is_neutral or parts.adapter is None:
        return None
    vectors = request.emotion.latent(request.num_frames, request.fps, STRIDE)
    return torch.from_numpy(np.asarray(vectors, np.float32))[None].to(parts.device)


def initial_noise(parts: Components, request: Request) -> Tensor:
    """Return the seed's noise [1, C, L, h, w] in float32, the same on every device."""
    shape = (
        1,
        parts.vae.config.z_dim,
        (request.num_frames - 1) // STRIDE + 1,
        request.height // parts.vae.config.scale_factor_spatial,
        request.width // parts.vae.config.scale_factor_spatial,
    )
    generator = torch.Generator("cpu").manual_seed(request.seed)
    return torch.randn(shape, generator=generator).to(parts.device)


def encode_first_frame(parts: Components, image: np.ndarray) -> Tensor:
    """Encode a picture uint8 [H, W, 3] into one latent frame [1, C, 1, h, w] in float32."""
    return encode_frames(parts, np.asarray(image)[None])


def encode_frames(parts: Components, frames: np.ndarray) -> Tensor:
    """Encode frames uint8 [T, H, W, 3], T = 4k + 1, into latents [1, C, L, h, w] in float32."""
    pixels = torch.from_numpy(np.array(frames)).permute(3, 0, 1, 2)[None].to(parts.device)
    return encode_clip(parts.vae, (pixels.float() / 127.5 - 1).to(parts.vae.dtype)).float()


@dataclass(frozen=True, kw_only=True, eq=False)
class Encoded:
    """A request whose words, emotion and picture the transformer can read.

    Attributes:
        request: What was asked for.
        guidance: The passes of each step.
        states: Folded text of each branch, [K, M, text_dim].
        bias: Its logit bias, [K, M].
        emotion: [1, L, 12], or None.
        first: Latent first frame [1, C, 1, h, w], or None.
    """

    request: Request
    guidance: GuidancePlan
    states: Tensor
    bias: Tensor
    emotion: Tensor | None
    first: Tensor | None

    @property
    def company(self) -> tuple:
        """What requests must have in common to share the passes of a step."""
        request = self.request
        return (
            request.width, request.height, request.num_frames, request.steps, request.flow_shift,
            request.guidance_scale_2, tuple(self.guidance.weights.items()), self.emotion is None,
            self.first is None,
        )  # fmt: skip


def encode_request(parts: Components, request: Request) -> Encoded:
    """Encode a request's prompts, emotion and first frame."""
    emotion = emotion_latents(parts, request)
    guidance = plan(
        text_scale=request.guidance_scale,
        emotion_scale=request.emotion_guidance_scale,
        emotional=emotion is not None,
    )
    prompts = [
        request.negative_prompt if branch == "nothing" else request.prompt
        for branch in guidance.branches
    ]
    states, bias = encode_text(parts, prompts)
    image = request.first_frame
    first = None if image is None else encode_first_frame(parts, image)
    return Encoded(
        request=request, guidance=guidance, states=states, bias=bias, emotion=emotion, first=first
    )


def sample_latents(
    parts: Components, encoded: Sequence[Encoded], progress: Progress, *,
    foresee: Foresee | None = None,
) -> Tensor:
    """Denoise each request from its own noise; returns normalised latents [N, C, L, h, w].

    Args:
        parts: A loaded model.
        encoded: What may share the passes of a step.
        progress: Called before every step.
        foresee: Called after every step with the clean latents that the scheduler expects; it has
            them anyway, so this costs nothing by itself and changes nothing.

    Raises:
        InputError: More steps than the schedule has time steps, or requests that cannot share.
    """
    check_company(encoded)
    request, guidance = encoded[0].request, encoded[0].guidance
    text = _text_of(parts, encoded)
    condition = _emotion_of(parts, encoded)
    first = None if encoded[0].first is None else torch.cat([one.first for one in encoded])
    scheduler = make_scheduler(parts, request)
    latents = torch.cat([initial_noise(parts, one.request) for one in encoded])
    rows = len(guidance.branches) * len(encoded)
    for done, timestep in enumerate(scheduler.timesteps):
        progress("denoising", done, request.steps)
        times = timestep.float().expand(rows, latents.shape[2]).clone()
        if first is not None:
            latents[:, :, :1] = first
            times[:, 0] = 0
        batch = latents.to(parts.dtype).repeat(len(guidance.branches), 1, 1, 1, 1)
        prediction = guidance.combine(
            denoise(parts.transformer, batch, times, text, condition).float()
        )
        latents = scheduler.step(prediction, timestep, latents, return_dict=False)[0]
        if foresee is not None and scheduler.config.predict_x0:
            foresee(scheduler.model_outputs[-1])
    if first is not None:
        latents[:, :, :1] = first
    progress("denoising", request.steps, request.steps)
    return latents


def check_company(encoded: Sequence[Encoded]) -> None:
    """Raise an InputError unless the requests can share the passes of a step."""
    if len({one.company for one in encoded}) != 1:
        raise InputError(
            "expected requests of one size, length, number of steps and guidance; sample the "
            "others on their own"
        )


def decode_frames(parts: Components, latents: Tensor) -> np.ndarray:
    """Decode latents [1, C, L, h, w] into frames uint8 [T, H, W, 3]."""
    return _pixels(decode_clip(parts.vae, latents.to(parts.vae.dtype)))


def decode_tiled(parts: Components, latents: Tensor) -> np.ndarray:
    """Do the same with diffusers' own decoder, in chunks of four frames and in tiles."""
    vae = parts.vae
    latents = latents.to(vae.dtype)
    mean, std = latent_statistics(vae, latents)
    vae.enable_tiling()
    try:
        video = vae.decode(latents * std + mean, return_dict=False)[0]
    finally:
        vae.disable_tiling()
    return _pixels(video.clamp(-1, 1))


def _pixels(video: Tensor) -> np.ndarray:
    video = (video[0].float() + 1) * 127.5
    return video.round().clamp(0, 255).byte().permute(1, 2, 3, 0).cpu().numpy()


class Scheduled(Protocol):
    """What says how noise falls: a request, or the sampler of a talking head."""

    @property
    def steps(self) -> int:
        """Denoising steps."""

    @property
    def flow_shift(self) -> float:
        """Shift of the noise schedule."""


def make_scheduler(parts: Components, asked: Scheduled) -> UniPCMultistepScheduler:
    """Return the model's scheduler, set for a number of steps.

    Raises:
        InputError: More steps than the schedule has time steps.
    """
    scheduler = UniPCMultistepScheduler.from_config(
        parts.scheduler.config, flow_shift=asked.flow_shift
    )
    scheduler.set_timesteps(asked.steps, device=parts.device)
    if scheduler.timesteps.unique().numel() < asked.steps:
        raise InputError(
            f"expected fewer steps: {asked.steps} at a flow shift of {asked.flow_shift:g} "
            "fall onto the same of the model's 1000 time steps; 20 to 50 are usual"
        )
    return scheduler


def _text_of(parts: Components, encoded: Sequence[Encoded]) -> TextContext:
    """Return keys and values [K*N, ...], branch by branch; shorter texts get weightless tokens."""
    longest = max(one.bias.shape[1] for one in encoded)
    states = [F.pad(one.states, (0, 0, 0, longest - one.states.shape[1])) for one in encoded]
    biases = [
        F.pad(one.bias, (0, longest - one.bias.shape[1]), value=-math.inf) for one in encoded
    ]
    return text_context(
        parts.transformer,
        torch.stack(states, dim=1).flatten(0, 1),  # (K*N, M, text_dim)
        torch.stack(biases, dim=1).flatten(0, 1),  # (K*N, M)
    )


def _emotion_of(parts: Components, encoded: Sequence[Encoded]) -> object | None:
    if encoded[0].emotion is None:
        return None
    emotion = torch.cat([one.emotion for one in encoded])  # (N, L, 12)
    branches = encoded[0].guidance.branches
    shown = [emotion if branch == "both" else torch.zeros_like(emotion) for branch in branches]
    condition = parts.adapter(torch.cat(shown))
    return condition if condition.active else None
