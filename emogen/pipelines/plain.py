"""diffusers' own passes over a Wan model: a folder in, a model whose every bit is the authors' out.

Emogen's own passes are faster for small models; published ones run diffusers' modules as they are,
so that offloading, quantisation, attention kernels and LoRA work, and two experts and models with a
picture input too. An emotion is attached by hooks; without one nothing differs from diffusers.
"""

import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import (
    AutoencoderKLWan,
    UniPCMultistepScheduler,
    WanImageToVideoPipeline,
    WanPipeline,
    WanTransformer3DModel,
)
from diffusers.utils import logging
from PIL import Image
from torch import Tensor

from emogen.conditioning import AttachedEmotion, EmotionAdapter
from emogen.conditioning.lora_files import load_lora
from emogen.diffusion.attention_backends import choose, use
from emogen.diffusion.backbones import INDEX, Backbone, read_json
from emogen.errors import InputError, ModelError
from emogen.pipelines.options import LoadOptions

TEXT_LENGTH = 512


@dataclass(eq=False)
class PlainModel:
    """A Wan model that runs diffusers' passes.

    Attributes:
        pipe: The pipeline that the folder names.
        device: Where passes run.
        boundary: Noise level in [0, 1] from which the first expert works, None for one expert.
        attached: The emotion adapter on each expert, none where there is none.
    """

    pipe: WanPipeline | WanImageToVideoPipeline
    device: torch.device
    boundary: float | None
    attached: list[AttachedEmotion] = field(default_factory=list)

    @property
    def experts(self) -> list[WanTransformer3DModel]:
        """The transformers, that of the high noise levels first."""
        both = (self.pipe.transformer, self.pipe.transformer_2)
        return [one for one in both if one is not None]

    @property
    def needs_picture(self) -> bool:
        """Whether it cannot make a clip from words alone."""
        return self.experts[0].config.in_channels != self.experts[0].config.out_channels

    @property
    def takes_picture(self) -> bool:
        """Whether a clip may begin with a picture."""
        return self.needs_picture or bool(self.pipe.config.expand_timesteps)

    def parts(self) -> dict[str, Any]:
        """Return the parts that every model has."""
        names = ("transformer", "vae", "text_encoder", "tokenizer", "scheduler")
        return {name: getattr(self.pipe, name) for name in names}

    def attach(self, adapter: EmotionAdapter) -> None:
        """Attach one emotion adapter to every expert."""
        self.attached = [AttachedEmotion(expert, adapter) for expert in self.experts]

    def index(self, timestep: float) -> int:
        """Return which expert works at a time step in [0, 1000]."""
        train = self.pipe.scheduler.config.num_train_timesteps
        return 0 if self.boundary is None or timestep >= self.boundary * train else 1

    def encode_text(self, prompt: str) -> Tensor:
        """Return text states [1, 512, text_dim] with zeros after the last word."""
        states, _ = self.pipe.encode_prompt(
            prompt, do_classifier_free_guidance=False, max_sequence_length=TEXT_LENGTH,
            device=self.device,
        )
        return states.to(self.experts[0].dtype)

    def encode_picture(
        self, image: np.ndarray, num_frames: int
    ) -> tuple[Tensor, Tensor | None]:
        """Encode a first frame uint8 [H, W, 3].

        Args:
            image: The picture, at the size of the clip.
            num_frames: Frames of the clip, 4k + 1.

        Returns:
            What the transformer reads beside the noise: the clean first latent frame
            [1, C, 1, h, w], or mask and latents of the clip [1, 4 + C, L, h, w]; and the picture's
            CLIP states [1, 257, image_dim], None for models that read none.
        """
        picture, pipe = Image.fromarray(image), self._picture_pipe()
        height, width = image.shape[:2]
        states = None
        if self.experts[0].config.image_dim is not None:
            states = pipe.encode_image(picture, self.device).to(self.experts[0].dtype)
        pixels = pipe.video_processor.preprocess(picture, height=height, width=width)
        _, condition, *_ = pipe.prepare_latents(
            pixels.to(self.device, torch.float32), 1, pipe.vae.config.z_dim, height, width,
            num_frames, torch.float32, self.device, torch.Generator().manual_seed(0),
        )
        return condition, states

    def decode(self, latents: Tensor, *, tiled: bool) -> np.ndarray:
        """Decode normalised latents [1, C, L, h, w] into frames uint8 [T, H, W, 3]."""
        vae: AutoencoderKLWan = self.pipe.vae
        shape = (1, vae.config.z_dim, 1, 1, 1)
        latents = latents.to(self.device, vae.dtype)
        mean = torch.tensor(vae.config.latents_mean).view(shape).to(latents)
        inverse = 1.0 / torch.tensor(vae.config.latents_std).view(shape).to(latents)
        with ExitStack() as undo:
            if tiled and not vae.use_tiling:
                vae.enable_tiling()
                undo.callback(vae.disable_tiling)
            video = vae.decode(latents / inverse + mean, return_dict=False)[0]
        frames = self.pipe.video_processor.postprocess_video(video, output_type="np")[0]
        self.pipe.maybe_free_model_hooks()
        return (frames * 255).round().astype(np.uint8)

    def _picture_pipe(self) -> WanImageToVideoPipeline:
        if isinstance(self.pipe, WanImageToVideoPipeline):
            return self.pipe
        if not self.pipe.config.expand_timesteps:
            raise InputError(
                "this model makes clips from words alone; take wan2.1-i2v-14b-480p,"
                " wan2.2-ti2v-5b or nano for a first frame"
            )
        parts = {name: part for name, part in self.pipe.components.items() if part is not None}
        return WanImageToVideoPipeline(**parts, expand_timesteps=True)


