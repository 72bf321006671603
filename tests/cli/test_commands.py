"""The light commands: help, version, emotion, models, doctor; and what a shell sees."""

import json
import subprocess
import sys
import time

import pytest

from emogen import __version__
from emogen.cli.models import front_matter
from emogen.errors import ModelError


def shell(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "emogen", *arguments], capture_output=True, text=True, check=False,
        **options,
    )


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"], ["replay", "--help"], ["--version"]])
def test_help_is_an_answer(emogen, arguments) -> None:
    result = emogen(*arguments)
    assert (result.code, result.err) == (0, "")
    assert "emogen" in result.out


def test_help_is_light_and_quick() -> None:
    code = (
        "import sys; from emogen.cli.main import main; main(['generate', '--help']);"
        "sys.exit(len({'torch', 'numpy', 'av', 'gradio', 'diffusers', 'PIL'} & set(sys.modules)))"
    )
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
        seconds.append(time.perf_counter() - start)
        assert result.returncode == 0, result.stderr
    assert min(seconds) < 0.6  # 0.15 s on a free machine; CI machines are shared


def test_version(emogen) -> None:
    assert emogen("--version").out == f"emogen {__version__}\n"


def test_emotion_in_words(emogen) -> None:
    result = emogen("emotion", "sadness:0.8@0s ~> fun@2s")
    assert result.code == 0
    assert result.out.startswith("sadness:0.8@0s ~> amusement@2s\n")
    assert "amusement" in result.out
    assert "disgust" not in result.out


def test_emotion_as_json(emogen) -> None:
    answer = json.loads(emogen("emotion", "fear:0.5", "--frames", "5", "--fps", "8", "--json").out)
    assert answer["notation"] == "fear:0.5"
    assert answer["keyframes"][0]["mixture"] == {"fear": 1.0}
    assert [len(row) for row in answer["vectors"]] == [12] * 5
    assert answer["vectors"][0][6] == answer["vectors"][4][11] == 0.5


def test_neutral_can_be_shown(emogen) -> None:
    assert "neutral" in emogen("emotion", "neutral").out


def test_emotion_stays_light() -> None:
    code = "import sys; from emogen.cli.main import main; main(['emotion', 'fear']);"
    code += "sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_models_are_listed(emogen) -> None:
    listed = {model["name"]: model for model in json.loads(emogen("models", "--json").out)}
    assert listed["words"]["bytes"] > 1e6
    assert listed["words"]["summary"] == "free words to emotion"
    assert not listed["words"]["generates"]
    assert "words" in emogen("models").out


def test_model_cards(tmp_path) -> None:
    card = tmp_path / "README.md"
    assert front_matter(card) == {}
    card.write_text("---\nlicense: cc-by-4.0\ntags: [a, b]\n---\n# Card\n")
    assert front_matter(card) == {"license": "cc-by-4.0", "tags": ["a", "b"]}
    card.write_text("---\n- a: [\n---\n")
    with pytest.raises(ModelError, match="expected YAML"):
        front_matter(card)


def test_doctor(emogen) -> None:
    findings = json.loads(emogen("doctor", "--json").out)
    assert findings["expect"].split(":")[0] in {"fast", "good", "slow"}
    assert findings["encoders"] == ["libx264", "libvpx-vp9"]
    result = emogen("doctor")
    assert result.code == (3 if findings["problems"] else 0)
    assert "torch" in result.out


def test_a_shell_sees_exit_codes_and_streams() -> None:
    result = shell("emotion", "hapy")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("emogen: unknown emotion 'hapy'; did you mean 'happy'?")


def test_a_full_disk_behind_stdout() -> None:
    with open("/dev/full", "w") as full:  # noqa: PTH123 - a device
        code = subprocess.run(
            [sys.executable, "-m", "emogen", "models", "--json"], stdout=full,
            stderr=subprocess.PIPE, check=False,
        )
    assert code.returncode == 3
    assert code.stderr.startswith(b"emogen: no space left")
    assert code.stderr.count(b"\n") == 1


def test_a_reader_that_leaves() -> None:
    command = f"{sys.executable} -m emogen emotion fear --frames 1025 --json | head -c 1"
    result = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert result.stderr == ""


@pytest.mark.model
def test_the_embedded_model_end_to_end(tmp_path) -> None:
    result = shell(
        "generate", "a red robot in a forest", "-e", "excitement:0.9", "-o", "demo.mp4", "--sheet",
        "--steps", "4", "--seed", "1", "--json", cwd=tmp_path,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    answer = json.loads(result.stdout)
    assert answer["warnings"] == []
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["demo-sheet.png", "demo.json", "demo.mp4"]
