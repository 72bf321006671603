"""One run: a store and an executor in; jobs claimed, handed out, watched and marked, counts out.

Only this process touches the store. Workers get claims and answer with messages, so the run always
knows who holds what: where a worker dies or stands still, its jobs go down the ladder and a fresh
worker takes its place; where the run itself dies, its leases do, and the next run goes on.
"""

import threading
import time
from base64 import b64encode
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from emogen.errors import ResourceError
from emogen.rendering.events import Event, EventKind, Listener
from emogen.rendering.executors.executor import Executor
from emogen.rendering.ladder import Problem
from emogen.rendering.seats import Held, Seat, claims_of
from emogen.rendering.store import Claim, LeaseLostError, Store
from emogen.rendering.supply import Supply
from emogen.rendering.worker.messages import (
    Done,
    Drop,
    Failed,
    Gone,
    Message,
    Ready,
    Shown,
    Stop,
    Told,
)
from emogen.rendering.worker.worker import lost_problem

FALSE_STARTS = 3
TELL_S = 0.5


@dataclass(frozen=True, kw_only=True)
class RunSettings:
    """How a run goes on and when it ends.

    Attributes:
        shard: (i, n): only the i-th of n parts of all jobs, 0 <= i < n.
        max_failures: jobs given up in this run after which nothing more is begun; None is no end.
        stall_seconds: silence of a job under way after which its worker counts as hung.
        start_seconds: how long a worker may take to be ready.
        beat_seconds: from one heartbeat of the leases to the next.
        grace_seconds: how long an interrupted run waits for files that are being written.
        batch: most jobs in one order; 0 leaves it to the size of the clips.
    """

    shard: tuple[int, int] | None = None
    max_failures: int | None = None
    stall_seconds: float = 900.0
    start_seconds: float = 300.0
    beat_seconds: float = 10.0
    grace_seconds: float = 30.0
    batch: int = 0


@dataclass(kw_only=True)
class Outcome:
    """What a run came to.

    Attributes:
        done: jobs it finished.
        adopted: of these, files that were there whole and only not marked.
        failed: jobs it gave up, failed or quarantined.
        seconds: how long it took.
        memory_bytes: most that one worker held.
        reason: why it ended: done, failures, disk, workers or interrupted.
        problem: of the disk or the workers, where that ended it.
    """

    done: int = 0
    adopted: int = 0
    failed: int = 0
    seconds: float = 0.0
    memory_bytes: int = 0
    reason: str = "done"
    problem: str | None = None


