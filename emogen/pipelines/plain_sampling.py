"""Sampling with diffusers' own passes: requests in, latents out.

Without an emotion the arithmetic is that of ``WanPipeline`` and ``WanImageToVideoPipeline``, in the
same order and types, so that the same seed gives the same bits. With one, a third pass joins.

Shapes: N requests, C latent channels, L latent frames, h/w latent pixels.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor

from emogen.diffusion.guidance import Branch, GuidancePlan, plan
from emogen.errors import InputError
from emogen.pipelines.loading import Components
from emogen.pipelines.plain import PlainModel
from emogen.pipelines.sampling import (
    Encoded,
    Progress,
    Request,
    check_company,
    emotion_latents,
    initial_noise,
    make_scheduler,
)

CACHES = {"nothing": "uncond", "text": "cond", "both": "emotion"}
"""What diffusers' caching hooks call each branch."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PlainEncoded(Encoded):
    """A request that diffusers' transformers can read.

    Attributes:
        second: The passes of each step of the second expert.
        picture: CLIP states of the first frame, [1, 257, image_dim], or None.
    """

    second: GuidancePlan
    picture: Tensor | None


def check_plain(parts: Components, plain: PlainModel, request: Request) -> None:
    """Raise an InputError if this model cannot make what is asked."""
    multiple = 2 * parts.vae.config.scale_factor_spatial
    if request.width % multiple or request.height % multiple:
        near = [max(multiple, round(side / multiple) * multiple)
                for side in (request.width, request.height)]  # fmt: skip
        raise InputError(
            f"expected sides that are multiples of {multiple}, got {request.width}x"
            f"{request.height}; the nearest is {near[0]}x{near[1]}"
        )
    if request.first_frame is None and plain.needs_picture:
        raise InputError(f"the model {parts.name} begins with a picture; give one")
    if request.first_frame is not None and not plain.takes_picture:
        raise InputError(
            f"the model {parts.name} makes clips from words alone; take wan2.1-i2v-14b-480p,"
            " wan2.2-ti2v-5b or nano for a first frame"
        )


def encode_plain(parts: Components, plain: PlainModel, request: Request) -> PlainEncoded:
    """Encode a request's prompts, emotion and first frame."""
    emotion = emotion_latents(parts, request)
    first, second = _plans(parts, request, emotional=emotion is not None)
    prompts = [request.prompt]
    if "nothing" in {*first.branches, *second.branches}:
        prompts.insert(0, request.negative_prompt)
    states = torch.cat([plain.encode_text(prompt) for prompt in prompts])  # (1 or 2, 512, text)
    condition, picture = None, None
    if request.first_frame is not None:
        condition, picture = plain.encode_picture(request.first_frame, request.num_frames)
    return PlainEncoded(
        request=request, guidance=first, second=second, states=states,
        bias=states.new_zeros(states.shape[:2]), emotion=emotion, first=condition, picture=picture,
    )


def sample_plain(
    parts: Components, plain: PlainModel, encoded: Sequence[PlainEncoded], progress: Progress
) -> Tensor:
    """Denoise each request from its own noise; returns normalised latents [N, C, L, h, w].

    Raises:
        InputError: More steps than the schedule has time steps, or requests that cannot share.
    """
    check_company(encoded)
    request = encoded[0].request
    scheduler = make_scheduler(parts, request)
    scheduler.set_begin_index(0)
    latents = torch.cat([initial_noise(parts, one.request) for one in encoded])
    step = _Step(plain, encoded)
    for done, timestep in enumerate(scheduler.timesteps):
        progress("denoising", done, request.steps)
        where = {
            "step_index": done, "sigma": float(scheduler.sigmas[done]),
            "num_inference_steps": request.steps,
        }
        prediction = step(latents, timestep, where)
        latents = scheduler.step(prediction, timestep, latents, return_dict=False)[0]
    progress("denoising", request.steps, request.steps)
    return step.finished(latents)


