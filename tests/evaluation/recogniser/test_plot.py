"""The plot shows what was recognised, where it was."""

import numpy as np
import pytest

from emogen.evaluation.recogniser.plot import COLOURS, HEADER, WIDTH, plot
from emogen.media import Audio, Clip
from tests.evaluation.recogniser.tiny_encoders import RATE, coloured, tiny_recogniser, tone


@pytest.fixture(scope="module")
def recogniser():
    return tiny_recogniser()


def shows(pixels, name):
    """How many pixels have the colour of a category, and their mean column."""
    found = np.abs(pixels.astype(int) - COLOURS[name]).max(-1) <= 2
    return found.sum(), float(np.nonzero(found)[1].mean()) if found.any() else None


def test_a_turn_is_seen_from_left_to_right(recogniser) -> None:
    frames = coloured("sadness", "anger", seconds=4.0)
    pixels = plot(recogniser.recognise(Clip(frames=frames, fps=8)))
    chart = pixels[HEADER:, : WIDTH - 300]
    (blue, left), (red, right) = shows(chart, "sadness"), shows(chart, "anger")
    assert min(blue, red) > 5000
    assert right - left > 200


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_kind_has_a_picture(recogniser, theme) -> None:
    sound = Audio(samples=tone("excitement", 2)[None], sample_rate=RATE)
    made = Clip(frames=coloured("sadness"), fps=8).with_audio(sound)
    silent = Clip(frames=coloured("nothing"), fps=8)
    for source in (made, silent, "I cried", "I cried. So funny!"):
        pixels = plot(recogniser.recognise(source), theme=theme)
        assert pixels.dtype == np.uint8
        assert pixels.shape[1:] == (WIDTH, 3)
        assert 300 < pixels.shape[0] < 1000


def test_an_hour_is_drawn(recogniser) -> None:
    frames = coloured("sadness", "anger", seconds=1800, fps=1, size=(4, 4))
    pixels = plot(recogniser.recognise(Clip(frames=frames, fps=1)))
    assert shows(pixels, "anger")[0] > 5000
