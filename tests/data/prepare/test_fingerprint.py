"""Fingerprints: the same clip in other clothes matches, another clip does not."""

import numpy as np
import pytest
from PIL import Image
from scipy.fft import dctn

from emogen.data.prepare.fingerprint import (
    SIDE,
    Fingerprint,
    _cosines,
    find_copies,
    fingerprint,
)
from tests.data.prepare.clips import scene


def small(frames):
    return np.stack([np.array(Image.fromarray(frame).resize((SIDE, SIDE), Image.Resampling.BOX))
                     for frame in frames])


def bits_apart(first, second):
    return int(np.bitwise_count(first.bits ^ second.bits).sum())


def test_the_transform_is_that_of_scipy():
    picture = np.random.default_rng(0).random((SIDE, SIDE))
    ours = _cosines() @ picture @ _cosines().T
    np.testing.assert_allclose(ours, dctn(picture, norm="ortho")[:8, :8], atol=1e-12)


def test_text_and_back():
    one = fingerprint(small(scene(1, 9)))
    again = Fingerprint.from_text(one.to_text())
    assert bits_apart(one, again) == 0
    assert (one.grid == again.grid).all()


@pytest.mark.parametrize("change", ["larger", "noisy", "brighter"])
def test_copies_are_near_and_others_far(change):
    clips = [scene(seed, 16) for seed in range(6)]
    rng = np.random.default_rng(1)
    if change == "larger":
        changed = [scene(seed, 16, width=128, height=96) for seed in range(6)]
    elif change == "noisy":
        changed = [np.clip(c + rng.normal(0, 8, c.shape), 0, 255).astype(np.uint8) for c in clips]
    else:
        changed = [np.clip(c.astype(int) + 6, 0, 255).astype(np.uint8) for c in clips]
    prints = [fingerprint(small(clip)) for clip in (*clips, *changed)]
    assert find_copies(prints, [1.0] * 12, most_bits=18) == {6 + i: i for i in range(6)}


def test_other_colours_and_other_lengths_are_no_copies():
    grey = np.repeat(scene(2, 16).mean(axis=-1, keepdims=True), 3, axis=-1).astype(np.uint8)
    red = (grey * [1.0, 0.6, 0.6]).astype(np.uint8)
    prints = [fingerprint(small(clip)) for clip in (grey, red, grey)]
    assert find_copies(prints, [1.0, 1.0, 2.0], most_bits=18) == {}
    assert find_copies(prints, [1.0, 1.0, 1.05], most_bits=18) == {2: 0}
    assert find_copies(prints, [1.0, 1.0, 1.0], most_bits=-1) == {}


def test_blank_clips_have_a_steady_fingerprint():
    blank = np.full((5, SIDE, SIDE, 3), 255, np.uint8)
    assert bits_apart(fingerprint(blank), fingerprint(blank)) == 0
