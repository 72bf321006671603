"""Bad input: exit code 2, one line that names a remedy, nothing on stdout, nothing left behind."""

import json
import subprocess
import sys

import numpy as np
import pytest

from emogen.errors import InputError
from emogen.media import save_image
from emogen.media.metadata import pack

BAD = {
    "empty prompt": (["  "], "expected a prompt, got an empty text"),
    "endless prompt": (["a" * 2001], "expected a prompt of at most 2000 letters, got 2001"),
    "two lines": (["a\nb"], "expected a prompt of one line of plain text"),
    "not unicode": (["a \udcff"], "expected a prompt of one line of plain text"),
    "emotion": (["a cat", "-e", "hapy"], "unknown emotion 'hapy'; did you mean 'happy'?"),
    "empty emotion": (["a cat", "-e", ""], "expected an emotion, got an empty text"),
    "strength": (["a cat", "-e", "fear:2"], "expected a strength in [0, 1], got '2'"),
    "size": (["a cat", "--size", "big"], "expected a --size such as 128x128"),
    "size of 130": (["a cat", "--size", "130x96"], "got 130x96; the nearest is 128x96"),
    "tiny size": (["a cat", "--size", "0x0"], "expected a --size of 16 to 4096 a side, got 0x0"),
    "huge size": (["a cat", "--size", "99999x16"], "expected a --size of 16 to 4096 a side"),
    "volume": (["a cat", "--size", "4096x4096", "--frames", "81"], "use a smaller --size or fewer"),
    "frames": (["a cat", "--frames", "32"], "of the form 4k+1, got 32; use 29 or 33"),
    "no frames": (["a cat", "--frames", "0"], "expected --frames of 1 to 1025, got 0"),
    "frames word": (["a cat", "--frames", "many"], "Invalid value for '--frames'"),
    "fps": (["a cat", "--fps", "0"], "expected --fps of 1 to 120, got 0.0"),
    "fps nan": (["a cat", "--fps", "nan"], "expected --fps of 1 to 120, got nan"),
    "steps": (["a cat", "--steps", "0"], "expected --steps of 1 to 200, got 0"),
    "guidance": (["a cat", "--guidance", "inf"], "expected --guidance of 0 to 30, got inf"),
    "emotion guidance": (["a cat", "--emotion-guidance", "-1"], "expected --emotion-guidance of 0"),
    "seed": (["a cat", "--seed", "-1"], "expected --seed of 0 to"),
    "suffix": (["a cat", "-o", "a.mp5"], "in .gif, .mp4, .webm, .webp, got 'a.mp5'; did you mean"),
    "no suffix": (["a cat", "-o", "a"], "to end in .gif, .mp4, .webm, .webp, got 'a'"),
    "folder": (["a cat", "-o", "no/a.mp4"], "no folder 'no' for -o; create it first: mkdir -p no"),
    "long name": (["a cat", "-o", "a" * 300 + ".mp4"], "choose another name"),
    "model": (["a cat", "--model", "nanno"], "no model 'nanno': expected a folder or an embedded"),
    "hub": (["a cat", "--model", "Wan-AI/Wan2.1"], "hf download Wan-AI/Wan2.1 --local-dir FOLDER"),
    "no model": (["a cat", "--model", "."], "a model folder with model_index.json, got '.'"),
    "adapter": (["a cat", "--adapter", "no"], "no adapter folder 'no'"),
    "empty adapter": (["a cat", "--adapter", "."], "expected an adapter with a .safetensors file"),
    "image": (["a cat", "--image", "no.png"], "no such file: no.png"),
    "image text": (["a cat", "--image", "text.png"], "text.png"),
    "no prompt": ([], "Missing argument 'PROMPT'"),
    "option": (["a cat", "--emotions", "fear"], "No such option"),
}  # fmt: skip


@pytest.fixture
def bare_model(tmp_path_factory):
    """A folder that passes for a model until something is loaded."""
    folder = tmp_path_factory.mktemp("bare")
    (folder / "model_index.json").write_text("{}")
    (folder / "emotion_adapter").mkdir()
    return folder