class _Step:
    """All passes of one time step over requests that share them."""

    def __init__(self, plain: PlainModel, encoded: Sequence[PlainEncoded]) -> None:
        one = encoded[0]
        self.plain = plain
        self.plans = (one.guidance, one.second)
        self.positive = torch.cat([each.states[-1:] for each in encoded])
        self.negative = torch.cat([each.states[:1] for each in encoded])
        self.picture = _gathered([each.picture for each in encoded])
        self.first = _gathered([each.first for each in encoded])
        self.emotion = _gathered([each.emotion for each in encoded])
        self.expand = bool(plain.pipe.config.expand_timesteps)

    def __call__(self, latents: Tensor, timestep: Tensor, where: dict) -> Tensor:
        """Return the guided prediction for latents [N, C, L, h, w]."""
        index = self.plain.index(float(timestep))
        expert, kind = self.plain.experts[index], self.plain.experts[0].dtype
        noisy, times = self._read(latents, timestep, kind)

        def predict(branch: Branch) -> Tensor:
            states = self.negative if branch == "nothing" else self.positive
            with expert.cache_context(CACHES[branch], **where), self._felt(index, branch):
                return expert(
                    hidden_states=noisy, timestep=times, encoder_hidden_states=states,
                    encoder_hidden_states_image=self.picture, return_dict=False,
                )[0]

        return guided(predict, self.plans[index])

    def finished(self, latents: Tensor) -> Tensor:
        """Return the latents with the clean first frame, where it was given as such."""
        if self.first is None or not self.expand:
            return latents
        mask = self._mask(latents)
        return (1 - mask) * self.first + mask * latents

    def _read(
        self, latents: Tensor, timestep: Tensor, kind: torch.dtype
    ) -> tuple[Tensor, Tensor]:
        """Return what a transformer reads for noise, and its time step a sample or a token."""
        if not self.expand:
            if self.first is not None:
                latents = torch.cat([latents, self.first], dim=1)
            return latents.to(kind), timestep.expand(len(latents))
        mask = self._mask(latents)
        if self.first is not None:
            latents = (1 - mask) * self.first + mask * latents
        times = (mask[0, 0, :, ::2, ::2] * timestep).flatten()
        return latents.to(kind), times.unsqueeze(0).expand(len(latents), -1)

    def _mask(self, latents: Tensor) -> Tensor:
        """Return [1, 1, L, h, w], 0 where a latent frame is given."""
        mask = torch.ones_like(latents[:1, :1])
        if self.first is not None:
            mask[:, :, 0] = 0
        return mask

    def _felt(self, index: int, branch: Branch) -> AbstractContextManager:
        if branch != "both" or not self.plain.attached:
            return nullcontext()
        return self.plain.attached[index].emotion(self.emotion)


def guided(predict: Callable[[Branch], Tensor], guidance: GuidancePlan) -> Tensor:
    """Return the guided prediction, computing no more than its branches, in diffusers' order.

    Args:
        predict: Runs the pass of a branch.
        guidance: Weights of the branches; they add up to one.
    """
    weights = guidance.weights
    first, *rest = [predict(branch) for branch in guidance.branches]
    if not rest:
        return first
    if len(rest) == 1:
        return first + weights[guidance.branches[1]] * (rest[0] - first)
    text, both = rest
    return first + (weights["text"] + weights["both"]) * (text - first) + weights["both"] * (
        both - text
    )


def _plans(
    parts: Components, request: Request, *, emotional: bool
) -> tuple[GuidancePlan, GuidancePlan]:
    """Return the passes of both experts; with one expert the second plan is never used."""
    scale, feeling = request.guidance_scale, request.emotion_guidance_scale
    low = request.guidance_scale_2
    if low is None:
        own = parts.defaults
        low = own.guidance_scale_2 if scale == own.guidance_scale else None
    low = scale if low is None else low
    ratio = low / scale if scale else 1.0
    return (
        plan(text_scale=scale, emotion_scale=feeling, emotional=emotional),
        plan(text_scale=low, emotion_scale=feeling * ratio, emotional=emotional),
    )


def _gathered(tensors: Sequence[Tensor | None]) -> Tensor | None:
    return None if tensors[0] is None else torch.cat(list(tensors))
