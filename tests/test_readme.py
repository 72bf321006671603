"""The README keeps its word: its commands parse, its code runs, its links and paths exist."""

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from emogen.cli.app import app

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
README = PAGES[0].read_text()
MADE_BY_TRAINING = [ROOT / "assets" / "samples", ROOT / "assets" / "models" / "nano"]
UNLISTED: set[str] = set()
"""Layers on the way that the README does not promise yet."""


def blocks(text, language):
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


def commands():
    lines = "\n".join(blocks(README, "bash")).splitlines()
    return [shlex.split(line, comments=True) for line in lines if line.strip()]


def test_it_is_short_and_begins_with_two_commands() -> None:
    assert len(README.split()) < 700
    first_screen = "\n".join(README.splitlines()[:24])
    assert "make demo" in first_screen
    assert "make test" in first_screen


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_commands_parse(words) -> None:
    if words[0] == "make":
        targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
        assert words[1] in targets
        return
    assert words[0] == "emogen"
    group = get_command(app)
    command = group.commands[words[1]]
    command.make_context(words[1], words[2:])


def test_commands_of_the_text_exist() -> None:
    names = set(re.findall(r"`emogen (\w+)", README))
    assert names <= set(get_command(app).commands)


@pytest.mark.parametrize("code", blocks(README, "python"))
def test_python_can_be_imported(code) -> None:
    compile(code, "README.md", "exec")
    exec("\n".join(line for line in code.splitlines() if " import " in line), {})


@pytest.mark.model
@pytest.mark.slow
@pytest.mark.parametrize("code", blocks(README, "python"))
def test_python_runs(code, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    exec(code, {})
    assert (tmp_path / "robot.mp4").stat().st_size > 1000


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page) -> None:
    links = re.findall(r"\]\(([^)#\s]+)\)", page.read_text())
    targets = [(page.parent / link).resolve() for link in links if "://" not in link]
    later = [folder for folder in MADE_BY_TRAINING if not folder.is_dir()]
    missing = [path for path in targets if not path.exists()]
    assert [path for path in missing if not set(later) & {path, *path.parents}] == []


def test_the_tree_is_the_tree() -> None:
    (tree,) = blocks(README, "text")
    for line in tree.splitlines():
        name = line.split()[0]
        folder = ROOT / "emogen" / name if line.startswith("  ") else ROOT / name
        assert folder.is_dir(), line
    layers = {path.parent.name for path in (ROOT / "emogen").glob("*/__init__.py")}
    assert {layer for layer in layers if f"  {layer}/ " not in tree} <= UNLISTED


