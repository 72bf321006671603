"""Weights for a small file: matrices as int8 with a scale a row, everything else as it is.

Eight bits a number with one scale for each row of outputs ("per-channel symmetric quantisation",
Krishnamoorthi 2018) change what a network says by far less than its calibration can tell, and take
half the room of float16. Figures in cards are measured on weights that went through here.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

_SCALE = ".int8_scale"
_LEAST = 1024


def packed(state: Mapping[str, Tensor], *, whole: tuple[str, ...] = ()) -> dict[str, Tensor]:
    """Return tensors to be written: large matrices int8, beside each its scales float32 [rows].

    Args:
        state: what a module's ``state_dict`` holds. Tensors of fewer than two dimensions or 1024
            numbers are kept in float32, integers as they are.
        whole: ends of names that are kept in float32 all the same.

    >>> sorted(packed({"line.weight": torch.ones(64, 64), "line.bias": torch.ones(64)}))
    ['line.bias', 'line.weight', 'line.weight.int8_scale']
    """
    out: dict[str, Tensor] = {}
    for name, value in state.items():
        if not value.is_floating_point():
            out[name] = value.contiguous()
        elif value.ndim < 2 or value.numel() < _LEAST or name.endswith(whole):
            out[name] = value.float().contiguous()
        else:
            rows = value.detach().float().flatten(1)
            scale = (rows.abs().amax(1) / 127).clamp_min(1e-12)
            out[name] = (rows / scale[:, None]).round().to(torch.int8).view(value.shape)
            out[name + _SCALE] = scale
    return out


def unpacked(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors of a file in float32; files without int8 matrices are read as well.

    >>> state = {"weight": torch.linspace(-1, 1, 2048).view(2, 1024)}
    >>> bool((unpacked(packed(state))["weight"] - state["weight"]).abs().max() < 0.005)
    True
    """
    out: dict[str, Tensor] = {}
    for name, value in tensors.items():
        if name.endswith(_SCALE):
            continue
        scale = tensors.get(name + _SCALE)
        if scale is not None:
            value = value.float() * scale.view(-1, *[1] * (value.ndim - 1))
        out[name] = value.float() if value.is_floating_point() else value
    return out
