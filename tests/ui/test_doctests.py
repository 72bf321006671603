"""The examples in the docstrings of the studio."""

import doctest
import importlib
import pkgutil

import pytest

pytest.importorskip("gradio")
import ui

MODULES = sorted(
    module.name for module in pkgutil.walk_packages(ui.__path__, "ui.")
    if not module.name.endswith("__main__")
)


def test_every_example_holds() -> None:
    tried = 0
    for name in MODULES:
        found = doctest.testmod(
            importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE
        )
        assert found.failed == 0, name
        tried += found.attempted
    assert tried > 15
