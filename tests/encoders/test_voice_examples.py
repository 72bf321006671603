"""Training windows of voices: cut, moved, disturbed, masked, always in range."""

import torch

from emogen.encoders.spectrum import ROWS, SILENT_DECIBELS, decibels_of
from emogen.encoders.voice_examples import (
    WINDOW_FRAMES,
    Recordings,
    VoiceBatches,
    disturbed,
    masked,
    moved,
    packed_rows,
)
from tests.encoders.voices import babble


def recordings():
    parts = [packed_rows(decibels_of(torch.from_numpy(babble(seconds, seed=number)[None]))[0])
             for number, seconds in enumerate((0.3, 2.0, 6.0))]  # fmt: skip
    begins = torch.tensor([0, *[len(part) for part in parts]]).cumsum(0)
    return Recordings(rows=torch.cat(parts), begins=begins, label=torch.tensor([0, 1, -1]),
                      corpus=torch.tensor([0, 1, 2]), strong=torch.tensor([0.0, 1.0, -1.0]),
                      affect=torch.zeros(3, 3))  # fmt: skip


def test_windows_have_one_size_and_come_from_whom_the_odds_allow():
    batches = VoiceBatches(recordings(), torch.tensor([0.5, 0.0, 0.5]), seed=3)
    batch = batches.draw(64)
    assert batch.decibels.shape == (64, WINDOW_FRAMES, ROWS)
    assert set(batch.picks.tolist()) == {0, 2}
    assert batch.decibels.isfinite().all()
    assert float(batch.decibels.min()) >= SILENT_DECIBELS - 1e-3


def test_the_seed_decides_the_draw():
    odds = torch.ones(3)
    first, again, other = (
        VoiceBatches(recordings(), odds, seed=seed).draw(8).decibels for seed in (1, 1, 2)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_moving_keeps_the_picture_and_shifts_it():
    rows = torch.arange(ROWS).float().expand(50, 4, ROWS)
    steps = moved(rows, torch.Generator().manual_seed(0))[:, 0, 40] - 40
    assert set(steps.tolist()) == set(range(-3, 4))


def test_noise_only_ever_adds_power_before_the_line_is_narrowed():
    rows = torch.full((200, 20, ROWS), -40.0)
    out = disturbed(rows, torch.Generator().manual_seed(0))
    assert out.shape == rows.shape
    assert float((out.mean(dim=(1, 2)) - -40).std()) > 1  # sounds differ


def test_masks_cover_some_and_not_most():
    pictures = torch.ones(100, 1, ROWS, WINDOW_FRAMES)
    hidden = (masked(pictures, torch.Generator().manual_seed(0)) < 0).float().mean()
    assert 0.05 < hidden < 0.4
