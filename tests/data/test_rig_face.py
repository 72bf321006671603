"""The face: emotion vectors become action units, action units become pixels."""

import numpy as np
import pytest

from emogen.data.canvas import Canvas, affine
from emogen.data.rig.eyes import lids
from emogen.data.rig.face import (
    ACTION_UNITS,
    PROTOTYPES,
    FaceStyle,
    draw_face,
    expression,
    named,
)
from emogen.data.rig.mouth import lips
from emogen.errors import InputError

EMOTIONS = tuple(PROTOTYPES)


def emotion(name, intensity=1.0):
    vector = np.zeros(12, np.float32)
    vector[EMOTIONS.index(name)] = intensity
    vector[11] = intensity
    return vector


def drawn(units, t=0.0):
    canvas = Canvas(np.full((64, 64, 3), 220, np.uint8))
    with canvas.transformed(affine(move=(0.5, 0.5), scale=0.45)):
        draw_face(canvas, units, FaceStyle(), t)
    return canvas.array().astype(int)


def test_neutral_has_no_action_units():
    assert not expression(np.zeros(12)).any()
    assert expression(np.zeros(12)).shape == (len(ACTION_UNITS),)


@pytest.mark.parametrize("name", EMOTIONS)
def test_units_grow_with_intensity(name):
    rows = np.abs([expression(emotion(name, i)) for i in np.linspace(0, 1, 11)])
    assert (np.diff(rows, axis=0) >= 0).all()
    assert rows[-1].sum() > rows[5].sum() > rows[2].sum() > 0


@pytest.mark.parametrize("name", EMOTIONS)
def test_full_intensity_is_the_prototype(name):
    shown = {unit: v for unit, v in named(expression(emotion(name))).items() if v}
    assert shown == pytest.approx(PROTOTYPES[name])


def test_a_mixture_is_linear():
    half = 0.5 * expression(emotion("awe")) + 0.5 * expression(emotion("fear"))
    mixed = expression(emotion("awe", 0.5) + emotion("fear", 0.5))
    np.testing.assert_allclose(mixed, half, atol=1e-6)


def test_units_stay_in_range():
    units = expression(np.array([1] * 8 + [1, 1, 1, 1], float))
    assert units.max() <= 1
    assert units.min() >= -1


def test_valence_alone_shows():
    pleased = named(expression(np.array([0] * 8 + [0.8, 0, 0, 0.8])))
    upset = named(expression(np.array([0] * 8 + [-0.8, 0.5, 0, 0.8])))
    assert pleased["AU12"] > 0.3 > pleased["AU15"]
    assert upset["AU15"] > 0.3 > upset["AU12"]


def test_categories_explain_their_own_valence():
    vector = emotion("anger")
    vector[8:11] = -0.8, 0.9, 0.5
    np.testing.assert_array_equal(expression(vector), expression(emotion("anger")))


def test_bad_input_is_named():
    with pytest.raises(InputError, match="shape"):
        expression(np.zeros(8))
    with pytest.raises(InputError, match="AU99"):
        named({"AU99": 1.0})


def test_names_and_vectors_draw_the_same():
    units = expression(emotion("excitement"))
    np.testing.assert_array_equal(drawn(units), drawn(named(units)))


@pytest.mark.parametrize("name", EMOTIONS)
def test_the_picture_moves_away_from_neutral(name):
    neutral = drawn({})
    steps = [np.abs(drawn(expression(emotion(name, i))) - neutral).mean() for i in (0.2, 0.5, 1)]
    assert 1 < steps[0] < steps[1] < steps[2]


def test_every_two_emotions_differ():
    faces = [drawn(expression(emotion(name))) for name in EMOTIONS]
    for i, a in enumerate(faces):
        for b in faces[i + 1 :]:
            assert np.abs(a - b).mean() > 4


def opening(**units):
    upper, lower = lids(named(units))
    return float(np.max(lower - upper))


def test_lids_close_and_widen():
    assert opening(AU5=1.0) > opening() > opening(AU7=1.0) > opening(AU45=0.9)
    assert opening(AU45=1.0) < 0.1
    assert opening(AU6=1.0) < 0.3


def test_lids_never_cross():
    rng = np.random.default_rng(0)
    for _ in range(200):
        upper, lower = lids(dict(zip(ACTION_UNITS, rng.random(len(ACTION_UNITS)), strict=True)))
        assert (upper <= lower).all()


def test_the_mouth_opens_with_the_jaw():
    gaps = []
    for jaw in (0.0, 0.5, 1.0):
        upper, lower, _ = lips(named({"AU25": jaw, "AU26": jaw}), 0.0)
        gaps.append(np.max(lower - upper))
    assert gaps[0] < gaps[1] < gaps[2]


def test_smile_and_frown_bend_opposite_ways():
    def corner_drop(units):
        upper, lower, _ = lips(named(units), 0.0)
        return float((upper + lower)[0] - (upper + lower)[10])

    assert corner_drop({"AU12": 1.0}) < corner_drop({}) < corner_drop({"AU15": 1.0})


def test_tears_run():
    units = expression(emotion("sadness"))
    assert (drawn(units, 0.0) != drawn(units, 0.4)).any()
    assert (drawn({}, 0.0) == drawn({}, 0.4)).all()
