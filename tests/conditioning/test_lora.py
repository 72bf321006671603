"""Low-rank changes: nothing at first, the same merged as unmerged, refused where they misfit."""

import pytest
import torch
from torch.testing import assert_close

from emogen.conditioning.lora import add_lora, lora_state, merge_lora
from emogen.diffusion.denoiser import denoise
from emogen.errors import ModelError
from tests.tiny import contexts, noise, shake, text_states, tiny_transformer

CLOSE = {"atol": 1e-4, "rtol": 1e-4}


@torch.no_grad()
def predict(model):
    times = torch.tensor([[0.0, 600.0]])
    return denoise(model, noise(1, 6, 2, 4, 4), times, contexts(model)[1])


@pytest.fixture
def trained():
    model = tiny_transformer()
    add_lora(model, rank=3)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_" in name:
                shake(torch.nn.ParameterList([parameter]), std=0.05)
    return model


def test_new_ones_change_no_bit_in_the_same_pass():
    model = tiny_transformer()
    latents, times, (long, _) = noise(1, 6, 2, 4, 4), torch.tensor([600.0]), text_states()
    with torch.no_grad():
        base = model(latents, times, long, return_dict=False)[0]
        add_lora(model, rank=3)
        assert torch.equal(model(latents, times, long, return_dict=False)[0], base)


def test_only_they_are_trained_on_every_linear_layer_of_the_blocks():
    model = tiny_transformer()
    parameters = add_lora(model, rank=3)
    assert {id(p) for p in parameters} == {id(p) for p in model.parameters() if p.requires_grad}
    assert len(parameters) == 2 * 2 * 10  # two matrices, two blocks, ten layers
    assert {p.dtype for p in parameters} == {torch.float32}
    assert all(3 in p.shape for p in parameters)


def test_the_seed_decides_where_they_begin():
    states = []
    for seed in (1, 1, 2):
        model = tiny_transformer()
        add_lora(model, rank=2, seed=seed)
        states.append(lora_state(model)["blocks.0.attn1.to_q.lora_A.weight"])
    assert torch.equal(states[0], states[1])
    assert not torch.equal(states[0], states[2])


def test_merged_equals_unmerged(trained):
    plain = tiny_transformer()
    base = predict(plain)
    merge_lora(plain, lora_state(trained))
    assert_close(predict(plain), predict(trained), **CLOSE)
    assert (predict(plain) - base).abs().max() > 1e-2


def test_none_changes_nothing():
    plain = tiny_transformer()
    base = predict(plain)
    merge_lora(plain, {})
    assert torch.equal(predict(plain), base)


def test_those_of_another_transformer_are_refused(trained):
    state = lora_state(trained)
    with pytest.raises(ModelError, match="does not fit this transformer"):
        merge_lora(tiny_transformer(heads=1), state)
    with pytest.raises(ModelError, match="does not fit this transformer"):
        merge_lora(tiny_transformer(layers=1), state)


def test_half_a_pair_is_refused(trained):
    state = lora_state(trained)
    state.pop("blocks.0.attn1.to_q.lora_A.weight")
    with pytest.raises(ModelError, match="expected pairs of LoRA matrices"):
        merge_lora(tiny_transformer(), state)
