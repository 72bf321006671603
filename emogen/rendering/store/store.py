"""The store: jobs in; claims, states and history out, in one SQLite file that survives anything.

It lies in `.emogen/render.sqlite` of the output folder. Every change is one transaction that begins
with the write lock, so two processes never hold one job. What a killed process held comes back by
`reclaim`; what it finished stays finished.
"""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from emogen.errors import InputError, ResourceError
from emogen.rendering.job import Job
from emogen.rendering.ladder import Problem, ProblemKind, Verdict
from emogen.rendering.store import adding, claiming, ending, keeping
from emogen.rendering.store.database import FILE, FOLDER, Database
from emogen.rendering.store.leases import Owner, Watch
from emogen.rendering.store.records import Added, Claim, HistoryEntry, JobRecord, Running
from emogen.rendering.store.states import RETRIED, State

LEASE_SECONDS = 60.0
PAGE = 2000
_LOST = Problem(
    kind="lost", message="the process or machine that held the job is gone",
    hint="nothing to do; it is tried again",
)


class Store:
    """The queue of one output folder; threads may share it, processes open their own.

    Args:
        database: the open file.
        lease_seconds: silence after which a worker of another machine counts as gone; send a
            heartbeat at least four times as often.
        tries: failures of a class before a job is given up, where they differ from `TRIES`.
        now: clock for what is shown and for delays, in seconds since 1970; it may jump.
        monotonic: clock for leases, in seconds; it must not.
    """

    def __init__(
        self,
        database: Database,
        *,
        lease_seconds: float = LEASE_SECONDS,
        tries: Mapping[ProblemKind, int] | None = None,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._tries = dict(tries or {})
        self._now = now
        self._watch = Watch(lease_seconds, monotonic)
        self._owner = Owner.me()
        self._last_bin: dict[str, str] = {}

    @classmethod
    def open(
        cls,
        folder: str | Path,
        *,
        create: bool = True,
        lease_seconds: float = LEASE_SECONDS,
        tries: Mapping[ProblemKind, int] | None = None,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> Self:
        """Open the store of an output folder.

        Args:
            folder: where the clips go.
            create: whether a folder and a store that are not there are made.
            lease_seconds: see the class, as are the others.
            tries: failures of a class before a job is given up.
            now: seconds since 1970.
            monotonic: seconds of a steady clock.

        Raises:
            InputError: there is none and none is to be made, or it is damaged or foreign.
            ResourceError: the place cannot be written.
        """
        path = store_path(folder)
        if not create and not path.is_file():
            raise InputError(
                f"no store in {str(folder)!r}; start one with emogen render run MANIFEST -o FOLDER"
            )
        if create:
            _make_folder(path.parent)
        return cls(
            Database(path), lease_seconds=lease_seconds, tries=tries, now=now, monotonic=monotonic
        )

    def __enter__(self) -> Self:
        """Return the store itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file."""
        self.close()

    def close(self) -> None:
        """Close the file; claims stay as they are."""
        self._database.close()

    @property
    def path(self) -> Path:
        """The SQLite file."""
        return self._database.path

    # -- the queue ------------------------------------------------------------------------------

    def add(
        self, entries: Iterable[tuple[str, Job]], *, run: str, replace: bool = False
    ) -> Added:
        """Put jobs into the queue, each id once; what is known keeps its state.

        Args:
            entries: ids and jobs with their outputs filled in, in the order to be rendered.
            run: what the manifest is called.
            replace: whether a job may take the output of another, which is then forgotten.

        Raises:
            InputError: an output belongs to another job.
        """
        with self._database.writing() as connection:
            return adding.add(connection, entries, run=run, now=self._now(), replace=replace)

    def claim(
        self,
        worker: str,
        *,
        count: int = 1,
        shard: tuple[int, int] | None = None,
        bin: str | None = None,  # noqa: A002 - the word of the domain
    ) -> list[Claim]:
        """Take the next jobs; the attempt is counted before this returns.

        Args:
            worker: who takes them; the lease belongs to this process.
            count: at most so many; all share one bin and one set of measures.
            shard: (i, n): only the i-th of n parts of all jobs, 0 <= i < n.
            bin: only this bin; None takes the worker's last bin first among equals.

        Returns:
            Claims in the order of the queue, none where nothing can be taken now.
        """
        last = self._last_bin.get(worker)
        wanted = claiming.Wanted(count=count, shard=shard, bin=bin, last=last)
        with self._database.writing() as connection:
            claims = claiming.claim(
                connection, wanted, worker=worker, owner=self._owner, now=self._now()
            )
        if claims:
            self._last_bin[worker] = claims[0].bin
        return claims

    def heartbeat(self, claims: Sequence[Claim]) -> list[Claim]:
        """Say that these are worked on, and return those that are still held."""
        with self._database.writing() as connection:
            return ending.beat(connection, claims)

    def finish(
        self,
        claim: Claim,
        *,
        output: str,
        digest: str,
        seconds: Mapping[str, float],
        scores: Mapping[str, Any] | None = None,
        warnings: Sequence[str] = (),
    ) -> None:
        """Mark a job as done once its file lies whole in its place.

        Args:
            claim: what was claimed.
            output: path inside the output folder.
            digest: SHA-256 of the file.
            seconds: how long each stage took.
            scores: what was read in it.
            warnings: what a person should know.

        Raises:
            LeaseLostError: the job is another's by now.
        """
        result = {
            "output": output, "digest": digest, "seconds": dict(seconds),
            "scores": None if scores is None else dict(scores), "warnings": list(warnings),
        }
        with self._database.writing() as connection:
            ending.finish(connection, claim, result=result, now=self._now())

    def release(self, claim: Claim) -> None:
        """Give a job back untried, as when the run was interrupted; it counts as no failure.

        Raises:
            LeaseLostError: the job is another's by now.
        """
        with self._database.writing() as connection:
            ending.release(connection, claim, now=self._now())

    def fail(self, claim: Claim, *, problem: Problem) -> Verdict:
        """Say what went wrong, and return what follows (see `emogen.rendering.ladder`).

        Raises:
            LeaseLostError: the job is another's by now.
        """
        with self._database.writing() as connection:
            row = ending.held(connection, claim)
            return ending.fail(
                connection, row, problem=problem, tries=self._tries, now=self._now()
            )

    def reclaim(self) -> list[str]:
        """Put back what dead workers held, and return those ids.

        A process of this machine that has ended is known at once. For others the heartbeats have
        to stand still for the length of the lease while this store watches: call it regularly.
        """
        with self._database.writing() as connection:
            rows = connection.execute(f"SELECT * FROM {ending.RUNNING}").fetchall()
            silent = self._watch.silent((row["token"], row["beats"]) for row in rows)
            dead = [row for row in rows if row["token"] in silent or _owner(row).is_gone]
            for row in dead:
                ending.fail(connection, row, problem=_LOST, tries=self._tries, now=self._now())
        return [row["id"] for row in dead]

    def next_due(self, *, shard: tuple[int, int] | None = None) -> float | None:
        """Return the seconds until a queued job may be claimed, 0 for now, None for none queued.

        Args:
            shard: (i, n): ask for the i-th of n parts only.
        """
        with self._database.reading() as connection:
            return claiming.next_due(connection, shard=shard, now=self._now())

    # -- what a person sees and asks ------------------------------------------------------------

    def counts(self, run: str | None = None) -> dict[State, int]:
        """Return how many jobs are in each state, of one manifest or of all."""
        with self._database.reading() as connection:
            return keeping.counts(connection, run)

    def states(self) -> dict[str, State]:
        """Return the state of every job by its id."""
        with self._database.reading() as connection:
            return dict(connection.execute("SELECT id, state FROM jobs").fetchall())

    def jobs(
        self,
        state: State | Sequence[State] | None = None,
        *,
        ids: Sequence[str] | None = None,
        run: str | None = None,
    ) -> Iterator[JobRecord]:
        """Yield jobs in the order they came; those in other states than asked are left out."""
        states = [state] if isinstance(state, str) else state
        after = 0
        while True:
            with self._database.reading() as connection:
                rows = keeping.select(
                    connection, ids=ids, states=states, run=run, limit=PAGE, after=after
                )
            yield from map(JobRecord.of, rows)
            if len(rows) < PAGE:
                return
            after = rows[-1]["row"]

    def record(self, id: str) -> JobRecord:  # noqa: A002 - the word of the domain
        """Return one job by its id or the beginning of it.

        Raises:
            InputError: there is no such job.
        """
        return next(self.jobs(ids=self.whole_ids([id])))

    def whole_ids(self, beginnings: Sequence[str]) -> list[str]:
        """Return the ids that begin as given, one each.

        Raises:
            InputError: no job or more than one begins so.
        """
        with self._database.reading() as connection:
            return keeping.whole_ids(connection, beginnings)

    def history(self, id: str) -> list[HistoryEntry]:  # noqa: A002 - the word of the domain
        """Return what happened to a job, the oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT history.* FROM history JOIN jobs ON jobs.row = history.job"
                " WHERE jobs.id = ? ORDER BY entry", (id,),
            ).fetchall()
        names = ("time", "event", "worker", "attempt")
        return [
            HistoryEntry(**{name: row[name] for name in names}, detail=json.loads(row["detail"]))
            for row in rows
        ]

    def running(self) -> list[Running]:
        """Return what is held now, by whomever."""
        with self._database.reading() as connection:
            rows = connection.execute(f"SELECT * FROM {ending.RUNNING}").fetchall()
        return [
            Running(
                id=row["id"], token=row["token"], worker=row["worker"], attempt=row["attempts"],
                host=row["host"].partition(" ")[0], beats=row["beats"], output=row["output"],
            )
            for row in rows
        ]

    def retry(
        self, ids: Sequence[str] | None = None, *, states: Sequence[State] = RETRIED
    ) -> list[str]:
        """Put jobs back into the queue, their failures forgotten; return those that went.

        Args:
            ids: these, whatever their state, running ones left out; None goes by state.
            states: where no ids are given.
        """
        return self._move(ids, states, "queued")

    def cancel(
        self, ids: Sequence[str] | None = None, *, states: Sequence[State] = ("queued",)
    ) -> list[str]:
        """Take jobs out of the queue; return those that left.

        A worker that is at one learns it by its next heartbeat. Done jobs keep their clips.
        """
        return self._move(ids, states, "cancelled")

    def gc(
        self, *, states: Sequence[State] = ("cancelled",), before: float | None = None
    ) -> list[str]:
        """Forget jobs in these states with their history, make the file small, return their ids.

        Args:
            states: any but running.
            before: only those unchanged since then, seconds since 1970.
        """
        with self._database.writing() as connection:
            gone = keeping.forget(connection, states=states, before=before)
        with self._database.reading() as connection:
            connection.execute("VACUUM")
        return gone

    def _move(
        self, ids: Sequence[str] | None, states: Sequence[State], state: State
    ) -> list[str]:
        with self._database.writing() as connection:
            rows = keeping.select(connection, ids=ids, states=None if ids is not None else states)
            return keeping.move(connection, rows, state, now=self._now())


def store_path(folder: str | Path) -> Path:
    """Return where the store of an output folder lies."""
    return Path(folder) / FOLDER / FILE


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ResourceError(
            f"cannot write in {str(folder.parent)!r} ({error.strerror}); choose another folder"
        ) from error


def _owner(row: Mapping[str, Any]) -> Owner:
    return Owner(host=row["host"], pid=row["pid"], born=row["born"])
