"""The notation: what it means, what it refuses, and that it round-trips."""

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emogen.emotion.labels import LABELS, MIKELS
from emogen.emotion.notation import ARROWS, format, parse, parse_point  # noqa: A004
from emogen.emotion.point import FAINTEST, EmotionPoint
from emogen.emotion.trajectory import Keyframe, Trajectory
from emogen.errors import NotationError
from tests.emotion.test_point import in_bounds

unit = st.floats(-1, 1, allow_subnormal=False)
strength = st.floats(0, 1, allow_subnormal=False)
labels = st.builds(EmotionPoint.from_category, st.sampled_from(LABELS), strength)
coordinates = st.builds(EmotionPoint.from_vad, unit, unit, st.none() | unit)
mixtures = st.builds(
    lambda raw, valence, arousal, dominance, intensity: EmotionPoint(
        weights=tuple(np.array(raw) / sum(raw)), valence=valence, arousal=arousal,
        dominance=dominance, intensity=intensity),
    st.lists(st.floats(0.01, 1), min_size=8, max_size=8), unit, unit, unit, strength,
)
points = (labels | coordinates | mixtures).filter(
    lambda point: point.intensity == 0 or point.intensity > 2 * FAINTEST)


@st.composite
def trajectories(draw: st.DrawFn) -> Trajectory:
    steps = draw(st.lists(st.integers(1, 500), min_size=1, max_size=4))
    ways = st.sampled_from(list(ARROWS.values()))
    return Trajectory(keyframes=tuple(
        Keyframe(seconds=seconds / 100, point=draw(points), interpolation=draw(ways))
        for seconds in np.cumsum(steps).tolist()))


def test_category_and_strength() -> None:
    np.testing.assert_allclose(parse("sadness:0.7").at(0).vector()[[7, 11]], 0.7)
    assert parse("sadness").at(9).intensity == 1
    assert parse_point(" Sad : 0.5 ") == EmotionPoint.from_category("sad", 0.5)


def test_mixture_strengths_and_neutral_rest() -> None:
    np.testing.assert_allclose(parse_point("awe:0.6+fear:0.4").vector()[[1, 6, 11]], [0.6, 0.4, 1])
    assert parse_point("awe:0.5+neutral:0.5").intensity == pytest.approx(0.5)
    assert parse_point("awe+fear:0.4") == parse_point("awe:0.6+fear:0.4")
    assert parse_point("awe+fear") == parse_point("awe:0.5+fear:0.5")


def test_coordinates() -> None:
    np.testing.assert_allclose(parse_point("v=-0.4,a=0.7").vector()[8:10], [-0.4, 0.7], atol=1e-6)
    np.testing.assert_allclose(parse_point("a=-0.2, v=0.5, d=0.1:0.5").vector()[8:11],
                               [0.25, -0.1, 0.05], atol=1e-6)
    bracket = parse_point("awe:0.5[a=0.9]")
    assert bracket.arousal == 0.9
    assert bracket.valence == parse_point("awe").valence


def test_curve_and_arrows() -> None:
    trajectory = parse("sadness:0.8@0s -> amusement@2.5s")
    assert [frame.seconds for frame in trajectory.keyframes] == [0, 2.5]
    assert trajectory.at(0).dominant == "sadness"
    text = "fear@0 ~> awe@1s => v=0.5,a=0.1@1.5 o> calm@2"
    ways = [frame.interpolation for frame in parse(text).keyframes]
    assert ways == ["ease", "hold", "arc", "linear"]
    assert parse("v=-0.4,a=-0.1->joy@1").at(1).dominant == "amusement"


def test_times_left_out_are_spread_over_the_clip() -> None:
    times = [frame.seconds for frame in parse("fear -> awe -> joy", seconds=2).keyframes]
    assert times == [0, 1, 2]
    with pytest.raises(NotationError, match="expected a time in every stage"):
        parse("fear -> awe")


