"""Hearing: any cut of the sound gives the same bits, tones land in their band, pitch is right."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emogen.motion import features
from tests.motion.voices import RATE, silence, sung


def stream_of(samples, cuts):
    stream = features.HearingStream()
    blocks = [b for piece in np.split(samples, cuts) for b in stream.push(piece)]
    return [*blocks, *stream.finish()]


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(0, 70_000), max_size=6))
def test_however_the_sound_is_cut_the_same_is_heard(cuts):
    samples = np.concatenate([sung("AA", 1.3), silence(0.9), sung("IY", 2.2)])
    whole, pieces = stream_of(samples, []), stream_of(samples, sorted(cuts))
    assert len(whole) == len(pieces) == 5
    for one, other in zip(whole, pieces, strict=True):
        assert np.array_equal(one.mel, other.mel)
        assert np.array_equal(one.pitch, other.pitch)
        assert (one.level, one.habit) == (other.level, other.habit)


@pytest.mark.parametrize("hertz", [200, 1000, 4000])
def test_a_tone_lies_in_its_band(hertz):
    tone = np.sin(2 * np.pi * hertz * np.arange(RATE) / RATE).astype(np.float32)
    mel, _, _ = features.hear(tone)
    band = int(mel[50].argmax())
    filters = features.mel_filters()[:, band]
    assert filters[round(hertz / (RATE / 1024))] > 0.3


@pytest.mark.parametrize("pitch", [90, 150, 280])
def test_the_pitch_of_a_vowel_is_found(pitch):
    _, found, _ = features.hear(sung("AA", 1.0, pitch=pitch))
    assert np.median(found[10:40]) == pytest.approx(pitch, rel=0.03)
    _, found, _ = features.hear(silence(1.0, noise=0.1))
    assert (found > 0).mean() < 0.1


def test_an_impulse_lies_where_it_was():
    samples = silence(2.0)
    samples[16_000 + 800] = 1.0
    mel, _, _ = features.hear(samples)
    assert abs(int(features.loudness(mel).argmax()) - 105) <= 1


def test_the_level_follows_loudness_up_at_once_and_down_slowly():
    _, _, level = features.hear(np.concatenate([sung("AA", 2), silence(8), 3 * sung("AA", 1)]))
    assert level[0] == pytest.approx(level[150])
    assert level[900] == pytest.approx(level[100] - 8 * features.LEVEL_FALL, abs=1.0)
    assert level[1050] > level[100] + 8


def test_a_click_is_not_speech():
    quiet = silence(3.0, noise=1e-4)
    loud = quiet.copy()
    loud[20_000:20_020] = 1
    assert features.hear(loud)[2].max() == features.QUIETEST_LEVEL
