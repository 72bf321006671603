"""Emotion on a diffusers transformer as it is: hooks on, hooks off, weights untouched.

The fast pass of ``emogen.diffusion.denoiser`` reads an :class:`EmotionCondition` directly; this
module brings the same condition into ``WanTransformer3DModel.forward``, so that any diffusers
pipeline, LoRA or offloading works with it. While no emotion is set, or the emotion is neutral,
nothing is added and the output equals the base bit for bit.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from diffusers import WanTransformer3DModel
from einops import rearrange
from torch import Tensor, nn

from emogen.conditioning.emotion_adapter import EmotionAdapter, EmotionCondition
from emogen.errors import ModelError


class AttachedEmotion:
    """An adapter attached to a transformer.

    Args:
        transformer: Transformer whose passes the adapter shall colour.
        adapter: Adapter of the same width and depth.
    """

    def __init__(self, transformer: WanTransformer3DModel, adapter: EmotionAdapter) -> None:
        check_fit(transformer, adapter)
        self.transformer = transformer
        self.adapter = adapter
        self.current: EmotionCondition | None = None
        self._frames = 1
        self._originals = [block.attn2.processor for block in transformer.blocks]
        for index, block in enumerate(transformer.blocks):
            block.attn2.set_processor(EmotionCrossAttention(self, index, block.attn2.processor))
        self._hooks = [
            transformer.register_forward_pre_hook(self._expand_timestep, with_kwargs=True),
            transformer.condition_embedder.register_forward_hook(self._add_modulation),
        ]

    @contextmanager
    def emotion(self, vectors: Tensor | None) -> Iterator["AttachedEmotion"]:
        """Condition every pass inside on emotions [B, L, 12]; None or neutral adds nothing."""
        condition = self.adapter(vectors) if vectors is not None else None
        outer, self.current = (
            self.current,
            condition if condition is not None and condition.active else None,
        )
        try:
            yield self
        finally:
            self.current = outer

    def detach(self) -> None:
        """Take all hooks off; the transformer is as it was."""
        for hook in self._hooks:
            hook.remove()
        for block, original in zip(self.transformer.blocks, self._originals, strict=True):
            block.attn2.set_processor(original)

    def _expand_timestep(
        self, _: nn.Module, args: tuple, kwargs: dict[str, Any]
    ) -> tuple[tuple, dict] | None:
        if self.current is None:
            return None
        names = ("hidden_states", "timestep")
        given = kwargs | dict(zip(names, args, strict=False))
        hidden, timestep = given["hidden_states"], given["timestep"]
        patch = self.transformer.config.patch_size
        self._frames = hidden.shape[2] // patch[0]
        tokens = self._frames * (hidden.shape[3] // patch[1]) * (hidden.shape[4] // patch[2])
        expected = self.current.presence.shape
        if expected != (hidden.shape[0], self._frames):
            raise ModelError(
                f"expected emotion for {[hidden.shape[0], self._frames]} samples and latent "
                f"frames, got {list(expected)}; sample the trajectory at the clip's length"
            )
        if timestep.ndim == 1:
            given["timestep"] = timestep[:, None].expand(-1, tokens)
        by_position = tuple(given.pop(name) for name in names[: len(args)])
        return by_position + args[len(names) :], given

    def _add_modulation(self, _: nn.Module, __: tuple, output: tuple) -> tuple | None:
        if self.current is None:
            return None
        temb, projected, *rest = output  # (B, N, D), (B, N, 6*D)
        added = self.current.modulation.flatten(2)  # (B, L, 6*D)
        added = added.repeat_interleave(projected.shape[1] // self._frames, dim=1)
        return temb, projected + added.to(projected.dtype), *rest


class EmotionCrossAttention:
    """A cross-attention processor that adds the emotion tokens to what another one returns."""

    def __init__(
        self, attached: AttachedEmotion, index: int, original: Callable[..., Tensor]
    ) -> None:
        self.attached = attached
        self.index = index
        self.original = original

    def __call__(
        self,
        attn: nn.Module,
        hidden_states: Tensor,
        *args: Any,  # noqa: ANN401 - passed through to the original processor
        **kwargs: Any,  # noqa: ANN401 - passed through to the original processor
    ) -> Tensor:
        """Return the text attention, plus the emotion attention while an emotion is set."""
        out = self.original(attn, hidden_states, *args, **kwargs)
        condition = self.attached.current
        if condition is None:
            return out
        query = attn.norm_q(attn.to_q(hidden_states))
        query = rearrange(
            query, "b (l s) (h d) -> b l s h d", l=condition.presence.shape[1], h=attn.heads
        )
        read = rearrange(condition.attend(self.index, query), "b l s h d -> b (l s) (h d)")
        project = attn.to_out[0]  # called and not read, so that LoRA and offloading take part
        return out + (project(read) - project(torch.zeros_like(read[:, :1])))


def check_fit(transformer: WanTransformer3DModel, adapter: EmotionAdapter) -> None:
    """Raise a ModelError if an adapter was made for a transformer of another shape."""
    for name in ("num_attention_heads", "attention_head_dim", "num_layers"):
        wanted, got = getattr(transformer.config, name), getattr(adapter.config, name)
        if wanted != got:
            raise ModelError(
                f"the adapter was made for a transformer with {name} {got}, this one has {wanted}; "
                "use the adapter that belongs to this model"
            )


def attach(transformer: WanTransformer3DModel, adapter: EmotionAdapter) -> AttachedEmotion:
    """Attach an adapter; undo with :meth:`AttachedEmotion.detach`."""
    return AttachedEmotion(transformer, adapter)
