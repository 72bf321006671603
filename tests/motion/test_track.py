"""Motion tracks: checked, kept on disk in both ways, resampled and joined."""

import json

import numpy as np
import pytest

from emogen.errors import InputError, MediaError
from emogen.motion import MotionTrack, aperture, join, load_track, resample, save_track, schema


def made(count=20, *, emotion=True, seed=0):
    rng = np.random.default_rng(seed)
    values = rng.uniform(schema.LOW, schema.HIGH, (count, schema.WIDTH)).astype(np.float32)
    shares = rng.dirichlet(np.ones(9), count).astype(np.float32) if emotion else None
    return MotionTrack(values=values, emotion=shares, provenance={"seed": seed})


@pytest.mark.parametrize(("name", "error"), [("a.json", 1e-4), ("a.npz", 0)])
def test_a_track_comes_back_from_disk(tmp_path, name, error):
    track = made()
    back = load_track(save_track(track, tmp_path / name))
    assert np.abs(back.values - track.values).max() <= error
    assert np.abs(back.emotion - track.emotion).max() <= error
    assert (back.fps, back.provenance) == (track.fps, track.provenance)


def test_channels_are_found_by_name(tmp_path):
    track = made(emotion=False)
    path = save_track(track, tmp_path / "a.json")
    content = json.loads(path.read_text())
    content["channels"] = content["channels"][::-1]
    content["values"] = [row[::-1] for row in content["values"]]
    path.write_text(json.dumps(content))
    assert np.allclose(load_track(path).values, track.values, atol=1e-4)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"format": "x"}', b'{"format": "emogen-motion-1", "channels": []}'],
)
def test_a_damaged_file_is_one_clear_line(tmp_path, content):
    for name in ("a.json", "a.npz"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match="expected"):
            load_track(tmp_path / name)


def test_pickles_are_not_opened(tmp_path):
    np.savez(tmp_path / "a.npz", head=np.array([{"evil": 1}], dtype=object))
    with pytest.raises(InputError, match="expected"):
        load_track(tmp_path / "a.npz")


def test_values_outside_their_limits_are_named():
    values = schema.rest(3)
    values[1, schema.index("head_yaw")] = 60
    with pytest.raises(InputError, match=r"head_yaw in \[-45, 45\] degrees, got 60 in frame 1"):
        MotionTrack(values=values)
    with pytest.raises(InputError, match="finite"):
        MotionTrack(values=np.full((2, schema.WIDTH), np.nan))
    with pytest.raises(InputError, match="9 frames"):
        MotionTrack(values=schema.rest(9), emotion=np.zeros((8, 9)))


def test_resampling_to_the_same_rate_changes_nothing_and_keeps_the_length():
    track = made(50)
    assert np.array_equal(resample(track, fps=25).values, track.values)
    faster = resample(track, fps=60)
    assert abs(faster.seconds - track.seconds) < 0.5 / 60
    assert np.allclose(resample(track, fps=50).values[::2], track.values)


def test_a_joined_track_is_its_parts():
    track = made(30)
    assert np.array_equal(join([track[:11], track[11:]]).values, track.values)
    assert np.array_equal(aperture(track)[:11], aperture(track[:11]))
    with pytest.raises(InputError, match="resample"):
        join([track, resample(track, fps=30)])


def test_a_file_of_another_kind_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"\.json or \.npz"):
        save_track(made(), tmp_path / "a.csv")
    with pytest.raises(MediaError, match="no folder"):
        save_track(made(), tmp_path / "none" / "a.npz")
