"""The model that fine-tuning trains: fresh it is the base, and every trained part gets gradient."""

import pytest
import torch

from emogen.conditioning.finetuned import FineTunedWan
from emogen.conditioning.lora_files import read_lora
from emogen.errors import InputError
from tests.tiny import emotions, noise
from tests.wan_folders import IMAGE_WIDTH, LATENT, wan_transformer

STATES = noise(2, 512, 32, seed=5)
TIMES = torch.tensor([700.0, 200.0])


def base(**kinds):
    return wan_transformer(**kinds)


@pytest.mark.parametrize("train", ["adapter", "lora", "both", "full"])
def test_fresh_it_is_the_base_bit_for_bit(train):
    latents = noise(2, LATENT, 3, 4, 4)
    model = FineTunedWan(base(), train=train, rank=2)
    with torch.no_grad():
        expected = base()(latents, TIMES.repeat_interleave(12).view(2, 12), STATES).sample
        got = model(latents, TIMES[:, None].expand(2, 3), STATES, emotions(2, 3))
    assert torch.equal(got, expected)


def test_a_time_step_a_sample_is_one_of_each_frame():
    latents = noise(2, LATENT, 3, 4, 4)
    model = FineTunedWan(base(), train="both", rank=2)
    with torch.no_grad():
        one = model(latents, TIMES, STATES, emotions(2, 3))
        each = model(latents, TIMES[:, None].expand(2, 3), STATES, emotions(2, 3))
    torch.testing.assert_close(one, each)


def test_gradients_reach_what_is_trained_and_nothing_else():
    model = FineTunedWan(base(), train="both", rank=2)
    for name, parameter in model.trained().items():
        if "lora_B" in name or "to_modulation" in name or "to_values" in name:
            torch.nn.init.normal_(parameter, std=0.1)  # zeros keep what feeds them from learning
    loss = model(noise(2, LATENT, 3, 4, 4), TIMES, STATES, emotions(2, 3)).square().mean()
    loss.backward()
    for name, parameter in model.named_parameters():
        learns = parameter.grad is not None and bool(parameter.grad.any())
        assert learns == parameter.requires_grad or "to_keys" in name, name


def test_samples_without_emotion_teach_the_adapter_nothing():
    model = FineTunedWan(base(), train="adapter")
    model(noise(2, LATENT, 3, 4, 4), TIMES, STATES, torch.zeros(2, 3, 12)).mean().backward()
    assert all(p.grad is not None and not p.grad.any() for p in model.trained().values())


def test_a_picture_input():
    model = FineTunedWan(base(inputs=12, image=True), train="both", rank=2)
    picture = noise(2, 5, IMAGE_WIDTH)
    out = model(noise(2, 12, 3, 4, 4), TIMES, STATES, emotions(2, 3), picture)
    assert out.shape == (2, LATENT, 3, 4, 4)


def test_a_seed_is_a_lora():
    first, second, other = (
        FineTunedWan(base(), train="lora", rank=2, seed=seed).trained() for seed in (1, 1, 2)
    )
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert any(not torch.equal(first[name], other[name]) for name in first)


def test_an_unknown_part():
    with pytest.raises(InputError, match="unknown part 'head' to train"):
        FineTunedWan(base(), train="head")


def test_exported_files_are_what_was_trained(tmp_path):
    from emogen.conditioning.finetuned import export_parts

    model = FineTunedWan(base(), train="lora", rank=2)
    weights = {name: p.detach() + 1 for name, p in model.trained().items()}
    export_parts(model, weights, tmp_path, base_model="tiny")
    files = {path.name for path in tmp_path.iterdir()}
    assert files == {"lora.safetensors", "lora_comfyui.safetensors", "lora_kohya.safetensors"}
    states = [read_lora(tmp_path / name) for name in sorted(files)]
    for name, value in states[0].items():
        assert all(torch.equal(state[name], value) for state in states)
