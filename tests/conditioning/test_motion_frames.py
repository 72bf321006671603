"""Motion as additions: rows grouped by latent frame, lines where they lie, nothing at first."""

import pytest
import torch
from torch.testing import assert_close

from emogen.conditioning.motion_frames import MotionFrames, motion_groups
from emogen.errors import InputError
from tests.tiny import noise, shake


@pytest.fixture
def frames():
    torch.manual_seed(0)
    return MotionFrames(latent_channels=6, motion_channels=37, hidden=16, model_width=48)


def test_each_frame_is_told_to_its_latent_frame_alone(frames):
    shake(frames)
    still = torch.zeros(1, 33, 37)
    with torch.no_grad():
        base = frames.modulation(still)
        for frame in range(33):
            moved = still.clone()
            moved[0, frame, 24] = 1
            changed = (frames.modulation(moved) - base).abs().amax((0, 2, 3))
            assert changed.nonzero().flatten().tolist() == [-(-frame // 4)]


def test_groups_repeat_the_first_frame():
    groups = motion_groups(torch.arange(9.0).view(1, 9, 1))
    assert groups.tolist() == [[[0.0] * 4, [1.0, 2, 3, 4], [5.0, 6, 7, 8]]]


@pytest.mark.parametrize("count", [0, 2, 4, 32])
def test_other_numbers_of_frames_are_refused(count):
    with pytest.raises(InputError, match=f"expected motion of 4k\\+1 frames, got {count}"):
        motion_groups(noise(1, count, 37))


def test_a_line_changes_the_token_it_lies_on_alone(frames):
    shake(frames)
    latents = noise(1, 6, 2, 4, 6)
    drawn = latents.clone()
    drawn[0, :, 1, 2, 5] += 1  # row 2 of 4, column 5 of 6: token (1, 2) of 2x3
    changed = (frames.tokens(drawn) - frames.tokens(latents)).abs().amax((0, 3))
    assert changed.nonzero().tolist() == [[1, 5]]


def test_tokens_are_patched_like_the_transformer_patches_its_own():
    from tests.tiny import tiny_transformer

    model = tiny_transformer()
    frames = MotionFrames(latent_channels=6, motion_channels=3, hidden=4, model_width=48)
    with torch.no_grad():
        frames.patches.weight.copy_(model.patch_embedding.weight.flatten(1))
        frames.patches.bias.copy_(model.patch_embedding.bias)
    latents = noise(2, 6, 3, 4, 6)
    expected = model.patch_embedding(latents).flatten(2).transpose(1, 2)
    assert_close(frames.tokens(latents).flatten(1, 2), expected)


def test_new_ones_add_nothing(frames):
    assert not frames.tokens(noise(1, 6, 2, 4, 4)).any()
    assert not frames.modulation(noise(1, 5, 37)).any()
