"""Checkpoints: whole, or the one before."""

import os
import signal

import pytest
import torch

from emogen.errors import ModelError
from emogen.learning.checkpoint import load_state, save_state


class Poison:
    """Does something while it is being written."""

    def __init__(self, act):
        self.act = act

    def __reduce__(self):
        self.act()
        return (dict, ())


def fail():
    raise RuntimeError("disk full")


@pytest.fixture
def path(tmp_path):
    save_state({"step": 1, "w": torch.arange(4.0)}, tmp_path / "run" / "last.pt")
    return tmp_path / "run" / "last.pt"


def test_there_and_back(path):
    state = load_state(path)
    assert state["step"] == 1
    assert torch.equal(state["w"], torch.arange(4.0))
    assert [p.name for p in path.parent.iterdir()] == ["last.pt"]


def test_a_failed_writer_leaves_the_old_file(path):
    with pytest.raises(RuntimeError, match="disk full"):
        save_state({"w": torch.ones(9), "bad": Poison(fail)}, path)
    assert load_state(path)["step"] == 1
    assert [p.name for p in path.parent.iterdir()] == ["last.pt"]


def test_a_killed_writer_leaves_the_old_file(path):
    child = os.fork()
    if child == 0:
        die = Poison(lambda: os.kill(os.getpid(), signal.SIGKILL))
        try:
            save_state({"w": torch.ones(9), "bad": die}, path)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    assert (path.parent / "last.pt.part").is_file()
    assert load_state(path)["step"] == 1
    save_state({"step": 2}, path)
    assert load_state(path)["step"] == 2
    assert [p.name for p in path.parent.iterdir()] == ["last.pt"]


def test_no_checkpoint(tmp_path):
    with pytest.raises(ModelError, match="no checkpoint at"):
        load_state(tmp_path / "last.pt")


@pytest.mark.parametrize("kept", [0, 10, 0.5, 0.95])
def test_a_damaged_checkpoint(path, kept):
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept) if kept < 1 else kept])
    with pytest.raises(ModelError, match="cannot read the checkpoint"):
        load_state(path)


def test_nothing_in_a_checkpoint_is_executed(path, tmp_path):
    class Mischief:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "hacked"),))

    torch.save({"bad": Mischief()}, path)
    with pytest.raises(ModelError, match="cannot read the checkpoint"):
        load_state(path)
    assert not (tmp_path / "hacked").exists()
