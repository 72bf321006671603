"""What can be chosen about running a model: names in options, checked values out; nothing heavy."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from emogen.errors import InputError

Attention = Literal["auto", "native", "xformers", "flash", "sage"]
"""Kernels of attention; ``auto`` takes the fastest exact one that works."""
Engine = Literal["auto", "fast", "plain"]
"""Whose passes are run: emogen's own, diffusers' own, or whichever fits the model."""
Offload = Literal["none", "model", "sequential", "group"]
"""What waits in host memory: nothing, idle parts, single layers, or layers fetched ahead."""
Quantizer = Literal["int8", "float8", "bnb-8bit", "bnb-4bit"]
"""Libraries that keep the transformers' weights in fewer bits: torchao and bitsandbytes."""
ATTENTIONS: tuple[Attention, ...] = get_args(Attention)
ENGINES: tuple[Engine, ...] = get_args(Engine)
OFFLOADS: tuple[Offload, ...] = get_args(Offload)
QUANTIZERS: tuple[Quantizer, ...] = get_args(Quantizer)
_MOST = 10.0


@dataclass(frozen=True, kw_only=True)
class Lora:
    """A LoRA file and how strongly it counts.

    Attributes:
        path: A .safetensors file in the keys of diffusers, PEFT, ComfyUI or kohya.
        scale: 1 as it was trained, 0 not at all.
        second: Whether it belongs to the second of two experts.
    """

    path: Path
    scale: float = 1.0
    second: bool = False


def parse_lora(text: str) -> Lora:
    """Read FILE, FILE:SCALE or FILE:SCALE:2, the last for the second of two experts.

    >>> parse_lora("style.safetensors:0.8")
    Lora(path=PosixPath('style.safetensors'), scale=0.8, second=False)
    >>> parse_lora("style.safetensors:1:2").second
    True
    """
    path, *rest = text.split(":")
    try:
        scale = float(rest[0]) if rest else 1.0
    except ValueError:
        scale = float("nan")
    fits = len(rest) < 2 or rest[1:] in (["1"], ["2"])
    if not (path and fits and -_MOST <= scale <= _MOST):
        raise InputError(
            "expected a LoRA as FILE, FILE:SCALE or FILE:SCALE:2 with a scale of"
            f" {-_MOST:g} to {_MOST:g}, got {text!r}"
        )
    return Lora(path=Path(path), scale=scale, second=rest[1:] == ["2"])
