"""Exponential moving average of weights: trained parameters in, smoother parameters out."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn


class WeightAverage:
    """Average of parameters whose memory grows with training.

    After n updates the decay is min(limit, (1 + n) / (10 + n)).

    Args:
        named: Parameters with their names.
        limit: Largest decay.
    """

    def __init__(self, named: Iterable[tuple[str, nn.Parameter]], *, limit: float = 0.999) -> None:
        self.limit = limit
        self.updates = 0
        self.shadow = {name: parameter.detach().clone().float() for name, parameter in named}

    @torch.no_grad()
    def update(self, named: Iterable[tuple[str, nn.Parameter]]) -> None:
        """Move the average towards the current parameters."""
        self.updates += 1
        decay = min(self.limit, (1 + self.updates) / (10 + self.updates))
        pairs = [(self.shadow[name], parameter.detach().float()) for name, parameter in named]
        torch._foreach_lerp_([old for old, _ in pairs], [new for _, new in pairs], 1 - decay)

    @torch.no_grad()
    def copy_to(self, named: Iterable[tuple[str, nn.Parameter]]) -> None:
        """Write the average into parameters."""
        for name, parameter in named:
            parameter.copy_(self.shadow[name])

    def state_dict(self) -> dict[str, Tensor | int]:
        """Return the averages and the number of updates."""
        return {"shadow": self.shadow, "updates": self.updates}

    def load_state_dict(self, state: dict) -> None:
        """Restore what :meth:`state_dict` returned."""
        self.updates = state["updates"]
        for name, value in state["shadow"].items():
            self.shadow[name].copy_(value)
