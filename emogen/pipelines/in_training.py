"""A pipeline over a transformer in training: a base folder and what is trained in, clips out.

The texts are encoded once, then the text encoder leaves the memory; autoencoder and, of two
experts, the other one stay. diffusers' own passes run, so LoRA and emotion take part as in
training, also where the weights are spread over processes.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import torch
from diffusers import UniPCMultistepScheduler, WanPipeline, WanTransformer3DModel
from diffusers.utils import logging
from torch import Tensor

from emogen.conditioning import AttachedEmotion
from emogen.diffusion.backbones import INDEX, read_json, recognise
from emogen.emotion import Trajectory
from emogen.errors import InputError
from emogen.pipelines.loading import Components, Defaults, read_defaults
from emogen.pipelines.negative import negative_prompt
from emogen.pipelines.plain import PlainModel
from emogen.pipelines.text2video import EmotionalVideoPipeline


@dataclass(eq=False)
class ToldModel(PlainModel):
    """A model whose texts were encoded before.

    Attributes:
        states: Text states [1, 512, text_dim] of each text, on the processor.
    """

    states: dict[str, Tensor] = field(default_factory=dict)

    def remember(self, texts: Iterable[str]) -> None:
        """Encode texts once and let go of the encoder."""
        encoder = self.pipe.text_encoder.to(self.device).eval()
        for text in texts:
            self.states[text] = super().encode_text(text).cpu()
        del encoder
        self.pipe.text_encoder = None

    def encode_text(self, prompt: str) -> Tensor:
        """Return the states of a text that was encoded before."""
        if prompt not in self.states:
            raise InputError(f"expected one of the texts that were encoded before, got {prompt!r}")
        return self.states[prompt].to(self.device)


@torch.no_grad()
def pipeline_in_training(
    folder: Path,
    transformer: WanTransformer3DModel,
    attached: AttachedEmotion,
    *,
    expert: str = "transformer",
    asked: Iterable[tuple[str, Trajectory]],
    device: torch.device,
) -> EmotionalVideoPipeline:
    """Return a pipeline that samples with the present weights of a transformer in training.

    Args:
        folder: The base, a diffusers Wan folder that makes clips from words.
        transformer: What is trained, LoRA included; it stays where it is.
        attached: The emotion adapter on it.
        expert: Which part of the folder it is: ``transformer`` or ``transformer_2``.
        asked: Every prompt with its emotion that will be asked for.
        device: Where passes run.

    Raises:
        InputError: The base begins with a picture.
    """
    config = transformer.config
    if config.in_channels != config.out_channels:
        raise InputError(
            "expected a model that makes clips from words to validate with, this one begins with"
            " a picture; set validation.every=0"
        )
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        pipe = WanPipeline.from_pretrained(
            folder, **{expert: transformer}, local_files_only=True,
            dtype={"default": transformer.dtype, "vae": torch.float32},
        )
    finally:
        if shown:
            logging.enable_progress_bar()
    if not isinstance(pipe.scheduler, UniPCMultistepScheduler):
        pipe.scheduler = UniPCMultistepScheduler(
            prediction_type="flow_prediction", use_flow_sigmas=True
        )
    defaults = read_defaults(folder)
    plain = ToldModel(pipe=pipe, device=device, boundary=_boundary(pipe, folder))
    plain.remember(_texts(asked, defaults))
    for part in (pipe.vae, *(one for one in plain.experts if one is not transformer)):
        part.to(device).eval()
    plain.attached = [
        attached if one is transformer else AttachedEmotion(one, attached.adapter)
        for one in plain.experts
    ]
    parts = Components(
        name=folder.name, folder=folder, adapter=attached.adapter, defaults=defaults,
        device=device, dtype=transformer.dtype, backbone=recognise(folder), plain=plain,
        **plain.parts(),
    )
    return EmotionalVideoPipeline(parts)


def _boundary(pipe: WanPipeline, folder: Path) -> float | None:
    stated = read_json(folder / INDEX).get("boundary_ratio")
    return stated if pipe.transformer_2 is not None else None


def _texts(asked: Iterable[tuple[str, Trajectory]], defaults: Defaults) -> list[str]:
    """Return every prompt and every negative prompt, each once."""
    found: dict[str, None] = {defaults.negative_prompt: None}
    for prompt, emotion in asked:
        found |= {prompt: None, negative_prompt(defaults.negative_prompt, emotion): None}
    return list(found)
