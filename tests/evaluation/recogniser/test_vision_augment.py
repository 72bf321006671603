"""Pictures made harder: what happens to them, and that boxes follow."""

import numpy as np
import pytest
import torch

from emogen.evaluation.recogniser.vision_augment import (
    TRAINED,
    Chance,
    barred,
    blanks,
    blurred,
    compressed,
    grounds,
    laid,
    moved,
    recoloured,
    worn,
)


@pytest.fixture
def chance():
    return Chance(torch.Generator().manual_seed(3))


def test_boxes_follow_what_they_hold(chance):
    x = torch.full((32, 3, 128, 128), -1.0)
    x[:, :, 40:60, 70:90] = 1.0
    boxes = torch.tensor([[80 / 128, 50 / 128, 10 / 128]]).repeat(32, 1)
    y, found = moved(x, boxes, chance, padding="zeros")
    y = (y + 1).clamp(0, 2)
    axis = (torch.arange(TRAINED) + 0.5) / TRAINED
    bright = (y[:, 0] > 1.9).float()
    for picture, box in zip(bright, found, strict=True):
        if picture.sum() > 80:
            middle_x = (picture.sum(0) * axis).sum() / picture.sum()
            middle_y = (picture.sum(1) * axis).sum() / picture.sum()
            assert float(box[0]) == pytest.approx(float(middle_x), abs=0.02)
            assert float(box[1]) == pytest.approx(float(middle_y), abs=0.02)
            assert float(picture.sum().sqrt() / TRAINED / 2) == pytest.approx(
                float(box[2]), abs=0.015
            )


def test_the_frames_of_a_clip_are_moved_alike():
    chance = Chance(torch.Generator().manual_seed(0), group=4)
    x = torch.rand(2, 3, 128, 128).repeat_interleave(4, dim=0)
    y, _ = moved(x, torch.full((8, 3), 0.5), chance)
    assert torch.equal(y[0], y[3])
    assert not torch.equal(y[0], y[4])


def test_colours_go_only_where_they_may(chance):
    x = torch.rand(40, 3, 16, 16) * 2 - 1
    allowed = torch.arange(40) < 20
    y, lost = recoloured(x, chance, allowed=allowed, share=0.5)
    assert 0 < int(lost.sum()) < 20
    assert not lost[20:].any()
    assert torch.equal(y[~lost], x[~lost])
    assert (y[lost] - x[lost]).abs().mean() > 0.1


@pytest.mark.parametrize("spoil", [barred, blurred, compressed, worn])
def test_spoiled_pictures_stay_pictures(spoil, chance):
    x = torch.rand(24, 3, TRAINED, TRAINED) * 1.6 - 0.8
    before = x.clone()
    y = spoil(x, chance)
    assert y.shape == x.shape
    assert torch.isfinite(y).all()
    assert not torch.equal(y, x)
    assert torch.equal(x, before)


def test_a_cutout_lies_on_its_ground(chance):
    ground, white = grounds(30, chance)
    assert 0 < int(white.sum()) < 30
    assert (ground[white] == 1).all()
    cut = torch.zeros(30, 4, TRAINED, TRAINED)
    cut[:, :, 10:20, 10:20] = torch.tensor([-1.0, -1.0, -1.0, 1.0])[:, None, None]
    picture = laid(cut, ground)
    assert (picture[:, :, 12, 12] == -1).all()
    assert torch.equal(picture[:, :, 50, 50], ground[:, :, 50, 50])


def test_blanks_hold_nothing_but_texture(chance):
    x = blanks(8, chance).numpy()
    assert x.shape == (8, 3, TRAINED, TRAINED)
    assert np.ptp(x[0], axis=(1, 2)).max() < 1e-6
    assert x[2].std() > 0.01
