"""A loss that looks at the face: weights, their mean, and agreement with the plain loss."""

import pytest
import torch
from diffusers import AutoencoderKLWan

from emogen.diffusion.autoencoder import encode_clip
from emogen.diffusion.face_loss import (
    decoded_mouth_losses,
    face_weights,
    mouth_windows,
    weighted_flow_loss,
)
from emogen.diffusion.objective import flow_loss


def boxes(lips, face, frames=9):
    return torch.tensor([lips, face], dtype=torch.int16).expand(2, frames, 2, 4)


def test_weights_follow_the_boxes_and_have_mean_one():
    weights = face_weights(boxes([16, 16, 32, 24], [8, 8, 48, 48]), size=(8, 8), cell=8, face=2,
                           lips=5)  # fmt: skip
    assert weights.shape == (2, 3, 8, 8)
    assert torch.allclose(weights.mean(dim=(1, 2, 3)), torch.ones(2))
    first = weights[0, 0]
    assert float(first[2, 2] / first[0, 0]) == pytest.approx(5)
    assert float(first[4, 4] / first[0, 0]) == pytest.approx(2)


def test_a_latent_frame_heeds_each_of_its_four_frames():
    moving = boxes([0, 0, 8, 8], [0, 0, 8, 8], frames=5).clone()
    moving[:, 3, :, :] = torch.tensor([8, 0, 16, 8], dtype=torch.int16)
    weights = face_weights(moving, size=(2, 2), cell=8, face=3, lips=3)[0]
    assert weights[0, 0, 0] > weights[0, 0, 1]
    assert weights[1, 0, 0] == weights[1, 0, 1] > weights[1, 1, 0]


@pytest.mark.parametrize("kind", ["sample", "velocity"])
def test_even_weights_give_the_plain_loss(kind):
    g = torch.Generator().manual_seed(0)
    prediction, clean, noise = (torch.randn(2, 4, 3, 2, 2, generator=g) for _ in range(3))
    sigma = torch.tensor([[0, 0.5, 0.5], [0.2, 0.2, 0.2]])
    plain = flow_loss(prediction, clean, noise, sigma, kind=kind)
    even = weighted_flow_loss(
        prediction, clean, noise, sigma, weights=torch.ones(2, 3, 2, 2), kind=kind
    )
    assert even == pytest.approx(float(plain), rel=1e-5)


def test_decoded_mouths_tell_looks_from_movement():
    torch.manual_seed(0)
    vae = AutoencoderKLWan(
        base_dim=8, z_dim=4, dim_mult=[1, 1, 1], num_res_blocks=1, temperal_downsample=[True, True],
        in_channels=12, out_channels=12, patch_size=2, scale_factor_spatial=8,
        latents_mean=[0.0] * 4, latents_std=[1.0] * 4,
    ).requires_grad_(requires_grad=False)  # fmt: skip
    video = torch.rand(1, 3, 5, 64, 64) * 2 - 1
    latents = encode_clip(vae, video)
    where = torch.tensor([[[24, 40, 40, 48], [0, 0, 64, 64]]]).expand(1, 5, 2, 4)
    right = mouth_windows(latents, where, cell=8)
    assert right.shape == (1, 4, 2, 6, 6)
    assert torch.equal(right, latents[..., 2:8, 1:7])
    looks, movement = decoded_mouth_losses(vae, right, right)
    assert float(looks) == float(movement) == 0
    wrong = (right + torch.randn_like(right)).requires_grad_()
    looks, movement = decoded_mouth_losses(vae, wrong, right)
    (looks + movement).backward()
    assert float(looks) > 0
    assert wrong.grad.abs().sum() > 0
