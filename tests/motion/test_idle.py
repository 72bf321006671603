"""Eyes and chest: natural rates, phrase ends, the seed, and stretches of any length."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emogen.emotion import EmotionPoint
from emogen.evaluation.metrics.gestures import blinks
from emogen.motion.idle import Idle, IdleSettings


def life(count, *, seed=0, activity=None, mood=None, settings=None):
    activity = np.zeros(count) if activity is None else activity
    vectors = np.zeros((count, 12)) if mood is None else np.tile(mood, (count, 1))
    return Idle(seed, settings).move(activity, vectors, np.zeros((count, 2)))


def talk(count):
    return (np.arange(count) % 100 < 75).astype(float)  # three seconds of speech, one of pause


def test_blinks_are_as_frequent_irregular_and_short_as_peoples():
    found = [blinks(life(7500, seed=s, activity=talk(7500))[:, 0], fps=25) for s in range(6)]
    assert 12 <= np.mean([f.rate for f in found]) <= 24
    assert 0.4 < np.mean([f.variation for f in found]) < 1.3
    assert 0.04 <= np.mean([f.duration for f in found]) <= 0.4


def test_blinks_gather_where_phrases_end():
    lids = np.concatenate([life(7500, seed=s, activity=talk(7500))[:, 0] for s in range(6)])
    begins = np.flatnonzero((lids[1:] > 0) & (lids[:-1] == 0)) % 100
    ends = ((begins > 73) & (begins < 90)).mean()
    assert ends > 1.8 * 0.16


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(1, 299), max_size=4, unique=True))
def test_stretches_of_any_length_give_the_same(cuts):
    whole = life(300, seed=3, activity=talk(300))
    idle = Idle(3)
    parts = [
        idle.move(piece, np.zeros((len(piece), 12)), np.zeros((len(piece), 2)))
        for piece in np.split(talk(300), sorted(cuts))
    ]
    assert np.array_equal(np.concatenate(parts), whole)
    assert not np.array_equal(life(300, seed=4, activity=talk(300)), whole)


def test_settings_are_obeyed():
    assert life(3000, settings=IdleSettings(blinks=0))[:, :2].max() == 0
    assert life(3000, settings=IdleSettings(gaze=0))[:, 2:4].std() == 0
    assert life(3000, settings=IdleSettings(breath=0))[:, 4].max() == 0


@pytest.mark.parametrize(("mood", "sign"), [("sadness", 1), ("awe", -1)])
def test_moods_look_where_they_look(mood, sign):
    vector = EmotionPoint.from_category(mood).vector()
    assert sign * life(3000, mood=vector)[:, 3].mean() > 0.15


def test_eyes_turn_against_the_head():
    idle = Idle(0, IdleSettings(gaze=0))
    head = np.tile([20.0, 0.0], (50, 1))
    assert idle.move(np.zeros(50), np.zeros((50, 12)), head)[-1, 2] < -0.3
