"""One chunk of a talking head: its conditions and what came before in, latents out.

Shapes: L latent frames of the chunk, K guidance branches, F = 4 (L - 1) + 1 frames, C latent
channels, Y layers and V width of the audio features.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from emogen.conditioning.talking_head import HeadCondition, TalkingHead
from emogen.diffusion.denoiser import TextContext, denoise
from emogen.diffusion.guidance import GuidancePlan
from emogen.motion.talking import normalised
from emogen.pipelines.loading import Components
from emogen.pipelines.sampling import Progress, encode_frames, make_scheduler
from emogen.pipelines.talking.inputs import latent_emotion


@dataclass(frozen=True, kw_only=True, eq=False)
class Chunk:
    """What one chunk is made from.

    Attributes:
        values: Motion [F, channels] of the schema.
        sketch: The motion drawn, uint8 [F, H, W, 3].
        features: Audio features [F + 4, Y, V], two frames more to either side.
        emotion: Emotion vectors [F, 12], or None.
        seed: Seed of its noise.
    """

    values: np.ndarray
    sketch: np.ndarray
    features: np.ndarray
    emotion: np.ndarray | None
    seed: int


@dataclass(frozen=True, kw_only=True, eq=False)
class HeadSampler:
    """Samples the chunks of one talk.

    Attributes:
        parts: The base model, with the head's LoRA merged.
        head: Conditioning modules.
        guidance: The passes of each step.
        text: Keys and values of each branch's words.
        reference: Latent frame of the portrait [1, C, 1, h, w].
        steps: Denoising steps.
        flow_shift: Shift of the noise schedule.
    """

    parts: Components
    head: TalkingHead
    guidance: GuidancePlan
    text: TextContext
    reference: Tensor
    steps: int
    flow_shift: float

    def condition(self, chunk: Chunk) -> HeadCondition:
        """Return what each branch reads of a chunk, stacked [K, ...]."""
        branches = self.guidance.branches
        like = next(self.head.parameters())
        given = {
            "audio": torch.from_numpy(chunk.features),
            "motion_latents": encode_frames(self.parts, chunk.sketch)[0],
            "motion": torch.from_numpy(normalised(chunk.values)),
        }
        drop = {name: _where(branches, ("nothing", "text")) for name in given}
        if chunk.emotion is not None:
            given["emotion"] = torch.from_numpy(latent_emotion(chunk.emotion))
            drop["emotion"] = _where(branches, ("nothing", "text", "speech"))
        rows = {
            name: value.to(like)[None].expand(len(branches), *value.shape)
            for name, value in given.items()
        }
        reference = self.reference.to(like).expand(len(branches), *self.reference.shape[1:])
        return self.head.condition(**rows, reference=reference, drop=drop)

    def sample(self, chunk: Chunk, before: Tensor | None, progress: Progress) -> Tensor:
        """Denoise a chunk.

        Args:
            chunk: What it is made from.
            before: Clean latents [1, C, P, h, w] of the frames it shares with the chunk before.
            progress: Called with stage, done, total.

        Returns:
            Normalised latents [1, C, L, h, w], the shared ones first.
        """
        condition = self.condition(chunk)
        scheduler = make_scheduler(self.parts, self)
        shared = 0 if before is None else before.shape[2]
        latents = self._noise(chunk)
        for done, timestep in enumerate(scheduler.timesteps):
            progress("denoising", done, self.steps)
            if before is not None:
                latents[:, :, :shared] = before
            prediction = self._predict(latents, timestep, shared, condition)
            latents = scheduler.step(prediction, timestep, latents, return_dict=False)[0]
        if before is not None:
            latents[:, :, :shared] = before
        progress("denoising", self.steps, self.steps)
        return latents

    def _predict(
        self, latents: Tensor, timestep: Tensor, shared: int, condition: HeadCondition
    ) -> Tensor:
        count = len(self.guidance.branches)
        times = timestep.float().expand(count, 1 + latents.shape[2]).clone()
        times[:, : 1 + shared] = 0
        whole = torch.cat([self.reference, latents], dim=2)
        batch = whole.to(self.parts.dtype).expand(count, *whole.shape[1:])
        out = denoise(self.parts.transformer, batch, times, self.text, condition)
        return self.guidance.combine(out[:, :, 1:].float())

    def _noise(self, chunk: Chunk) -> Tensor:
        latent_frames = (len(chunk.values) - 1) // 4 + 1
        _, channels, _, height, width = self.reference.shape
        generator = torch.Generator("cpu").manual_seed(chunk.seed)
        noise = torch.randn(1, channels, latent_frames, height, width, generator=generator)
        return noise.to(self.parts.device)


def _where(branches: tuple[str, ...], without: tuple[str, ...]) -> Tensor:
    return torch.tensor([branch in without for branch in branches])
