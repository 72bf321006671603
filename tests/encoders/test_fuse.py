"""The policy of fusion: requests win, confidence weighs, the voice decides, tokens say who."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emogen.emotion import EmotionPoint, Keyframe, Trajectory, parse
from emogen.emotion.labels import CATEGORIES
from emogen.encoders.fuse import DEFAULT_FPS, DOUBT, TOKEN_WIDTH, Fusion, fuse
from emogen.encoders.reading import SOURCES, Readings
from emogen.encoders.request import read_request
from emogen.errors import InputError

SECONDS = 8.0
FRAMES = 51


def saying(source, category, confidence=0.8, share=0.9):
    row = np.where(np.arange(9) == CATEGORIES.index(category), share, (1 - share) / 8)
    vector = EmotionPoint.from_category(category, share).vector()
    count = int(SECONDS)
    return Readings(source=source, seconds=np.arange(count) + 0.5, spans=np.ones(count),
                    distribution=np.tile(row, (count, 1)), vectors=np.tile(vector, (count, 1)),
                    confidence=np.full(count, confidence))  # fmt: skip


def fused(*said, seconds=SECONDS):
    return fuse({one.source: one for one in said}, seconds=seconds)


def weight(fusion, source):
    return fusion.weights[:, SOURCES.index(source)]


def test_shapes_and_tokens():
    fusion = fused(saying("voice", "anger"), saying("words", "anger"))
    assert fusion.tokens.shape == (FRAMES, 5, TOKEN_WIDTH)
    assert fusion.presence.shape == fusion.confidence.shape == fusion.weights.shape == (FRAMES, 5)
    assert fusion.vectors.shape == (FRAMES, 12)
    token = fusion.tokens[3, SOURCES.index("voice")]
    assert token[4] == pytest.approx(0.9)  # anger
    assert token[13] == pytest.approx(0.8)  # confidence
    assert token[14:].tolist() == [0, 1, 0, 0, 0]
    assert not fusion.tokens[:, SOURCES.index("portrait")].any()
    assert "words, voice" in repr(fusion)


def test_weights_add_up_and_absent_sources_have_none():
    fusion = fused(saying("voice", "anger"), saying("tone", "anger"), saying("words", "anger"))
    assert np.allclose(fusion.weights.sum(1), 1)
    assert not weight(fusion, "portrait").any()
    assert (weight(fusion, "voice") > weight(fusion, "words")).all()


def test_nobody_says_anything_is_neutral():
    fusion = fused(Readings.absent("voice"), Readings.absent("words", "no transcript"))
    assert not fusion.vectors.any()
    assert not fusion.weights.any()
    assert fusion.trajectory.is_neutral
    assert fusion.to_json()["sources"]["words"]["notes"] == ["no transcript"]


def test_neutral_words_do_not_dilute_a_voice():
    plain = fused(saying("voice", "anger"))
    both = fused(saying("voice", "anger"), saying("words", "neutral", share=1.0))
    assert np.allclose(plain.vectors, both.vectors)


def test_the_request_wins_everywhere_and_disagreement_is_told():
    request = parse("sadness:0.8@0s -> amusement@4s")
    asked = read_request(request, num_frames=FRAMES, fps=DEFAULT_FPS)
    fusion = fused(saying("voice", "anger"), saying("words", "anger"), asked)
    assert np.array_equal(fusion.vectors, request.sample(FRAMES, DEFAULT_FPS))
    assert (weight(fusion, "request") == 1).all()
    assert not weight(fusion, "voice").any()
    assert fusion.presence[:, SOURCES.index("voice")].all()  # shown all the same
    pairs = {found.between for found in fusion.conflicts}
    assert pairs == {("voice", "request"), ("words", "request")}
    assert all(found.decided_by == "request" for found in fusion.conflicts)
    assert all(0 <= found.start < found.end <= SECONDS for found in fusion.conflicts)


def test_asking_for_neutral_is_a_request_too():
    asked = read_request(Trajectory.constant(EmotionPoint()), num_frames=FRAMES, fps=DEFAULT_FPS)
    assert not fused(saying("voice", "anger"), asked).vectors.any()


def test_words_against_the_voice_weigh_nothing_and_cost_it_confidence():
    agreed = fused(saying("voice", "anger"), saying("words", "anger"))
    torn = fused(saying("voice", "anger"), saying("words", "amusement"))
    assert not weight(torn, "words").any()
    assert (weight(agreed, "words") > 0).all()
    voice = SOURCES.index("voice")
    assert (torn.confidence[:, voice] < agreed.confidence[:, voice]).all()
    assert (torn.confidence[:, voice] >= (1 - DOUBT) * agreed.confidence[:, voice]).all()
    (found,) = torn.conflicts
    assert found.decided_by == "voice"
    assert np.allclose(torn.vectors[:, 4], 0.9, atol=1e-6)


def test_sampling_is_like_a_trajectory():
    fusion = fused(saying("voice", "sadness"))
    assert fusion.sample(200, 25).shape == (200, 12)
    assert fusion.latent(33, 25).shape == (9, 12)
    assert np.allclose(fusion.trajectory.sample(50, 25), fusion.sample(50, 25), atol=1e-3)
    with pytest.raises(InputError, match=r"4k\+1"):
        fusion.latent(32, 25)
    with pytest.raises(InputError, match="at least one frame"):
        fusion.sample(0, 25)


def test_the_summary_is_plain_json():
    fusion = fused(saying("voice", "anger"), saying("words", "amusement"))
    told = json.loads(json.dumps(fusion.to_json()))
    assert told["sources"]["voice"]["says"] == "anger"
    assert told["sources"]["voice"]["weight"] == pytest.approx(1.0)
    assert len(told["moments"]) == len(fusion.vectors)
    for row, name in ((SOURCES.index("voice"), "voice"), (SOURCES.index("request"), "request")):
        curves = told["sources"][name].get("curves")
        assert (curves is None) == (not fusion.presence[:, row].any())
    curves = told["sources"]["voice"]["curves"]
    voice = SOURCES.index("voice")
    assert [value is not None for value in curves["valence"]] == fusion.presence[:, voice].tolist()
    told_weights = [value or 0.0 for value in curves["weight"]]
    assert told_weights == pytest.approx(fusion.weights[:, voice], abs=1e-3)
    assert told["conflicts"][0]["between"] == ["words", "voice"]
    assert len(told["emotion"]) == 8
    assert told["emotion"][0]["label"] == "anger"


@pytest.mark.parametrize(("seconds", "fps"), [(0, 6.25), (-1, 6.25), (float("inf"), 5), (1, 0)])
def test_lengths_and_rates_that_cannot_be_are_refused(seconds, fps):
    with pytest.raises(InputError, match="above 0"):
        fuse({}, seconds=seconds, fps=fps)


def test_a_reading_under_another_name_is_refused():
    with pytest.raises(InputError, match="under the name"):
        fuse({"words": saying("voice", "anger")}, seconds=SECONDS)


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(st.sampled_from(SOURCES[:4]), st.tuples(
    st.sampled_from(CATEGORIES), st.floats(0, 1), st.floats(0.2, 1))))
def test_whatever_is_said_the_result_is_a_valid_emotion(said):
    fusion = fused(*[saying(source, *rest) for source, rest in said.items()])
    total = fusion.weights.sum(1)
    assert np.all(np.isclose(total, 1) | (total == 0))
    assert isinstance(fusion, Fusion)
    for row in fusion.vectors[::10]:
        EmotionPoint.from_vector(row)
    assert fusion.vectors[:, 11].max() <= 1 + 1e-6


def test_a_curve_that_asks_late_still_holds_from_the_start():
    late = Trajectory(keyframes=(Keyframe(seconds=5, point=EmotionPoint.from_category("awe")),))
    asked = read_request(late, num_frames=FRAMES, fps=DEFAULT_FPS)
    assert np.allclose(fused(saying("voice", "anger"), asked).vectors[0], late.at(0).vector())
