"""`emogen data`: what it lists, prepares and shows; exit codes; one line for what is wrong."""

import json
import subprocess
import sys
from types import SimpleNamespace

import pytest
import typer

from emogen.cli.data import data
from emogen.cli.failures import report
from emogen.errors import EmogenError
from tests.data.prepare.clips import scene, write

SMALL = ("--sizes", "64x48", "--frames", "9,17", "--workers", "0")


@pytest.fixture
def emogen_data(capsys, tmp_path, monkeypatch):
    """Run `emogen data ...` in an empty folder; gives its exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        try:
            code = data(args=[str(word) for word in arguments], prog_name="emogen data",
                        standalone_mode=False) or 0
        except (EmogenError, typer.TyperException) as error:
            code = report(error)
        captured = capsys.readouterr()
        return SimpleNamespace(code=code, out=captured.out, err=captured.err)

    return run


@pytest.fixture
def clips(tmp_path):
    root = tmp_path / "clips"
    write(root / "awe/a.mp4", scene(1, 20))
    write(root / "fear/b.mp4", scene(2, 20))
    (root / "awe/a.txt").write_text("a pattern")
    return root


def test_list(emogen_data):
    answer = emogen_data("list")
    assert answer.code == 0
    assert "emovid" in answer.out
    assert "non-commercial" in answer.out
    assert set(json.loads(emogen_data("list", "--json").out)) == {"emovid", "folder", "emoset"}


def test_prepare_and_inspect(emogen_data, clips):
    answer = emogen_data("prepare", "folder", clips, "-o", "out", *SMALL)
    assert (answer.code, answer.out.splitlines()[0]) == (0, "out")
    assert "2 examples" in answer.out
    assert "examining" in answer.err
    shown = emogen_data("inspect", "out")
    assert shown.code == 0
    assert "folder: 2 examples of 2 entries" in shown.out
    assert "emotions: 1 awe, 1 fear" in shown.out
    whole = json.loads(emogen_data("inspect", "out", "--check", "--json").out)
    assert whole["problems"] == []
    assert whole["statistics"]["examples"] == 2


def test_damaged_files_are_one_of_the_failures(emogen_data, clips):
    (clips / "fear/c.mp4").write_bytes(b"no film")
    answer = emogen_data("prepare", "folder", clips, "-o", "out", *SMALL, "--json")
    assert answer.code == 1
    said = json.loads(answer.out)
    assert [one["id"] for one in said["quarantined"]] == ["fear/c.mp4"]
    assert said["statistics"]["examples"] == 2


def test_a_corpus_before_it_is_prepared(emogen_data, clips):
    answer = emogen_data("inspect", clips, "--as", "folder")
    assert answer.code == 0
    assert "2 entries, 1 with captions" in answer.out
    (clips / "t.csv").write_text("path,emotion\nz.mp4,awe\n")
    answer = emogen_data("inspect", clips, "--as", "folder")
    assert answer.code == 1
    assert "no such file: z.mp4" in answer.out


@pytest.mark.parametrize(("options", "says"), [
    (("--frames", "16"), "use 13 or 17"),
    (("--frames", "few"), "expected --frames such as 17,33,49"),
    (("--sizes", "100x100"), "multiples of 16"),
    (("--sizes", "large"), "such as 128x128"),
    (("--workers", "-1"), "0 or more"),
    (("--windows", "0"), "at least 1"),
    (("--duplicate-bits", "500"), "-1 to 96"),
    (("--model", "absent"), "absent"),
    (("--layout", "absent.toml"), "cannot read the layout"),
    (("--test", "1"), "leave some to train on"),
    (("--fps", "0"), "above 0"),
])  # fmt: skip
def test_what_cannot_be(emogen_data, clips, options, says):
    answer = emogen_data("prepare", "folder", clips, "-o", "out", *options)
    assert (answer.code, answer.out) == (2, "")
    assert says in answer.err
    assert len([line for line in answer.err.splitlines() if line.startswith("emogen: ")]) <= 2
    assert "Traceback" not in answer.err


def test_other_places_and_kinds(emogen_data, clips):
    assert emogen_data("prepare", "film", clips, "-o", "o").code == 2
    assert "check the path" in emogen_data("prepare", "folder", "nowhere", "-o", "o").err
    assert "expected a prepared folder" in emogen_data("inspect", clips).err
    assert "outside the corpus" in emogen_data("prepare", "folder", clips, "-o", clips).err


def test_damaged_shards_are_found(emogen_data, clips):
    emogen_data("prepare", "folder", clips, "-o", "out", *SMALL)
    from pathlib import Path

    shard = Path("out/text/00000.safetensors")
    shard.parent.mkdir()
    shard.write_bytes(b"cut short")
    answer = emogen_data("inspect", "out", "--check")
    assert answer.code == 1
    assert "prepare again" in answer.out


def test_help_is_light():
    code = (
        "import sys; from emogen.cli.data import data;"
        "data(['prepare', '--help'], standalone_mode=False);"
        "sys.exit(len({'torch', 'numpy', 'av', 'PIL', 'ray', 'emogen.data'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert result.returncode == 0, result.stderr
