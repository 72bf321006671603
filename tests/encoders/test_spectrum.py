"""Pictures in logarithmic frequency: rows of known tones, loudness, moves."""

import numpy as np
import pytest
import torch

from emogen.encoders.spectrum import (
    LOWEST_HERTZ,
    ROWS,
    ROWS_AN_OCTAVE,
    decibels_of,
    level_of,
    pictures_of,
)
from tests.encoders.voices import babble, silence, tone


def rows_of(samples):
    return decibels_of(torch.from_numpy(samples)[None])


@pytest.mark.parametrize("hertz", [140.0, 441.0, 1760.0, 6000.0])
def test_a_tone_lies_in_its_row(hertz):
    row = int(rows_of(tone(hertz, 1.0))[0, 20:40].mean(0).argmax())
    expected = ROWS_AN_OCTAVE * np.log2(hertz / LOWEST_HERTZ)
    assert row == pytest.approx(expected, abs=1.0)


def test_an_octave_higher_is_the_same_picture_moved_up():
    low, high = (rows_of(tone(hertz, 1.0))[0, 30] for hertz in (700.0, 1400.0))
    moved = torch.roll(low, ROWS_AN_OCTAVE)
    loud = high > high.max() - 20
    assert (moved - high)[loud].abs().max() < 6


def test_a_full_sine_is_near_zero_decibels_and_silence_at_the_floor():
    assert float(rows_of(tone(440.0, 1.0, loud=1.0))[0, 30].max()) > -18
    assert float(rows_of(silence(1.0)).max()) == pytest.approx(-100)


def test_pictures_do_not_change_with_gain_and_show_nothing_of_silence():
    sound = babble(3.0)
    loud, quiet = (pictures_of(rows_of(gain * sound)) for gain in (1.0, 0.1))
    above = loud > -0.5  # below it lies the floor, which has no gain
    assert (loud - quiet)[above].abs().max() < 0.05
    assert loud.shape == (1, 1, ROWS, -(-len(sound) // 256))


def test_level_is_that_of_the_loud_parts():
    half = np.concatenate([tone(440.0, 1.5), silence(1.5)])
    assert float(level_of(rows_of(half))) == pytest.approx(
        float(level_of(rows_of(tone(440.0, 3.0)))), abs=1.0
    )
