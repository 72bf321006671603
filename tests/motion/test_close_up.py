"""Close-ups: larger faces, the same person, clear errors."""

import numpy as np
import pytest

from emogen.errors import InputError
from emogen.motion.close_up import CloseUp, close_up
from emogen.motion.rig import VectorPortrait
from emogen.motion.sketch import sketcher
from tests.motion.rig.faces import row


def face_width(portrait):
    drawn = sketcher(portrait).frame(row()).max(axis=-1) > 40
    return np.ptp(np.flatnonzero(drawn.any(axis=0)))


def test_zoom_enlarges_the_face():
    whole = VectorPortrait(character="woman", size=(128, 128))
    near = face_width(close_up(whole, zoom=1.5)) / face_width(whole)
    assert near == pytest.approx(1.5, abs=0.05)


def test_the_cut_stops_at_the_border():
    near = close_up(VectorPortrait(character="man"), zoom=1.1, shift=(1.0, -1.0))
    assert (near.left, near.top) == (near.portrait.size[0] - 128, 0)
    assert near.frame(row()).shape == (128, 128, 3)


@pytest.mark.parametrize("zoom", [0.5, 3])
def test_zooms_out_of_range_are_refused(zoom):
    with pytest.raises(InputError, match="expected a zoom of 1 to 2"):
        close_up(VectorPortrait(character="man"), zoom=zoom)


def test_a_cut_outside_is_refused():
    with pytest.raises(InputError, match="expected a cut inside"):
        CloseUp(portrait=VectorPortrait(character="man", size=(64, 64)), left=1, top=0,
                size=(64, 64))  # fmt: skip
