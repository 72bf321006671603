"""Noise levels, recomputation and the objective of fine-tuning."""

import pytest
import torch

from emogen.diffusion.finetuning import NoiseLevels, checkpoint_blocks, sample_loss
from emogen.diffusion.objective import flow_loss, sample_sigma, shift_sigma
from emogen.errors import InputError
from tests.tiny import noise
from tests.wan_folders import wan_transformer


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_levels_are_logit_normal_and_shifted() -> None:
    levels = NoiseLevels(shift=5.0, mean=0.3, std=0.8).sample(20000, generator())
    other = sample_sigma(20000, shift=5.0, mean=0.3, std=0.8, generator=generator(1))
    parts = torch.linspace(0.05, 0.95, 10)
    torch.testing.assert_close(levels.quantile(parts), other.quantile(parts), atol=0.01, rtol=0)
    assert float(levels.median()) == pytest.approx(
        float(shift_sigma(torch.sigmoid(torch.tensor(0.3)), 5.0)), abs=0.01
    )


@pytest.mark.parametrize(("low", "high"), [(0.875, 1.0), (0.0, 0.875), (0.4, 0.6)])
def test_levels_of_an_expert_are_those_of_all_cut_off(low, high) -> None:
    cut = NoiseLevels(shift=5.0, low=low, high=high).sample(20000, generator())
    assert ((cut >= low) & (cut <= high)).all()
    every = NoiseLevels(shift=5.0).sample(200000, generator(1))
    inside = every[(every >= low) & (every <= high)]
    parts = torch.linspace(0.1, 0.9, 5)
    torch.testing.assert_close(cut.quantile(parts), inside.quantile(parts), atol=0.01, rtol=0)


@pytest.mark.parametrize("wrong", [{"low": 0.5, "high": 0.5}, {"shift": 0.0}, {"high": 1.5}])
def test_levels_that_are_none(wrong) -> None:
    with pytest.raises(InputError, match="expected a shift and a spread"):
        NoiseLevels(**wrong)


@pytest.mark.parametrize(("share", "count"), [(0.0, 0), (0.5, 1), (1.0, 2)])
def test_recomputed_blocks_save_activations_and_change_no_gradient(share, count) -> None:
    inputs = noise(1, 4, 2, 4, 4), torch.tensor([500.0]), noise(1, 512, 32)
    kept: list[int] = []

    def gradients(model):
        stored = []
        with torch.autograd.graph.saved_tensors_hooks(lambda x: stored.append(x.numel()) or x,
                                                      lambda x: x):  # fmt: skip
            model(*inputs).sample.square().mean().backward()
        kept.append(sum(stored))
        return {name: p.grad for name, p in model.named_parameters() if p.grad is not None}

    plain, model = wan_transformer(), wan_transformer()
    assert checkpoint_blocks(model, share) == count
    expected, found = gradients(plain), gradients(model.train())
    assert set(expected) == set(found)
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value)
    assert (kept[1] < kept[0]) == (count > 0)


@pytest.mark.parametrize("kind", ["velocity", "sample"])
def test_the_loss_is_the_flow_loss(kind) -> None:
    clean, other, seen = noise(3, 4, 2, 4, 4), noise(3, 4, 2, 4, 4, seed=1), []
    sigma = torch.tensor([0.2, 0.5, 0.9])[:, None].expand(3, 2)

    def predict(noisy, times):
        seen.append((noisy.dtype, times))
        return noisy.float() * 0.5

    got = sample_loss(predict, clean, other, sigma, kind=kind, dtype=torch.float32)
    noisy = (1 - sigma[:, None, :, None, None]) * clean + sigma[:, None, :, None, None] * other
    torch.testing.assert_close(got, flow_loss(noisy * 0.5, clean, other, sigma, kind=kind))
    assert torch.equal(seen[0][1], sigma * 1000)


def test_given_frames_do_not_count_and_samples_count_alike() -> None:
    clean, other = noise(2, 4, 3, 4, 4), noise(2, 4, 3, 4, 4, seed=1)
    sigma = torch.tensor([[0.0, 0.5, 0.5], [0.5, 0.5, 0.5]])

    def loss(rows):
        def predict(noisy, _):
            out = noisy.clone()
            out[:, :, 0] += 1e6 * (sigma[rows][:, None, 0, None, None] == 0)
            return out

        return sample_loss(
            predict, clean[rows], other[rows], sigma[rows], kind="velocity", dtype=torch.float32
        )

    whole, first, second = loss(slice(0, 2)), loss(slice(0, 1)), loss(slice(1, 2))
    assert float(whole) < 100
    torch.testing.assert_close(whole, (first + second) / 2)
