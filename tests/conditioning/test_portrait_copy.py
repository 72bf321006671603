"""Copies of the portrait: nothing at first, as much as there is noise, in both passes."""

import pytest
import torch
from torch.testing import assert_close

from emogen.conditioning.attach import attach_head
from emogen.conditioning.portrait_copy import PortraitCopy
from emogen.conditioning.talking_head import TalkingHead, TalkingHeadConfig
from emogen.diffusion.denoiser import denoise
from tests.tiny import contexts, noise, per_token, shake, tiny_transformer

SIZES = {"audio_layers": 2, "audio_width": 6, "projection_width": 32, "num_tokens": 3,
         "token_width": 8, "motion_width": 8, "emotion_width": 8, "emotion_tokens": 2,
         "portrait_copy": 1}  # fmt: skip
LATENTS = 3


@pytest.fixture
def setting():
    model = tiny_transformer()
    torch.manual_seed(0)
    head = TalkingHead(TalkingHeadConfig.for_transformer(model, **SIZES)).eval()
    latents = noise(2, model.config.in_channels, 1 + LATENTS, 4, 4)
    times = torch.tensor([0.0, 0.0, 700.0, 350.0]).expand(2, -1)
    return model, head, latents, times


def conditioned(head, latents):
    return head.condition(motion=noise(2, 9, 37, seed=3), reference=latents[:, :, :1])


def test_a_new_copy_changes_no_bit(setting):
    model, head, latents, times = setting
    _, text = contexts(model, 2)
    plain = denoise(model, latents, times, text)
    assert torch.equal(denoise(model, latents, times, text, conditioned(head, latents)), plain)


def test_the_guess_counts_by_the_noise(setting):
    model, head, latents, times = setting
    _, text = contexts(model, 2)
    before = denoise(model, latents, times, text, conditioned(head, latents))
    torch.nn.init.eye_(head.portrait.later.weight)
    torch.nn.init.eye_(head.portrait.first.weight)
    after = denoise(model, latents, times, text, conditioned(head, latents))
    added = (after - before) / latents[:, :, :1]
    for frame, share in enumerate((0.0, 0.0, 0.7, 0.35)):
        assert_close(added[:, :, frame], torch.full_like(added[:, :, frame], 8 * share),
                     atol=1e-3, rtol=1e-3)  # fmt: skip


def test_hooks_equal_the_fast_pass(setting):
    model, head, latents, times = setting
    shake(head, std=0.1)
    long, text = contexts(model, 2)
    condition = conditioned(head, latents)
    fast = denoise(model, latents, times, text, condition)
    attached = attach_head(model, head)
    with attached.using(condition):
        plain = model(latents, per_token(times, latents), long, return_dict=False)[0]
        named = model(latents, per_token(times, latents), long).sample
    attached.detach()
    assert_close(plain, fast, atol=2e-4, rtol=2e-4)
    assert torch.equal(plain, named)


def test_a_clip_of_one_latent_frame_has_a_guess():
    copy = PortraitCopy(latent_channels=4, model_width=8)
    assert copy.guess(torch.ones(1, 4, 1, 2, 2), 2).shape == (1, 4, 2, 2, 2)
