"""Transformers of full size with random weights, to measure what needs no training."""

from typing import Any

import torch
from accelerate import init_empty_weights
from diffusers import WanTransformer3DModel
from torch import nn


def random_transformer(
    sizes: dict[str, Any],
    *,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.bfloat16,
    seed: int = 0,
) -> WanTransformer3DModel:
    """Return a transformer with random weights, without a copy in float32 on the way.

    As in loading, the parts that diffusers keeps in float32 are in float32.

    Args:
        sizes: Arguments of ``WanTransformer3DModel``.
        device: Where it is made.
        dtype: Of the weights.
        seed: Of the weights.
    """
    with init_empty_weights(include_buffers=False):
        model = WanTransformer3DModel(**sizes)
    generator = torch.Generator(device).manual_seed(seed)
    for name, parameter in list(model.named_parameters()):
        kept = any(part in name for part in model._keep_in_fp32_modules)
        value = torch.empty(parameter.shape, dtype=torch.float32 if kept else dtype, device=device)
        if "norm" in name:
            value.fill_(float(name.endswith("weight")))
        else:
            value.normal_(std=0.02, generator=generator)
        path, _, last = name.rpartition(".")
        setattr(model.get_submodule(path), last, nn.Parameter(value))
    return model.to(device).eval()
