"""The adapter on diffusers' own forward: hooks on, hooks off, the same numbers as the fast pass."""

import pytest
import torch
from torch.testing import assert_close

from emogen.conditioning import attach
from emogen.diffusion.denoiser import denoise
from emogen.errors import ModelError
from tests.tiny import (
    NANO_BLOCK,
    WAN_1_3B_BLOCK,
    contexts,
    emotions,
    noise,
    per_token,
    shake,
    text_states,
    tiny_adapter,
    tiny_transformer,
)

CLOSE = {"atol": 1e-4, "rtol": 1e-4}
TIMES = torch.tensor([700.0, 200.0])


@pytest.fixture(params=[NANO_BLOCK, WAN_1_3B_BLOCK], ids=["nano", "1.3B"])
def wide(request):
    return tiny_transformer(**request.param)


@pytest.fixture
def model():
    return tiny_transformer()


def run(model, timestep=TIMES):
    latents, (text, _) = noise(2, model.config.in_channels, 3, 4, 4), text_states(2)
    with torch.no_grad():
        return model(latents, timestep, text, return_dict=False)[0]


def test_a_new_adapter_changes_no_bit(wide):
    times = per_token(TIMES[:, None].expand(2, 3), noise(2, 1, 3, 4, 4))
    base = run(wide, times)
    with attach(wide, tiny_adapter(wide, random=False)).emotion(emotions(2, 3)):
        assert torch.equal(run(wide, times), base)


def test_a_new_adapter_agrees_where_the_timestep_is_one_a_sample(wide):
    base = run(wide)
    with attach(wide, tiny_adapter(wide, random=False)).emotion(emotions(2, 3)):
        assert_close(run(wide), base, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("vectors", [None, torch.zeros(2, 3, 12)], ids=["none", "neutral"])
def test_no_emotion_changes_no_bit(wide, vectors):
    base = run(wide)
    attached = attach(wide, tiny_adapter(wide))
    assert torch.equal(run(wide), base)
    with attached.emotion(vectors):
        assert torch.equal(run(wide), base)


@torch.no_grad()
@pytest.mark.parametrize("neutral", [(), (0, 2)], ids=["felt", "partly neutral"])
def test_hooks_equal_the_fast_pass(wide, neutral):
    latents, vectors = noise(2, wide.config.in_channels, 3, 4, 4), emotions(2, 3, neutral=neutral)
    adapter, base = tiny_adapter(wide), run(wide)
    _, text = contexts(wide, 2)
    times = TIMES[:, None].expand(2, 3)
    expected = denoise(wide, latents, times, text, adapter(vectors))
    with attach(wide, adapter).emotion(vectors):
        assert_close(run(wide), expected, **CLOSE)
        assert_close(run(wide, per_token(times, latents)), expected, **CLOSE)
    assert (expected - base).abs().max() > 1e-2


def test_neutral_frames_keep_their_modulation(model):
    seen = []
    model.blocks[0].register_forward_pre_hook(lambda _, args: seen.append(args[2]))
    times = per_token(TIMES[:, None].expand(2, 3), noise(2, 1, 3, 4, 4))
    attached = attach(model, tiny_adapter(model))
    run(model, times)
    with attached.emotion(emotions(2, 3, neutral=[1])):
        run(model, times)
    base, felt = (x.unflatten(1, (3, 4)) for x in seen)  # (B, L, S, 6, D)
    assert torch.equal(base[:, 1], felt[:, 1])
    assert not torch.isclose(base[:, [0, 2]], felt[:, [0, 2]]).all(dim=(2, 3, 4)).any()


def test_keyword_arguments_are_read(model):
    latents, (text, _) = noise(2, 6, 3, 4, 4), text_states(2)
    with attach(model, tiny_adapter(model)).emotion(emotions(2, 3)), torch.no_grad():
        named = model(
            hidden_states=latents, timestep=TIMES, encoder_hidden_states=text, return_dict=False
        )[0]
        assert torch.equal(run(model), named)


def test_emotions_nest_and_end(model):
    attached, base = attach(model, tiny_adapter(model)), run(model)
    with attached.emotion(emotions(2, 3)):
        felt = run(model)
        with attached.emotion(None):
            assert torch.equal(run(model), base)
        assert torch.equal(run(model), felt)
    with pytest.raises(KeyError), attached.emotion(emotions(2, 3)):
        raise KeyError
    assert torch.equal(run(model), base)


def test_detaching_restores_everything(model):
    base, processors = run(model), [block.attn2.processor for block in model.blocks]
    attached = attach(model, tiny_adapter(model))
    with attached.emotion(emotions(2, 3)):
        attached.detach()
        assert torch.equal(run(model), base)
    assert [block.attn2.processor for block in model.blocks] == processors
    assert not model._forward_pre_hooks
    assert not model.condition_embedder._forward_hooks


def test_lora_on_the_output_projection_is_heeded(model):
    from peft import LoraConfig

    model.add_adapter(LoraConfig(r=2, target_modules=["attn2.to_out.0", "attn2.to_q"]))
    shake(model, std=0.05)
    latents, vectors, adapter = noise(2, 6, 3, 4, 4), emotions(2, 3), tiny_adapter(model)
    with torch.no_grad():
        times = TIMES[:, None].expand(2, 3)
        expected = denoise(model, latents, times, contexts(model, 2)[1], adapter(vectors))
    with attach(model, adapter).emotion(vectors):
        assert_close(run(model), expected, **CLOSE)


def test_another_length_is_refused(model):
    with (
        attach(model, tiny_adapter(model)).emotion(emotions(2, 4)),
        pytest.raises(ModelError, match=r"expected emotion for \[2, 3\] .* got \[2, 4\]"),
    ):
        run(model)


@pytest.mark.parametrize(
    ("size", "name"),
    [
        ({"heads": 1}, "num_attention_heads 1, this one has 2"),
        ({"head_dim": 12}, "attention_head_dim 12, this one has 24"),
        ({"layers": 1}, "num_layers 1, this one has 2"),
    ],
)
def test_another_shape_is_refused(model, size, name):
    base = run(model)
    with pytest.raises(ModelError, match=name):
        attach(model, tiny_adapter(tiny_transformer(**size)))
    assert torch.equal(run(model), base)
