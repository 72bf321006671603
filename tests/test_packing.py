"""Weights in eight bits: what comes back is what went in, to half a step of each row's scale."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load, save

from emogen.packing import packed, unpacked


@settings(deadline=None)
@given(st.integers(1, 60), st.floats(1e-6, 1e6), st.integers(0, 99))
def test_every_row_is_kept_to_half_a_step(rows: int, size: float, seed: int) -> None:
    rng = torch.Generator().manual_seed(seed)
    weight = size * torch.randn(rows, 1024, generator=rng) * torch.rand(rows, 1, generator=rng)
    back = unpacked(load(save(packed({"weight": weight}))))["weight"]
    step = weight.abs().amax(1, keepdim=True) / 127
    assert ((back - weight).abs() <= 0.5001 * step + 1e-12).all()


def test_small_tensors_integers_and_named_ones_stay_as_they_are() -> None:
    state = {
        "bias": torch.rand(4096), "small": torch.rand(3, 3), "count": torch.tensor(7),
        "distance_scale": torch.rand(64, 64), "half": torch.rand(20, 20).half(),
    }  # fmt: skip
    file = packed(state, whole=("distance_scale",))
    assert set(file) == set(state)
    for name, value in unpacked(file).items():
        assert torch.equal(value, state[name].to(value.dtype)), name


def test_a_row_of_zeros_stays_zero() -> None:
    assert not unpacked(packed({"weight": torch.zeros(2, 1024)}))["weight"].any()


def test_a_module_of_convolutions_says_nearly_the_same() -> None:
    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Conv2d(3, 64, 3), torch.nn.ReLU(),
                                 torch.nn.Conv2d(64, 64, 3))
    x = torch.randn(2, 3, 16, 16)
    expected = module(x)
    module.load_state_dict(unpacked(packed(module.state_dict())))
    assert (module(x) - expected).norm() / expected.norm() < 0.01
    assert sum(t.nbytes for t in packed(module.state_dict()).values()) < 42_000


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_files_of_half_precision_are_read(dtype: torch.dtype) -> None:
    weight = torch.rand(40, 40).to(dtype)
    assert torch.equal(unpacked({"weight": weight})["weight"], weight.float())
