"""One fast pass of a Wan transformer: noisy latents and conditions in, prediction out.

The numbers are those of ``diffusers.WanTransformer3DModel.forward`` to rounding, with the work that
does not change between passes or positions done once: text keys and values are kept for all steps,
the hundreds of equal padding tokens of Wan's 512-token text are folded into one key with a
logarithmic weight, and the time modulation is computed once a latent frame instead of once a token.

Shapes: B batch, C latent channels, L latent frames, h/w latent pixels, S = h*w/4 tokens a latent
frame, N text tokens, D width, H heads.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
import torch.nn.functional as F  # noqa: N812
from diffusers import WanTransformer3DModel
from einops import rearrange
from torch import Tensor, nn

from emogen.diffusion.attention import attention as attend
from emogen.diffusion.feedforward import feed_forward

TEXT_LENGTH = 512
"""Wan attends to this many text positions; those past the prompt are zero vectors."""
KEY_MULTIPLE = 16
"""Attention over a multiple of this many keys takes half the time of one that is cut off."""


class FrameCondition(Protocol):
    """What a conditioning adapter offers to each pass, beside the text.

    An adapter that inherits need give the modulation only; the rest adds nothing.
    """

    modulation: Tensor
    """[B, L, 6, D], added to the time modulation."""
    tokens: Tensor | None = None
    """[B, L*S, D], added to the token embeddings before the first block."""

    def attend(self, block: int, query: Tensor) -> Tensor | None:
        """Return what [B, L, S, H, D/H] queries of a block's text attention read, same shape."""
        return None

    def hear(self, block: int, x: Tensor, temb: Tensor) -> Tensor | None:
        """Return what is added to the stream [B, L*S, D] of a block after its text attention.

        ``temb`` is the time embedding of each latent frame, [B, L, D].
        """
        return None

    def finish(self, prediction: Tensor, timesteps: Tensor) -> Tensor:
        """Return the prediction [B, C, L, h, w] at timesteps [B, L] with what is added to it."""
        return prediction


@dataclass(frozen=True, kw_only=True)
class TextContext:
    """Keys and values of the prompt for every block, computed once a clip.

    Attributes:
        keys: One [B, H, N, D/H] tensor a block.
        values: One [B, H, N, D/H] tensor a block.
        bias: [B, 1, 1, N], added to the attention logits.
    """

    keys: Sequence[Tensor]
    values: Sequence[Tensor]
    bias: Tensor


def fold_padding(
    embeddings: Tensor, mask: Tensor, *, length: int = TEXT_LENGTH
) -> tuple[Tensor, Tensor]:
    """Replace the zero padding of Wan's text by one zero token that counts for all of it.

    Args:
        embeddings: Text states [B, N, text_dim]; states outside the mask are ignored.
        mask: True for real tokens, [B, N].
        length: Number of text positions that the model attends to.

    Returns:
        Embeddings [B, M, text_dim] and logit bias [B, M], M > N a multiple of ``KEY_MULTIPLE``:
        attention over them equals attention over ``length`` positions, because n equal keys weigh
        as one key with log(n) added. What fills up M weighs nothing.
    """
    count = mask.shape[1]
    filling = -(count + 1) % KEY_MULTIPLE
    embeddings = F.pad(embeddings * mask[..., None].to(embeddings.dtype), (0, 0, 0, 1 + filling))
    padding = length - mask.sum(dim=1, keepdim=True)
    bias = torch.full((len(mask), count + 1 + filling), -math.inf, device=mask.device)
    bias[:, :count].masked_fill_(mask, 0.0)
    bias[:, count : count + 1] = padding.clamp(min=1e-9).float().log()
    return embeddings, bias


def text_context(model: WanTransformer3DModel, embeddings: Tensor, bias: Tensor) -> TextContext:
    """Compute the text keys and values of all blocks from :func:`fold_padding`'s two results."""
    states = model.condition_embedder.text_embedder(embeddings)
    keys, values = [], []
    for block in model.blocks:
        attention = block.attn2
        keys.append(_heads(attention.norm_k(attention.to_k(states)), attention.heads))
        values.append(_heads(attention.to_v(states), attention.heads))
    return TextContext(keys=keys, values=values, bias=bias[:, None, None].to(values[0].dtype))


def denoise(
    model: WanTransformer3DModel,
    latents: Tensor,
    timesteps: Tensor,
    text: TextContext,
    condition: FrameCondition | None = None,
) -> Tensor:
    """Predict from noisy latents at one timestep a latent frame.

    Args:
        model: Transformer, used through its weights.
        latents: Noisy latents [B, C, L, h, w].
        timesteps: In [0, 1000], [B, L].
        text: Keys and values of the prompt, from :func:`text_context`.
        condition: What an adapter adds; None adds nothing.

    Returns:
        The model's prediction (velocity or clean sample, as it was trained), [B, C, L, h, w].
    """
    frames, height, width = latents.shape[2], latents.shape[3] // 2, latents.shape[4] // 2
    rotary = _rotary(model, latents)
    x = rearrange(latents, "b c l (h p) (w q) -> b (l h w) (c p q)", p=2, q=2)
    x = F.linear(
        x, model.patch_embedding.weight.flatten(1), model.patch_embedding.bias
    )  # (B, L*S, D)
    temb, modulation = _time(model, timesteps, x.dtype)  # (B, L, D), (B, L, 6, D)
    if condition is not None:
        modulation = modulation + condition.modulation.to(modulation.dtype)
        x = x if condition.tokens is None else x + condition.tokens.to(x.dtype)
    for index in range(len(model.blocks)):
        x = _block(model, index, x, (temb, modulation), rotary, text, condition)
    shift, scale = (model.scale_shift_table + temb.unsqueeze(2)).unbind(2)  # (B, L, D) each
    x = F.linear(
        _modulate(x, shift, scale, model.norm_out.eps), model.proj_out.weight, model.proj_out.bias
    )
    prediction = rearrange(
        x, "b (l h w) (p q c) -> b c l (h p) (w q)", l=frames, h=height, w=width, p=2, q=2
    )
    return prediction if condition is None else condition.finish(prediction, timesteps)


