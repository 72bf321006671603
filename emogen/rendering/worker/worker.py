"""One worker: orders handed in; messages about finished files out.

Two threads share the work. The main one reads inputs and drafts, which for clips means encoding
words and denoising; the other develops: decodes, encodes the video, writes, checks. So the next
jobs are denoised while the last ones are written. At most `AHEAD` drafts wait in between.
"""

import os
import queue
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from emogen.rendering.engines import ENGINES, load_engine
from emogen.rendering.ladder import Problem
from emogen.rendering.store import Claim
from emogen.rendering.worker.engine import Engine, EngineOptions, Tell
from emogen.rendering.worker.finishing import Written
from emogen.rendering.worker.messages import (
    WAITING,
    Done,
    Drop,
    Failed,
    Message,
    Note,
    Order,
    Ready,
    Shown,
    Told,
)
from emogen.rendering.worker.problems import problem_of
from emogen.rendering.worker.remote import target_of

AHEAD = 8


@dataclass(frozen=True, kw_only=True)
class WorkerOptions:
    """How a worker is to work; can travel to another process or machine.

    Attributes:
        target: output folder or URL.
        overwrite: whether files of other jobs may be replaced.
        device: where models lie; None for the best there is.
        threads: CPU threads of the heavy part; 0 leaves it to the libraries.
        batch: most clips in one forward; 0 leaves it to their size.
        previews: whether small pictures of unfinished clips are told.
        engines: who makes which kind, as in `emogen.rendering.engines`.
    """

    target: str
    overwrite: bool = False
    device: str | None = None
    threads: int = 0
    batch: int = 0
    previews: bool = False
    engines: Mapping[str, str] = field(default_factory=lambda: dict(ENGINES))


@dataclass(frozen=True, kw_only=True, eq=False)
class _Read:
    claim: Claim
    reading: Any
    seconds: dict[str, float]


class _Stopped(Exception):  # noqa: N818 - no error
    """The run was interrupted."""


class Worker:
    """Works off orders until it is told to stop.

    Args:
        options: how.
        tell: is called with every message, from both threads.
    """

    def __init__(self, options: WorkerOptions, tell: Callable[[Message], None]) -> None:
        self._options = options
        self._tell = tell
        self._target = target_of(options.target, overwrite=options.overwrite)
        self._engines: dict[str, Engine] = {}
        self._room = threading.Semaphore(AHEAD)
        self._stopping = threading.Event()
        self._dropped: set[str] = set()
        self._inbox: queue.Queue[Order | None] = queue.Queue()

    def run(self) -> None:
        """Work off what is handed in until a `Stop`; what was being written by then is ended."""
        set_threads(self._options.threads)
        self._tell(Ready(pid=os.getpid(), host=socket.gethostname(),
                         device=self._options.device or "auto"))
        with ThreadPoolExecutor(
            1, "develop", initializer=set_threads, initargs=(self._options.threads,)
        ) as developers:
            while (order := self._inbox.get()) is not None and not self._stopping.is_set():
                with suppress(_Stopped):
                    self._work(order, developers)

    def hand(self, note: Note) -> None:
        """Take a note; returns at once, from any thread."""
        if isinstance(note, Order):
            self._inbox.put(note)
        elif isinstance(note, Drop):
            self._dropped.update(note.tokens)
        else:
            self._stopping.set()
            self._inbox.put(None)

    def _work(self, order: Order, developers: ThreadPoolExecutor) -> None:
        readings = [one for claim in order.claims for one in self._read(claim)]
        futures: list[Future] = []
        for claim, draft, spent in self._drafts(readings):
            while not self._room.acquire(timeout=1.0):
                pass  # wakes up now and then, so that a signal gets through
            self._tell(Told(tokens=(claim.token,), stage=WAITING, done=0, total=1))
            futures.append(developers.submit(self._develop, claim, draft, spent))
        if order.is_solo:
            for future in futures:
                future.result()

    # --- in the main thread

    def _read(self, claim: Claim) -> list[_Read]:
        """Return the job read, or nothing where its file is there or it failed."""
        clock = _Clock(self._telling([claim]))
        with self._reported(claim):
            clock.tell("reading", 0, 1)
            found = self._target.find(claim)
            if found is not None:
                self._done(claim, found, found.seconds, is_adopted=True)
                return []
            if not self._engines:
                clock.tell("loading", 0, 1)
            engine = self._engine(claim)
            clock.tell("reading", 0, 1)
            reading = engine.read(claim, clock.tell)
            return [_Read(claim=claim, reading=reading, seconds=clock.seconds())]
        return []

    def _drafts(self, readings: Sequence[_Read]) -> list[tuple[Claim, Any, dict[str, float]]]:
        """Return drafts with the seconds spent so far; together or, if that fails, one by one."""
        if not readings:
            return []
        claims = [one.claim for one in readings]
        engine = self._engine(claims[0])
        started = time.perf_counter()
        try:
            drafts = engine.draft([one.reading for one in readings], self._telling(claims))
        except _Stopped:
            raise
        except Exception as error:  # noqa: BLE001 - becomes the job's problem
            if len(readings) > 1:
                return [row for one in readings for row in self._drafts([one])]
            self._failed(claims[0], error)
            return []
        share = (time.perf_counter() - started) / len(readings)
        return [
            (one.claim, draft, {**one.seconds, "denoising": share})
            for one, draft in zip(readings, drafts, strict=True)
        ]

    def _engine(self, claim: Claim) -> Engine:
        name = self._options.engines[claim.job.kind]
        if name not in self._engines:
            options = EngineOptions(
                device=self._options.device, batch=self._options.batch,
                show=self._show if self._options.previews else None,
            )
            self._engines[name] = load_engine(name, options)
        return self._engines[name]

    # --- in the other thread

    def _develop(self, claim: Claim, draft: Any, spent: dict[str, float]) -> None:  # noqa: ANN401
        clock = _Clock(self._telling([claim], stoppable=False))
        try:
            if self._stopping.is_set() or claim.token in self._dropped:
                return
            with self._reported(claim):
                product = self._engine(claim).develop(draft, clock.tell)
                clock.tell("writing", 0, 1)
                found = self._target.write(claim, product, {**spent, **clock.seconds()})
                self._done(claim, found, {**spent, **clock.seconds()})
        finally:
            self._room.release()

    # --- messages

    def _telling(self, claims: Sequence[Claim], *, stoppable: bool = True) -> Tell:
        tokens = tuple(claim.token for claim in claims)

        def tell(stage: str, done: int, total: int) -> None:
            if stoppable and self._stopping.is_set():
                raise _Stopped
            self._tell(Told(tokens=tokens, stage=stage, done=done, total=total))

        return tell

    def _show(self, token: str, picture: bytes) -> None:
        self._tell(Shown(token=token, picture=picture))

    def _done(
        self, claim: Claim, found: Written, seconds: Mapping[str, float], *,
        is_adopted: bool = False,
    ) -> None:
        self._tell(Done(
            token=claim.token, output=found.output, digest=found.digest, scores=found.scores,
            warnings=found.warnings, is_adopted=is_adopted, memory_bytes=peak_memory(),
            seconds={name: round(value, 3) for name, value in seconds.items()},
        ))

    def _failed(self, claim: Claim, error: BaseException) -> None:
        if os.environ.get("EMOGEN_TRACEBACK"):
            traceback.print_exception(error, file=sys.stderr)
        self._tell(Failed(token=claim.token, problem=problem_of(error)))

    def _reported(self, claim: Claim) -> "_Reported":
        return _Reported(lambda error: self._failed(claim, error))


