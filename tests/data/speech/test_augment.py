"""Disturbances of power spectra, each against what its sound would do."""

import pytest
import torch

from emogen.data.speech.augment import (
    coded,
    coloured,
    cut_starts,
    disturbed,
    echoing,
    masked,
    mixing,
    noisy,
    telephoned,
)

BINS = 513


@pytest.fixture
def rng():
    return torch.Generator().manual_seed(0)


def power(count=8, frames=60):
    """Return sounds with a loud first half and a silent second one."""
    rows = torch.full((count, frames, BINS), 1e-9)
    grain = torch.rand(count, frames // 2, BINS, generator=torch.Generator().manual_seed(3))
    rows[:, : frames // 2] = 1e-3 * grain + 1e-4
    return rows


def test_a_microphone_colours_all_frames_alike(rng):
    before = power()
    ratio = coloured(before, rng) / before
    assert torch.allclose(ratio[:, 0], ratio[:, -1], rtol=1e-4)
    assert ratio.std(-1).min() > 0.05


def test_a_room_rings_after_the_sound_and_not_before(rng):
    before = power()
    after = echoing(before, rng, share=1.0)
    assert torch.equal(after[:, 0], before[:, 0])
    level = after[:, 30:].mean(-1)
    assert (level[:, 0] > 100 * level[:, -1]).all()
    assert (level.diff(dim=1) <= 0).all()


def test_noise_fills_silence_and_stays_below_its_ratio(rng):
    before = power(32)
    after = noisy(before, rng, share=1.0)
    added = (after - before).mean(-1)
    loud = before[:, :30].mean(-1).mean(1)
    assert (added[:, 30:].mean(1) > 1e-4 * loud).all()
    assert (added.mean(1) < 3 * loud).all()
    assert torch.equal(noisy(before, rng, share=0.0), before)


def test_a_telephone_has_neither_bass_nor_treble(rng):
    before = torch.ones(16, 4, BINS)
    after = telephoned(before, rng, share=1.0)
    hertz = torch.linspace(0, 8000, BINS)
    assert (after[..., hertz > 7000] < 1e-3).all()
    assert (after[..., (hertz > 60) & (hertz < 90)] < 0.3).all()
    assert torch.allclose(after[..., (hertz > 500) & (hertz < 2500)], torch.ones(()))


def test_a_codec_drops_the_weak_beside_the_strong(rng):
    before = torch.full((4, 3, BINS), 1e-6)
    before[..., ::40] = 1.0
    after = coded(before, rng, share=1.0)
    assert torch.equal(after[..., ::40], before[..., ::40])
    assert (after[..., 3] < 1e-8).all()


def test_together_they_stay_finite_and_follow_the_generator():
    before = power()
    first, second, other = (
        disturbed(before, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)
    )
    assert torch.equal(first, second)
    assert not torch.equal(first, other)
    assert torch.isfinite(first).all()
    assert (first >= 0).all()


def test_cuts_lie_inside_up_to_the_margin(rng):
    lengths = torch.tensor([60, 150, 400]).repeat(400)
    starts = cut_starts(lengths, 150, rng, margin=30).view(-1, 3)
    assert starts.amin(0).tolist() == pytest.approx([-120, -30, -30], abs=3)
    assert starts.amax(0).tolist() == pytest.approx([30, 30, 280], abs=3)


def test_masks_blank_bands_and_one_stretch(rng):
    x = masked(torch.zeros(200, 64, 150), rng, fill=1.0, rows=10, frames=25)
    rows = (x == 1).all(2).sum(1)
    frames = (x == 1).all(1).sum(1)
    assert rows.max() <= 20
    assert frames.max() <= 25
    assert rows.float().mean() == pytest.approx(9.3, abs=1.5)
    assert frames.float().mean() == pytest.approx(12.5, abs=2)


def test_mixing_keeps_at_least_half(rng):
    kept = mixing(2000, rng, share=0.5)
    assert kept.min() >= 0.5
    assert kept.max() <= 1
    assert (kept == 1).float().mean() == pytest.approx(0.5, abs=0.05)
