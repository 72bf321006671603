"""Words: EmoVid's sentence to the letter, dropout in the stated shares."""

import numpy as np
import pytest

from emogen.data.prepare.wording import (
    BOTH_DROP,
    EMOTION_DROP,
    TEXT_DROP,
    describe,
    draw,
    words_of,
)
from emogen.emotion import MIKELS


@pytest.mark.parametrize("emotion", MIKELS)
def test_the_way_of_emovid(emotion):
    words = words_of("A man runs", emotion, identity="x")
    assert words.emovid == f'A man runs. The video is in the "{emotion}" emotion'
    assert words.phrase == f'The video is in the "{emotion}" emotion'
    assert emotion in words.told.lower()
    assert words.told.startswith("A man runs. ")
    assert len(words.texts) == 3


def test_no_emotion_is_no_sentence():
    for emotion in ("", "neutral"):
        assert words_of("a  cat\n", emotion, identity="x").texts == ("a cat",)


def test_mixtures_curves_and_strengths_are_told():
    assert describe("awe:0.6+fear:0.4") == "awe and fear"
    assert describe("sadness:0.2") == "slight sadness"
    assert describe("neutral@0s -> anger@2s") == "calm turning into anger"
    assert describe("happy").startswith("amusement and")


def test_identities_spread_over_the_templates_and_stay():
    told = [words_of("", "awe", identity=str(i)).told for i in range(60)]
    assert len(set(told)) == 6
    assert told == [words_of("", "awe", identity=str(i)).told for i in range(60)]


def test_dropout_in_the_stated_shares():
    words = words_of("a cat", "awe", identity="x")
    rng = np.random.default_rng(0)
    drawn = [draw(words, rng) for _ in range(20000)]
    share = {
        "nothing": np.mean([not text and not felt for text, felt in drawn]),
        "no words": np.mean([not text and felt for text, felt in drawn]),
        "no emotion": np.mean([bool(text) and not felt for text, felt in drawn]),
    }
    assert share["nothing"] == pytest.approx(BOTH_DROP, abs=0.006)
    assert share["no words"] == pytest.approx(TEXT_DROP, abs=0.008)
    assert share["no emotion"] == pytest.approx(EMOTION_DROP, abs=0.008)
    assert {text for text, felt in drawn if text and not felt} == {"a cat"}
    assert {text for text, _ in drawn} == {"", *words.texts}
