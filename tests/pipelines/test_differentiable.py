"""Sampling with gradients: the latents of the plain sampler, slopes that are true, drift."""

import copy
from dataclasses import replace

import pytest
import torch

from emogen.conditioning.lora import add_lora
from emogen.diffusion.autoencoder import decode_clip
from emogen.diffusion.guidance import plan
from emogen.emotion import EmotionPoint, Trajectory
from emogen.errors import InputError
from emogen.pipelines.differentiable import Unrolling, decode_window, unroll, window_frames
from emogen.pipelines.loading import load_components
from emogen.pipelines.sampling import Request, encode_request, initial_noise, sample_latents
from tests.tiny import CAPTIONS, save_tiny_model, shake

FRAMES, STEPS = 13, 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_tiny_model(tmp_path_factory.mktemp("tiny") / "model")


@pytest.fixture
def parts(folder):
    return load_components(folder, device="cpu", dtype=torch.float32)


def requests(guidance):
    return [
        Request(
            prompt=prompt, negative_prompt="", first_frame=None, width=32, height=32,
            emotion=Trajectory.constant(EmotionPoint.from_category(name, 0.8)),
            num_frames=FRAMES, fps=8.0, steps=STEPS, guidance_scale=guidance,
            emotion_guidance_scale=guidance, flow_shift=3.0, seed=seed,
        )
        for prompt, name, seed in zip(CAPTIONS, ("fear", "awe"), (4, 5), strict=True)
    ]  # fmt: skip


def unrolling(parts, *, last_steps=STEPS, guidance=1.0):
    asked = requests(guidance)
    emotion = [torch.from_numpy(one.emotion.latent(FRAMES, 8.0)) for one in asked]
    return Unrolling(
        prompts=[one.prompt for one in asked], negative_prompt="", emotion=torch.stack(emotion),
        noise=torch.cat([initial_noise(parts, one) for one in asked]), steps=STEPS, flow_shift=3.0,
        guidance=plan(text_scale=guidance, emotion_scale=guidance, emotional=True),
        last_steps=last_steps,
    )  # fmt: skip


@pytest.mark.parametrize("guidance", [1.0, 2.5])
def test_the_latents_are_those_of_the_sampler(parts, guidance):
    encoded = [encode_request(parts, one) for one in requests(guidance)]
    with torch.no_grad():
        expected = sample_latents(parts, encoded, lambda *_: None)
    found = unroll(parts, unrolling(parts, guidance=guidance, last_steps=2)).latents
    torch.testing.assert_close(found.detach(), expected, rtol=1e-4, atol=1e-4)


def test_the_slope_is_that_of_small_steps(parts):
    parts.transformer.requires_grad_(requires_grad=False)
    asked = unrolling(parts)
    weight = parts.adapter.to_modulation.weight
    way = torch.randn(weight.shape, generator=torch.Generator().manual_seed(0))

    def total():
        return unroll(parts, asked).latents.double().square().mean()

    (slope,) = torch.autograd.grad(total(), weight)
    with torch.no_grad():
        values = []
        for sign in (1, -1):
            weight.add_(sign * 3e-3 * way)
            values.append(float(total()))
            weight.sub_(sign * 3e-3 * way)
    assert float((slope * way).sum()) == pytest.approx((values[0] - values[1]) / 6e-3, rel=0.03)


@pytest.mark.parametrize("last_steps", [1, 2, 3])
def test_gradients_are_cut_before_the_last_steps(parts, last_steps):
    kept = []
    query = parts.transformer.blocks[0].attn1.to_q
    query.register_forward_hook(lambda *_: kept.append(torch.is_grad_enabled()))
    latents = unroll(parts, unrolling(parts, last_steps=last_steps)).latents
    assert kept == [step >= STEPS - last_steps for step in range(STEPS)]
    latents.sum().backward()
    assert float(query.weight.grad.abs().sum()) > 0


def test_more_steps_give_another_gradient_and_the_same_latents(parts):
    add_lora(parts.transformer, rank=2)
    trained = [p for p in parts.transformer.parameters() if p.requires_grad]
    shake(torch.nn.ParameterList(trained), std=0.05)
    found = {k: unroll(parts, unrolling(parts, last_steps=k)).latents for k in (1, 3)}
    torch.testing.assert_close(found[1], found[3], rtol=1e-4, atol=1e-4)
    short, long = (
        torch.cat([g.flatten() for g in torch.autograd.grad(x.square().mean(), trained)])
        for x in found.values()
    )
    assert float((short - long).norm()) > 0.05 * float(long.norm())


def test_drift_is_nothing_at_first_and_something_after_a_change(parts, folder):
    reference = load_components(folder, device="cpu", dtype=torch.float32)
    still = unroll(parts, unrolling(parts), reference=reference)
    assert still.drift.tolist() == pytest.approx([0, 0], abs=1e-8)
    add_lora(parts.transformer, rank=2)
    lora = [p for p in parts.transformer.parameters() if p.requires_grad]
    shake(torch.nn.ParameterList(lora), std=0.2)
    moved = unroll(parts, unrolling(parts, last_steps=1), reference=reference)
    assert (moved.drift > 1e-5).all()
    moved.drift.sum().backward()
    assert any(float(p.grad.abs().sum()) > 0 for p in lora)
    assert all(p.grad is None for p in reference.transformer.parameters())
    none = unroll(parts, unrolling(parts, last_steps=1))
    assert none.drift.tolist() == [0, 0]


def test_a_window_is_a_part_of_the_whole(parts):
    latents = torch.randn(2, parts.vae.config.z_dim, 4, 4, 4)
    with torch.no_grad():
        whole = decode_clip(parts.vae, latents)
        for start, length, frames in ((0, 4, slice(0, 13)), (0, 2, slice(0, 5)),
                                      (1, 1, slice(1, 5)), (1, 3, slice(1, 13))):  # fmt: skip
            part = decode_window(parts, latents, start=start, length=length)
            assert part.shape[2] == len(window_frames(start, length))
            torch.testing.assert_close(part, whole[:, :, frames], rtol=1e-3, atol=1e-4)
        later = decode_window(parts, latents, start=3, length=1)
    assert later.shape[2] == 4


@pytest.mark.parametrize(("start", "length"), [(-1, 1), (3, 2), (0, 0)])
def test_windows_outside_the_clip(parts, start, length):
    with pytest.raises(InputError, match="expected a window within 4 latent frames"):
        decode_window(parts, torch.zeros(1, 6, 4, 4, 4), start=start, length=length)


@pytest.mark.parametrize("last_steps", [0, 4])
def test_last_steps_are_among_the_steps(parts, last_steps):
    with pytest.raises(InputError, match="expected last_steps from 1 to the 3 steps"):
        unrolling(parts, last_steps=last_steps)


def test_a_model_without_an_adapter(parts):
    with pytest.raises(InputError, match="expected a model with an emotion adapter"):
        unroll(replace(copy.copy(parts), adapter=None), unrolling(parts))