@dataclass(kw_only=True)
class Dispatcher:
    """Runs jobs of a store on an executor.

    Attributes:
        store: the queue.
        executor: the workers.
        settings: how.
        listeners: told of every event.
        interrupted: set from outside to end the run early.
    """

    store: Store
    executor: Executor
    settings: RunSettings = field(default_factory=RunSettings)
    listeners: Sequence[Listener] = ()
    interrupted: threading.Event = field(default_factory=threading.Event)

    def run(self) -> Outcome:
        """Work until nothing is left to do; every claim is given back whatever ends it.

        Raises:
            ResourceError: the store cannot be written.
        """
        self.outcome, began = Outcome(), time.monotonic()
        self._supply = Supply(self.store, self.settings.shard, self.settings.batch)
        self._seats = {name: Seat(name=name) for name in self.executor.names}
        self._beat = self._watched = time.monotonic()
        self._is_waiting = False
        queued = self.store.counts()["queued"]
        self._emit("run_started", jobs=queued, workers=list(self._seats),
                   executor=self.executor.kind)
        self._reclaim()
        try:
            for name in self._seats:
                self.executor.start(name)
            self._loop()
        except ResourceError as error:
            self._end("disk", str(error))
        finally:
            self._leave()
            self.outcome.seconds = time.monotonic() - began
        counts = self.store.counts()
        self._emit("run_finished", counts=counts, seconds=round(self.outcome.seconds, 3),
                   reason=self.outcome.reason)
        return self.outcome

    # --- the loop

    def _loop(self) -> None:
        while not self.interrupted.is_set():
            self._fill()
            if not claims_of(self._seats.values()) and self._is_over():
                return
            for name, message in self.executor.poll(self._patience()):
                self._handle(self._seats[name], message)
            self._tend()
        self._end("interrupted")

    def _fill(self) -> None:
        """Hand out orders to whoever can take one."""
        for seat in self._seats.values():
            while seat.takes():
                if not seat.backlog and not self._is_ending:
                    seat.backlog.extend(self._supply.orders(seat.name, len(self._seats)))
                if not seat.backlog or not seat.takes(seat.backlog[0]):
                    break
                if seat.backlog[0].claims[0].measures.fresh and seat.has_run:
                    self._restart(seat)
                    break
                order = seat.backlog.popleft()
                self.executor.send(seat.name, order)
                seat.sent(order)

    def _is_over(self) -> bool:
        if self._is_ending:
            return True
        due = self._supply.due()
        if due is not None:
            return False
        others = [] if self.settings.shard else self.store.running()
        if others and not self._is_waiting:
            self._emit("waiting", running=len(others))
        self._is_waiting = bool(others)
        return not others

    def _patience(self) -> float:
        """Return how long to wait for messages at most."""
        if any(seat.held for seat in self._seats.values()):
            return 0.5
        due = self._supply.due()
        return 0.5 if due is None else min(0.5, max(due, 0.02))

    @property
    def _is_ending(self) -> bool:
        return self.outcome.reason != "done"

    def _end(self, reason: str, problem: str | None = None) -> None:
        if not self._is_ending:
            self.outcome.reason, self.outcome.problem = reason, problem

    # --- messages

    def _handle(self, seat: Seat, message: Message) -> None:
        if isinstance(message, Ready):
            seat.is_ready, seat.false_starts = True, 0
            self._emit("worker_ready", worker=seat.name, device=message.device,
                       host=message.host, pid=message.pid)
        elif isinstance(message, Told):
            for held in seat.heard(message):
                self._tell_stage(seat, held, message)
        elif isinstance(message, Shown):
            if (held := seat.held.get(message.token)) is not None:
                self._emit("job_preview", job=held.claim.id, worker=seat.name,
                           picture=b64encode(message.picture).decode())
        elif isinstance(message, Gone):
            self._lost(seat, message.reason, is_machine=message.is_machine)
        elif (held := seat.held.pop(message.token, None)) is not None and not held.is_lost:
            with suppress(LeaseLostError):
                if isinstance(message, Done):
                    self._done(seat, held.claim, message)
                else:
                    self._failed(seat, held.claim, message)
                return
            self._emit("job_lost", job=held.claim.id, worker=seat.name)

    def _done(self, seat: Seat, claim: Claim, done: Done) -> None:
        self.store.finish(
            claim, output=done.output, digest=done.digest, seconds=done.seconds,
            scores=done.scores, warnings=done.warnings,
        )
        self.outcome.done += 1
        self.outcome.adopted += done.is_adopted
        self.outcome.memory_bytes = max(self.outcome.memory_bytes, done.memory_bytes)
        self._emit("job_done", job=claim.id, worker=seat.name, output=done.output,
                   seconds=dict(done.seconds), scores=done.scores, warnings=list(done.warnings),
                   adopted=done.is_adopted)

    def _failed(self, seat: Seat, claim: Claim, failed: Failed) -> None:
        verdict = self.store.fail(claim, problem=failed.problem)
        self._emit("job_failed", job=claim.id, worker=seat.name, state=verdict.state,
                   problem=failed.problem.to_dict(), delay_s=verdict.delay_s)
        if failed.problem.kind == "disk":
            self._end("disk", failed.problem.message)
        if verdict.state != "queued":
            self.outcome.failed += 1
            if self.settings.max_failures and self.outcome.failed >= self.settings.max_failures:
                self._end("failures", f"{self.outcome.failed} jobs failed")

    def _tell_stage(self, seat: Seat, held: Held, told: Told) -> None:
        now = time.monotonic()
        claim = held.claim
        if not held.told:
            self._emit("job_started", job=claim.id, worker=seat.name, attempt=claim.attempt,
                       output=claim.output)
        elif told.done and told.done < told.total and now - held.told < TELL_S:
            return
        held.told = now
        self._emit("job_stage", job=claim.id, worker=seat.name, stage=told.stage,
                   progress=round(told.done / max(told.total, 1), 3))

    # --- workers that end

    def _lost(
        self, seat: Seat, reason: str, *, hung: Held | None = None, is_machine: bool = False
    ) -> None:
        """Judge the jobs of a worker that is no more, and begin another."""
        self._emit("worker_lost", worker=seat.name, reason=reason)
        for held in list(seat.held.values()):
            if held.is_lost:
                continue
            is_guilty = held is hung if hung else held.is_active
            with suppress(LeaseLostError):
                if is_guilty:
                    problem = lost_problem(
                        reason, stage=held.stage, is_hang=bool(hung), is_machine=is_machine
                    )
                    self._failed(seat, held.claim, Failed(token="", problem=problem))
                else:
                    self._release(seat.name, held.claim)
        self._restart(seat)

    def _restart(self, seat: Seat) -> None:
        self.executor.kill(seat.name)
        seat.restarted(was_ready=seat.is_ready)
        if seat.false_starts >= FALSE_STARTS:
            self._end("workers", f"{seat.name} ended {FALSE_STARTS} times before it was ready; "
                      "see its messages above, or try 'emogen doctor'")
            return
        self.executor.start(seat.name)

    def _tend(self) -> None:
        """Look for stuck workers, keep the leases alive, take back what dead runs held."""
        now = time.monotonic()
        if now - self._watched >= min(1.0, self.settings.stall_seconds / 4):
            self._watched = now
            for seat in self._seats.values():
                limit = self.settings.stall_seconds
                if (hung := seat.stuck(limit)) is not None:
                    self._lost(seat, f"not heard of for {limit:g} s", hung=hung)
                elif not seat.is_ready and now - seat.since > self.settings.start_seconds:
                    self._lost(seat, f"not ready after {self.settings.start_seconds:g} s")
        if now - self._beat >= self.settings.beat_seconds:
            self._beat = now
            self._keep_leases()
            self._reclaim()

    def _keep_leases(self) -> None:
        ours = claims_of(self._seats.values())
        kept = {claim.token for claim in self.store.heartbeat(ours)} if ours else set()
        for seat in self._seats.values():
            gone = [held for held in seat.held.values()
                    if held.claim.token not in kept and not held.is_lost]
            for held in gone:
                held.is_lost = True
                self._emit("job_lost", job=held.claim.id, worker=seat.name)
            if gone:
                tokens = tuple(held.claim.token for held in gone)
                self.executor.send(seat.name, Drop(tokens=tokens))

    def _reclaim(self) -> None:
        if (found := self.store.reclaim()):
            self._emit("jobs_reclaimed", jobs=found)

    # --- the end

    def _leave(self) -> None:
        """Let files that are being written be ended, then give back every claim."""
        for name in self._seats:
            self.executor.send(name, Stop())
        until = time.monotonic() + self.settings.grace_seconds
        try:
            while self._is_writing() and time.monotonic() < until:
                for name, message in self.executor.poll(0.1):
                    seat = self._seats[name]
                    if isinstance(message, Gone):
                        self._give_back(seat)
                    else:
                        self._handle(seat, message)
        except ResourceError as error:
            self._end("disk", str(error))
        finally:
            self.executor.close()
            for seat in self._seats.values():
                self._give_back(seat)

    def _is_writing(self) -> bool:
        return any(held.is_active for seat in self._seats.values() for held in seat.held.values())

    def _give_back(self, seat: Seat) -> None:
        for claim in claims_of([seat]):
            with suppress(LeaseLostError, ResourceError):  # then the lease runs out
                self._release(seat.name, claim)
        seat.held.clear()
        seat.backlog.clear()

    def _release(self, worker: str, claim: Claim) -> None:
        self.store.release(claim)
        self._emit("job_released", job=claim.id, worker=worker)

    def _emit(
        self, event: EventKind, *, job: str | None = None, worker: str | None = None,
        stage: str | None = None, progress: float | None = None, **detail: object,
    ) -> None:
        happening = Event(event=event, job=job, worker=worker, stage=stage, progress=progress,
                          detail=detail)
        for listener in self.listeners:
            listener(happening)


def problem_line(problem: Problem) -> str:
    """Return a problem as one line.

    >>> problem_line(Problem(kind="input", message="no picture"))
    'input: no picture'
    """
    return f"{problem.kind}: {problem.message}" + (f"; {problem.hint}" if problem.hint else "")
