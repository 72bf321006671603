"""Conditions on a diffusers transformer as it is: hooks on, hooks off, weights untouched.

The fast pass of ``emogen.diffusion.denoiser`` reads a :class:`FrameCondition` directly; this module
brings the same condition into ``WanTransformer3DModel.forward``, so that any diffusers pipeline,
LoRA or offloading works with it. While no condition is set, or the emotion is neutral, nothing is
added and the output equals the base bit for bit.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from diffusers import WanTransformer3DModel
from einops import rearrange
from torch import Tensor, nn

from emogen.conditioning.emotion_adapter import EmotionAdapter, EmotionAdapterConfig
from emogen.conditioning.talking_head import TalkingHead, TalkingHeadConfig
from emogen.diffusion.denoiser import FrameCondition
from emogen.errors import ModelError


class AttachedCondition:
    """Hooks on a transformer that bring a condition into its passes.

    Args:
        transformer: Transformer whose passes shall be conditioned.
        speaks_of: What conditions are called in errors.
    """

    def __init__(self, transformer: WanTransformer3DModel, *, speaks_of: str) -> None:
        self.transformer = transformer
        self.current: FrameCondition | None = None
        self.frame_times: Tensor | None = None
        self._speaks_of = speaks_of
        self._frames = 1
        self._times: Tensor | None = None
        self._originals = [block.attn2.processor for block in transformer.blocks]
        self._hooks = [
            transformer.register_forward_pre_hook(self._expand_timestep, with_kwargs=True),
            transformer.patch_embedding.register_forward_hook(self._add_tokens),
            transformer.condition_embedder.register_forward_hook(self._add_modulation),
            transformer.register_forward_hook(self._finish),
        ]
        for index, block in enumerate(transformer.blocks):
            reader = ConditionedCrossAttention(self, index, block.attn2.processor)
            block.attn2.set_processor(reader)
            self._hooks.append(block.norm2.register_forward_pre_hook(reader.see_stream))

    @contextmanager
    def using(self, condition: FrameCondition | None) -> Iterator["AttachedCondition"]:
        """Condition every pass inside; None adds nothing."""
        outer, self.current = self.current, condition
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
        got = self.current.modulation.shape[:2]
        if got != (hidden.shape[0], self._frames):
            raise ModelError(
                f"expected {self._speaks_of} for {[hidden.shape[0], self._frames]} samples and "
                f"latent frames, got {list(got)}; sample the trajectory at the clip's length"
            )
        if timestep.ndim == 1:
            given["timestep"] = timestep[:, None].expand(-1, tokens)
        self._times = given["timestep"].unflatten(1, (self._frames, -1))[:, :, 0]  # (B, L)
        by_position = tuple(given.pop(name) for name in names[: len(args)])
        return by_position + args[len(names) :], given

    def _finish(self, _: nn.Module, __: tuple, output: Any) -> Any:  # noqa: ANN401 - as it is
        if self.current is None:
            return None
        first, *rest = output if isinstance(output, tuple) else (output.sample,)
        finished = self.current.finish(first, self._times)
        return (finished, *rest) if isinstance(output, tuple) else type(output)(sample=finished)

    def _add_tokens(self, _: nn.Module, __: tuple, output: Tensor) -> Tensor | None:
        if self.current is None or self.current.tokens is None:
            return None
        added = self.current.tokens.transpose(1, 2).unflatten(2, output.shape[2:])
        return output + added.to(output.dtype)  # (B, D, L, h, w)

    def _add_modulation(self, _: nn.Module, __: tuple, output: tuple) -> tuple | None:
        if self.current is None:
            return None
        temb, projected, *rest = output  # (B, N, D), (B, N, 6*D)
        self.frame_times = temb.unflatten(1, (self._frames, -1))[:, :, 0]  # (B, L, D)
        added = self.current.modulation.expand(-1, -1, -1, temb.shape[-1]).flatten(2)  # (B, L, 6*D)
        added = added.repeat_interleave(projected.shape[1] // self._frames, dim=1)
        return temb, projected + added.to(projected.dtype), *rest


class AttachedEmotion(AttachedCondition):
    """An emotion adapter attached to a transformer.

    Args:
        transformer: Transformer whose passes the adapter shall colour.
        adapter: Adapter of the same width and depth.
    """

    def __init__(self, transformer: WanTransformer3DModel, adapter: EmotionAdapter) -> None:
        check_fit(transformer, adapter)
        super().__init__(transformer, speaks_of="emotion")
        self.adapter = adapter

    @contextmanager
    def emotion(self, vectors: Tensor | None) -> Iterator["AttachedEmotion"]:
        """Condition every pass inside on emotions [B, L, 12]; None or neutral adds nothing."""
        condition = self.adapter(vectors) if vectors is not None else None
        with self.using(condition if condition is not None and condition.active else None):
            yield self


class ConditionedCrossAttention:
    """A text attention that adds what a condition reads and hears to what another one returns."""

    def __init__(
        self, attached: AttachedCondition, index: int, original: Callable[..., Tensor]
    ) -> None:
        self.attached = attached
        self.index = index
        self.original = original
        self._stream: Tensor | None = None

    def see_stream(self, _: nn.Module, args: tuple) -> None:
        """Keep the stream that the text attention will be added to."""
        self._stream = args[0] if self.attached.current is not None else None

    def __call__(
        self,
        attn: nn.Module,
        hidden_states: Tensor,
        *args: Any,  # noqa: ANN401 - passed through to the original processor
        **kwargs: Any,  # noqa: ANN401 - passed through to the original processor
    ) -> Tensor:
        """Return the text attention, plus what the condition adds while one is set."""
        out = self.original(attn, hidden_states, *args, **kwargs)
        condition = self.attached.current
        if condition is None:
            return out
        query = attn.norm_q(attn.to_q(hidden_states))
        frames = condition.modulation.shape[1]
        query = rearrange(query, "b (l s) (h d) -> b l s h d", l=frames, h=attn.heads)
        read = condition.attend(self.index, query)
        if read is not None:
            read = rearrange(read, "b l s h d -> b (l s) (h d)")
            project = attn.to_out[0]  # called, not read, so that LoRA and offloading take part
            out = out + (project(read) - project(torch.zeros_like(read[:, :1])))
        stream, self._stream = self._stream.to(out.dtype) + out, None
        heard = condition.hear(self.index, stream, self.attached.frame_times)
        return out if heard is None else out + heard


def check_fit(transformer: WanTransformer3DModel, adapter: EmotionAdapter | TalkingHead) -> None:
    """Raise a ModelError if an adapter was made for a transformer of another shape."""
    config: EmotionAdapterConfig | TalkingHeadConfig = adapter.config
    fields = {name: name for name in ("num_attention_heads", "attention_head_dim", "num_layers")}
    if isinstance(config, TalkingHeadConfig):
        fields["in_channels"] = "latent_channels"
    for name, own in fields.items():
        wanted, got = getattr(transformer.config, name), getattr(config, own)
        if wanted != got:
            raise ModelError(
                f"the adapter was made for a transformer with {name} {got}, this one has {wanted}; "
                "use the adapter that belongs to this model"
            )


def attach(transformer: WanTransformer3DModel, adapter: EmotionAdapter) -> AttachedEmotion:
    """Attach an emotion adapter; undo with :meth:`AttachedCondition.detach`."""
    return AttachedEmotion(transformer, adapter)


def attach_head(transformer: WanTransformer3DModel, head: TalkingHead) -> AttachedCondition:
    """Attach a talking head: ``with attached.using(head.condition(...))``.

    The transformer is then called on the reference's latent frame and the clip's after it, with one
    timestep a token, zero for clean frames.
    """
    check_fit(transformer, head)
    return AttachedCondition(transformer, speaks_of="a reference and a clip's conditions")
