"""What the store answers with: rows of SQLite in, frozen records out."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

from emogen.errors import EmogenError
from emogen.rendering.job import Job
from emogen.rendering.ladder import Measures, Problem
from emogen.rendering.store.states import State


class LeaseLostError(EmogenError):
    """The job is no longer this worker's: its lease ran out, or it was cancelled."""


@dataclass(frozen=True, kw_only=True)
class Added:
    """What adding a manifest to the store came to.

    Attributes:
        new: jobs that were put into the queue.
        known: jobs the store had already, those that are done left out.
        done: jobs that are done already.
        states: the states of the known and done ones.
        replaced: jobs that left because a new one has their output, where that was allowed.
    """

    new: int
    known: int
    done: int
    states: Mapping[State, int] = field(default_factory=dict)
    replaced: int = 0


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A job that one worker holds.

    Attributes:
        id: of the job.
        job: what to make.
        token: proof of the claim; every later call shows it.
        attempt: 1 for the first try; counted before the try begins.
        worker: who holds it.
        bin: jobs of one bin may share a forward; all claims of one call are of one bin.
        output: path inside the output folder.
        measures: how the job is to be run after earlier failures; the same in all of one call.
    """

    id: str
    job: Job
    token: str
    attempt: int
    worker: str
    bin: str
    output: str
    measures: Measures


@dataclass(frozen=True, kw_only=True)
class HistoryEntry:
    """One thing that happened to a job.

    Attributes:
        time: seconds since 1970, by the clock of the machine that wrote it.
        event: added, claimed, done, failed, requeued, released, lost, cancelled, retried, ...
        worker: who, or None.
        attempt: which try.
        detail: more, as plain JSON values.
    """

    time: float
    event: str
    worker: str | None
    attempt: int
    detail: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "time": self.time, "event": self.event, "worker": self.worker,
            "attempt": self.attempt, **self.detail,
        }


@dataclass(frozen=True, kw_only=True)
class JobRecord:
    """A job and everything the store knows about it.

    Attributes:
        id: of the job.
        state: where it stands.
        body: the job as JSON text; `job` is the same as an object.
        run: the manifest it came with.
        name: what a person calls it.
        bin: see `Claim`.
        priority: higher goes first.
        attempts: tries begun.
        failures: how many of each class of problem since it was last retried.
        measures: how it is run after failures.
        worker: who holds it now or held it last.
        output: path inside the output folder.
        digest: SHA-256 of the finished file.
        seconds: how long each stage took.
        scores: what the judge or the probe read.
        warnings: what a person should know.
        problem: the last failure.
        added: when it came, seconds since 1970.
        updated: when its state last changed.
    """

    id: str
    state: State
    body: str
    run: str
    name: str | None
    bin: str
    priority: int
    attempts: int
    failures: Mapping[str, int]
    measures: Measures
    worker: str | None
    output: str
    digest: str | None
    seconds: Mapping[str, float]
    scores: Mapping[str, Any] | None
    warnings: tuple[str, ...]
    problem: Problem | None
    added: float
    updated: float

    @cached_property
    def job(self) -> Job:
        """The job as an object."""
        return Job.model_validate_json(self.body)

    @classmethod
    def of(cls, row: sqlite3.Row) -> Self:
        """Return the record of a row of `jobs` joined with its bin."""
        problem = json.loads(row["problem"]) if row["problem"] else None
        plain = ("id", "state", "body", "run", "name", "priority", "attempts", "worker", "output",
                 "digest", "added", "updated")
        return cls(
            **{name: row[name] for name in plain},
            bin=row["bin_name"],
            failures=json.loads(row["failures"]),
            measures=Measures.from_dict(json.loads(row["measures"])),
            seconds=json.loads(row["seconds"]),
            scores=json.loads(row["scores"]) if row["scores"] else None,
            warnings=tuple(json.loads(row["warnings"])),
            problem=Problem(**problem) if problem else None,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values."""
        plain = ("id", "state", "run", "name", "bin", "priority", "attempts", "failures", "worker",
                 "output", "digest", "seconds", "scores", "added", "updated")
        return {
            **{name: getattr(self, name) for name in plain},
            "measures": self.measures.to_dict(),
            "warnings": list(self.warnings),
            "problem": self.problem and self.problem.to_dict(),
            "job": json.loads(self.body),
        }


@dataclass(frozen=True, kw_only=True)
class Running:
    """A claim as others see it.

    Attributes:
        id: of the job.
        token: of the claim; the names of unfinished files carry it.
        worker: who holds it.
        host: the machine.
        attempt: which try.
        beats: heartbeats so far.
        output: path inside the output folder.
    """

    id: str
    token: str
    worker: str
    host: str
    attempt: int
    beats: int
    output: str