def _time(
    model: WanTransformer3DModel, timesteps: Tensor, dtype: torch.dtype
) -> tuple[Tensor, Tensor]:
    embedder = model.condition_embedder
    wave = embedder.timesteps_proj(timesteps.flatten().float())
    wave = wave.to(next(embedder.time_embedder.parameters()).dtype)
    temb = embedder.time_embedder(wave).to(dtype).unflatten(0, timesteps.shape)
    return temb, embedder.time_proj(F.silu(temb)).unflatten(-1, (6, -1))


def _block(
    model: WanTransformer3DModel,
    index: int,
    x: Tensor,
    time: tuple[Tensor, Tensor],
    rotary: tuple[Tensor, Tensor],
    text: TextContext,
    condition: FrameCondition | None,
) -> Tensor:
    block: nn.Module = model.blocks[index]
    temb, modulation = time
    shift, scale, gate, shift_ffn, scale_ffn, gate_ffn = (
        block.scale_shift_table + modulation
    ).unbind(2)
    eps = block.norm1.eps
    x = _add_gated(x, _self_attention(block.attn1, _modulate(x, shift, scale, eps), rotary), gate)
    normed = F.layer_norm(
        x, x.shape[-1:], _like(block.norm2.weight, x), _like(block.norm2.bias, x), eps
    )
    x = x + _cross_attention(block.attn2, normed, text, index, condition, modulation.shape[1])
    heard = None if condition is None else condition.hear(index, x, temb)
    x = x if heard is None else x + heard
    return _add_gated(x, feed_forward(block.ffn, _modulate(x, shift_ffn, scale_ffn, eps)), gate_ffn)


def _like(weight: Tensor, x: Tensor) -> Tensor:
    return weight.to(x.dtype)


def _modulate(x: Tensor, shift: Tensor, scale: Tensor, eps: float) -> Tensor:
    """Normalise tokens [B, L*S, D], then scale and shift each latent frame by its own [B, L, D]."""
    normed = F.layer_norm(x, x.shape[-1:], eps=eps).unflatten(1, (shift.shape[1], -1))
    shift, scale = (part.to(normed.dtype).unsqueeze(2) for part in (shift, 1 + scale))
    return torch.addcmul(shift, normed, scale).flatten(1, 2).to(x.dtype)


def _add_gated(x: Tensor, branch: Tensor, gate: Tensor) -> Tensor:
    """Add a branch [B, L*S, D] to the stream, weighed by each latent frame's gate [B, L, D]."""
    stream, branch = (part.unflatten(1, (gate.shape[1], -1)) for part in (x, branch.to(x.dtype)))
    return torch.addcmul(stream, branch, gate.to(x.dtype).unsqueeze(2)).flatten(1, 2)


def _heads(x: Tensor, heads: int) -> Tensor:
    return rearrange(x, "b n (h d) -> b h n d", h=heads)


def _self_attention(attention: nn.Module, x: Tensor, rotary: tuple[Tensor, Tensor]) -> Tensor:
    query = _rotate(_heads(attention.norm_q(attention.to_q(x)), attention.heads), rotary)
    key = _rotate(_heads(attention.norm_k(attention.to_k(x)), attention.heads), rotary)
    value = _heads(attention.to_v(x), attention.heads)
    out = attend(query, key, value)
    return attention.to_out[0](rearrange(out, "b h n d -> b n (h d)"))


def _cross_attention(
    attention: nn.Module,
    x: Tensor,
    text: TextContext,
    index: int,
    condition: FrameCondition | None,
    frames: int,
) -> Tensor:
    query = attention.norm_q(attention.to_q(x))
    bias = text.bias.to(query.dtype)
    out = attend(_heads(query, attention.heads), text.keys[index], text.values[index], bias)
    out = rearrange(out, "b h n d -> b n (h d)")
    if condition is not None:
        split = rearrange(query, "b (l s) (h d) -> b l s h d", l=frames, h=attention.heads)
        read = condition.attend(index, split)
        out = out if read is None else out + rearrange(read, "b l s h d -> b (l s) (h d)")
    return attention.to_out[0](out)


def _rotary(model: WanTransformer3DModel, latents: Tensor) -> tuple[Tensor, Tensor]:
    cos, sin = model.rope(latents)  # (1, L*S, 1, D/H) each, every value twice
    sign = torch.tensor([-1.0, 1.0], device=sin.device).repeat(sin.shape[-1] // 2)
    return cos.transpose(1, 2), (sin * sign).transpose(1, 2)  # (1, 1, L*S, D/H)


def _rotate(x: Tensor, rotary: tuple[Tensor, Tensor]) -> Tensor:
    """Turn each pair (a, b) of numbers into (a cos - b sin, b cos + a sin)."""
    cos, sin = (part.to(x.dtype) for part in rotary)
    swapped = x.unflatten(-1, (-1, 2)).flip(-1).flatten(-2)
    return torch.addcmul(x * cos, swapped, sin)
