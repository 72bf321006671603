"""Clips from a tiny real model: files, answers, replay, warnings, interruptions."""

import errno
import json
import os
import signal

import numpy as np
import pytest

from emogen.media import probe, read_parameters, read_sidecar, read_video, save_image

PROMPT = "a red robot in a forest"


@pytest.fixture
def generate(emogen, tiny_model):
    def run(*arguments, prompt=PROMPT):
        return emogen("generate", prompt, "--model", tiny_model, *arguments)

    return run


def test_writes_clip_sidecar_and_sheet(generate, tmp_path) -> None:
    result = generate("-o", "a.mp4", "--emotion", "fear:0.8", "--seed", 7, "--sheet")
    assert result.code == 0, result.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a-sheet.png", "a.json", "a.mp4"]
    assert result.out.splitlines()[:2] == ["a.mp4", "a-sheet.png"]
    assert "fear:0.8 (v -0.48 a +0.48 d -0.32), 32x32, 5 frames at 8 fps, 3 steps" in result.out
    assert "emogen: denoising" in result.err
    video = probe(tmp_path / "a.mp4").video
    assert (video.width, video.height, video.num_frames, video.fps) == (32, 32, 5, 8)
    assert read_parameters(tmp_path / "a.mp4") == read_sidecar(tmp_path / "a.mp4")


@pytest.mark.parametrize("suffix", ["gif", "webp", "webm"])
def test_other_formats(generate, tmp_path, suffix) -> None:
    assert generate("-o", f"a.{suffix}").code == 0
    assert read_video(tmp_path / f"a.{suffix}").num_frames == 5


def test_json_is_one_object_that_says_everything(generate) -> None:
    result = generate("--json", "--emotion", "fear -> awe", "--frames", 9, "--size", "32x64")
    answer = json.loads(result.out)
    assert result.out.count("\n") == 1
    assert answer["path"].startswith("outputs/a-red-robot-in-a-forest-")
    assert answer["path"] == f"outputs/a-red-robot-in-a-forest-{answer['seed']}.mp4"
    assert (answer["size"], answer["frames"], answer["fps"], answer["steps"]) == ("32x64", 9, 8, 3)
    assert answer["emotion"]["notation"] == "fear@0s -> awe@1s"
    assert answer["emotion"]["asked"] == "fear -> awe"
    stages = ["loading", "encoding prompt", "denoising", "decoding", "writing", "total"]
    assert list(answer["seconds"]) == stages
    assert answer["warnings"] == []


def test_replay_makes_the_same_clip(generate, emogen, tmp_path, tiny_model) -> None:
    assert generate("-o", "a.webp", "--emotion", "quiet dread", "--seed", 3).code == 0
    first = (tmp_path / "a.webp").read_bytes()
    for source in ("a.webp", "a.json"):
        result = emogen("replay", source, "-o", "b.webp", "-y", "--model", tiny_model)
        assert result.code == 0, result.err
        assert (tmp_path / "b.webp").read_bytes() == first
        assert "warning" not in result.err
        assert read_sidecar("b.webp") == read_sidecar("a.webp")


def test_replay_asks_for_what_has_no_path(generate, emogen, tiny_model) -> None:
    picture = np.full((32, 32, 3), 200, np.uint8)
    save_image(picture, "cat.png")
    assert generate("-o", "a.mp4", "--image", "cat.png").code == 0
    result = emogen("replay", "a.mp4", "-o", "b.mp4")
    assert (result.code, result.out) == (2, "")
    assert "made with the model 'tiny'; name it with --model" in result.err
    result = emogen("replay", "a.mp4", "-o", "b.mp4", "--model", tiny_model)
    assert "made with the image 'cat.png'; name it with --image" in result.err
    save_image(picture // 2, "dog.png")
    result = emogen("replay", "a.mp4", "-o", "b.mp4", "--model", tiny_model, "--image", "dog.png")
    assert result.code == 0
    assert "not the same image as then" in result.err


def test_seed_decides(generate, tmp_path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        assert generate("-o", f"{name}.webp", "--seed", seed).code == 0
    a, b, c = (read_video(tmp_path / f"{name}.webp").frames for name in "abc")
    assert (a == b).all()
    assert (a != c).any()


def test_warns_of_unknown_words_cropping_and_late_emotion(generate) -> None:
    save_image(np.zeros((20, 100, 3), np.uint8), "wide.png")
    result = generate("--image", "wide.png", "-e", "fear@0s -> awe@9s", "--json",
                      prompt="a red zeppelin")
    warnings = json.loads(result.out)["warnings"]
    assert len(warnings) == 3
    assert "has never seen 'zeppelin'" in warnings[0]
    assert "ends at 0.50 s" in warnings[1]
    assert "100x20 was cropped to the shape of 32x32" in warnings[2]
    assert result.err.count("emogen: warning: ") == 3


def test_keeps_what_is_there(generate, tmp_path) -> None:
    assert generate("-o", "a.mp4").code == 0
    before = (tmp_path / "a.mp4").read_bytes()
    result = generate("-o", "a.mp4")
    assert result.code == 2
    assert "'a.mp4' exists; choose another name with -o, or add --overwrite" in result.err
    assert (tmp_path / "a.mp4").read_bytes() == before
    assert generate("-o", "a.mp4", "--overwrite").code == 0


@pytest.mark.parametrize(
    ("failure", "code", "line"),
    [
        (KeyboardInterrupt(), 130, "emogen: interrupted"),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), 3, "emogen: no space left"),
        (MemoryError(), 3, "emogen: out of memory; use a smaller --size or fewer --frames"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), 3, "emogen: out of memory"),
        (RuntimeError("odd\nthing"), 1, "emogen: unexpected RuntimeError: odd thing; set EMOGEN_"),
    ],
    ids=["ctrl-c", "disk", "memory", "torch-memory", "bug"],
)
def test_failure_while_rendering_leaves_nothing(generate, tmp_path, monkeypatch, failure, code,
                                                line) -> None:
    def fail(*_, **__):
        raise failure

    monkeypatch.setattr("emogen.pipelines.text2video.decode_frames", fail)
    result = generate("-o", "a.mp4")
    assert (result.code, result.out) == (code, "")
    assert result.err.splitlines()[-1].startswith(line)
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_while_writing_leaves_no_part(generate, tmp_path, monkeypatch) -> None:
    def interrupt(*_):
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr("emogen.media.write._verify", interrupt)
    assert generate("-o", "a.mp4").code == 130
    assert list(tmp_path.iterdir()) == []


def test_best_of_keeps_the_clip_that_scores_best(generate, tmp_path) -> None:
    asked = ("--emotion", "fear:0.8", "--seed", 5)
    result = generate("-o", "best.webp", *asked, "--best-of", 3, "--json")
    assert result.code == 0, result.err
    answer = json.loads(result.out)
    choice = answer["choice"]
    assert choice["seeds"] == [5, 6, 7]
    assert len(set(choice["scores"])) == 3
    assert choice["scores"][answer["seed"] - 5] == max(choice["scores"])
    assert generate("-o", "alone.webp", *asked[:3], answer["seed"]).code == 0
    best, alone = (read_video(tmp_path / f"{name}.webp").frames for name in ("best", "alone"))
    assert np.array_equal(best, alone)
    assert "choose clips of other models by eye" in answer["warnings"][0]
