import colorsys

import numpy as np
import pytest

from emogen.data.attributes import colour_attributes, rgb_to_hsv
from emogen.errors import MediaError


def test_hsv_agrees_with_colorsys():
    pixels = np.random.default_rng(0).integers(0, 256, (500, 3), dtype=np.uint8)
    pixels[:4] = [[0, 0, 0], [255, 255, 255], [7, 7, 7], [255, 0, 255]]
    expected = [colorsys.rgb_to_hsv(*(pixel / 255)) for pixel in pixels]
    np.testing.assert_allclose(rgb_to_hsv(pixels), expected, atol=1e-5)


def test_mean_hue_is_circular():
    reds = np.array([[[[255, 0, 20], [255, 20, 0]]]], np.uint8)  # a little below and above 0
    hue = colour_attributes(reds)["hue"]
    assert min(hue, 1 - hue) < 1e-3


def test_measures_every_twentieth_frame():
    frames = np.zeros((33, 2, 2, 3), np.uint8)
    frames[[0, 20]] = 255
    assert colour_attributes(frames)["brightness"] == 1.0
    assert colour_attributes(frames, step=1)["brightness"] == pytest.approx(2 / 33, abs=1e-4)


@pytest.mark.parametrize("frames", [np.zeros((3, 4, 4), np.uint8), np.zeros((1, 4, 4, 3))])
def test_other_arrays_are_refused(frames):
    with pytest.raises(MediaError, match=r"expected uint8 frames"):
        colour_attributes(frames)
