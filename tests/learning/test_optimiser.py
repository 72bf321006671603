"""Who trains what: hidden matrices by Muon, everything else by AdamW."""

from copy import deepcopy

import torch
from torch import nn

from emogen.learning.optimiser import OptimiserPair, split_parameters
from tests.tiny import noise, tiny_adapter, tiny_transformer


def split_names(module):
    names = {id(parameter): name for name, parameter in module.named_parameters()}
    return [{names[id(p)] for p in part} for part in split_parameters(module.named_parameters())]


def test_a_transformer_is_split_without_loss():
    model = tiny_transformer()
    hidden, rest = split_names(model)
    assert hidden | rest == set(dict(model.named_parameters()))
    assert not hidden & rest
    assert "blocks.0.attn1.to_q.weight" in hidden
    assert "blocks.1.ffn.net.2.weight" in hidden
    for name in ("proj_out.weight", "patch_embedding.weight", "blocks.0.attn1.to_q.bias",
                 "scale_shift_table", "condition_embedder.time_proj.weight"):  # fmt: skip
        assert name in rest, name


def test_an_adapter_is_split():
    hidden, rest = split_names(tiny_adapter(tiny_transformer()))
    assert all(name.endswith("weight") for name in hidden)
    assert all(name.endswith("bias") for name in rest)


def test_frozen_and_thin_parameters():
    module = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 1))
    module[0].bias.requires_grad_(False)
    hidden, rest = split_names(module)
    assert hidden == {"0.weight"}
    assert rest == {"1.weight", "1.bias"}


def pair(seed=0):
    torch.manual_seed(seed)
    module = nn.Sequential(nn.Linear(4, 8), nn.SiLU(), nn.Linear(8, 3))
    return module, OptimiserPair(module.named_parameters(), lr=0.1)


def step(module, optimiser, seed=0):
    module(noise(6, 4, seed=seed)).square().mean().backward()
    optimiser.step()


def test_both_members_move_and_forget():
    module, optimiser = pair()
    before = [p.detach().clone() for p in module.parameters()]
    step(module, optimiser)
    assert len(optimiser.members) == 2
    moved = zip(before, module.parameters(), strict=True)
    assert all(not torch.equal(old, new) for old, new in moved)
    assert all(p.grad is None for p in module.parameters())


def test_the_factor_scales_the_peak():
    _, optimiser = pair()
    for factor in (0.5, 0.25):
        optimiser.set_factor(factor)
        rates = [group["lr"] for member in optimiser.members for group in member.param_groups]
        assert rates == [0.1 * factor] * 2


def test_factor_zero_stands_still():
    module, optimiser = pair()
    before = [p.detach().clone() for p in module.parameters()]
    optimiser.set_factor(0.0)
    step(module, optimiser)
    assert all(torch.equal(old, new) for old, new in zip(before, module.parameters(), strict=True))


def test_one_kind_alone():
    bias = [("b", nn.Parameter(torch.ones(3)))]
    assert len(OptimiserPair(bias, lr=0.1).members) == 1


def test_state_goes_there_and_back():
    (first, one), (second, two) = pair(), pair()
    step(first, one)
    second.load_state_dict(first.state_dict())
    two.load_state_dict(deepcopy(one.state_dict()))
    for module, optimiser in ((first, one), (second, two)):
        step(module, optimiser, seed=1)
    for old, new in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(old, new)
