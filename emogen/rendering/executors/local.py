"""Workers on this machine: one process a device, a pipe to each; a death is told as a message."""

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

from emogen.errors import ResourceError
from emogen.rendering.worker.messages import Gone, Message, Note
from emogen.rendering.worker.worker import Worker, WorkerOptions

_JOIN_S = 5.0


@dataclass(frozen=True, kw_only=True)
class _Seat:
    process: SpawnProcess
    pipe: Connection


class LocalExecutor:
    """Runs each worker in a process of its own, begun afresh and not forked.

    A worker whose parent is gone, killed even, notices by the end of its pipe and ends at once.

    Args:
        workers: names and how each is to work.
    """

    kind = "local"

    def __init__(self, workers: Mapping[str, WorkerOptions]) -> None:
        self.names = tuple(workers)
        self._options = dict(workers)
        self._context = multiprocessing.get_context("spawn")
        self._seats: dict[str, _Seat] = {}

    def start(self, name: str) -> None:
        """Begin a worker process.

        Raises:
            ResourceError: the system has no room for another process.
        """
        self.kill(name)
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=serve, args=(theirs, self._options[name]), name=name, daemon=True
        )
        try:
            process.start()
        except OSError as error:
            raise ResourceError(
                f"cannot start a worker process ({error.strerror}); use fewer --workers"
            ) from error
        theirs.close()
        self._seats[name] = _Seat(process=process, pipe=ours)

    def send(self, name: str, note: Note) -> None:
        """Hand a note to a worker."""
        seat = self._seats.get(name)
        if seat is not None:
            with contextlib.suppress(OSError):  # it is gone: poll says so
                seat.pipe.send(note)

    def poll(self, timeout: float) -> list[tuple[str, Message]]:
        """Return messages as they come, all that are there, at the latest after a time."""
        if not self._seats:
            threading.Event().wait(timeout)
            return []
        pipes = {seat.pipe: name for name, seat in self._seats.items()}
        found: list[tuple[str, Message]] = []
        for pipe in wait(list(pipes), timeout):
            name = pipes[pipe]
            try:
                found.append((name, pipe.recv()))
                while pipe.poll():
                    found.append((name, pipe.recv()))
            except (EOFError, OSError):
                found.append((name, Gone(reason=self._ended(name))))
        return found

    def kill(self, name: str) -> None:
        """End a worker by SIGKILL."""
        seat = self._seats.pop(name, None)
        if seat is None:
            return
        seat.process.kill()
        seat.process.join(_JOIN_S)
        seat.pipe.close()

    def close(self) -> None:
        """End all workers."""
        for seat in self._seats.values():
            seat.process.kill()
        for name in list(self._seats):
            self.kill(name)

    def _ended(self, name: str) -> str:
        """Return how a worker ended and forget it."""
        seat = self._seats.pop(name)
        seat.process.join(_JOIN_S)
        code = seat.process.exitcode
        if code is None:  # it closed its pipe and lives: not one we can talk to
            seat.process.kill()
            seat.process.join(_JOIN_S)
        seat.pipe.close()
        return describe_exit(code)


def describe_exit(code: int | None) -> str:
    """Return in words how a process ended.

    >>> describe_exit(-9), describe_exit(3)
    ('killed by SIGKILL, perhaps for want of memory', 'exit code 3')
    """
    if code is None:
        return "it fell silent"
    if code >= 0:
        return f"exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"killed by {name}" + (", perhaps for want of memory" if name == "SIGKILL" else "")


def serve(pipe: Connection, options: WorkerOptions) -> None:
    """Be a worker process: notes from a pipe in, messages through it out, until told to stop."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what Ctrl-C means
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.dup2(2, 1)  # what a library prints must not get among the results on stdout
    quiet_libraries()
    lock = threading.Lock()

    def tell(message: Message) -> None:
        with lock:
            pipe.send(message)

    worker = Worker(options, tell)
    threading.Thread(target=_listen, args=(pipe, worker), daemon=True).start()
    worker.run()
    os._exit(0)  # the listening thread waits for a pipe that nobody closes


def quiet_libraries() -> None:
    """Set what libraries read from the environment when they are imported."""
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("DIFFUSERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")


def _listen(pipe: Connection, worker: Worker) -> None:
    """Pass notes on; end the process where the parent is gone."""
    while True:
        try:
            note = pipe.recv()
        except (EOFError, OSError):
            os._exit(1)
        worker.hand(note)
