"""Speech in windows: every frame reaches its own latent frame and the stated neighbours alone."""

import pytest
import torch
from torch.testing import assert_close

from emogen.conditioning.audio_adapter import (
    AudioCrossAttention,
    AudioProjection,
    audio_windows,
)
from emogen.errors import InputError
from tests.tiny import noise, shake

NANO = {"layers": 2, "width": 128, "hidden": 128, "num_tokens": 8, "token_width": 128}
WAN_1_3B = {"layers": 12, "width": 768, "hidden": 512, "num_tokens": 32, "token_width": 768}


def owner(frame):
    return -(-frame // 4)


def window(latent):
    """Frames of a latent's window, from two before its first to two after its last."""
    return range(-2, 3) if latent == 0 else range(4 * latent - 5, 4 * latent + 3)


def reached(projection, frame, *, frames, latents, sizes):
    """Return the latent frames whose context an impulse at a frame changes."""
    silence = torch.zeros(1, frames, sizes["layers"], sizes["width"])
    impulse = silence.clone()
    impulse[0, frame] = 1
    with torch.no_grad():
        before = projection(silence, latent_frames=latents)
        changed = (projection(impulse, latent_frames=latents) - before).abs().amax((0, 2, 3))
    return set(changed.nonzero().flatten().tolist())


@pytest.mark.parametrize(
    ("sizes", "frames", "every"), [(NANO, 33, 1), (NANO, 81, 1), (WAN_1_3B, 81, 9)]
)
def test_an_impulse_reaches_its_latent_frame_and_its_neighbours(sizes, frames, every):
    torch.manual_seed(0)
    projection, latents = AudioProjection(**sizes).eval(), (frames - 1) // 4 + 1
    for frame in range(0, frames, every):
        wanted = {
            latent
            for latent in range(latents)
            if frame in {min(max(f, 0), frames - 1) for f in window(latent)}
        }
        assert owner(frame) in wanted
        assert wanted <= {owner(frame) - 1, owner(frame), owner(frame) + 1}
        assert reached(projection, frame, frames=frames, latents=latents, sizes=sizes) == wanted


def test_frames_known_outside_the_clip_are_heard_at_its_ends():
    projection = AudioProjection(**NANO).eval()
    at = {"frames": 37, "latents": 9, "sizes": NANO}
    assert [reached(projection, frame, **at) for frame in (0, 1, 2)] == [{0}, {0, 1}, {0, 1}]
    assert [reached(projection, frame, **at) for frame in (35, 36)] == [{8}, {8}]


def test_the_middle_of_a_clip_sounds_alike_with_and_without_its_surroundings():
    audio = noise(2, 37, 2, 3)
    whole, inner = audio_windows(audio, latent_frames=9), audio[:, 2:-2]
    cut = audio_windows(inner, latent_frames=9)
    assert_close(cut[1][:, 1:-1], whole[1][:, 1:-1])
    assert torch.equal(cut[0][:, 0, 2:], whole[0][:, 0, 2:])
    assert torch.equal(cut[0][:, 0, :2], inner[:, :1].expand(-1, 2, -1, -1))


def test_windows_are_as_long_as_stated():
    first, later = audio_windows(noise(2, 81, 12, 4), latent_frames=21)
    assert first.shape == (2, 1, 5, 12, 4)
    assert later.shape == (2, 20, 8, 12, 4)
    first, later = audio_windows(noise(1, 1, 2, 4), latent_frames=1)
    assert first.shape == (1, 1, 5, 2, 4)
    assert later.shape == (1, 0, 8, 2, 4)


@pytest.mark.parametrize("frames", [32, 34, 36, 38, 0])
def test_another_number_of_frames_is_refused(frames):
    with pytest.raises(InputError, match="expected audio features of 33 frames, or of 37"):
        audio_windows(noise(1, frames, 2, 4), latent_frames=9)


@pytest.mark.parametrize(("heads", "head_dim"), [(2, 64), (12, 128)], ids=["nano", "1.3B"])
def test_a_token_hears_its_own_latent_frame_alone(heads, head_dim):
    width = heads * head_dim
    layer = AudioCrossAttention(model_width=width, token_width=16, heads=heads, head_dim=head_dim)
    shake(layer)
    x, temb, context = noise(2, 12, width), noise(2, 3, width, seed=1), noise(2, 3, 5, 16, seed=2)
    other = context.clone()
    other[:, 1] += 1
    with torch.no_grad():
        base = layer(x, temb, *layer.read(context)).unflatten(1, (3, 4))
        changed = layer(x, temb, *layer.read(other)).unflatten(1, (3, 4))
    assert torch.equal(base[:, [0, 2]], changed[:, [0, 2]])
    assert ((base - changed)[:, 1].abs().amax(-1) > 1e-3).all()


def test_a_new_layer_adds_nothing_and_its_gate_is_open():
    layer = AudioCrossAttention(model_width=8, token_width=4, heads=2, head_dim=4)
    x, temb = noise(1, 6, 8), noise(1, 3, 8)
    read = layer.read(noise(1, 3, 2, 4))
    assert not layer(x, temb, *read).any()
    with torch.no_grad():
        layer.to_out.weight.copy_(torch.eye(8))
        first = layer(x, temb, *read)
        assert torch.equal(first, layer(x, 10 * temb, *read))  # no gate leaves one at first
        layer.gate.bias.fill_(-50)
        assert layer(x, temb, *read).abs().max() < 1e-6 * first.abs().max()
