"""The package as a whole: sorted, documented, without torch of its own."""

import ast
from pathlib import Path

import pytest

from emogen.evaluation import metrics

FOLDER = Path(metrics.__file__).parent


def test_names_are_sorted_and_there():
    assert metrics.__all__ == sorted(metrics.__all__)
    assert [name for name in metrics.__all__ if not hasattr(metrics, name)] == []


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_numpy_is_all_that_is_needed(path):
    tree = ast.parse(path.read_text())
    plain = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import)
             for alias in node.names]
    froms = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert not {name.split(".")[0] for name in plain + froms} & {"torch", "scipy", "sklearn"}


def test_every_metric_is_in_the_table(root):
    text = (root / "docs" / "metrics.md").read_text()
    functions = [name for name in metrics.__all__ if name.islower()]
    assert [name for name in functions if f"`{name}`" not in text] == []
