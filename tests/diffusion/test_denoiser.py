"""The fast pass against diffusers' own forward, at nano and at Wan2.1-1.3B block shape."""

import pytest
import torch
from torch.testing import assert_close

from emogen.diffusion.denoiser import denoise, fold_padding
from tests.tiny import (
    NANO_BLOCK,
    WAN_1_3B_BLOCK,
    contexts,
    emotions,
    noise,
    per_token,
    tiny_adapter,
    tiny_transformer,
)

CLOSE = {"atol": 1e-4, "rtol": 1e-4}


@pytest.fixture(scope="module", params=[NANO_BLOCK, WAN_1_3B_BLOCK], ids=["nano", "1.3B"])
def model(request):
    return tiny_transformer(**request.param)


@torch.no_grad()
def test_one_timestep_equals_diffusers(model):
    latents = noise(2, model.config.in_channels, 3, 4, 6)
    long, text = contexts(model, 2)
    times = torch.tensor([750.0, 20.0])
    expected = model(latents, times, long, return_dict=False)[0]
    assert expected.std() > 0.1
    assert_close(denoise(model, latents, times[:, None].expand(2, 3), text), expected, **CLOSE)


@torch.no_grad()
def test_a_timestep_a_frame_equals_diffusers(model):
    latents = noise(2, model.config.in_channels, 3, 4, 6)
    long, text = contexts(model, 2)
    times = torch.tensor([[0.0, 900.0, 900.0], [500.0, 20.0, 1000.0]])
    expected = model(latents, per_token(times, latents), long, return_dict=False)[0]
    assert_close(denoise(model, latents, times, text), expected, **CLOSE)


@torch.no_grad()
def test_text_and_time_matter(model):
    latents, times = noise(1, model.config.in_channels, 2, 4, 4), torch.full((1, 2), 500.0)
    _, text = contexts(model)
    base = denoise(model, latents, times, text)
    other_text = denoise(model, latents, times, contexts(model, seed=9)[1])
    assert (base - other_text).abs().max() > 1e-3
    assert (base - denoise(model, latents, times / 2, text)).abs().max() > 1e-3


@torch.no_grad()
def test_neutral_equals_no_condition_bit_for_bit(model):
    latents, times = noise(2, model.config.in_channels, 3, 4, 4), torch.full((2, 3), 500.0)
    _, text = contexts(model, 2)
    adapter = tiny_adapter(model)
    base = denoise(model, latents, times, text)
    neutral = denoise(model, latents, times, text, adapter(torch.zeros(2, 3, 12)))
    assert torch.equal(base, neutral)
    felt = denoise(model, latents, times, text, adapter(emotions(2, 3)))
    assert (felt - base).abs().max() > 1e-2


def test_training_takes_the_same_path(model):
    latents, times = noise(2, model.config.in_channels, 2, 4, 4), torch.full((2, 2), 300.0)
    condition = tiny_adapter(model)(emotions(2, 2, neutral=[0]))
    _, text = contexts(model, 2)
    trained = denoise(model, latents, times, text, condition)
    with torch.no_grad():
        fused = denoise(model, latents, times, text, condition)
    assert trained.requires_grad
    assert_close(trained, fused, **CLOSE)


def test_gradients_equal_those_of_diffusers():
    model = tiny_transformer()
    latents, times = noise(1, model.config.in_channels, 2, 4, 4), torch.tensor([[0.0, 600.0]])
    long, text = contexts(model)
    model(latents, per_token(times, latents), long, return_dict=False)[0].square().sum().backward()
    expected = {name: parameter.grad.clone() for name, parameter in model.named_parameters()}
    model.zero_grad()
    denoise(model, latents, times, text).square().sum().backward()
    for name, parameter in model.named_parameters():
        scale = float(expected[name].abs().max()) + 1e-6
        assert_close(parameter.grad / scale, expected[name] / scale, atol=1e-3, rtol=0, msg=name)


def test_fold_counts_the_padding():
    mask = torch.tensor([[True, True, False], [True, True, True]])
    states, bias = fold_padding(noise(2, 3, 4), mask, length=10)
    assert states.shape == (2, 16, 4)
    assert not states[0, 2].any()
    assert not states[:, 3:].any()
    assert_close(bias[:, :4].exp(), torch.tensor([[1.0, 1, 0, 8], [1, 1, 1, 7]]))
    assert not bias[:, 4:].exp().any()


def test_fold_of_a_full_prompt_has_no_padding():
    query, states = noise(1, 2, 8), noise(1, 5, 8, seed=1)
    folded, bias = fold_padding(states, torch.ones(1, 5, dtype=torch.bool), length=5)
    weights = (query @ folded.transpose(1, 2) + bias[:, None]).softmax(-1)
    assert_close(weights @ folded, (query @ states.transpose(1, 2)).softmax(-1) @ states)


@torch.no_grad()
def test_half_precision_is_close():
    model = tiny_transformer()
    latents, times = noise(1, model.config.in_channels, 2, 4, 4), torch.full((1, 2), 500.0)
    exact = denoise(model, latents, times, contexts(model)[1])
    half = tiny_transformer().bfloat16()
    long = contexts(model)[0]
    text = contexts_of(half, long)
    got = denoise(half, latents.bfloat16(), times, text)
    assert got.dtype == torch.bfloat16
    assert (got.float() - exact).abs().max() < 0.1 * exact.abs().max()


def contexts_of(model, long):
    from emogen.diffusion.denoiser import text_context

    mask = long.abs().sum(-1) > 0
    states, bias = fold_padding(long, mask)
    return text_context(model, states.to(model.dtype), bias)
