"""Nested guidance: the folded passes against the formula."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from emogen.diffusion.guidance import plan
from tests.tiny import noise

scales = st.one_of(st.sampled_from([0.0, 1.0, 4.0]), st.floats(0, 12))


@settings(deadline=None, max_examples=50)
@given(scales, scales, st.booleans())
def test_weights_add_up_to_one(text, emotion, emotional):
    weights = plan(text_scale=text, emotion_scale=emotion, emotional=emotional).weights
    assert abs(sum(weights.values()) - 1) < 1e-9
    assert all(weights.values())
    assert emotional or "both" not in weights


@settings(deadline=None, max_examples=50)
@given(scales, scales)
def test_combination_is_the_formula(text, emotion):
    passes = {
        name: noise(2, 3, seed=i).double() for i, name in enumerate(("nothing", "text", "both"))
    }
    guidance = plan(text_scale=text, emotion_scale=emotion, emotional=True)
    got = guidance.combine(torch.cat([passes[branch] for branch in guidance.branches]))
    nothing, said, both = passes.values()
    assert_close(got, nothing + text * (said - nothing) + emotion * (both - said))


@settings(deadline=None, max_examples=50)
@given(scales, scales)
def test_without_emotion_it_is_plain_guidance(text, emotion):
    nothing, said = noise(1, 3).double(), noise(1, 3, seed=1).double()
    guidance = plan(text_scale=text, emotion_scale=emotion, emotional=False)
    passes = {"nothing": nothing, "text": said}
    got = guidance.combine(torch.cat([passes[branch] for branch in guidance.branches]))
    assert_close(got, nothing + text * (said - nothing))


def test_passes_that_cancel_are_left_out():
    def branches(text, emotion):
        return plan(text_scale=text, emotion_scale=emotion, emotional=True).branches

    assert branches(3, 3) == ("nothing", "both")
    assert branches(1, 1) == ("both",)
    assert branches(1, 2) == ("text", "both")
    assert branches(3, 0) == ("nothing", "text")
    assert branches(0, 0) == ("nothing",)
    assert branches(3, 2) == ("nothing", "text", "both")
