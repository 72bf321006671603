"""The rig as a talking head: streams give what the whole gives, at any rate."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emogen.emotion import parse
from emogen.errors import InputError
from emogen.motion import MotionTrack, resample, schema
from emogen.motion.a2m import AudioToMotion
from emogen.motion.rig import VectorPortrait, draw, readable
from emogen.motion.track import join
from emogen.pipelines.rig_head import RigHead, limited, paced
from tests.motion.voices import syllables

SIZE = (64, 64)


def lively(frames, seed=0):
    """A babbling track with a mood that the limit has something to take from."""
    rng = np.random.default_rng(seed)
    values = schema.rest(frames)
    values[:, schema.index("AU26")] = rng.uniform(0, 1, frames)
    values[:, schema.index("AU12_left")] = 0.95
    values[frames // 2 :, schema.index("AU26")] = 0.6
    emotion = rng.dirichlet(np.ones(9), frames).astype(np.float32)
    return MotionTrack(values=schema.clamp(values), emotion=emotion)


def cut(track, places):
    edges = [0, *sorted(place for place in places if 0 < place < len(track)), len(track)]
    edges = sorted(set(edges))
    return [track[begin:end] for begin, end in pairwise(edges)]


@given(places=st.lists(st.integers(1, 149), max_size=6), seed=st.integers(0, 5))
@settings(max_examples=25, deadline=None)
def test_limited_in_pieces_is_limited_as_a_whole(places, seed) -> None:
    track = lively(150, seed)
    whole = readable(track)
    assert not np.array_equal(whole.values, track.values)
    np.testing.assert_array_equal(join(list(limited(cut(track, places)))).values, whole.values)


@given(places=st.lists(st.integers(1, 99), max_size=5), fps=st.sampled_from([10, 24, 25, 30, 60]))
@settings(max_examples=25, deadline=None)
def test_pace_is_that_of_the_whole(places, fps) -> None:
    track = lively(100)
    rows = list(paced(cut(track, places), fps))
    whole = resample(track, fps=fps)
    assert len(rows) == int(np.ceil(100 * fps / 25))
    count = min(len(rows), len(whole))
    np.testing.assert_allclose([row for row, _ in rows[:count]], whole.values[:count], atol=1e-5)
    np.testing.assert_allclose([mood for _, mood in rows[:count]], whole.emotion[:count],
                               atol=1e-5)


def test_streamed_frames_are_those_of_the_whole_sound() -> None:
    sound, _ = syllables(4)
    portrait, a2m = VectorPortrait(character="woman", size=SIZE), AudioToMotion()
    mood = parse("sadness:0.8 -> amusement", seconds=3)
    expected = list(draw(portrait, a2m.animate(sound, emotion=mood)))
    head, seen = RigHead(portrait, a2m=a2m), []
    blocks = [sound[start : start + 3001] for start in range(0, len(sound), 3001)]
    frames = list(head.stream(blocks, emotion=mood, watch=seen.append))
    assert len(frames) == len(expected) == sum(map(len, seen)) == int(np.ceil(len(sound) / 640))
    np.testing.assert_array_equal(frames, expected)


def test_the_mouth_opens_with_the_vowels_and_the_face_with_the_mood() -> None:
    sound, middles = syllables(4)
    tracks = []
    head = RigHead(VectorPortrait(character="fox", size=SIZE), fps=12)
    frames = list(head.stream([sound], emotion=parse("anger"), watch=tracks.append))
    assert len(frames) == int(np.ceil(len(sound) / 640 * 12 / 25))
    track = join(tracks)
    gap = schema.lip_gap(track.values)
    assert gap[np.round(middles * 25).astype(int)].mean() > gap[:15].mean() + 0.1
    assert track.channel("AU4").mean() > 0.4


def test_a_reader_that_stops_early_ends_the_stream() -> None:
    head, asked = RigHead(VectorPortrait(character="woman", size=SIZE)), []

    def blocks():
        for _ in range(100):
            asked.append(1)
            yield np.zeros(16_000, np.float32)

    stream = head.stream(blocks())
    next(stream)
    stream.close()
    assert len(asked) < 20


def test_no_rate_out_of_reach() -> None:
    with pytest.raises(InputError, match="1 to 120 frames a second, got 0"):
        RigHead(VectorPortrait(character="woman", size=SIZE), fps=0)
