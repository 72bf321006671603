"""Principal components as weights: the encoder as two matrices, clips against one colour."""

import pytest
import torch
from diffusers import AutoencoderKLWan

from emogen.diffusion.autoencoder import decode_clip, encode_clip
from emogen.diffusion.linear_init import LinearCode, initialise_decoder, initialise_encoder
from emogen.errors import ModelError
from tests.tiny import shake
from training.cache_latents import NANO_VAE


def discs(count, *, seed=0, frames=9, size=48):
    """Return clips [B, 3, T, H, W] of coloured discs that move over a ramp of another colour."""
    g = torch.Generator().manual_seed(seed)
    rows, columns = torch.meshgrid(*[torch.arange(size).float()] * 2, indexing="ij")
    time = torch.arange(frames)[:, None, None]
    clips = []
    for _ in range(count):
        colours = torch.rand(3, 3, 1, 1, 1, generator=g) * 2 - 1
        x, y, radius = (torch.rand(3, generator=g) * size / 2 + size / 6).tolist()
        u, v = (torch.randn(2, generator=g)).tolist()
        apart = (columns - x - u * time) ** 2 + (rows - y - v * time) ** 2  # (T, H, W)
        ramp = torch.lerp(colours[0], colours[1], (rows / size).expand(frames, -1, -1))
        clips.append(torch.where(apart < radius**2 / 2, colours[2], ramp))
    return torch.stack(clips)


def psnr(first, second):
    return float(10 * torch.log10(4 / (first - second).square().mean()))


@pytest.fixture(scope="module")
def fitted():
    torch.manual_seed(0)
    vae, video = AutoencoderKLWan(**NANO_VAE).eval(), discs(24)
    with torch.no_grad():
        initialise_encoder(vae, video)
        initialise_decoder(vae, encode_clip(vae, video), video)
    return vae


@torch.no_grad()
@pytest.mark.parametrize("frames", [1, 5, 9])
def test_two_matrices_equal_the_encoder(fitted, frames):
    video = 0.1 * discs(2, seed=1)[:, :, :frames]
    expected = encode_clip(fitted, video)
    got = LinearCode(fitted)(video)
    assert got.shape == expected.shape == (2, 48, (frames + 3) // 4, 6, 6)
    assert (got - expected).abs().max() < 0.01 * expected.abs().max()


@torch.no_grad()
def test_full_white_bends_the_encoder_by_less_than_a_fifth(fitted):
    white = torch.ones(1, 3, 1, 16, 16)
    expected = encode_clip(fitted, white)
    assert (LinearCode(fitted)(white) - expected).abs().max() < 0.2 * expected.abs().max()


@torch.no_grad()
def test_decoder_starts_far_above_one_colour(fitted):
    video = discs(4, seed=2)
    mean = video.mean(dim=(2, 3, 4), keepdim=True).expand_as(video)
    shown = decode_clip(fitted, encode_clip(fitted, video))
    assert shown.shape == video.shape
    assert psnr(shown, video) > psnr(mean, video) + 6


@torch.no_grad()
def test_a_trained_encoder_is_refused(fitted):
    vae = AutoencoderKLWan(**NANO_VAE)
    vae.load_state_dict(fitted.state_dict())
    shake(vae.encoder, std=0.05)
    with pytest.raises(ModelError, match="encode with encode_clip instead"):
        LinearCode(vae)
