"""The motion schema: unique names, limits that hold, one definition of the opening."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emogen.errors import InputError
from emogen.motion import schema


def test_channels_are_unique_and_rest_within_their_limits():
    assert len(set(schema.NAMES)) == schema.WIDTH == 37
    assert ((schema.LOW <= schema.REST) & (schema.REST <= schema.HIGH)).all()
    groups = {channel.group for channel in schema.CHANNELS}
    assert sorted(c for group in groups for c in schema.columns(group)) == list(range(37))


def test_an_unknown_channel_is_named_with_a_suggestion():
    with pytest.raises(InputError, match=r"did you mean 'au26'"):
        schema.index("AU266")


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_the_gap_is_what_the_definition_says(parted, jaw, closure):
    frame = schema.rest(1)
    frame[0, [schema.index(n) for n in ("AU25", "AU26", "closure")]] = parted, jaw, closure
    expected = max(0.35 * parted, jaw) * (1 - closure)
    assert schema.lip_gap(frame)[0] == pytest.approx(expected, abs=1e-5)


def test_sealed_lips_have_no_gap_whatever_the_jaw_does():
    frame = np.tile(schema.HIGH, (1, 1))
    assert schema.lip_gap(frame)[0] == 0