def test_neutral_is_exactly_zero() -> None:
    for text in ("neutral", "neutral:0.7", "v=0,a=0", "fear:0", "neutral@0 o> neutral@1"):
        assert not parse(text).sample(33, 16).any()
        assert parse(text).is_neutral
    assert format(EmotionPoint.neutral()) == "neutral"


@pytest.mark.parametrize("label", LABELS)
def test_every_label_reads_and_reads_again(label: str) -> None:
    point = parse_point(f"{label}:0.3", free_words=False)
    assert parse_point(format(point)) == point


@pytest.mark.parametrize(("text", "canonical"), [
    ("happy", "happiness"), ("scared:0.5", "fear:0.5"), ("awe+fear", "awe:0.5+fear:0.5"),
    ("v=0.5,a=-0.25,d=1", "v=0.5,a=-0.25,d=1"), ("joy@0 -> sad:1@2", "joy@0s -> sadness@2s"),
])
def test_canonical_form(text: str, canonical: str) -> None:
    assert format(parse(text)) == canonical
    assert format(parse(canonical)) == canonical


@given(points)
def test_points_round_trip(point: EmotionPoint) -> None:
    again = parse_point(format(point), free_words=False)
    np.testing.assert_allclose(again.vector(), point.vector(), atol=2e-5)
    in_bounds(again.vector())


@given(trajectories())
def test_trajectories_round_trip(trajectory: Trajectory) -> None:
    again = parse(format(trajectory), free_words=False)
    assert len(again.keyframes) == len(trajectory.keyframes)
    np.testing.assert_allclose(again.sample(33, 16), trajectory.sample(33, 16), atol=1e-3)
    in_bounds(again.latent(33, 16))


@given(st.text(max_size=40))
def test_any_text_parses_or_is_refused(text: str) -> None:
    with suppress(NotationError):
        in_bounds(parse(text, free_words=False).sample(5, 16))


@pytest.mark.parametrize(("text", "message"), [
    ("hapy", "unknown emotion 'hapy'; did you mean 'happy'? Known: amusement, awe"),
    ("amusment", "did you mean 'amusement'?"),
    ("sadnes:0.5", "did you mean 'sadness'?"),
    ("", "empty text"),
    ("sadness:1.5", "a strength in [0, 1], got '1.5'"),
    ("sadness:high", "a strength in [0, 1], got 'high'"),
    ("sadness:0.7:0.2", "joined by '+'"),
    ("awe:0.8+fear:0.8", "add up to at most 1, got 1.6"),
    ("awe:1+fear", "nothing left for the rest"),
    ("awe++fear", "joined by '+'"),
    ("v=2,a=0", "a number in [-1, 1], got '2'"),
    ("v=nan,a=0", "a number in [-1, 1], got 'nan'"),
    ("v=0.5", "both v= and a="),
    ("v=0.5,x=1", "fix 'x=1'"),
    ("v=0.5,v=0.5,a=1", "once each"),
    ("sadness@-1 -> awe@2", "a time such as 2.5s, got '-1'"),
    ("sadness@2 -> awe@1", "growing times"),
    ("sadness@1@2", "one time"),
    ("sadness ->", "in every stage"),
    ("-> sadness@1", "in every stage"),
    ('"sad', "close the quote"),
    ("tired; lonely", "put free words in double quotes"),
])
def test_bad_text_says_what_to_do(text: str, message: str) -> None:
    with pytest.raises(NotationError) as caught:
        parse(text)
    assert message in str(caught.value)


def test_a_curve_is_no_point_and_free_words_can_be_forbidden() -> None:
    with pytest.raises(NotationError, match="remove the arrow"):
        parse_point("fear@0 -> awe@1")
    with pytest.raises(NotationError, match="not allowed here"):
        parse('"bittersweet nostalgia"', free_words=False)
    with pytest.raises(NotationError, match="unknown emotion"):
        parse("bittersweet nostalgia", free_words=False)


def test_quoted_labels_are_labels() -> None:
    assert parse_point('"sad":0.5', free_words=False) == parse_point("sad:0.5")
    assert set(MIKELS) <= set(LABELS)
