"""Streams through windows: however they are cut, the rows of a stretch, and little is kept."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emogen.errors import InputError
from emogen.pipelines.talking.rolling import Rolling


def blocks_of(rows, cuts):
    return np.split(rows, sorted(cuts))


@given(st.integers(1, 60), st.lists(st.integers(0, 60), max_size=8), st.integers(1, 9))
def test_windows_equal_those_of_the_whole(count, cuts, step):
    rows = np.arange(count, dtype=np.float32)[:, None]
    rolling = Rolling(blocks_of(rows, [cut for cut in cuts if cut <= count]))
    for first in range(-2, count + 3, step):
        window = rolling.window(first, first + 7)
        assert window[:, 0].tolist() == np.arange(first, first + 7).clip(0, count - 1).tolist()


def test_only_a_window_is_kept():
    rolling = Rolling(np.zeros((5, 3), np.float32) for _ in range(1000))
    for first in range(0, 4900, 24):
        rolling.window(first, first + 33)
        assert len(rolling._kept) <= 33 + 5 + 24
    assert rolling.reaches(5000)
    assert not rolling.reaches(5001)
    assert (rolling.ended, rolling.count) == (True, 5000)


def test_nothing_is_taken_before_it_is_needed():
    taken = []

    def source():
        for number in range(100):
            taken.append(number)
            yield np.full((2, 1), number)

    rolling = Rolling(source())
    assert taken == []
    rolling.window(0, 5)
    assert taken == [0, 1, 2]


def test_no_rows_at_all():
    rolling = Rolling([], name="sketch frames")
    assert not rolling.reaches(1)
    with pytest.raises(InputError, match="expected sketch frames to draw from, got none"):
        rolling.window(0, 3)
