"""`emogen verify`: answers for people and programs, exit codes, and the options of generate."""

import json

import numpy as np
import pytest

from emogen.media import Clip, read_parameters, read_video, save_image, write_video
from emogen.provenance import marked, sealed

PROMPT = "a red robot in a forest"
BIG = ("--size", "256x192", "--steps", 1)


@pytest.fixture
def generate(emogen, tiny_model):
    def run(*arguments):
        return emogen("generate", PROMPT, "--model", tiny_model, *arguments)

    return run


def plain(path):
    rows, columns = np.mgrid[:96, :128]
    pictures = [np.stack([rows + 60, columns + 20 + k, rows + columns], -1) for k in range(5)]
    return write_video(Clip(frames=np.stack(pictures).astype(np.uint8), fps=8), path)


def test_a_generated_clip_and_its_sheet_hold(generate, emogen) -> None:
    assert generate("-o", "a.mp4", "--sheet", "--seed", 7, *BIG).code == 0
    result = emogen("verify", "a.mp4", "a-sheet.png")
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[0] == "a.mp4: generated, and what it says holds"
    assert "  mark         trainedAlgorithmicMedia, by emogen with tiny" in lines
    assert f"  parameters   in the file: {PROMPT!r}, seed 7" in lines
    assert "  model        tiny: absent" in lines
    assert any(line.startswith("  watermark    found, clip ") for line in lines)
    assert max(map(len, lines)) <= 100


def test_json_says_everything(generate, emogen) -> None:
    save_image(np.full((96, 128, 3), 90, np.uint8), "cat.png")
    save_image(np.full((96, 128, 3), 50, np.uint8), "dog.png")
    assert generate("-o", "a.webm", "--image", "cat.png", *BIG).code == 0
    result = emogen("verify", "a.webm", "--input", "cat.png", "--json")
    (found,) = json.loads(result.out)["results"]
    assert result.code == 0
    assert found["mark"]["source_type"] == "compositeWithTrainedAlgorithmicMedia"
    assert found["watermark"]["clip_id"] in (None, found["mark"]["clip_id"])  # flat and small
    assert found["parameters"] == read_parameters("a.webm")
    assert {"part": "image", "name": "cat.png", "state": "matches"} in found["hashes"]
    result = emogen("verify", "a.webm", "--input", "dog.png", "--no-frames")
    assert result.code == 1
    assert "input 'dog.png' is not the one it was made with" in result.out
    assert "watermark    not looked for" in result.out


def test_no_watermark_and_label_are_kept_by_replay(generate, emogen, tiny_model) -> None:
    assert generate("-o", "a.webp", "--no-watermark", "--label", "--seed", 3, *BIG).code == 0
    (found,) = json.loads(emogen("verify", "a.webp", "--json").out)["results"]
    assert (found["holds"], found["watermark"]["found"]) == (True, False)
    assert emogen("replay", "a.webp", "-o", "b.webp", "--model", tiny_model).code == 0
    assert np.array_equal(read_video("a.webp").frames, read_video("b.webp").frames)
    assert generate("-o", "c.webp", "--seed", 3, *BIG).code == 0
    assert not np.array_equal(read_video("a.webp").frames, read_video("c.webp").frames)


def test_files_without_a_mark(emogen, tmp_path) -> None:
    plain(tmp_path / "a.mp4")
    result = emogen("verify", "a.mp4")
    assert result.code == 1
    assert result.out.startswith("a.mp4: no mark of a generated file was found\n")


def test_a_contradiction_is_an_answer(emogen, tmp_path) -> None:
    clip = read_video(plain(tmp_path / "a.mp4"))
    write_video(marked(clip, {"seed": 1}), "b.gif", parameters={"seed": 2},
                finish=lambda part: sealed(part, {"seed": 1}, kind=".gif"))
    result = emogen("verify", "b.gif", "--no-frames")
    assert result.code == 1
    assert "b.gif: generated, BUT:\n  ! the parameters in the file are not those" in result.out


def test_one_bad_file_does_not_stop_the_others(emogen, tmp_path) -> None:
    plain(tmp_path / "a.mp4")
    (tmp_path / "bad.mp4").write_bytes(b"\x00\x01junk" * 99)
    result = emogen("verify", "bad.mp4", "a.mp4", "--no-frames")
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert "a.mp4: no mark" in result.out


@pytest.mark.parametrize(("arguments", "complaint"), [
    (["none.mp4"], "no such file: none.mp4"),
    (["bad.mp4"], "bad.mp4"),
    (["bad.mp4", "none.mp4"], "no such file: none.mp4"),
    (["."], "expected a file"),
    (["a.mp4", "--input", "none.png"], "no such file: none.png"),
    ([], "Missing argument"),
])
def test_bad_input_is_one_line(emogen, tmp_path, arguments, complaint) -> None:
    plain(tmp_path / "a.mp4")
    (tmp_path / "bad.mp4").write_bytes(b"\x00\x01junk" * 99)
    result = emogen("verify", *arguments)
    assert (result.code, result.out) == (2, "")
    assert complaint in result.err
    assert "Traceback" not in result.err
