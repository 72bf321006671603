"""Muon for weights of any rank: momentum of each filter bank in, an orthogonalised update out.

``torch.optim.Muon`` takes matrices only; here a convolution counts as the matrix
[out, in * kernel]. Source: Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural
networks"; updates are scaled to AdamW's root mean square (Liu et al. 2025, arXiv 2502.16982).
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

_QUINTIC = (3.4445, -4.7750, 2.0315)
_ADAMW_RMS = 0.2


class FilterMuon(torch.optim.Optimizer):
    """Muon over the flattened filters of convolutions.

    Args:
        params: Parameters of two or more dimensions, or groups of them.
        lr: Learning rate on AdamW's scale.
        momentum: Nesterov momentum.
        weight_decay: Decoupled decay.
    """

    def __init__(
        self,
        params: Iterable[nn.Parameter] | Iterable[dict],
        *,
        lr: float = 1e-3,
        momentum: float = 0.95,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self) -> None:
        """Update every parameter that has a gradient.

        One at a time: a filter bank stays in the processor's cache, a stack of them does not.
        """
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._update(parameter, group)

    def _update(self, parameter: nn.Parameter, group: dict) -> None:
        state = self.state[parameter]
        if not state:
            state["momentum"] = torch.zeros_like(parameter)
        state["momentum"].lerp_(parameter.grad, 1 - group["momentum"])
        update = parameter.grad.lerp(state["momentum"], group["momentum"])
        update = orthogonalise(update.flatten(1)).view_as(parameter)
        rate = group["lr"] * _ADAMW_RMS * max(parameter.shape[0], parameter[0].numel()) ** 0.5
        parameter.mul_(1 - group["lr"] * group["weight_decay"]).add_(update, alpha=-rate)


def orthogonalise(matrix: Tensor, *, steps: int = 5) -> Tensor:
    """Push the singular values of a matrix towards one by a quintic Newton-Schulz iteration."""
    a, b, c = _QUINTIC
    x = matrix.bfloat16()
    x = x / (x.norm() + 1e-7)
    tall = x.shape[0] > x.shape[1]
    x = x.T if tall else x
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return (x.T if tall else x).to(matrix.dtype)
