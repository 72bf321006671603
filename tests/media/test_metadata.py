"""Parameters come back out of every kind of file; strangers' data do no harm."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emogen.errors import MediaError
from emogen.media import (
    read_parameters,
    read_sidecar,
    read_video,
    save_image,
    sidecar_path,
    write_sidecar,
    write_video,
)
from emogen.media.metadata import pack, unpack

PARAMETERS = {
    "prompt": "a “sad” dog;\n# = \\ ünï 🙂",
    "seed": 7,
    "guidance": 4.5,
    "emotion": {"notation": "sadness:0.8@0s -> amusement@2.5s", "vector": [0.1] * 12},
    "none": None,
    "long": "x" * 3000,
}
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize("extension", [".mp4", ".webm", ".gif", ".webp"])
def test_parameters_travel_inside_the_file(clip, tmp_path, extension):
    path = write_video(clip, tmp_path / f"a{extension}", parameters=PARAMETERS)
    assert read_parameters(path) == PARAMETERS
    assert read_video(path).num_frames == 17
    assert read_parameters(write_video(clip, tmp_path / f"b{extension}")) is None


def test_mp4_carries_them_as_a_comment_too(clip, tmp_path):
    import av

    path = write_video(clip, tmp_path / "a.mp4", parameters=PARAMETERS)
    with av.open(str(path)) as container:
        assert json.loads(container.metadata["comment"])["parameters"] == PARAMETERS


def test_png_carries_parameters(tmp_path):
    image = np.zeros((4, 4, 3), np.uint8)
    assert (
        read_parameters(save_image(image, tmp_path / "a.png", parameters=PARAMETERS)) == PARAMETERS
    )


def test_sidecar_round_trip(tmp_path):
    sidecar = write_sidecar(tmp_path / "clip.mp4", PARAMETERS)
    assert sidecar == tmp_path / "clip.json" == sidecar_path(tmp_path / "clip.mp4")
    assert read_sidecar(tmp_path / "clip.mp4") == read_sidecar(sidecar) == PARAMETERS
    assert json.loads(sidecar.read_text())["emogen"] == 1
    assert list(tmp_path.iterdir()) == [sidecar]


@given(st.dictionaries(st.text(max_size=5), PLAIN, max_size=4))
def test_any_plain_dict_comes_back(parameters):
    assert unpack(pack(parameters), source="test") == parameters


@pytest.mark.parametrize(
    "parameters",
    [{"a": float("nan")}, {"a": np.float32(1)}, {1: "a"}, {"a": (1, 2)}, [1], {"a": "x" * 2**21}],
)
def test_what_json_would_change_is_refused(parameters):
    with pytest.raises(MediaError, match="expected"):
        pack(parameters)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "[1]",
        "7",
        '{"parameters": {}}',
        '{"emogen": true, "parameters": {}}',
        '{"emogen": 1, "parameters": 3}',
        "[" * 100_000,
    ],
)
def test_other_peoples_comments_are_not_parameters(text):
    assert unpack(text, source="test") is None


def test_newer_and_bulky_parameters_are_refused():
    with pytest.raises(MediaError, match="update emogen"):
        unpack('{"emogen": 2, "parameters": {}}', source="test")
    with pytest.raises(MediaError, match="at most"):
        unpack(" " * 2**21, source="test")


def test_a_bad_sidecar_is_named(tmp_path):
    with pytest.raises(MediaError, match="no such file"):
        read_sidecar(tmp_path / "clip.mp4")
    (tmp_path / "clip.json").write_bytes(b"\xff\xfe{}")
    with pytest.raises(MediaError, match="expected emogen's parameters"):
        read_sidecar(tmp_path / "clip.mp4")
