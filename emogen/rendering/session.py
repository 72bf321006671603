"""A run with everything around it: a store and workers in; leftovers swept, Ctrl-C heeded, done."""

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from emogen.rendering.dispatch import Dispatcher, Outcome, RunSettings
from emogen.rendering.events import Listener
from emogen.rendering.executors.executor import Executor
from emogen.rendering.store import Store
from emogen.rendering.worker.finishing import stale_parts


def run(
    store: Store, executor: Executor, *, settings: RunSettings | None = None,
    folder: Path | None = None, listeners: Sequence[Listener] = (),
) -> Outcome:
    """Work off the queue of a store.

    The first Ctrl-C or SIGTERM ends the run in order: what is being written is ended, everything
    else given back. A second one ends it at once; the next run then takes its leases over.

    Args:
        store: the queue.
        executor: the workers, not started yet.
        settings: how.
        folder: output folder, swept of files that dead runs left unfinished; None where runs with
            stores of their own write into it too.
        listeners: told of every event.

    Raises:
        ResourceError: the store cannot be written.
        KeyboardInterrupt: interrupted twice.
    """
    dispatcher = Dispatcher(
        store=store, executor=executor, settings=settings or RunSettings(), listeners=listeners
    )
    if folder is not None and folder.is_dir():
        store.reclaim()
        sweep(folder, store)
    with interruptible(dispatcher.interrupted):
        return dispatcher.run()


def sweep(folder: Path, store: Store) -> list[Path]:
    """Remove unfinished files of claims that are no more, and return them."""
    found = stale_parts(folder, {held.token for held in store.running()})
    for part in found:
        part.unlink(missing_ok=True)
    return found


@contextmanager
def interruptible(interrupted: threading.Event) -> Iterator[None]:
    """Let the first Ctrl-C or SIGTERM set an event and the second one raise KeyboardInterrupt."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def heed(number: int, frame: object) -> None:
        if interrupted.is_set():
            signal.default_int_handler(number, frame)
        interrupted.set()

    before = {number: signal.signal(number, heed) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