def load_plain(
    folder: Path,
    backbone: Backbone | None,
    options: LoadOptions,
    *,
    device: torch.device,
    dtype: torch.dtype,
) -> PlainModel:
    """Load a diffusers folder whole, as its options say.

    Args:
        folder: A ``WanPipeline`` or ``WanImageToVideoPipeline``.
        backbone: The published model that it is, None if it is another.
        options: Offloading, types, kernels and LoRA.
        device: Where passes run.
        dtype: Type of the weights of transformers and text encoder; autoencoder and CLIP, small and
            sensitive, stay in float32.

    Raises:
        ModelError: The folder holds another kind of model.
        ResourceError: The machine lacks what the options need.
    """
    pipe = _read(folder, options, dtype)
    boundary = pipe.config.boundary_ratio
    if pipe.transformer_2 is not None and boundary is None:
        boundary = backbone.boundary if backbone else None
        if boundary is None:
            raise ModelError(f"{folder} has two experts and states no boundary_ratio; add it")
    model = PlainModel(pipe=pipe, device=device, boundary=boundary)
    for lora in options.loras:
        if lora.second and pipe.transformer_2 is None:
            raise InputError(f"{lora.path}:2 is for a second expert, {folder} has none; omit ':2'")
        load_lora(model.experts[int(lora.second)], lora.path, scale=lora.scale)
    for expert in model.experts:
        if options.fp8:
            expert.enable_layerwise_casting(torch.float8_e4m3fn, compute_dtype=dtype)
    if options.vae_tiling:
        pipe.vae.enable_tiling()
    _place(pipe, options, device)
    kernel, note = choose(
        options.attention, device=device, dtype=dtype,
        head_dim=model.experts[0].config.attention_head_dim,
    )
    if note is not None:
        warnings.warn(note, stacklevel=2)
    use(model.experts, kernel)
    return model


def _read(
    folder: Path, options: LoadOptions, dtype: torch.dtype
) -> WanPipeline | WanImageToVideoPipeline:
    name = read_json(folder / INDEX).get("_class_name")
    if name not in PIPELINES:
        raise ModelError(
            f"cannot load the model in {folder}: it holds a {name}; expected one of"
            f" {', '.join(PIPELINES)}"
        )
    quantization = options.quantization()
    extra = {} if quantization is None else {"quantization_config": quantization}
    with _quiet():
        pipe = PIPELINES[name].from_pretrained(
            folder, dtype={"default": dtype, **dict.fromkeys(EXACT, torch.float32)},
            local_files_only=True, **extra,
        )
    if pipe.transformer is None:
        raise ModelError(f"{folder} lacks its first transformer; copy or download it again")
    if not isinstance(pipe.scheduler, UniPCMultistepScheduler):
        pipe.scheduler = UniPCMultistepScheduler(
            prediction_type="flow_prediction", use_flow_sigmas=True
        )
    pipe.set_progress_bar_config(disable=True)
    return pipe


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep diffusers from drawing progress bars: whoever loads tells of it in his own way."""
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def _place(pipe: WanPipeline, options: LoadOptions, device: torch.device) -> None:
    if options.offload == "model":
        pipe.enable_model_cpu_offload(device=device)
    elif options.offload == "sequential":
        pipe.enable_sequential_cpu_offload(device=device)
    elif options.offload == "group":
        pipe.enable_group_offload(device, offload_type="leaf_level", use_stream=True)
    else:
        pipe.to(device)


EXACT = ("vae", "image_encoder")
"""Parts that stay in float32."""
PIPELINES = {"WanPipeline": WanPipeline, "WanImageToVideoPipeline": WanImageToVideoPipeline}
"""The pipelines of diffusers whose folders are read."""
