import json

import numpy as np
import pytest

from emogen.errors import InputError, ResourceError
from emogen.motion.rig import Landmarks, PhotoPortrait, detect_landmarks
from emogen.motion.rig.detector import MESH
from emogen.motion.rig.landmarks import NAMES, WHERE, load_landmarks, save_landmarks
from tests.motion.rig.faces import DATA, MARKED, painted


def test_every_point_is_described_and_known_to_the_mesh() -> None:
    assert all(WHERE.values())
    assert set(MESH) == set(NAMES)
    assert len(set(MESH.values())) == len(NAMES)


@pytest.mark.parametrize("name", MARKED)
def test_files_marked_by_hand_read(name, tmp_path) -> None:
    landmarks = load_landmarks(DATA / f"{name}.json")
    assert landmarks.face_height > 100
    assert load_landmarks(save_landmarks(landmarks, tmp_path / "a.json")) == landmarks


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"chin": None}, "chin is the lowest point"),
        ({"chim": [1, 2]}, "did you mean 'chin'"),
        ({"chin": "below"}, "in pixels"),
        ({"chin": [1, float("nan")]}, "finite"),
        ({"eye_right_inner": [400, 250], "eye_left_inner": [100, 250]}, "exchange right and left"),
        ({"chin": [256, 20]}, "lip_bottom above chin"),
    ],
)
def test_bad_points_are_named(change, message) -> None:
    points = dict(painted()[1].points) | change
    with pytest.raises(InputError, match=message):
        Landmarks(points={name: at for name, at in points.items() if at is not None})


@pytest.mark.parametrize("text", ["", "[]", '{"points": {}}', '{"format": "emogen-landmarks-1"}'])
def test_bad_files_are_named(text, tmp_path) -> None:
    path = tmp_path / "points.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"points\.json"):
        load_landmarks(path)
    with pytest.raises(InputError, match="found no file"):
        load_landmarks(tmp_path / "other.json")


def test_pictures_that_cannot_serve_are_named() -> None:
    image, landmarks = painted()
    small = landmarks.moved(offset=np.zeros(2), scale=0.22)
    with pytest.raises(InputError, match="at least 128 pixels"):
        PhotoPortrait(image=np.ascontiguousarray(image[:100, :100]), landmarks=landmarks)
    with pytest.raises(InputError, match="64 pixels from hairline to chin"):
        PhotoPortrait(image=image, landmarks=small)
    with pytest.raises(InputError, match="one outside"):
        PhotoPortrait(image=image, landmarks=landmarks.moved(offset=np.array([300, 0]), scale=1))


def test_a_huge_picture_is_reduced_and_it_is_said() -> None:
    image, landmarks = painted()
    huge = np.repeat(np.repeat(image, 9, axis=0), 9, axis=1)
    with pytest.warns(UserWarning, match="4608x4608 pixels is reduced"):
        face = PhotoPortrait(
            image=huge, landmarks=landmarks.moved(offset=np.zeros(2), scale=9), size=(96, 96)
        )
    assert face.photograph.shape == (96, 96, 3)


def test_a_detector_without_a_model_says_so(tmp_path) -> None:
    image, _ = painted()
    with pytest.raises((InputError, ResourceError), match=r"marked by hand"):
        detect_landmarks(image, model=tmp_path / "face_landmarker.task")


def test_a_file_that_is_no_model_is_named(tmp_path) -> None:
    pytest.importorskip("mediapipe")
    path = tmp_path / "face_landmarker.task"
    path.write_text(json.dumps({}))
    with pytest.raises(InputError, match=r"face_landmarker\.task, got"):
        detect_landmarks(painted()[0], model=path)
