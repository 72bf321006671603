"""Who talks: characters by name, pictures with their landmarks, and what is wrong with them."""

import json

import numpy as np
import pytest
from PIL import Image

from emogen.errors import InputError, MediaError
from emogen.media import save_image
from emogen.motion import schema
from emogen.motion.rig import VectorPortrait, save_landmarks
from emogen.pipelines.speaking.portrait import WORKING_SIDE, open_likeness
from tests.motion.rig.faces import painted

SIZE = (128, 96)


@pytest.fixture
def picture(tmp_path):
    """A picture with its landmarks beside it."""
    image, landmarks = painted()
    save_image(image, tmp_path / "me.png")
    save_landmarks(landmarks, tmp_path / "me.landmarks.json")
    return tmp_path / "me.png"


def test_a_character_by_name() -> None:
    likeness = open_likeness("fox:dusk", size=SIZE, seed=3)
    expected = VectorPortrait(character="fox", palette="dusk", size=SIZE, seed=3)
    row = schema.rest(1)[0]
    np.testing.assert_array_equal(likeness.portrait.frame(row), expected.frame(row))
    assert (likeness.character, likeness.picture, likeness.source) == ("fox:dusk", None, None)


def test_a_picture_with_landmarks_beside_it_or_named(picture, tmp_path) -> None:
    beside = open_likeness(str(picture), size=SIZE)
    assert beside.notes == ("the landmarks beside the picture are used: me.landmarks.json",)
    named = tmp_path / "points.json"
    (tmp_path / "me.landmarks.json").rename(named)
    likeness = open_likeness(str(picture), size=SIZE, landmarks=named)
    row = schema.rest(1)[0]
    np.testing.assert_array_equal(likeness.portrait.frame(row), beside.portrait.frame(row))
    left, top, right, bottom = likeness.source.box
    assert likeness.portrait.frame(row).shape == (96, 128, 3)
    assert right - left > 100 < bottom - top
    assert not likeness.source.drawn


def test_a_huge_picture_is_scaled_down_with_its_points(picture, tmp_path) -> None:
    image, landmarks = painted()
    large = Image.fromarray(image).resize((4608, 4608), Image.Resampling.BICUBIC)
    large.save(tmp_path / "large.jpg", quality=95)
    save_landmarks(landmarks.moved(offset=np.zeros(2), scale=9.0), tmp_path / "large.json")
    likeness = open_likeness(str(tmp_path / "large.jpg"), size=SIZE,
                             landmarks=tmp_path / "large.json")
    side = WORKING_SIDE
    assert likeness.notes == (
        f"the picture of 4608x4608 pixels was scaled down to {side}x{side}",
    )
    row = schema.rest(1)[0]
    small = open_likeness(str(picture), size=SIZE).portrait.frame(row)
    assert np.abs(likeness.portrait.frame(row).astype(int) - small).mean() < 4


def test_no_landmarks_say_how_to_mark(picture) -> None:
    picture.with_name("me.landmarks.json").unlink()
    with pytest.raises(InputError, match=r"landmarks for the picture .*me.png; mark its 29 points"):
        open_likeness(str(picture), size=SIZE)


def test_points_of_another_picture_are_refused(picture, tmp_path) -> None:
    content = json.loads((tmp_path / "me.landmarks.json").read_text())
    content["points"]["jaw_left"][0] = 900
    (tmp_path / "me.landmarks.json").write_text(json.dumps(content))
    with pytest.raises(InputError, match=r"jaw_left at 900, .*another picture than me.png"):
        open_likeness(str(picture), size=SIZE)


def test_a_tiny_picture_is_refused(tmp_path) -> None:
    image, landmarks = painted()
    save_image(np.array(Image.fromarray(image).resize((100, 100))), tmp_path / "tiny.png")
    points = landmarks.moved(offset=np.zeros(2), scale=100 / 512)
    save_landmarks(points, tmp_path / "tiny.landmarks.json")
    with pytest.raises(InputError, match="at least 128 pixels a side, got 100x100"):
        open_likeness(str(tmp_path / "tiny.png"), size=SIZE)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("womn", "did you mean 'woman'.*characters: woman, man"),
        ("fox:dsk", "did you mean 'dusk'"),
    ],
)
def test_unknown_names_get_a_suggestion(name, line) -> None:
    with pytest.raises(InputError, match=line):
        open_likeness(name, size=SIZE)


def test_what_is_no_picture(tmp_path) -> None:
    (tmp_path / "me.jpg").write_bytes(b"no picture at all")
    with pytest.raises(MediaError, match="cannot be decoded"):
        open_likeness(str(tmp_path / "me.jpg"), size=SIZE, landmarks=tmp_path / "a.json")
    with pytest.raises(MediaError, match="no such file"):
        open_likeness(str(tmp_path / "you.jpg"), size=SIZE)
    with pytest.raises(InputError, match="no effect on the drawn character"):
        open_likeness("woman", size=SIZE, landmarks=tmp_path / "a.json")
