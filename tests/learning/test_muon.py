"""Muon on filters against torch's own on matrices."""

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from emogen.learning.muon import FilterMuon, orthogonalise
from tests.tiny import noise


@pytest.mark.parametrize("shape", [(8, 8), (6, 20), (20, 6)])
def test_singular_values_come_near_one(shape):
    values = torch.linalg.svdvals(orthogonalise(noise(*shape)))
    assert values.shape == (min(shape),)
    assert 0.5 < values.min() <= values.max() < 1.3


def test_directions_stay():
    matrix = noise(8, 12)
    u, _, v = torch.linalg.svd(matrix, full_matrices=False)
    got = u.T @ orthogonalise(matrix) @ v.T
    assert (got - torch.diag(got.diag())).abs().max() < 0.05
    assert (got.diag() > 0.5).all()


@pytest.mark.parametrize("shape", [(8, 12), (12, 8)])
def test_matrices_move_as_in_torch(shape):
    mine, other = (nn.Parameter(noise(*shape)) for _ in range(2))
    settings = {"lr": 0.01, "momentum": 0.95, "weight_decay": 0.1}
    optimisers = (
        FilterMuon([mine], **settings),
        torch.optim.Muon([other], adjust_lr_fn="match_rms_adamw", **settings),
    )
    for step in range(4):
        mine.grad, other.grad = (noise(*shape, seed=step + 1) for _ in range(2))
        for optimiser in optimisers:
            optimiser.step()
    assert_close(mine, other, atol=1e-3, rtol=0)
    assert not torch.allclose(mine, noise(*shape), atol=5e-3)


def test_a_convolution_is_the_matrix_of_its_filters():
    kernel, flat = nn.Parameter(noise(4, 3, 2, 2)), nn.Parameter(noise(4, 12))
    for parameter in (kernel, flat):
        parameter.grad = noise(4, 12, seed=1).view_as(parameter)
        FilterMuon([parameter], lr=0.1, weight_decay=0.1).step()
    assert torch.equal(kernel.flatten(1), flat)


def test_parameters_without_gradient_stay():
    parameter = nn.Parameter(torch.ones(2, 2))
    FilterMuon([parameter], weight_decay=0.5).step()
    assert (parameter == 1).all()
