"""The package is light: no torch, a sorted public API, examples that run."""

import doctest
import importlib
import pkgutil
import subprocess
import sys

import pytest

import emogen.emotion

MODULES = [module.name for module in pkgutil.iter_modules(emogen.emotion.__path__)]


def test_import_pulls_in_nothing_heavy() -> None:
    code = ("import sys, emogen.emotion as e;"
            "heavy = {'torch', 'scipy', 'transformers', 'gradio', 'pydantic'} & set(sys.modules);"
            "sys.exit(' '.join(heavy) or 0)")
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert result.returncode == 0, result.stderr.decode()


def test_public_api_is_sorted_and_complete() -> None:
    names = emogen.emotion.__all__
    constants = [name for name in names if name.isupper() or name[:-1].isupper()]
    assert names[: len(constants)] == sorted(constants)
    assert all(hasattr(emogen.emotion, name) for name in names)


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name: str) -> None:
    module = importlib.import_module(f"emogen.emotion.{name}")
    assert doctest.testmod(module).failed == 0
