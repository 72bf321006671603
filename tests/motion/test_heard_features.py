"""Audio features of the talking head: rows a frame, cuts that do not matter, sound where it is."""

import numpy as np
import pytest

from emogen.errors import InputError
from emogen.motion import features
from emogen.motion.ear import Ear, EarShape
from emogen.motion.heard_features import (
    LAYERS,
    WIDTH,
    ear_margin,
    heard_features,
    heard_layers,
)
from emogen.motion.talking import around_of
from tests.motion.voices import silence, syllables


@pytest.fixture(scope="module")
def ear():
    return Ear(EarShape(width=16, dilations=(1, 2))).eval()


def test_there_is_a_row_a_frame_however_the_sound_comes(ear):
    sound = syllables(3)[0][: 16_000 * 3 + 333]
    whole = np.concatenate(list(heard_features(ear, [sound])))
    cuts = [sound[i : i + 1234] for i in range(0, len(sound), 1234)]
    pieces = np.concatenate(list(heard_features(ear, cuts)))
    assert whole.shape == (-(-len(sound) // 640), LAYERS, WIDTH)
    assert np.array_equal(whole, pieces)


def test_loudness_and_voice_are_where_they_sound(ear):
    sound, middles = syllables(4)
    rows = np.concatenate(list(heard_features(ear, [sound])))
    voiced = rows[:, 1, 42]  # of the first of a frame's two phone frames
    for middle in middles:
        assert voiced[round(25 * middle)] == 1
        assert voiced[round(25 * (middle + 0.25))] == 0


def test_packed_sound_is_heard_like_the_sound_itself(ear):
    """What the cache keeps gives the features of the stream, where the level has settled."""
    sound = np.concatenate([syllables(6)[0], silence(1.0)])
    streamed = np.concatenate(list(heard_features(ear, [sound])))
    mel, pitch, level = features.hear(sound)
    habit = 0.0
    habits = []
    for start in range(0, len(pitch), 50):
        habit = features.usual_pitch(pitch[start : start + 50], habit)
        habits += [habit] * 50
    margin = ear_margin(ear)
    packed = np.column_stack([
        features.scaled(mel, level), features.loudness(mel) - level, np.repeat(pitch, 2),
        np.repeat(habits[: len(pitch)], 2),
    ]).astype(np.float32)  # fmt: skip
    first, count = 30, 50
    stretch = packed[4 * first - margin : 4 * (first + count) + margin]
    rows = heard_layers(ear, around_of(stretch, margin=margin), margin=margin)
    assert np.abs(rows - streamed[first : first + count]).max() < 1e-4


def test_no_sound_and_wide_ears_are_refused(ear):
    with pytest.raises(InputError, match="expected sound to listen to"):
        list(heard_features(ear, []))
    with pytest.raises(InputError, match="expected an ear of at most 128"):
        list(heard_features(Ear(EarShape(width=144, dilations=(1,))), [silence(1.0)]))
