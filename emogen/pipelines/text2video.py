"""Text, an emotion and perhaps a first frame in, a clip out."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from emogen.emotion import Trajectory
from emogen.errors import InputError
from emogen.media import Clip
from emogen.media.clip import MAX_FPS
from emogen.pipelines.loading import Components, Defaults, load_components
from emogen.pipelines.negative import negative_prompt as negative_for
from emogen.pipelines.options import LoadOptions
from emogen.pipelines.plain_sampling import check_plain, encode_plain, sample_plain
from emogen.pipelines.sampling import (
    Encoded,
    Foresee,
    Progress,
    Request,
    decode_frames,
    decode_tiled,
    encode_request,
    sample_latents,
    unknown_words,
)

MAX_FLOW_SHIFT = 100.0
"""Beyond it nearly all steps lie at pure noise."""


class EmotionalVideoPipeline:
    """Text (and image) to video with emotion over time.

    Args:
        parts: A loaded model.
    """

    def __init__(self, parts: Components) -> None:
        self.parts = parts

    @property
    def defaults(self) -> Defaults:
        """What is used where a call says nothing."""
        return self.parts.defaults

    def unknown_words(self, prompt: str) -> list[str]:
        """Return the words of a prompt that the model has never seen."""
        return unknown_words(self.parts.tokenizer, prompt)

    @torch.inference_mode()
    def __call__(  # noqa: PLR0913 - one argument a setting, as in the call of diffusers' pipelines
        self,
        prompt: str,
        *,
        emotion: Trajectory | None = None,
        image: np.ndarray | None = None,
        width: int | None = None,
        height: int | None = None,
        num_frames: int | None = None,
        fps: float | None = None,
        steps: int | None = None,
        guidance_scale: float | None = None,
        emotion_guidance_scale: float | None = None,
        negative_prompt: str | None = None,
        seed: int = 0,
        guidance_scale_2: float | None = None,
        flow_shift: float | None = None,
        progress: Progress | None = None,
    ) -> Clip:
        """Sample a clip; what is None takes the model's default.

        Args:
            prompt: What is seen.
            emotion: What is felt, over time; None or neutral gives the base model's output.
            image: uint8 [height, width, 3], the first frame.
            width: Pixels, a multiple of 16.
            height: Pixels, a multiple of 16.
            num_frames: 4k + 1.
            fps: Frames a second.
            steps: Denoising steps, at least 1.
            guidance_scale: Text guidance; 1 is none.
            emotion_guidance_scale: Emotion guidance; equal scales cost one pass less.
            negative_prompt: What guidance moves away from; default: the model's own, with room
                for the emotion.
            seed: Seed of the noise.
            guidance_scale_2: Text guidance of the second of two experts; default: the model's own,
                or the text guidance where that is given.
            flow_shift: Shift of the noise schedule, above 0.
            progress: Called with stage, done, total.

        Raises:
            InputError: A number the model cannot work with, or an emotion without an adapter.
        """
        base = self.defaults
        request = Request(
            prompt=prompt,
            negative_prompt=(
                negative_for(base.negative_prompt, emotion)
                if negative_prompt is None
                else negative_prompt
            ),
            emotion=emotion,
            first_frame=image,
            width=_given(width, base.width),
            height=_given(height, base.height),
            num_frames=_given(num_frames, base.num_frames),
            fps=_given(fps, base.fps),
            steps=_given(steps, base.steps),
            guidance_scale=_given(guidance_scale, base.guidance_scale),
            emotion_guidance_scale=_given(emotion_guidance_scale, base.emotion_guidance_scale),
            flow_shift=_given(flow_shift, base.flow_shift),
            seed=seed,
            guidance_scale_2=guidance_scale_2,
        )
        tell: Callable[[str, int, int], None] = progress or (lambda *_: None)
        tell("encoding prompt", 0, 1)
        latents = self.sample([self.encode(request)], progress=tell)
        tell("decoding", 0, 1)
        clip = self.decode(latents[0], fps=request.fps)
        tell("decoding", 1, 1)
        return clip

    @torch.inference_mode()
    def encode(self, request: Request) -> Encoded:
        """Check a request that says everything and encode its words, emotion and first frame.

        Raises:
            InputError: A number the model cannot work with, or an emotion without an adapter.
        """
        check_numbers(request)
        self._check_parts(request)
        if self.parts.plain is not None:
            return encode_plain(self.parts, self.parts.plain, request)
        return encode_request(self.parts, request)

    @torch.inference_mode()
    def sample(
        self, encoded: Sequence[Encoded], *, progress: Progress | None = None,
        foresee: Foresee | None = None,
    ) -> Tensor:
        """Denoise requests of one size and guidance together; returns latents [N, C, L, h, w].

        Args:
            encoded: Requests.
            progress: Called with stage, done, total.
            foresee: Called after every step with the latents that are expected at the end; not
                with a published Wan, see `can_foresee`.

        Raises:
            InputError: The requests cannot share their passes.
        """
        tell = progress or (lambda *_: None)
        if self.parts.plain is not None:
            return sample_plain(self.parts, self.parts.plain, encoded, tell)
        return sample_latents(self.parts, encoded, tell, foresee=foresee)

    @property
    def can_foresee(self) -> bool:
        """Whether `sample` tells what it expects: where it drives every pass itself."""
        return self.parts.plain is None

    @torch.inference_mode()
    def picture(self, latents: Tensor) -> np.ndarray:
        """Decode the middle of latents [C, L, h, w] on its own: one picture uint8 [H, W, 3]."""
        middle = latents.shape[1] // 2
        return decode_frames(self.parts, latents[None, :, middle : middle + 1])[0]

    @torch.inference_mode()
    def decode(self, latents: Tensor, *, fps: float, tiled: bool = False) -> Clip:
        """Decode the latents [C, L, h, w] of one clip.

        Args:
            latents: Normalised latents.
            fps: Frames a second.
            tiled: Take less memory and more time: four frames after the other and, where frames are
                large, in tiles whose seams are blended.
        """
        if self.parts.plain is not None:
            return Clip(frames=self.parts.plain.decode(latents[None], tiled=tiled), fps=fps)
        decoder = decode_tiled if tiled else decode_frames
        return Clip(frames=decoder(self.parts, latents[None]), fps=fps)

    def _check_parts(self, request: Request) -> None:
        asked = request.emotion is not None and not request.emotion.is_neutral
        if asked and self.parts.adapter is None:
            raise InputError(
                f"the model {self.parts.name} has no emotion adapter; "
                "give one by adapter=, or ask for no emotion"
            )
        if self.parts.plain is not None:
            check_plain(self.parts, self.parts.plain, request)
        image = request.first_frame
        if image is None:
            return
        if image.dtype != np.uint8 or image.shape != (request.height, request.width, 3):
            raise InputError(
                f"expected a first frame of {request.width}x{request.height} RGB in uint8, got "
                f"shape {image.shape} in {image.dtype}; resize it with emogen.media.image_to_frame"
            )


def check_numbers(request: Request) -> None:
    """Raise an InputError if no model could make the clip."""
    if request.num_frames < 1 or request.num_frames % 4 != 1:
        below = max(request.num_frames // 4, 0) * 4 + 1
        raise InputError(
            f"expected 4k+1 frames, got {request.num_frames}; use {below} or {below + 4}"
        )
    for name in ("width", "height"):
        side = getattr(request, name)
        if side % 16 or side < 16:
            raise InputError(f"expected a {name} that is a multiple of 16, got {side}")
    if request.steps < 1:
        raise InputError(f"expected at least 1 step, got {request.steps}")
    if not 0 < request.fps <= MAX_FPS:
        raise InputError(f"expected an fps above 0 and at most {MAX_FPS:g}, got {request.fps}")
    for name in ("guidance_scale", "emotion_guidance_scale", "guidance_scale_2"):
        value = getattr(request, name)
        if value is not None and not math.isfinite(value):
            raise InputError(f"expected a finite {name}, got {value}")
    if not 0 < request.flow_shift <= MAX_FLOW_SHIFT:
        raise InputError(
            f"expected a flow_shift above 0 and at most {MAX_FLOW_SHIFT:g}, got"
            f" {request.flow_shift}; 3 to 12 are usual"
        )
    if not -(2**63) <= request.seed < 2**64:
        raise InputError(f"expected a seed of at most 64 bits, got {request.seed}")


def _given(value: float | None, default: float) -> float:
    return default if value is None else value


def load_pipeline(
    name: str = "nano",
    *,
    adapter: str | None = None,
    device: str | None = None,
    dtype: torch.dtype | None = None,
    options: LoadOptions | None = None,
) -> EmotionalVideoPipeline:
    """Load a model by name or folder into a pipeline.

    Args:
        name: ``nano``, a diffusers folder, or a published Wan such as ``wan2.1-t2v-1.3b``.
        adapter: Folder of an emotion adapter, if not the model's own.
        device: Torch device; default: CUDA if there is one, else the CPU.
        dtype: Type of the weights; default: bfloat16 where it is native.
        options: Offloading, eight-bit weights, attention kernel, LoRA and whose passes are run.
    """
    return EmotionalVideoPipeline(
        load_components(name, adapter=adapter, device=device, dtype=dtype, options=options)
    )