@pytest.mark.parametrize(("arguments", "line"), BAD.values(), ids=BAD)
def test_generate_refuses(emogen, bare_model, tmp_path, arguments, line) -> None:
    (tmp_path / "text.png").write_text("no picture")
    model = [] if "--model" in arguments else ["--model", bare_model]
    output = [] if "-o" in arguments else ["-o", "a.mp4"]
    result = emogen("generate", *arguments, *model, *output)
    assert (result.code, result.out) == (2, ""), result.err
    assert result.err.startswith("emogen: ")
    assert line in result.err
    assert result.err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["text.png"]


def test_bad_input_is_told_before_torch(bare_model, tmp_path) -> None:
    code = (
        "import sys; from emogen.cli.main import main;"
        f"code = main(['generate', 'a cat', '--model', {str(bare_model)!r}, '--image', 'no.png']);"
        "sys.exit(code + 100 * ('torch' in sys.modules))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert result.returncode == 2, result.stderr


def test_a_model_that_cannot_be_loaded(emogen, bare_model, tmp_path) -> None:
    result = emogen("generate", "a cat", "--model", bare_model, "-o", "a.mp4")
    assert result.code == 2
    assert "emogen: cannot load the model in" in result.err.splitlines()[-1]
    assert not list(tmp_path.iterdir())


def test_a_model_without_emotions(emogen, bare_model) -> None:
    (bare_model / "emotion_adapter").rmdir()
    result = emogen("generate", "a cat", "--model", bare_model, "-e", "fear")
    assert result.code == 2
    assert "has no emotion adapter; give one with --adapter" in result.err


def test_somebody_elses_json_is_never_replaced(emogen, bare_model, tmp_path) -> None:
    (tmp_path / "a.json").write_text('{"mine": 1}')
    result = emogen("generate", "a cat", "--model", bare_model, "-o", "a.mp4", "--overwrite")
    assert result.code == 2
    assert "'a.json' is not emogen's and would be replaced" in result.err
    assert (tmp_path / "a.json").read_text() == '{"mine": 1}'


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"frames": 10**9}, "expected --frames"),
        ({"width": "wide"}, "wrong 'width'"),
        ({"seed": -1}, "expected --seed"),
        ({"surprise": 1}, "wrong 'surprise'"),
        ({"prompt": None}, "wrong 'prompt'"),
        ({"model": {"name": "../..", "sha256": ""}}, "name it with --model"),
        ({"emotion": {"asked": "x", "notation": "x", "keyframes": []}}, "at least one keyframe"),
    ],
)
def test_replay_does_not_trust_the_file(emogen, tmp_path, change, part) -> None:
    record = {
        "prompt": "a cat", "negative_prompt": None, "emotion": None, "adapter": None, "image": None,
        "model": {"name": "words", "sha256": ""}, "width": 64, "height": 64, "frames": 5, "fps": 8,
        "steps": 2, "guidance": 3, "emotion_guidance": 3, "seed": 0,
    }  # fmt: skip
    (tmp_path / "a.json").write_text(pack(record | change))
    result = emogen("replay", "a.json", "-o", "b.mp4")
    assert (result.code, result.out) == (2, ""), result.err
    assert part in result.err


@pytest.mark.parametrize("name", ["no.mp4", "no.json", "foreign.json", "foreign.png"])
def test_replay_needs_a_file_of_ours(emogen, tmp_path, name) -> None:
    (tmp_path / "foreign.json").write_text(json.dumps([1]))
    save_image(np.zeros((16, 16, 3), np.uint8), tmp_path / "foreign.png")
    (tmp_path / "foreign.json").rename(tmp_path / ("foreign.json" if "png" not in name else "x"))
    result = emogen("replay", name, "-o", "b.mp4")
    assert (result.code, result.out) == (2, "")
    assert result.err.count("\n") == 1


def test_traceback_on_demand(emogen, monkeypatch) -> None:
    monkeypatch.setenv("EMOGEN_TRACEBACK", "1")
    result = emogen("emotion", "hapy")
    assert result.code == 2
    assert "Traceback" in result.err


def test_messages_have_one_line() -> None:
    from emogen.cli.failures import explain

    assert explain(InputError("expected x, got y")) == ("expected x, got y", 2)
