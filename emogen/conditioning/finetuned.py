"""A Wan transformer with the parts that fine-tuning trains: a base in; LoRA and adapter files out.

What is trained: the emotion adapter, low-rank changes, both, or every weight and the adapter. The
base keeps its type; what is trained is in float32.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, get_args

import torch
from diffusers import WanTransformer3DModel
from torch import Tensor, nn

from emogen.conditioning.attach import attach
from emogen.conditioning.emotion_adapter import EmotionAdapter, EmotionAdapterConfig
from emogen.conditioning.lora import NAME, add_lora
from emogen.conditioning.lora_files import DIALECTS, write_lora
from emogen.conditioning.weights import save_adapter
from emogen.errors import InputError, suggest

Trained = Literal["adapter", "lora", "both", "full"]


class FineTunedWan(nn.Module):
    """A transformer with an emotion adapter attached, called with emotions.

    Args:
        transformer: The base.
        train: What is trained.
        rank: Of the low-rank changes.
        seed: Of fresh weights.
        adapter: An adapter to go on from; default: a fresh one, which changes no bit.
    """

    def __init__(
        self,
        transformer: WanTransformer3DModel,
        *,
        train: Trained = "both",
        rank: int = 32,
        seed: int = 0,
        adapter: EmotionAdapter | None = None,
    ) -> None:
        super().__init__()
        if train not in get_args(Trained):
            known = get_args(Trained)
            raise InputError(
                f"unknown part {train!r} to train{suggest(train, known)}; known: {', '.join(known)}"
            )
        transformer.requires_grad_(requires_grad=train == "full")
        if train in ("lora", "both"):
            add_lora(transformer, rank=rank, seed=seed)
        if adapter is None:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(seed)
                adapter = EmotionAdapter(EmotionAdapterConfig.for_transformer(transformer))
        self.train_parts = train
        self.transformer = transformer
        self.adapter = adapter.float().requires_grad_(requires_grad=train != "lora")
        self.attached = attach(transformer, self.adapter)

    def forward(
        self,
        noisy: Tensor,
        times: Tensor,
        states: Tensor,
        emotion: Tensor,
        picture: Tensor | None = None,
    ) -> Tensor:
        """Predict from noisy latents [B, C, L, h, w].

        The emotion stays set until the next call: recomputed blocks read it in the backward pass.

        Args:
            noisy: What the transformer reads, with a picture's mask and latents where it takes one.
            times: Time step of each sample, [B], or of each latent frame, [B, L].
            states: Text states [B, 512, text_dim].
            emotion: Emotion of each latent frame, [B, L, 12]; zero where none is asked.
            picture: CLIP states [B, 257, image_dim], or None.
        """
        if times.ndim == 2:
            tokens = noisy.shape[3] * noisy.shape[4] // 4
            times = times.repeat_interleave(tokens, dim=1)
        self.attached.current = self.adapter(emotion)
        return self.transformer(
            hidden_states=noisy, timestep=times, encoder_hidden_states=states,
            encoder_hidden_states_image=picture, return_dict=False,
        )[0]

    def trained(self) -> dict[str, nn.Parameter]:
        """Return the parameters that are trained, by name."""
        return {name: p for name, p in self.named_parameters() if p.requires_grad}


def export_parts(
    model: FineTunedWan, weights: Mapping[str, Tensor], folder: Path, *, base_model: str
) -> None:
    """Write what was trained: LoRA files in all dialects, the adapter, or a whole transformer.

    Args:
        model: The model, for shapes only; it is not changed.
        weights: Values of :meth:`FineTunedWan.trained`, on the CPU.
        folder: Where to.
        base_model: What the base is called.
    """
    adapted = {
        name.removeprefix("adapter."): value for name, value in weights.items()
        if name.startswith("adapter.")
    }  # fmt: skip
    if adapted:
        adapter = EmotionAdapter(model.adapter.config)
        adapter.load_state_dict(adapted)
        save_adapter(adapter, folder / "emotion_adapter", base_model=base_model)
    low_rank = {
        name.removeprefix("transformer.").replace(f".{NAME}.", "."): value
        for name, value in weights.items() if ".lora_" in name
    }  # fmt: skip
    if low_rank:
        for dialect in DIALECTS:
            suffix = "" if dialect == "diffusers" else f"_{dialect}"
            write_lora(low_rank, folder / f"lora{suffix}.safetensors", dialect=dialect)
    if model.train_parts == "full":
        config = dict(model.transformer.config)
        with torch.device("meta"):
            whole = WanTransformer3DModel.from_config(config)
        state = {
            name.removeprefix("transformer."): value.to(torch.bfloat16).contiguous()
            for name, value in weights.items() if name.startswith("transformer.")
        }  # fmt: skip
        whole.load_state_dict(state, assign=True)
        whole.save_pretrained(folder / "transformer")
