"""How a model is loaded and run, beside what it is asked for: choices in, checked options out."""

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import torch

from emogen.diffusion.choices import (
    ATTENTIONS,
    ENGINES,
    OFFLOADS,
    QUANTIZERS,
    Attention,
    Engine,
    Lora,
    Offload,
    Quantizer,
)
from emogen.errors import InputError, ResourceError, suggest

_PACKAGES: dict[Quantizer, tuple[str, str]] = {
    "int8": ("torchao", "TorchAoConfig"),
    "float8": ("torchao", "TorchAoConfig"),
    "bnb-8bit": ("bitsandbytes", "BitsAndBytesConfig"),
    "bnb-4bit": ("bitsandbytes", "BitsAndBytesConfig"),
}
"""Name: the package that must be installed, diffusers' configuration of it."""


@dataclass(frozen=True, kw_only=True)
class LoadOptions:
    """How to load a model.

    Attributes:
        engine: Whose passes are run.
        offload: What waits in host memory while it is not needed; needs a GPU.
        fp8: Keep the transformer's weights in eight bits and multiply in ``dtype``.
        quantizer: Who keeps the transformers' weights in fewer bits, or None.
        vae_tiling: Decode and encode in tiles: less memory, faint seams.
        attention: Kernel of the attention.
        loras: LoRA files, added in this order.
    """

    engine: Engine = "auto"
    offload: Offload = "none"
    fp8: bool = False
    quantizer: Quantizer | None = None
    vae_tiling: bool = False
    attention: Attention = "native"
    loras: tuple[Lora, ...] = ()

    def __post_init__(self) -> None:
        """Check the choices.

        Raises:
            InputError: One that is unknown, or two that exclude each other.
        """
        known = {"engine": ENGINES, "offload": OFFLOADS, "attention": ATTENTIONS,
                 "quantizer": (None, *QUANTIZERS)}  # fmt: skip
        for name, choices in known.items():
            value = getattr(self, name)
            if value not in choices:
                words = [choice for choice in choices if choice]
                hint = suggest(str(value), words)
                raise InputError(f"unknown {name} {value!r}{hint}; known: {', '.join(words)}")
        if self.fp8 and self.quantizer:
            raise InputError("expected fp8 or a quantizer, got both; take one")
        if self.engine == "fast" and self.needs_plain:
            raise InputError(
                "the fast engine reads weights as they lie; leave out offload, fp8, quantizer and "
                "attention, or take the plain engine"
            )

    @property
    def needs_plain(self) -> bool:
        """Whether only diffusers' own passes can do as asked."""
        return bool(
            self.offload != "none" or self.fp8 or self.quantizer or self.attention != "native"
        )

    def check_device(self, device: torch.device) -> None:
        """Raise a ResourceError where weights are to be fetched to a device that is no GPU."""
        if self.offload != "none" and device.type == "cpu":
            raise ResourceError(
                f"offload {self.offload!r} moves weights between a GPU and host memory, and there "
                "is no GPU; leave it out"
            )

    def quantization(self) -> Any:  # noqa: ANN401 - diffusers' config, which loads lazily
        """Return diffusers' quantization of the transformers, None where none is asked.

        Raises:
            ResourceError: The quantizer's package or its GPU is missing.
        """
        if self.quantizer is None:
            return None
        from diffusers.quantizers import PipelineQuantizationConfig

        package, _ = _PACKAGES[self.quantizer]
        if find_spec(package) is None:
            raise ResourceError(
                f"the quantizer {self.quantizer!r} needs {package}: pip install {package}"
            )
        if package == "bitsandbytes" and not torch.cuda.is_available():
            raise ResourceError(f"the quantizer {self.quantizer!r} needs a GPU; take int8 or none")
        config = _configured(self.quantizer)
        return PipelineQuantizationConfig(
            quant_mapping={"transformer": config, "transformer_2": config}
        )


def _configured(quantizer: Quantizer) -> Any:  # noqa: ANN401 - classes of packages that load lazily
    import diffusers

    build = getattr(diffusers, _PACKAGES[quantizer][1])
    if quantizer == "bnb-8bit":
        return build(load_in_8bit=True)
    if quantizer == "bnb-4bit":
        return build(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16
        )
    from torchao.quantization import Float8WeightOnlyConfig, Int8WeightOnlyConfig

    return build(Int8WeightOnlyConfig() if quantizer == "int8" else Float8WeightOnlyConfig())
