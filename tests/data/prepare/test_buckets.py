"""Buckets: the nearest shape, the longest length, no frame outside a shot."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from emogen.data.prepare.buckets import Bucket, cropped_share, fitted, size_for, windows
from emogen.data.prepare.settings import WAN_FRAMES, WAN_SIZES


@given(st.integers(8, 4000), st.integers(8, 4000))
def test_the_nearest_shape_that_needs_no_great_enlarging(width, height):
    size = size_for(width, height, WAN_SIZES, upscale=2)
    fitting = [s for s in WAN_SIZES if max(s[0] / width, s[1] / height) <= 2]
    assert (size is None) == (not fitting)
    if size:
        def distance(s):
            return abs(np.log(s[0] / s[1]) - np.log(width / height))
        assert distance(size) <= min(map(distance, fitting)) + 0.011
        assert 0 <= cropped_share(width, height, size) < 1


def test_of_equal_shapes_the_largest():
    assert size_for(832, 480, [(416, 240), (832, 480)], upscale=1) == (832, 480)
    assert size_for(500, 300, [(416, 240), (832, 480)], upscale=1) == (416, 240)


@given(st.integers(0, 500), st.integers(0, 500), st.integers(1, 6))
def test_windows_lie_in_the_shot_and_do_not_overlap(first, count, most):
    found = windows(first, count, WAN_FRAMES, most=most)
    assert bool(found) == (count >= 17)
    assert len(found) <= most
    end = first
    for start, length in found:
        assert start >= end
        assert length == max(one for one in WAN_FRAMES if one <= count)
        end = start + length
    assert end <= first + count


def test_a_frame_is_cropped_around_its_middle():
    frame = np.zeros((64, 128, 3), np.uint8)
    frame[:, 32:96] = 255
    out = fitted(frame, Bucket(width=32, height=32, frames=1))
    assert out.shape == (32, 32, 3)
    assert out[:, 1:-1].min() > 250  # Lanczos rings a little
