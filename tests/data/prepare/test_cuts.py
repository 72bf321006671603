"""Scene cuts: found where shots are joined, not where something moves or flashes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from emogen.data.prepare.cuts import changes, find_cuts, shots
from tests.data.prepare.clips import scene


def small(frames):
    return np.stack([np.array(Image.fromarray(frame).resize((32, 32), Image.Resampling.BOX))
                     for frame in frames])


@pytest.mark.parametrize("seed", range(8))
def test_joined_scenes_are_cut_where_they_are_joined(seed):
    joined = [scene(10 * seed + part, count) for part, count in enumerate((12, 9, 20))]
    assert find_cuts(small(np.concatenate(joined))) == [12, 21]


@pytest.mark.parametrize("seed", range(4))
def test_movement_is_no_cut(seed):
    assert find_cuts(small(scene(seed, 40, fps=6))) == []


def test_a_pan_is_no_cut():
    wide = scene(3, 1, width=400)[0]
    frames = np.stack([wide[:, 8 * index: 8 * index + 64] for index in range(40)])
    assert find_cuts(small(frames)) == []


def test_a_flash_is_no_cut():
    frames = scene(5, 30)
    frames[14:16] = 255
    assert find_cuts(small(frames)) == []


def test_a_figure_that_jumps_before_a_still_ground_is_no_cut():
    frames = np.full((20, 48, 64, 3), 255, np.uint8)
    frames[:10, 10:30, 10:30] = (200, 0, 0)
    frames[10:, 20:40, 30:50] = (0, 0, 200)
    assert find_cuts(small(frames)) == []


def test_one_frame_has_no_change():
    assert len(changes(scene(1, 1))) == 0
    assert find_cuts(small(scene(1, 1))) == []


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 200), st.sets(st.integers(1, 199), max_size=6))
def test_shots_cover_every_frame_once(count, places):
    cuts = sorted(place for place in places if place < count)
    parts = shots(count, cuts)
    assert [frame for first, many in parts for frame in range(first, first + many)] == list(
        range(count))
