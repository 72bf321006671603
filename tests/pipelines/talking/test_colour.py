"""Colours over chunks: a jump at a seam fades, a drift is drawn back, lines stay."""

import numpy as np

from emogen.pipelines.talking.colour import ColourKeeper, colour_statistics, low_frequencies

RNG = np.random.default_rng(0)


def picture(count=33, size=64):
    """Return a still picture with soft shades and fine lines."""
    y, x = np.mgrid[:size, :size] / size
    soft = np.stack([90 + 70 * x, 120 + 40 * y, 110 + 30 * (x + y)], axis=-1)
    lines = 20 * ((np.arange(size) % 4) < 2)[:, None, None]
    return np.repeat((soft + lines)[None], count, axis=0).round().astype(np.uint8)


def test_the_first_chunk_is_shown_as_it_is():
    frames = picture()
    assert np.array_equal(ColourKeeper().keep(frames, overlap=0), frames)


def test_a_chunk_that_fits_stays_as_it_is():
    keeper, frames = ColourKeeper(), picture()
    keeper.keep(frames, overlap=0)
    assert np.abs(keeper.keep(frames, overlap=9).astype(int) - frames[9:]).max() <= 1


def test_a_jump_at_the_seam_fades():
    keeper, frames = ColourKeeper(), picture()
    keeper.keep(frames, overlap=0)
    brighter = frames + np.uint8(12)
    shown = keeper.keep(brighter, overlap=9, trust=0).astype(float)
    level = shown.mean(axis=(1, 2, 3)) - frames[0].mean()
    assert 0 <= level[0] < 2.0
    assert np.all(np.diff(level) >= -0.1)
    assert np.diff(level).max() < 3.5
    assert 11 < level[-1] < 12.5


def test_drift_over_many_chunks_is_bounded():
    def after(trust):
        keeper, frames = ColourKeeper(), picture()
        last = keeper.keep(frames, overlap=0, trust=trust)
        for _ in range(12):  # a model that makes each chunk 4 brighter than what it is handed
            start = last[-1].astype(int)
            rise = np.concatenate([np.zeros(9), np.linspace(0, 4, 24)])
            chunk = (start[None] + rise[:, None, None, None]).clip(0, 255).astype(np.uint8)
            last = keeper.keep(chunk, overlap=9, trust=trust)
        return last.astype(float).mean() - frames.mean()

    assert after(trust=0.0) > 35
    assert 0 < after(trust=1.0) < 12


def test_corrections_move_no_line():
    keeper, frames = ColourKeeper(), picture()
    keeper.keep(frames, overlap=0)
    shown = keeper.keep((frames * 0.9 + 5).astype(np.uint8), overlap=9).astype(float)
    fine = [part - part.mean(axis=(1, 2), keepdims=True) for part in (shown, frames[9:] * 0.9)]
    kept = np.corrcoef(fine[0].ravel(), fine[1].ravel())[0, 1]
    assert kept > 0.99


def test_statistics_ignore_fine_texture():
    frames = picture().astype(np.float32)
    noisy = frames + RNG.normal(0, 20, frames.shape)
    for mine, theirs in zip(colour_statistics(frames), colour_statistics(noisy), strict=True):
        assert np.abs(mine - theirs).max() < 1
    assert low_frequencies(frames).shape == (33, 4, 4, 3)
