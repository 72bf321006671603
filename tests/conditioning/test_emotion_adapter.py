"""The adapter on the fast pass: silent at birth, silent where nothing is felt."""

import pytest
import torch
from torch.testing import assert_close

from emogen.conditioning import EmotionAdapter, EmotionAdapterConfig
from emogen.diffusion.denoiser import denoise
from tests.tiny import (
    NANO_BLOCK,
    WAN_1_3B_BLOCK,
    contexts,
    emotions,
    noise,
    tiny_adapter,
    tiny_transformer,
)


@pytest.fixture(scope="module", params=[NANO_BLOCK, WAN_1_3B_BLOCK], ids=["nano", "1.3B"])
def model(request):
    return tiny_transformer(**request.param)


@pytest.fixture(scope="module")
def small():
    return tiny_transformer()


@torch.no_grad()
def test_a_new_adapter_changes_no_bit(model):
    latents, times = noise(2, model.config.in_channels, 3, 4, 4), torch.full((2, 3), 500.0)
    _, text = contexts(model, 2)
    condition = tiny_adapter(model, random=False)(emotions(2, 3))
    assert condition.active
    assert torch.equal(
        denoise(model, latents, times, text, condition), denoise(model, latents, times, text)
    )


def test_config_fits_the_transformer(model):
    config = EmotionAdapterConfig.for_transformer(model, width=8)
    sizes = config.num_attention_heads, config.attention_head_dim, config.num_layers
    assert sizes == tuple(
        model.config[name] for name in ("num_attention_heads", "attention_head_dim", "num_layers")
    )
    assert (config.width, config.num_tokens) == (8, 4)
    assert EmotionAdapterConfig(**config.to_dict()) == config


def test_shapes(small):
    condition = tiny_adapter(small)(emotions(2, 3))
    assert condition.modulation.shape == (2, 3, 6, 48)
    query = noise(2, 3, 4, 2, 24)
    assert condition.attend(1, query).shape == query.shape


def test_neutral_frames_are_exactly_zero(small):
    condition = tiny_adapter(small)(emotions(2, 4, neutral=[0, 2]))
    assert condition.presence.tolist() == [[0, 1, 0, 1]] * 2
    read = condition.attend(0, noise(2, 4, 4, 2, 24))
    for part in (condition.modulation, read):
        assert not part[:, [0, 2]].any()
        assert part[:, [1, 3]].abs().amax(dim=tuple(range(2, part.ndim))).all()


def test_frames_read_their_own_emotion_only(small):
    adapter, vectors, query = tiny_adapter(small), emotions(1, 3), noise(1, 3, 4, 2, 24)
    changed = vectors.clone()
    changed[:, 1] *= -1
    before, after = (adapter(v).attend(0, query) for v in (vectors, changed))
    assert torch.equal(before[:, [0, 2]], after[:, [0, 2]])
    assert not torch.equal(before[:, 1], after[:, 1])


def test_all_neutral_is_inactive(small):
    assert not tiny_adapter(small)(torch.zeros(1, 3, 12)).active


def test_stacking_repeats_the_batch(small):
    adapter, vectors, query = tiny_adapter(small), emotions(1, 2), noise(3, 2, 4, 2, 24)
    stacked, repeated = adapter(vectors).stacked(3), adapter(vectors.repeat(3, 1, 1))
    assert_close(stacked.modulation, repeated.modulation)
    assert_close(stacked.presence, repeated.presence)
    assert_close(stacked.attend(1, query), repeated.attend(1, query))


def test_every_weight_learns(small):
    adapter = EmotionAdapter(EmotionAdapterConfig.for_transformer(small, width=8))
    with torch.no_grad():
        _, text = contexts(small)
    optimiser = torch.optim.SGD(adapter.parameters(), lr=0.1)
    for _ in range(2):  # the first step wakes the zero-initialised branches
        optimiser.zero_grad()
        prediction = denoise(
            small, noise(1, 6, 2, 4, 4), torch.full((1, 2), 500.0), text, adapter(emotions(1, 2))
        )
        prediction.square().mean().backward()
        optimiser.step()
    silent = [n for n, p in adapter.named_parameters() if p.grad is None or not p.grad.any()]
    assert not silent
