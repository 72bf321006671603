"""The queue at work: a folder in; its jobs rendered one after another, paused and gone on with.

Whoever holds the folder's lock renders; a second back room waits, so that a studio that is started
anew beside a dying one never loads the model twice.
"""

import fcntl
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from emogen.rendering.dispatch import Dispatcher, Outcome, RunSettings
from emogen.rendering.events import Event
from emogen.rendering.executors.local import LocalExecutor
from emogen.rendering.executors.slots import workers_of
from emogen.rendering.rates import record_run
from emogen.rendering.session import sweep
from emogen.rendering.store import Claim, Store
from emogen.rendering.worker.worker import WorkerOptions
from ui.backroom.kept import KeptExecutor

LOOK_S = 0.3
"""From one look into an empty queue to the next; the command line may add jobs too."""
RECLAIM_S = 5.0
IDLE_S = 900.0
"""Without work for so long, the worker is ended and its memory is free."""
BACK_OFF_S = 15.0
"""Rest after a run that a full disk or dying workers ended."""


class PausableStore(Store):
    """A store that hands nothing out while it is paused; what is under way goes on."""

    is_paused = False

    def claim(self, worker: str, **wanted: Any) -> list[Claim]:  # noqa: ANN401 - as in Store
        """Take the next jobs, none while paused."""
        return [] if self.is_paused else super().claim(worker, **wanted)

    def next_due(self, *, shard: tuple[int, int] | None = None) -> float | None:
        """Return the seconds until something can be taken, None while paused."""
        return None if self.is_paused else super().next_due(shard=shard)


class Rendering:
    """Renders what a folder's store holds until it is told to end.

    Args:
        folder: output folder.
        tell: is called with every event.
        device: what renders, None for the best there is.
    """

    def __init__(
        self, folder: Path, tell: Callable[[Event], None], *, device: str | None = None
    ) -> None:
        self.ending = threading.Event()
        self._folder, self._tell = folder, tell
        self._store = PausableStore.open(folder)
        options = WorkerOptions(target=str(folder), batch=1, previews=True)
        self._executor = KeptExecutor(
            LocalExecutor(workers_of(options, workers=1, devices=device))
        )
        self._is_cpu = self._executor.names[0].startswith("cpu")

    def pause(self, *, is_paused: bool) -> None:
        """Hand out nothing more, or go on."""
        self._store.is_paused = is_paused

    def run(self) -> None:
        """Render whatever comes, until the end."""
        with (self._folder / ".emogen" / "backroom.lock").open("a") as file:
            if not self._lock(file.fileno()):
                return
            try:
                self._loop()
            finally:
                self._executor.end()
                self._store.close()

    def _lock(self, descriptor: int) -> bool:
        """Wait for the folder's lock; tell whether it is ours."""
        while not self.ending.is_set():
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self.ending.wait(LOOK_S)
            else:
                return True
        return False

    def _loop(self) -> None:
        worked = reclaimed = 0.0
        while not self.ending.is_set():
            now = time.monotonic()
            if now - reclaimed >= RECLAIM_S:
                reclaimed = now
                self._store.reclaim()
                sweep(self._folder, self._store)
            if self._store.next_due() == 0:
                outcome = self._work()
                worked = time.monotonic()
                if outcome.reason in {"disk", "workers"}:
                    self.ending.wait(BACK_OFF_S)
            elif self._executor.is_idle and now - worked > IDLE_S:
                self._executor.end()
            self.ending.wait(LOOK_S)

    def _work(self) -> Outcome:
        since = time.time()
        outcome = Dispatcher(
            store=self._store, executor=self._executor, interrupted=self.ending,
            settings=RunSettings(batch=1, beat_seconds=1.0), listeners=[self._tell],
        ).run()
        if outcome.done > outcome.adopted:
            record_run(
                self._store, since=since, memory_bytes=outcome.memory_bytes, folder=self._folder,
                device="cpu" if self._is_cpu else "cuda",
            )
        return outcome
