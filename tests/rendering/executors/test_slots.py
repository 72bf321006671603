"""Which workers a machine gets."""

import pytest

from emogen.errors import InputError
from emogen.rendering.executors import slots
from emogen.rendering.worker.worker import WorkerOptions

OPTIONS = WorkerOptions(target="out")


def test_threads_are_dealt_out(monkeypatch):
    monkeypatch.setattr(slots, "cores", lambda: 8)
    found = slots.workers_of(OPTIONS, workers=3, devices="cpu")
    assert list(found) == ["cpu-0", "cpu-1", "cpu-2"]
    assert {one.threads for one in found.values()} == {2}


def test_workers_share_devices_in_turn():
    found = slots.workers_of(OPTIONS, workers=3, devices="cuda:0, cuda:2")
    assert [one.device for one in found.values()] == ["cuda:0", "cuda:2", "cuda:0"]


def test_one_a_device():
    assert len(slots.workers_of(OPTIONS, workers=None, devices="cuda:0,cuda:1")) == 2


@pytest.mark.parametrize(("workers", "devices"), [(0, "cpu"), (1000, "cpu"), (1, " , ")])
def test_what_is_refused(workers, devices):
    with pytest.raises(InputError, match="expected"):
        slots.workers_of(OPTIONS, workers=workers, devices=devices)
