"""From manifest to queue: defaults, paths, ids and outputs filled in, problems with their lines."""

import json
import os

import numpy as np
import pytest

from emogen.errors import InputError
from emogen.media import save_image
from emogen.rendering import revisions as revisions_module
from emogen.rendering.engines import require_engines
from emogen.rendering.manifest import ManifestError
from emogen.rendering.prepare import prepare
from emogen.rendering.revisions import Revisions
from tests.tiny import save_tiny_model

MODEL = "models/tiny"


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    """A folder with a small model, an adapter-free copy of its settings, and a picture."""
    folder = tmp_path_factory.mktemp("studio")
    (folder / "models").mkdir()
    save_tiny_model(folder / MODEL)
    bare = folder / "models" / "bare"
    bare.mkdir()
    (bare / "model_index.json").write_text("{}")
    save_image(np.full((32, 32, 3), 90, np.uint8), folder / "cat.png")
    return folder


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOGEN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def write(folder, *lines, name="night"):
    path = folder / f"{name}.jsonl"
    path.write_text("\n".join(json.dumps({"model": MODEL} | line) for line in lines))
    return path


def problems(folder, *lines):
    with pytest.raises(ManifestError) as caught:
        prepare(write(folder, *lines))
    return [str(problem) for problem in caught.value.problems]


def test_what_is_left_open_comes_from_the_model(studio) -> None:
    [(identity, job)] = prepare(write(studio, {"prompt": "a cat", "emotion": "fear"})).entries
    assert (job.size, job.frames, job.fps, job.steps) == ("32x32", 5, 8.0, 3)
    assert (job.guidance, job.emotion_guidance) == (3.0, 3.0)
    assert job.model == str(studio / MODEL)
    assert job.output == f"{identity}.mp4"


def test_saying_a_default_does_not_change_the_id(studio) -> None:
    prepared = prepare(write(studio, {"prompt": "a cat"}, {"prompt": "a cat", "steps": 3}))
    assert len(prepared.entries) == 1
    assert prepared.notes == ("1 of the jobs say the same as others; each clip is made once",)


def test_a_moved_picture_and_model_keep_the_id(studio, tmp_path) -> None:
    first = prepare(write(studio, {"prompt": "a cat", "image": "cat.png"})).entries[0]
    (tmp_path / "models").symlink_to(studio / "models")
    (tmp_path / "other.png").write_bytes((studio / "cat.png").read_bytes())
    moved = prepare(write(tmp_path, {"prompt": "a cat", "image": "other.png"})).entries[0]
    assert moved[0] == first[0]
    save_image(np.full((32, 32, 3), 91, np.uint8), tmp_path / "other.png")
    assert prepare(write(tmp_path, {"prompt": "a cat", "image": "other.png"})).entries[0][0] != \
        first[0]


def test_problems_that_need_the_model(studio) -> None:
    found = problems(
        studio, {"prompt": "a", "image": "no.png"}, {"prompt": "a", "model": "none"},
        {"prompt": "a", "adapter": "models"}, {"prompt": "a", "output": "{prmpt}.mp4"},
        {"prompt": "a", "emotion": "fear@3s -> awe"},
        {"prompt": "a", "emotion": "fear", "model": "models/bare"},
        {"shots": [{"prompt": "a"}, {"prompt": "b", "crossfade_s": 9}]},
        {"prompt": "a", "size": "4096x4096", "frames": 81, "seed": 9},
    )
    expected = [
        "line 1, image: no such file", "line 2, model: no model folder none",
        "line 3, adapter: expected a folder with a .safetensors file",
        "line 4, output: unknown field {prmpt}; did you mean 'prompt'",
        "line 5, emotion: expected growing times", "line 6, emotion: the model",
        "line 7, shots[1].crossfade_s: expected less", "line 8",
    ]
    assert len(found) == len(expected)
    for text, beginning in zip(found, expected, strict=True):
        assert text.startswith(beginning)


def test_two_clips_need_two_names(studio) -> None:
    [text] = problems(studio, {"prompt": "a", "output": "x.mp4"},
                      {"prompt": "b", "output": "X.mp4"})
    assert "'X.mp4' is the output of line 1 too" in text
    [text] = problems(studio, {"prompt": "a", "output": "x.mp4"},
                      {"prompt": "a", "output": "y.mp4"})
    assert text.startswith("line 2, output: the same clip as in line 1")


def test_templates_name_outputs(studio) -> None:
    text = {"prompt": "A red Fox!", "output": "{prompt}/{emotion}-{seed}-{index}.gif",
            "matrix": {"emotion": ["fear:0.8", None], "seed": [3]}}
    found = [job.output for _, job in prepare(write(studio, text)).entries]
    assert found == ["a-red-fox/fear-0-8-3-0.gif", "a-red-fox/no-emotion-3-1.gif"]


def test_a_filled_in_name_is_checked_again(studio) -> None:
    [text] = problems(studio, {"prompt": "a" * 300, "output": "{prompt}" * 6 + ".mp4"})
    assert text == "line 1, output: expected a file name of at most 200 bytes"


def test_what_cannot_be_made_is_told_before_anything_runs() -> None:
    with pytest.raises(InputError, match="got text2video, which this installation cannot make"):
        require_engines({"text2video"}, engines={})


def test_hashes_of_large_files_are_remembered(tmp_path, cache, monkeypatch) -> None:
    monkeypatch.setattr(revisions_module, "REMEMBERED_BYTES", 10)
    path = tmp_path / "weights.safetensors"
    path.write_bytes(b"x" * 100)
    os.utime(path, (1e9, 1e9))
    with Revisions() as first:
        digest = first.file(str(path))
    assert digest in (cache / "hashes.json").read_text()
    path.write_bytes(b"y" * 100)
    os.utime(path, (1e9, 1e9))
    with Revisions() as second:
        assert second.file(str(path)) == digest, "the same size and time of change"
    os.utime(path, (1e9 + 1, 1e9 + 1))
    with Revisions() as third:
        assert third.file(str(path)) != digest


def test_a_file_changed_just_now_is_not_remembered(tmp_path, cache, monkeypatch) -> None:
    monkeypatch.setattr(revisions_module, "REMEMBERED_BYTES", 10)
    path = tmp_path / "weights.safetensors"
    path.write_bytes(b"x" * 100)
    with Revisions() as revisions:
        revisions.file(str(path))
    assert not (cache / "hashes.json").exists()


def test_weights_and_settings_make_a_model_what_it_is(tmp_path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "README.md").write_text("one")
    first = Revisions().folder(tmp_path)
    (tmp_path / "README.md").write_text("two")
    assert Revisions().folder(tmp_path) == first
    (tmp_path / "config.json").write_text("{ }")
    assert Revisions().folder(tmp_path) != first
