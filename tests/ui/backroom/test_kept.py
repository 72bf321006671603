"""Workers that outlive a run: two runs of a store, one process."""

import pytest

pytest.importorskip("gradio")
from emogen.rendering.dispatch import Dispatcher, RunSettings
from emogen.rendering.executors.local import LocalExecutor
from emogen.rendering.worker.worker import WorkerOptions
from tests.rendering.jobs import CARDS, entries_of, job
from ui.backroom.kept import KeptExecutor
from ui.backroom.rendering import PausableStore


@pytest.fixture
def kept(tmp_path):
    options = WorkerOptions(target=str(tmp_path), device="cpu", threads=1, engines=CARDS)
    executor = KeptExecutor(LocalExecutor({"cpu-0": options}))
    yield executor
    executor.end()


def run(store, executor, listeners):
    return Dispatcher(
        store=store, executor=executor, settings=RunSettings(batch=1), listeners=listeners
    ).run()


def test_the_second_run_finds_the_worker_of_the_first(tmp_path, kept) -> None:
    pids, events = [], []

    def hear(event):
        events.append(event.event)
        if event.event == "worker_ready":
            pids.append(event.detail["pid"])

    with PausableStore.open(tmp_path) as store:
        for seed in (1, 2):
            store.add(entries_of([job(seed=seed)]), run="studio")
            assert run(store, kept, [hear]).done == 1
            assert kept.is_idle
        assert len(pids) == 2
        assert pids[0] == pids[1]
        assert "worker_lost" not in events

        store.is_paused = True
        store.add(entries_of([job(seed=3)]), run="studio")
        assert store.next_due() is None
        assert run(store, kept, [hear]).done == 0, "paused: nothing is handed out"
        store.is_paused = False
        assert run(store, kept, [hear]).done == 1


def test_a_worker_that_died_between_runs_is_replaced(tmp_path, kept) -> None:
    import os
    import signal

    pids = []

    def hear(event):
        if event.event == "worker_ready":
            pids.append(event.detail["pid"])

    with PausableStore.open(tmp_path) as store:
        store.add(entries_of([job(seed=1)]), run="studio")
        run(store, kept, [hear])
        os.kill(pids[0], signal.SIGKILL)
        store.add(entries_of([job(seed=2)]), run="studio")
        assert run(store, kept, [hear]).done == 1
        assert pids[-1] != pids[0]
