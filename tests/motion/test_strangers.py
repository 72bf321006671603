"""Strangers: everybody looks different, and every time the same."""

import numpy as np
import pytest

from emogen.errors import InputError
from emogen.motion.strangers import Stranger
from tests.motion.rig.faces import row


def test_a_seed_is_a_person():
    frames = [Stranger(seed=seed, size=(64, 64)).frame(row()) for seed in (1, 1, 2)]
    assert (frames[0] == frames[1]).all()
    assert np.abs(frames[0].astype(int) - frames[2]).mean() > 5


def test_strangers_are_many():
    styles = [Stranger(seed=seed).style for seed in range(60)]
    assert len({style.hair for style in styles}) == 6
    assert 0 < sum(bool(style.beard) for style in styles) < 40
    brightness = [sum(style.head.skin) for style in styles]
    assert max(brightness) > 2 * min(brightness)


def test_sizes_are_checked():
    with pytest.raises(InputError, match="expected a size of 64"):
        Stranger(seed=0, size=(8, 8))