@dataclass
class _Reported:
    """Passes exceptions on as a job's problem instead of letting them end the worker."""

    report: Callable[[BaseException], None]

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, kind: type | None, error: BaseException | None, trace: object) -> bool:
        """Report anything but the end of the run and of the process."""
        if error is None or not isinstance(error, Exception) or isinstance(error, _Stopped):
            return False
        self.report(error)
        return True


class _Clock:
    """Passes stages on and adds up how long each takes."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._seconds: dict[str, float] = {}
        self._stage: str | None = None
        self._since = time.perf_counter()

    def tell(self, stage: str, done: int, total: int) -> None:
        """Go on to a stage."""
        if stage != self._stage:
            self._seconds = self.seconds()
            self._stage, self._since = stage, time.perf_counter()
        self._tell(stage, done, total)

    def seconds(self) -> dict[str, float]:
        """Return the seconds of each stage so far."""
        if self._stage is None:
            return {}
        now = time.perf_counter() - self._since
        return {**self._seconds, self._stage: self._seconds.get(self._stage, 0.0) + now}


def set_threads(threads: int) -> None:
    """Set the CPU threads of this thread's heavy work, also of torch if it is loaded already."""
    if not threads:
        return
    os.environ["OMP_NUM_THREADS"] = str(threads)  # for a torch that is loaded later
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(threads)


def peak_memory() -> int:
    """Return the most main memory this process has held, in bytes; 0 where that is not told."""
    try:
        import resource
    except ImportError:  # Windows
        return 0
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def lost_problem(reason: str, *, stage: str, is_hang: bool, is_machine: bool) -> Problem:
    """Return the problem of a job whose worker ended or stood still under it."""
    if is_hang:
        return Problem(kind="hang", message=f"no progress at {stage!r}; {reason}",
                       hint="if the machine is only slow, raise --stall-seconds")
    if is_machine:
        return Problem(kind="lost", message=f"the worker was lost at {stage!r}: {reason}",
                       hint="nothing to do; it is tried again")
    return Problem(kind="crash", message=f"the worker ended at {stage!r}: {reason}")
