"""Flow matching: cases whose answer is known."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from emogen.diffusion.objective import (
    MIN_SIGMA,
    add_noise,
    flow_loss,
    sample_sigma,
    shift_sigma,
)
from tests.tiny import noise

SHAPE = (2, 3, 4, 2, 2)
LEVELS = torch.tensor([[0.0, 0.2, 0.5, 1.0], [0.3, 0.3, 0.3, 0.3]])


@pytest.fixture
def clean():
    return noise(*SHAPE)


@pytest.fixture
def dark():
    return noise(*SHAPE, seed=1)


def test_levels_mix_frame_by_frame(clean, dark):
    mixed = add_noise(clean, dark, LEVELS)
    assert torch.equal(mixed[0, :, 0], clean[0, :, 0])
    assert torch.equal(mixed[0, :, 3], dark[0, :, 3])
    assert_close(mixed[1], 0.7 * clean[1] + 0.3 * dark[1])


@pytest.mark.parametrize("kind", ["velocity", "sample"])
def test_perfect_prediction_costs_nothing(clean, dark, kind):
    prediction = clean if kind == "sample" else dark - clean
    assert flow_loss(prediction, clean, dark, LEVELS, kind=kind) == 0


@pytest.mark.parametrize("kind", ["velocity", "sample"])
def test_clean_frames_do_not_count(clean, dark, kind):
    prediction = noise(*SHAPE, seed=2)
    wrong = prediction.clone()
    wrong[0, :, 0] = 1e6
    losses = [flow_loss(p, clean, dark, LEVELS, kind=kind) for p in (prediction, wrong)]
    assert losses[0] == losses[1] > 0


def test_clean_clip_costs_nothing_and_has_a_gradient(clean, dark):
    prediction = noise(*SHAPE, seed=2).requires_grad_()
    loss = flow_loss(prediction, clean, dark, torch.zeros(2, 4), kind="sample")
    loss.backward()
    assert loss == 0
    assert not prediction.grad.any()


def test_sample_loss_is_the_velocity_loss_it_implies(clean, dark):
    sigma = LEVELS.clamp(min=MIN_SIGMA)
    sample = clean + 0.1 * noise(*SHAPE, seed=2)
    wide = sigma[:, None, :, None, None]
    velocity = (add_noise(clean, dark, sigma) - sample) / wide
    assert_close(
        flow_loss(sample, clean, dark, sigma, kind="sample"),
        flow_loss(velocity, clean, dark, sigma, kind="velocity"),
        rtol=1e-4, atol=1e-6,
    )  # fmt: skip


def test_weight_of_faint_noise_is_bounded(clean, dark):
    sample = clean + 0.1
    faint = flow_loss(sample, clean, dark, torch.full((2, 4), 1e-4), kind="sample")
    assert_close(faint, torch.tensor((0.1 / MIN_SIGMA) ** 2), rtol=1e-4, atol=0)


@settings(deadline=None, max_examples=50)
@given(st.floats(0, 1), st.floats(0.1, 12))
def test_shift_keeps_ends_and_order(sigma, shift):
    level = shift_sigma(torch.tensor(sigma, dtype=torch.float64), shift)
    assert -1e-9 <= level <= 1 + 1e-9
    assert (level >= sigma - 1e-9) if shift >= 1 else (level <= sigma + 1e-9)
    back = shift_sigma(level, 1 / shift)
    assert_close(float(back), sigma, atol=1e-9, rtol=1e-9)


def test_levels_are_drawn_logit_normal():
    draw = {"generator": torch.Generator().manual_seed(0)}
    plain = sample_sigma(20000, shift=1.0, **draw)
    assert ((plain > 0) & (plain < 1)).all()
    assert abs(torch.logit(plain).mean()) < 0.03
    assert abs(torch.logit(plain).std() - 1) < 0.03
    shifted = sample_sigma(20000, shift=3.0, **draw)
    assert abs(shifted.median() - 0.75) < 0.01


def test_the_same_generator_draws_the_same():
    first, second = (
        sample_sigma(8, shift=2.0, generator=torch.Generator().manual_seed(5)) for _ in range(2)
    )
    assert torch.equal(first, second)
