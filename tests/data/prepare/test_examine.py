"""One look at a file: speed, colours, stills, parts of a file."""

import numpy as np
import pytest

from emogen.data.attributes import colour_attributes
from emogen.data.corpora import Entry, Place
from emogen.data.prepare.examine import examine
from emogen.data.prepare.fingerprint import Fingerprint, find_copies
from emogen.data.prepare.settings import PrepareSettings
from emogen.media import read_video, save_image
from tests.data.prepare.clips import scene, write

SETTINGS = PrepareSettings()


def look(root, name, **changes):
    return examine(Place(root), Entry(id=name, path=name, **changes), SETTINGS)


@pytest.mark.parametrize("fps", [10, 24, 30])
def test_motion_keeps_its_speed(tmp_path, fps):
    write(tmp_path / "a.mp4", scene(1, 2 * fps, fps=fps), fps)
    write(tmp_path / "b.mp4", scene(1, 32), 16)
    one, other = look(tmp_path, "a.mp4"), look(tmp_path, "b.mp4")
    assert (one.frames, one.seconds) == (other.frames, other.seconds) == (32, 2.0)
    prints = [Fingerprint.from_text(found.fingerprint) for found in (one, other)]
    assert find_copies(prints, [2.0, 2.0], most_bits=18) == {1: 0}


@pytest.mark.parametrize("fps", [16, 30])
def test_colours_are_those_of_every_20th_frame(tmp_path, fps):
    frames = np.concatenate([np.full((20, 48, 64, 3), colour, np.uint8)
                             for colour in ((200, 40, 40), (40, 200, 40), (40, 40, 120))])
    write(tmp_path / "a.mp4", frames, fps)
    found = look(tmp_path, "a.mp4")
    want = colour_attributes(read_video(tmp_path / "a.mp4").frames)
    for name, value in want.items():
        assert getattr(found, name) == pytest.approx(value, abs=0.01)


def test_a_part_of_a_file(tmp_path):
    write(tmp_path / "a.mp4", np.concatenate([scene(1, 16), scene(2, 16)]))
    assert len(look(tmp_path, "a.mp4").cuts) == 1
    part = look(tmp_path, "a.mp4", start=1.0, end=2.0)
    assert (part.frames, part.cuts) == (16, ())
    assert "start before the end" in look(tmp_path, "a.mp4", start=9.0).problem


def test_stills_by_their_bytes(tmp_path):
    save_image(scene(1, 1)[0], tmp_path / "a.png")
    (tmp_path / "b.mp4").write_bytes((tmp_path / "a.png").read_bytes())
    write(tmp_path / "c.gif", scene(1, 1), 10)
    for name in ("a.png", "b.mp4", "c.gif"):
        found = look(tmp_path, name)
        assert (found.picture, found.frames, found.width) == (True, 1, 64)
        assert not found.problem


def test_what_cannot_be_used_says_why(tmp_path):
    write(tmp_path / "long.gif", scene(1, 4), 1)
    (tmp_path / "song.wav").write_bytes(b"RIFF$\0\0\0WAVEfmt ")
    settings = PrepareSettings(max_seconds=2)
    found = examine(Place(tmp_path), Entry(id="l", path="long.gif"), settings)
    assert "at most 2 s, got 4 s" in found.problem
    assert look(tmp_path, "song.wav").problem
    assert "no such file" in look(tmp_path, "gone.mp4").problem
    assert "folder" in look(tmp_path, ".").problem
