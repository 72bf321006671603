"""Negative prompts by emotion: what must go goes, what is asked is never banned."""

import pytest

from emogen.emotion import MIKELS, parse
from emogen.pipelines.negative import WAN_NEGATIVE, negative_prompt


def phrases(text):
    return [part.strip() for part in text.split(",")]


@pytest.mark.parametrize("emotion", [None, parse("neutral")])
def test_nothing_changes_without_an_emotion(emotion):
    assert negative_prompt(WAN_NEGATIVE, emotion) == WAN_NEGATIVE


@pytest.mark.parametrize("name", MIKELS)
def test_each_emotion_gets_room_and_keeps_the_quality_words(name):
    got = phrases(negative_prompt(WAN_NEGATIVE, parse(name)))
    assert len(got) == len(set(got))
    assert {"worst quality", "extra fingers"} <= set(got)
    assert set(phrases(WAN_NEGATIVE)) - set(got)


def test_sadness_may_be_gray_and_must_not_smile():
    got = phrases(negative_prompt(WAN_NEGATIVE, parse("sadness")))
    assert "overall gray" not in got
    assert "smiling" in got


def test_a_faint_emotion_and_an_empty_base_change_nothing():
    assert negative_prompt(WAN_NEGATIVE, parse("sadness:0.1")) == WAN_NEGATIVE
    assert negative_prompt("", parse("sadness")) == ""


def test_a_curve_from_sad_to_amused_bans_neither_look():
    got = phrases(negative_prompt(WAN_NEGATIVE, parse("sadness@0s -> amusement@2s")))
    assert "smiling" not in got
    assert "crying" not in got
