import dataclasses

import numpy as np
import pytest

from emogen.data.motion import Motion, body_motion, category_weights
from emogen.data.synthetic import emotion_vector
from emogen.emotion.anchors import MIKELS_VAD
from emogen.emotion.labels import MIKELS


def moved(weights, *, seed=0, frames=33) -> Motion:
    return body_motion(np.tile(emotion_vector(weights), (frames, 1)), np.random.default_rng(seed))


def test_neutral_only_breathes_blinks_and_looks():
    motion = moved({})
    for name in ("x", "y", "tilt", "shake_x", "arm_raise", "head_tilt"):
        assert not getattr(motion, name).any(), name
    assert np.ptp(motion.breath) > 0.5
    assert (motion.squash == 1).all()
    assert (motion.scale == 1).all()


@pytest.mark.parametrize("category", MIKELS)
def test_more_intensity_moves_further_from_rest(category):
    def distance(intensity):
        motion = moved({category: intensity}, frames=161)
        still = {"scale": 1.0, "squash": 1.0}
        names = ("x", "y", "scale", "tilt", "squash", "shake_x", "arm_raise", "head_tilt")
        return sum(np.abs(getattr(motion, n) - still.get(n, 0.0)).mean() for n in names)

    assert 0 < distance(0.3) < distance(0.6) < distance(1.0)


def test_excitement_is_faster_than_sadness_and_fear_is_smaller():
    def changes(category):
        y = moved({category: 1.0}, frames=161).y
        return np.sum(np.diff(np.sign(np.diff(y))) != 0)

    assert changes("excitement") > 4 * changes("sadness")
    assert moved({"fear": 1.0}).scale.max() < 0.8
    assert moved({"anger": 1.0}).scale.min() > 1.0


def test_a_curve_moves_without_a_jump():
    ramp = np.linspace(0, 1, 65)[:, None]
    vectors = (1 - ramp) * emotion_vector({"sadness": 1.0}) + ramp * emotion_vector({"awe": 1.0})
    motion = body_motion(vectors, np.random.default_rng(3))
    for field in dataclasses.fields(motion):
        if field.name not in ("blink", "breath"):
            assert np.abs(np.diff(getattr(motion, field.name), axis=0)).max() < 0.1, field.name


def test_blinks_come_at_their_rate():
    blink = moved({}, frames=16 * 60).blink
    blinks = np.sum((blink[1:] > 0.5) & (blink[:-1] <= 0.5))
    assert 18 <= blinks <= 24  # 0.35 a second for a minute
    assert blink.min() >= 0
    assert blink.max() <= 1


def test_valence_and_arousal_alone_find_their_category():
    vectors = np.zeros((8, 12))
    vectors[:, 8:11], vectors[:, 11] = 0.5 * MIKELS_VAD, 0.5
    weights = category_weights(vectors)
    assert (weights.argmax(axis=1) == np.arange(8)).all()
    np.testing.assert_allclose(weights.sum(axis=1), 0.5, rtol=1e-6)


def test_categories_that_hold_all_intensity_are_kept():
    vector = emotion_vector({"awe": 0.3, "fear": 0.2})
    np.testing.assert_array_equal(category_weights(vector[None])[0], vector[:8].astype(float))
