"""Jobs check themselves, and their ids follow what changes pixels."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from emogen.rendering.identity import bin_of, job_id
from emogen.rendering.job import Job, Shot, shot_frames

BAD = {
    "no prompt": ({}, "expected prompt in a job of kind text2video"),
    "no image": ({"kind": "image2video"}, "expected image"),
    "no audio": ({"portrait": "a.png"}, "expected audio in a job of kind talk"),
    "frames": ({"prompt": "a", "frames": 32}, "4k.1, got 32; use 29 or 33"),
    "size": ({"prompt": "a", "size": "130x96"}, "the nearest is 128x96"),
    "tiny": ({"prompt": "a", "size": "0x0"}, "16 to 4096 a side"),
    "huge": ({"prompt": "a", "size": "4096x4096", "frames": 81}, "at most .* pixels"),
    "truth": ({"prompt": "a", "steps": True}, "expected a number, got true"),
    "text": ({"prompt": "a", "seed": "7"}, "expected a number, got the text '7'"),
    "score": ({"prompt": "a", "score": 1}, "valid boolean"),
    "seed": ({"prompt": "a", "seed": -1}, "greater than or equal to 0"),
    "nan": ({"prompt": "a", "guidance": float("nan")}, "finite"),
    "emotion": ({"prompt": "a", "emotion": "hapy"}, "did you mean 'happy'"),
    "auto": ({"prompt": "a", "emotion": "auto"}, "only a voice tells it"),
    "unheeded": ({"prompt": "a", "engine": "rig"}, "engine has no effect"),
    "picture": ({"prompt": "a", "kind": "text2video", "image": "a.png"}, "image has no effect"),
    "outside": ({"prompt": "a", "output": "../a.mp4"}, "inside the output folder"),
    "absolute": ({"prompt": "a", "output": "/a.mp4"}, "inside the output folder"),
    "hidden": ({"prompt": "a", "output": ".emogen/a.mp4"}, "begins with a dot"),
    "suffix": ({"prompt": "a", "output": "a.avi"}, "ends in .gif"),
    "judged": ({"prompt": "a", "output": "a.json"}, "ends in .gif"),
    "clip": ({"clip": "a.mp4", "output": "a.mp4"}, "ends in .json"),
    "both": ({"prompt": "a", "shots": [{"prompt": "b"}]}, "got both"),
    "lengths": ({"shots": [{"prompt": "b", "frames": 5, "seconds": 1}]}, "got both; remove one"),
    "fade": ({"shots": [{"prompt": "b", "crossfade_s": 0.5}]}, "none before it"),
    "unknown": ({"prompt": "a", "promt": "b"}, "not permitted"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_jobs(name) -> None:
    values, message = BAD[name]
    with pytest.raises(ValidationError, match=message):
        Job.model_validate(values)


@pytest.mark.parametrize(
    ("values", "kind"),
    [({"prompt": "a"}, "text2video"), ({"image": "a.png"}, "image2video"),
     ({"portrait": "a.png", "audio": "a.wav", "emotion": "auto"}, "talk"),
     ({"clip": "a.mp4", "asked": "fear"}, "evaluate"),
     ({"shots": [{"prompt": "a"}]}, "text2video")],
)
def test_the_kind_follows_from_what_is_given(values, kind) -> None:
    assert Job.model_validate(values).kind == kind


def test_a_job_survives_json() -> None:
    job = Job(shots=(Shot(prompt="a"), Shot(prompt="b", emotion="fear:0.8", crossfade_s=0.5)))
    assert Job.model_validate_json(job.model_dump_json(exclude_defaults=True)) == job


@given(fps=st.floats(1, 120), seconds=st.floats(0.01, 8))
def test_a_shot_is_at_least_as_long_as_asked(fps, seconds) -> None:
    job = Job(prompt="a", fps=fps)
    frames = shot_frames(job, Shot(prompt="a", seconds=seconds))
    assert frames % 4 == 1
    assert frames >= seconds * fps - 1e-6
    assert frames < seconds * fps + 5


CHANGES = {
    "prompt": "a dog", "negative_prompt": "dark", "emotion": "fear:0.8", "size": "64x64",
    "frames": 9, "fps": 12.0, "steps": 4, "guidance": 3.0, "emotion_guidance": 3.0, "seed": 1,
    "best_of": 2, "label": True, "allow_smaller": True, "audio": "a.wav",
}  # fmt: skip
FREE = {"output": "a.mp4", "priority": 5, "name": "mine", "score": True}


def test_every_setting_is_in_the_id_or_known_to_be_free() -> None:
    job, revisions = Job(prompt="a cat"), {"model": "1f"}
    first = job_id(job, revisions=revisions)
    for name, value in CHANGES.items():
        if name != "audio":
            changed = job_id(job.model_copy(update={name: value}), revisions=revisions)
            assert changed != first, name
    for name, value in FREE.items():
        assert job_id(job.model_copy(update={name: value}), revisions=revisions) == first, name


def test_an_input_counts_by_what_it_holds() -> None:
    here, there = (Job(prompt="a", image=f"{name}/a.png", kind="image2video") for name in "xy")
    same = {"model": "1f", "image": "2f"}
    assert job_id(here, revisions=same) == job_id(there, revisions=same)
    assert job_id(here, revisions=same) != job_id(here, revisions=same | {"image": "3f"})
    assert job_id(here, revisions=same) != job_id(here, revisions=same | {"model": "3f"})


def test_ids_are_the_same_tomorrow() -> None:
    """Ids lie in stores for months; a change of this one needs a new VERSION and a migration."""
    assert job_id(Job(prompt="a cat"), revisions={"model": "1f"}) == "d2403f55822353ea3cb2"


def test_bins_follow_the_shape_only() -> None:
    job = Job(prompt="a cat", size="64x64", frames=9, steps=4)
    for change in ({"prompt": "a dog"}, {"seed": 3}, {"emotion": "fear"}, {"priority": 2}):
        assert bin_of(job.model_copy(update=change)) == bin_of(job)
    for change in ({"size": "96x64"}, {"frames": 13}, {"steps": 8}, {"model": "x"}):
        assert bin_of(job.model_copy(update=change)) != bin_of(job)


def test_a_stored_job_is_small() -> None:
    body = Job(prompt="a cat", seed=3).model_dump_json(exclude_defaults=True)
    assert json.loads(body) == {"prompt": "a cat", "seed": 3}
