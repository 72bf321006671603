"""The command line in this process, and a Wan model so small that it renders in a second."""

from types import SimpleNamespace

import pytest

from emogen.cli.main import main


@pytest.fixture
def emogen(capsys, tmp_path, monkeypatch):
    """Run a command line in an empty folder; gives its exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        code = main([str(word) for word in arguments])
        captured = capsys.readouterr()
        return SimpleNamespace(code=code, out=captured.out, err=captured.err)

    return run


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory):
    """A folder with an untrained Wan pipeline and its emotion adapter, both real."""
    from tests.tiny import save_tiny_model  # here: most tests of the command line need no torch

    return save_tiny_model(tmp_path_factory.mktemp("models") / "tiny")
