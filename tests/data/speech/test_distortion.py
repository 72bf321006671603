"""Distortions of a sweep, each measured by what it is named after."""

import numpy as np
import pytest

from emogen.data.speech.distortion import DISTORTIONS, in_a_room, telephoned, with_gain, with_noise


@pytest.fixture(scope="module")
def sweep():
    t = np.arange(32_000) / 16_000
    return (0.3 * np.sin(2 * np.pi * (200 + 400 * t) * t)).astype(np.float32)


def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("name", DISTORTIONS)
def test_keeps_length_type_and_time(sweep, name):
    out = DISTORTIONS[name](sweep, rng())
    assert (out.dtype, out.shape) == (sweep.dtype, sweep.shape)
    assert np.isfinite(out).all()
    assert np.corrcoef(sweep[2000:-2000], out[2000:-2000])[0, 1] > 0.7


@pytest.mark.parametrize("decibels", [20, 10])
def test_noise_is_as_loud_as_said(sweep, decibels):
    noise = with_noise(sweep, rng(), decibels=decibels) - sweep
    ratio = 10 * np.log10(np.mean(sweep**2) / np.mean(noise**2))
    assert ratio == pytest.approx(decibels, abs=0.1)


def test_gain_scales_and_clips(sweep):
    assert with_gain(sweep, rng(), decibels=-20) == pytest.approx(sweep / 10, abs=1e-6)
    assert np.abs(with_gain(sweep, rng(), decibels=20)).max() == 1


def test_a_telephone_passes_its_band_only():
    t = np.arange(16_000) / 16_000
    tones = {hertz: np.sin(2 * np.pi * hertz * t).astype(np.float32) for hertz in (100, 1000, 6000)}
    level = {hertz: np.std(telephoned(tone, rng())) for hertz, tone in tones.items()}
    assert level[1000] == pytest.approx(np.sqrt(0.5), rel=0.05)
    assert max(level[100], level[6000]) < 1e-6


def test_a_room_rings_on_after_a_click():
    click = np.zeros(16_000, np.float32)
    click[100] = 1
    out = np.abs(in_a_room(click, rng(), seconds=0.5))
    assert out[:100].max() < 1e-6
    assert out[500:2000].mean() > 20 * out[7000:8000].mean() > 0
