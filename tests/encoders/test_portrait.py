"""The portrait encoder: faces of the rig that it never saw, boxes, absence, hostile input."""

import numpy as np
import pytest

from emogen.emotion import EmotionPoint
from emogen.emotion.labels import CATEGORIES
from emogen.encoders.portrait import (
    PHOTO_TRUST,
    SIDE,
    Portrait,
    PortraitEncoder,
    drawn_face_box,
    face_box,
    load_default,
    prepared,
)
from emogen.errors import InputError, ModelError
from emogen.motion.expression import expression
from emogen.motion.rig import VectorPortrait


def drawn(character, category, side=256):
    row = expression(EmotionPoint.from_category(category, 0.9).vector()[None])[0]
    image = VectorPortrait(character=character, size=(side, side)).frame(row)
    return Portrait(image=image, box=drawn_face_box((side, side)), drawn=True)


@pytest.fixture(scope="module")
def encoder():
    return load_default()


def test_a_character_that_it_never_saw_is_read(encoder):
    asked = ("amusement", "anger", "fear", "sadness", "neutral")
    found = [encoder.read(drawn("student", name), seconds=2.0) for name in asked]
    names = [CATEGORIES[int(one.distribution[0].argmax())] for one in found]
    assert sum(one == other for one, other in zip(names, asked, strict=True)) >= 4


def test_it_holds_for_the_whole_sound(encoder):
    found = encoder.read(drawn("student", "anger"), seconds=7.0)
    assert len(found) == 1
    assert (found.seconds[0], found.spans[0]) == (3.5, 7.0)
    assert found.distribution.sum() == pytest.approx(1)


def test_photographs_are_trusted_less_and_it_says_so(encoder):
    face = drawn("student", "anger")
    photo = encoder.read(Portrait(image=face.image, box=face.box, drawn=False), seconds=1.0)
    drawing = encoder.read(face, seconds=1.0)
    assert photo.confidence[0] == pytest.approx(PHOTO_TRUST * drawing.confidence[0])
    assert "weak on photographs" in photo.notes[0]


def test_without_a_face_or_with_a_tiny_one_it_is_absent(encoder):
    image = np.zeros((64, 64, 3), np.uint8)
    assert len(encoder.read(Portrait(image=image, box=None, drawn=True), seconds=1.0)) == 0
    tiny = encoder.read(Portrait(image=image, box=(3, 3, 13, 13), drawn=True), seconds=1.0)
    assert "smaller than" in tiny.notes[0]


def test_gain_and_size_do_not_matter():
    face = drawn("student", "fear", side=128)
    dark = prepared((face.image * 0.5).astype(np.uint8), face.box)
    assert np.abs(dark - prepared(face.image, face.box)).mean() < 0.05
    large = np.kron(face.image, np.ones((2, 2, 1), np.uint8))
    twice = prepared(large, tuple(2 * value for value in face.box))
    assert np.abs(twice - prepared(face.image, face.box)).mean() < 0.1


@pytest.mark.parametrize("box", [(-40, -40, 60, 60), (30, 30, 200, 200), (0, 0, 64, 64)])
def test_a_box_may_reach_over_the_border(box):
    image = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    picture = prepared(image, box)
    assert picture.shape == (SIDE, SIDE)
    assert np.isfinite(picture).all()


@pytest.mark.parametrize("box", [(10, 10, 10, 20), (20, 10, 10, 20), (99, 0, 120, 20)])
def test_boxes_that_hold_nothing_are_refused(box):
    with pytest.raises(InputError, match="expected a box"):
        Portrait(image=np.zeros((64, 64, 3), np.uint8), box=box, drawn=True)


@pytest.mark.parametrize("image", [np.zeros((64, 64), np.uint8), np.zeros((64, 64, 3))])
def test_what_is_no_picture_is_refused(image):
    with pytest.raises(InputError, match="expected a picture uint8"):
        Portrait(image=image, box=None, drawn=True)


def test_rims_need_all_their_points():
    with pytest.raises(InputError, match="missing chin, forehead"):
        face_box({"temple_right": (0, 0), "temple_left": (9, 9)})


def test_a_folder_without_weights_is_refused(tmp_path):
    with pytest.raises(ModelError, match="expected a portrait encoder"):
        PortraitEncoder.load(tmp_path)
