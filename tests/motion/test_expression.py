"""Emotion on the face: the published prototypes, linear in strength, mouths hardly opened."""

import numpy as np
import pytest

from emogen.emotion import MIKELS, EmotionPoint
from emogen.motion import schema
from emogen.motion.expression import MOOD_GAPE, condition, expression

PUBLISHED = {
    "amusement": "6 12", "sadness": "1 4 15", "awe": "1 2 5 26", "fear": "1 2 4 5 20 26",
    "anger": "4 5 7 23", "disgust": "9 15 16",
}  # fmt: skip


def face(name, strength=1.0):
    return expression(EmotionPoint.from_category(name, strength).vector()[None])[0]


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_action_units_are_shown(name):
    shown = face(name)
    for unit in PUBLISHED[name].split():
        names = [n for n in schema.NAMES if n.split("_")[0] == f"AU{unit}"]
        assert min(shown[schema.index(n)] for n in names) >= 0.3 - 1e-6, unit


def test_neutral_is_rest_and_strength_is_linear():
    assert np.array_equal(expression(np.zeros((2, 12))), schema.rest(2))
    assert np.allclose(face("fear", 0.5), 0.5 * face("fear"), atol=1e-6)


@pytest.mark.parametrize("name", MIKELS)
def test_a_mood_opens_the_mouth_to_a_third_at_most(name):
    assert schema.lip_gap(face(name)) <= MOOD_GAPE + 1e-6


def test_faces_differ():
    faces = np.stack([face(name) for name in MIKELS])
    distance = np.linalg.norm(faces[:, None] - faces[None], axis=-1)
    assert distance[~np.eye(8, dtype=bool)].min() > 0.5


def test_the_network_is_told_nine_shares_and_three_coordinates():
    told = condition(EmotionPoint.from_category("awe", 0.6).vector()[None])
    assert told.shape == (1, 12)
    assert told[0, :9].sum() == pytest.approx(1)
    assert told[0, 8] == pytest.approx(0.4)
