"""Pictures of tones, voices made of pulses, and noises."""

import numpy as np
import pytest
import torch

from emogen.evaluation.recogniser.spectrum import (
    FREQUENCIES,
    HOP,
    ROWS,
    bands_of,
    lag_matrix,
    mel_height,
    mel_matrix,
    pictures_of,
    power_spectrum,
    speech_frames,
)

SECOND = 16_000


def tone(hertz, *, seconds=1.0, level=0.5):
    t = torch.arange(round(SECOND * seconds)) / SECOND
    return (level * torch.sin(2 * torch.pi * hertz * t))[None]


def voice(pitch, *, seconds=1.0, level=0.5):
    """Pulses at a pitch through a slope of 6 dB an octave: a buzz with all harmonics."""
    t = torch.arange(round(SECOND * seconds)) / SECOND
    numbers = torch.arange(1, int(7000 / pitch))
    waves = torch.sin(2 * torch.pi * pitch * numbers[:, None] * t) / numbers[:, None]
    return (level * waves.sum(0) / 2)[None]


def noise(*, seconds=1.0, level=0.1):
    rng = torch.Generator().manual_seed(0)
    return level * torch.randn(1, round(SECOND * seconds), generator=rng)


def seen(samples):
    bands = bands_of(power_spectrum(samples))
    return bands, pictures_of(bands)


def test_power_of_a_tone_is_its_amplitude_squared_at_its_place():
    power = power_spectrum(tone(1000.0))
    assert power.shape == (1, SECOND // HOP, FREQUENCIES)
    middle = power[0, 20]
    assert middle.argmax().item() == 1000 * 1024 // SECOND
    assert middle.max().item() == pytest.approx(0.25, rel=0.01)


def test_frames_cover_the_whole_sound():
    assert power_spectrum(torch.ones(2, 1)).shape == (2, 1, FREQUENCIES)
    assert power_spectrum(torch.ones(1, HOP + 1)).shape[1] == 2
    click = torch.zeros(1, 10 * HOP)
    click[0, 5 * HOP + HOP // 2] = 1
    assert power_spectrum(click)[0].sum(-1).argmax().item() == 5


@pytest.mark.parametrize("hertz", [300.0, 1000.0, 4000.0])
def test_mel_rows_rise_with_frequency(hertz):
    _, pictures = seen(tone(hertz))
    edges = mel_height(np.array([60.0, 7600.0]))
    expected = (mel_height(hertz) - edges[0]) / (edges[1] - edges[0]) * (ROWS + 1) - 1
    assert pictures[0, 0, :, 20].argmax().item() == pytest.approx(expected, abs=1)


@pytest.mark.parametrize("pitch", [100.0, 180.0, 350.0])
def test_melody_row_is_the_pitch(pitch):
    _, pictures = seen(voice(pitch))
    row = pictures[0, 1, :, 20].argmax().item()
    assert 60 * 10 ** (row / (ROWS - 1)) == pytest.approx(pitch, rel=0.05)


def test_melody_survives_the_loss_of_its_fundamental():
    samples = voice(150.0)
    spectrum = torch.fft.rfft(samples)
    hertz = torch.fft.rfftfreq(samples.shape[1], 1 / SECOND)
    band = torch.fft.irfft(spectrum * ((hertz > 300) & (hertz < 3400)), n=samples.shape[1])
    _, pictures = seen(band)
    row = pictures[0, 1, :, 20].argmax().item()
    assert 60 * 10 ** (row / (ROWS - 1)) == pytest.approx(150, rel=0.05)


def test_gain_changes_nothing():
    sound = voice(200.0) * torch.linspace(0.1, 1, SECOND)
    assert torch.allclose(seen(sound)[1], seen(0.05 * sound)[1], atol=2e-3)


def test_a_warp_is_another_pitch():
    power = power_spectrum(voice(200.0))
    higher = pictures_of(bands_of(power, mel=mel_matrix(1.15), lags=lag_matrix(1.15)))
    row = higher[0, 1, :, 20].argmax().item()
    assert 60 * 10 ** (row / (ROWS - 1)) == pytest.approx(230, rel=0.05)


def test_windows_of_bands_are_the_bands_of_windows():
    bands = bands_of(power_spectrum(voice(200.0, seconds=4.0))[0])
    cut = bands.windows(torch.tensor([10, 40]), 50)
    assert cut.energy.shape == cut.periodic.shape == (2, 50, ROWS)
    assert torch.equal(cut.energy[1], bands.energy[40:90])
    assert torch.equal(cut.power[0], bands.power[10:60])


@pytest.mark.parametrize(
    ("sound", "share"),
    [
        (voice(120.0), 1.0), (voice(250.0, level=0.01), 1.0), (noise(), 0.0),
        (tone(440.0), 0.0), (tone(50.0), 0.0), (torch.zeros(1, SECOND), 0.0),
        (voice(200.0, level=1e-4), 0.0),
    ],
)  # fmt: skip
def test_only_voices_are_speech(sound, share):
    bands, pictures = seen(sound)
    assert speech_frames(bands, pictures)[:, 2:-2].float().mean().item() == share
