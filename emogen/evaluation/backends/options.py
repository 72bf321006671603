"""How a backend is loaded and run: settings in, checked settings out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import torch

from emogen.errors import ModelError
from emogen.evaluation.recogniser.reading import TIERS, Tier

Precision = Literal["auto", "float32", "bfloat16", "float16"]
Target = Literal["expressed", "evoked"]
"""Whether somebody in the picture shows it, or the picture makes one feel it."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """How a backend is loaded and run.

    Attributes:
        device: torch device; None is CUDA if there is one, else the CPU.
        dtype: precision of the weights; "auto" is float32 on a CPU and bfloat16 on a GPU (language
            models keep the precision they were saved in).
        batch_size: windows or pictures at a time; it bounds the memory.
        temperature: logits are divided by it. 1 leaves a model as overconfident as it was trained;
            fit it on labelled data of your own.
        offline: never ask the hub, use folders and its cache only.
        tier: licence tier of the weights where their card does not say it, or says it wrongly.
        labels: what labels of the model stand for, by name.
        target: what a picture is asked for where the model can be asked (zero-shot, language
            models); a trained head or classifier keeps its own.
    """

    device: str | None = None
    dtype: Precision = "auto"
    batch_size: int = 8
    temperature: float = 1.0
    offline: bool = False
    tier: Tier | None = None
    labels: Mapping[str, str] | None = None
    target: Target = "expressed"

    def __post_init__(self) -> None:
        """Check the ranges."""
        if self.batch_size < 1:
            raise ModelError(f"expected a batch size of 1 or more, got {self.batch_size}")
        if not 0 < self.temperature < float("inf"):
            raise ModelError(f"expected a temperature above 0, got {self.temperature}; 1 is none")
        for name, known in (("dtype", get_args(Precision)), ("target", get_args(Target)),
                            ("tier", (None, *TIERS))):
            if getattr(self, name) not in known:
                listed = ", ".join(map(str, known))
                raise ModelError(
                    f"expected a {name} of {listed}, got {getattr(self, name)!r}; choose one"
                )

    def where(self) -> torch.device:
        """Return the device.

        Raises:
            ModelError: there is no such device here.
        """
        name = self.device or ("cuda" if torch.cuda.is_available() else "cpu")
        try:
            torch.empty(1, device=name)
        except (RuntimeError, AssertionError) as error:
            reason = str(error).splitlines()[0]
            raise ModelError(f"expected a device of this machine, got {name}: {reason}") from error
        return torch.device(name)

    def precision(self) -> torch.dtype:
        """Return the type of the weights of an encoder."""
        if self.dtype == "auto":
            return torch.float32 if self.where().type == "cpu" else torch.bfloat16
        return getattr(torch, self.dtype)
