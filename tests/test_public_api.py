"""The public surface: sorted, complete, typed, the same for people and for type checkers."""

import ast
import importlib
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import emogen

ROOT = Path(__file__).parent.parent


def test_names_are_sorted() -> None:
    assert emogen.__all__ == sorted(emogen.__all__)
    assert dir(emogen) == emogen.__all__


@pytest.mark.parametrize("name", emogen.__all__)
def test_every_name_is_there(name) -> None:
    assert getattr(emogen, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'generte'"):
        _ = emogen.generte


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse((ROOT / "emogen" / "__init__.py").read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If))
    typed = {
        (node.module, alias.name) for node in ast.walk(block) if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }  # fmt: skip
    assert typed == {(home, name) for name, home in emogen._HOME_OF.items()}
    assert {name for _, name in typed} == set(emogen.__all__) - {"__version__"}
    assert (ROOT / "emogen" / "py.typed").is_file()


def test_version_is_that_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert emogen.__version__ == project["version"]


def test_import_loads_only_python() -> None:
    code = "import sys, emogen; sys.exit(bool({'numpy', 'torch', 'av'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("layer", ["emotion", "media", "conditioning", "pipelines"])
def test_what_a_layer_offers_exists(layer) -> None:
    module = importlib.import_module(f"emogen.{layer}")
    assert [name for name in module.__all__ if not hasattr(module, name)] == []
    assert len(set(module.__all__)) == len(module.__all__)
