"""Whole clips at once against diffusers' chunked autoencoder."""

import pytest
import torch
from diffusers import AutoencoderKLWan
from torch.testing import assert_close

from emogen.diffusion.autoencoder import decode_clip, encode_clip, latent_statistics
from tests.tiny import CHANNELS, noise, shake, tiny_vae

CLOSE = {"atol": 1e-4, "rtol": 1e-4}


def wan_2_1_vae():
    """Return the layout of Wan2.1: no patches, four levels, attention in the middle."""
    torch.manual_seed(0)
    sizes = {"base_dim": 8, "z_dim": CHANNELS, "dim_mult": [1, 1, 2, 2], "num_res_blocks": 1}
    statistics = {"latents_mean": [0.1] * CHANNELS, "latents_std": [2.0] * CHANNELS}
    return shake(AutoencoderKLWan(**sizes, **statistics), std=0.05).eval()


@pytest.fixture(scope="module", params=[tiny_vae, wan_2_1_vae], ids=["nano", "Wan2.1"])
def vae(request):
    return request.param()


@torch.no_grad()
@pytest.mark.parametrize("frames", [1, 5, 9])
def test_encoding_equals_the_chunked_network(vae, frames):
    video = noise(2, 3, frames, 16, 24).tanh()
    mean, std = latent_statistics(vae, video)
    expected = (vae.encode(video).latent_dist.mode() - mean) / std
    assert expected.shape == (2, CHANNELS, (frames + 3) // 4, 2, 3)
    assert expected.std() > 0.05
    assert_close(encode_clip(vae, video), expected, **CLOSE)


@torch.no_grad()
@pytest.mark.parametrize("frames", [1, 5, 9])
def test_decoding_equals_the_chunked_network(vae, frames):
    latents = noise(2, CHANNELS, (frames + 3) // 4, 2, 3)
    mean, std = latent_statistics(vae, latents)
    expected = vae.decode(latents * std + mean, return_dict=False)[0]
    assert expected.shape == (2, 3, frames, 16, 24)
    assert_close(decode_clip(vae, latents), expected, **CLOSE)


@torch.no_grad()
def test_time_flows_one_way(vae):
    video = noise(1, 3, 9, 16, 16).tanh()
    changed = video.clone()
    changed[:, :, 5:] = 0
    before, after = encode_clip(vae, video), encode_clip(vae, changed)
    assert_close(before[:, :, :2], after[:, :, :2], **CLOSE)
    assert (before[:, :, 2] - after[:, :, 2]).abs().max() > 1e-3


def test_gradients_reach_every_weight():
    vae = tiny_vae()
    decode_clip(vae, encode_clip(vae, noise(1, 3, 5, 16, 16).tanh())).square().sum().backward()
    still = [name for name, parameter in vae.named_parameters() if parameter.grad is None]
    assert not still
