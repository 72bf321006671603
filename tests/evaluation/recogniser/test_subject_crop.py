"""Where the judge looks: squares and close-ups."""

import numpy as np
import pytest
import torch

from emogen.errors import InputError
from emogen.evaluation.recogniser.subject_crop import (
    LARGEST_HALF,
    Locator,
    close_up,
    scene_of,
    squared,
)


def test_a_wide_frame_keeps_its_shape_between_bars():
    frames = np.zeros((1, 72, 128, 3), np.uint8)
    frames[:, :, 32:96] = 255
    square = squared(frames)[0, 0]
    assert square.shape == (128, 128)
    assert square[64, 64] == 1
    assert square[64, 4] == -1
    assert abs(float(square[4, 64])) < 0.02
    assert int((square[:, 64] == 1).sum()) == 72


@pytest.mark.parametrize(("size", "side"), [((128, 128), 128), ((480, 832), 256), ((9, 40), 128)])
def test_large_frames_keep_more_pixels(size, side):
    square = squared(np.full((2, *size, 3), 90, np.uint8))
    assert square.shape == (2, 3, side, side)
    assert float(square.std()) < 1e-5
    assert scene_of(square).shape == (2, 3, 64, 64)


@pytest.mark.parametrize(
    "frames", [np.zeros((2, 8, 8, 4), np.uint8), np.zeros((1, 8, 8, 3)), np.zeros((0, 8, 8, 3))]
)
def test_says_what_frames_are(frames):
    with pytest.raises(InputError, match=r"expected frames uint8 \[T, H, W, 3\]"):
        squared(frames)


def test_a_close_up_shows_what_its_box_holds():
    square = torch.full((1, 3, 128, 128), -1.0)
    square[:, :, 32:64, 64:96] = 1.0
    box = torch.tensor([[80 / 128, 48 / 128, 16 / 128]])
    assert float(close_up(square, box).mean()) > 0.95
    assert float(close_up(square, box + torch.tensor([0.3, 0.3, 0.0])).mean()) < -0.95


def test_the_locator_finds_the_only_spot_of_a_map():
    locator = Locator(1)
    with torch.no_grad():
        locator.maps.weight.copy_(torch.tensor([40.0, 0.0])[:, None, None, None])
        locator.maps.bias.zero_()
    scene = torch.zeros(1, 1, 8, 8)
    scene[0, 0, 2, 5] = 1.0
    box = locator(scene)[0].detach()
    assert box.tolist() == pytest.approx([5.5 / 8, 2.5 / 8, LARGEST_HALF / 2], abs=1e-4)
