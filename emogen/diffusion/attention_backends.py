"""Attention kernels by name: what was asked for in, one that works on this machine out.

diffusers dispatches a Wan transformer's attention to one of several libraries. Whether one is
installed says little: it may lack an operator for the device, the type or the width of the heads.
So each is tried with a real call, and held against the plain product.
"""

from collections.abc import Iterable

import torch
from diffusers import WanTransformer3DModel
from diffusers.models.attention_dispatch import (
    AttentionBackendName,
    _check_attention_backend_requirements,
    dispatch_attention_fn,
)
from torch import Tensor

from emogen.diffusion.choices import Attention
from emogen.errors import ResourceError

PREFERENCE: tuple[Attention, ...] = ("flash", "xformers")
"""Exact kernels, the fastest first. Sage multiplies in eight bits: taken only when it is named."""
TOLERANCE = {"sage": 0.1}
"""Largest deviation from the plain product that counts as working; 0.02 for those not named."""


def probe(name: str, *, device: torch.device, dtype: torch.dtype, head_dim: int) -> str | None:
    """Return why a kernel does not work here, None if it does.

    Args:
        name: One of the ``Attention`` kernels.
        device: Where attention is to run.
        dtype: Type of queries, keys and values.
        head_dim: Width of a head.
    """
    generator = torch.Generator().manual_seed(0)
    shape = (3, 1, 256, 2, head_dim)  # query, key and value: batch, tokens, heads, width
    query, key, value = torch.randn(shape, generator=generator).to(device, dtype).unbind(0)
    try:
        kernel = AttentionBackendName(name)
        _check_attention_backend_requirements(kernel)
        with torch.no_grad():
            out = dispatch_attention_fn(query, key, value, backend=kernel)
    except Exception as error:  # noqa: BLE001 - foreign kernels raise what they like
        return (str(error).strip() or repr(error)).splitlines()[0][:160]
    deviation = (out.float() - _plain(query, key, value)).abs().max().item()
    if deviation <= TOLERANCE.get(name, 0.02):
        return None
    return f"its results deviate by {deviation:.2g}"


def choose(
    asked: Attention, *, device: torch.device, dtype: torch.dtype, head_dim: int
) -> tuple[str, str | None]:
    """Return the kernel to use and, where it is not what a person may expect, one line on why.

    Args:
        asked: A kernel by name, or ``auto`` for the fastest exact one that works.
        device: Where attention is to run.
        dtype: Type of queries, keys and values.
        head_dim: Width of a head.

    Raises:
        ResourceError: A kernel was named and does not work here.
    """
    if asked == "native":
        return "native", None
    names = PREFERENCE if asked == "auto" else (asked,)
    reasons = {}
    for name in names:
        reasons[name] = probe(name, device=device, dtype=dtype, head_dim=head_dim)
        if reasons[name] is None:
            return name, None
    if asked != "auto":
        raise ResourceError(
            f"the attention kernel {asked!r} does not work here: {reasons[asked]}; "
            "take --attention auto or native"
        )
    return "native", f"attention by torch itself: {_joined(reasons)}"


def _joined(reasons: dict[str, str | None]) -> str:
    return "; ".join(f"{name}: {reason}" for name, reason in reasons.items())


def use(models: Iterable[WanTransformer3DModel], name: str) -> None:
    """Let transformers take a kernel for every attention.

    Set before an emotion is attached; the attached processors keep those they wrap.
    """
    kernel = AttentionBackendName(name)
    for model in models:
        for block in model.blocks:
            for attention in (block.attn1, block.attn2):
                attention.processor._attention_backend = kernel


def _plain(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    query, key, value = (x.float().transpose(1, 2) for x in (query, key, value))
    scores = query @ key.transpose(-1, -2) * query.shape[-1] ** -0.5
    return (scores.softmax(dim=-1) @ value).transpose(1, 2)
