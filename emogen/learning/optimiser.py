"""Optimisers: named parameters in, Muon for hidden matrices and AdamW for everything else out.

Muon (Jordan et al. 2024; torch.optim.Muon) orthogonalises the momentum of each weight matrix; with
the update scaled to AdamW's RMS the two share one learning rate scale.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

HEAD_NAMES = ("embed", "proj_out", "shared", "patch_embedding", "relative_attention_bias")
"""Matrices that are embeddings or outputs, which AdamW trains better."""


class JointOptimiser:
    """Several optimisers stepped together, with one learning rate factor.

    Args:
        members: Optimisers whose present learning rates are the peaks.
    """

    def __init__(self, members: list[torch.optim.Optimizer]) -> None:
        self.members = members
        self.peaks = [[group["lr"] for group in member.param_groups] for member in members]

    def set_factor(self, factor: float) -> None:
        """Set every learning rate to ``factor`` times its peak."""
        for member, peaks in zip(self.members, self.peaks, strict=True):
            for group, peak in zip(member.param_groups, peaks, strict=True):
                group["lr"] = peak * factor

    def step(self) -> None:
        """Update the parameters from their gradients and clear the gradients."""
        for member in self.members:
            member.step()
            member.zero_grad(set_to_none=True)

    def state_dict(self) -> list[dict]:
        """Return the state of each member."""
        return [member.state_dict() for member in self.members]

    def load_state_dict(self, states: list[dict]) -> None:
        """Restore what :meth:`state_dict` returned."""
        for member, state in zip(self.members, states, strict=True):
            member.load_state_dict(state)


class OptimiserPair(JointOptimiser):
    """Muon for hidden matrices and AdamW for the rest.

    Args:
        named: Trainable parameters with their names.
        lr: Peak learning rate, shared.
        weight_decay: Decoupled decay of the matrices.
    """

    def __init__(
        self, named: Iterable[tuple[str, nn.Parameter]], *, lr: float, weight_decay: float = 0.01
    ) -> None:
        hidden, rest = split_parameters(named)
        members: list[torch.optim.Optimizer] = []
        if hidden:
            members.append(
                torch.optim.Muon(
                    hidden, lr=lr, weight_decay=weight_decay, adjust_lr_fn="match_rms_adamw"
                )
            )
        if rest:
            members.append(torch.optim.AdamW(rest, lr=lr, betas=(0.9, 0.95), weight_decay=0.0))
        super().__init__(members)


def split_parameters(
    named: Iterable[tuple[str, nn.Parameter]],
) -> tuple[list[Tensor], list[Tensor]]:
    """Return (hidden matrices, the rest) of the parameters that need gradients."""
    hidden, rest = [], []
    for name, parameter in named:
        if not parameter.requires_grad:
            continue
        is_head = any(head in name for head in HEAD_NAMES)
        (
            hidden if parameter.ndim == 2 and not is_head and min(parameter.shape) > 1 else rest
        ).append(parameter)
    return hidden, rest
