"""The ends of a claim: done, failed, given back or lost; each only with the claim's token."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from emogen.rendering.job import Job
from emogen.rendering.ladder import TRIES, Measures, Problem, ProblemKind, Verdict, follow
from emogen.rendering.store.records import Claim, LeaseLostError

BEHIND = 1 << 40
"""What is added to the place of a job that was lost, so that it goes behind all others."""
RUNNING = "jobs INDEXED BY jobs_running WHERE state = 'running'"
_FREE = "token = NULL, host = NULL, pid = NULL, born = NULL"
_DONE = f"""UPDATE jobs SET state = 'done', {_FREE}, output = :output, digest = :digest,
        seconds = :seconds, scores = :scores, warnings = :warnings, problem = NULL, updated = :now
    WHERE row = :row"""
_BACK = f"""UPDATE jobs SET state = :state, {_FREE}, waiting = :waiting, since = :now,
        not_before = :not_before, failures = :failures, measures = :measures, problem = :problem,
        place = place + :behind, updated = :now
    WHERE row = :row"""
_RELEASED = f"UPDATE jobs SET state = 'queued', {_FREE}, updated = ? WHERE row = ?"


def held(connection: sqlite3.Connection, claim: Claim) -> sqlite3.Row:
    """Return the row of a claim that still holds.

    Raises:
        LeaseLostError: the job was given to another worker, cancelled, or is done.
    """
    row = connection.execute(
        f"SELECT * FROM {RUNNING} AND token = ?", (claim.token,)
    ).fetchone()
    if row is None:
        raise LeaseLostError(
            f"job {claim.id} is no longer held by {claim.worker}: its lease ran out or it was"
            " cancelled; drop the result"
        )
    return row


def beat(connection: sqlite3.Connection, claims: Sequence[Claim]) -> list[Claim]:
    """Count a heartbeat for each claim and return those that still hold."""
    statement = (
        "UPDATE jobs INDEXED BY jobs_running SET beats = beats + 1"
        " WHERE state = 'running' AND token = ?"
    )
    return [
        claim for claim in claims if connection.execute(statement, (claim.token,)).rowcount == 1
    ]


def finish(
    connection: sqlite3.Connection, claim: Claim, *, result: Mapping[str, Any], now: float
) -> None:
    """Mark a claimed job as done.

    Args:
        connection: in a transaction.
        claim: proof that the job is held.
        result: output, digest, seconds, scores, warnings.
        now: seconds since 1970.
    """
    row = held(connection, claim)
    connection.execute(_DONE, {
        "row": row["row"], "now": now, "output": result["output"], "digest": result["digest"],
        "seconds": json.dumps(result["seconds"]), "warnings": json.dumps(result["warnings"]),
        "scores": None if result["scores"] is None else json.dumps(result["scores"]),
    })
    note(connection, row, "done", now=now, detail={"digest": result["digest"]})


def release(connection: sqlite3.Connection, claim: Claim, *, now: float) -> None:
    """Put a claimed job back as it was; the attempt stays counted, no failure is."""
    row = held(connection, claim)
    connection.execute(_RELEASED, (now, row["row"]))
    note(connection, row, "released", now=now)


def fail(
    connection: sqlite3.Connection,
    row: sqlite3.Row,
    *,
    problem: Problem,
    tries: Mapping[ProblemKind, int],
    now: float,
) -> Verdict:
    """Do with a running job what the ladder says, and return that."""
    failures = json.loads(row["failures"])
    count = failures.get(problem.kind, 0) + 1
    verdict = follow(
        problem.kind, failures=count, measures=Measures.from_dict(json.loads(row["measures"])),
        allow_smaller=Job.model_validate_json(row["body"]).allow_smaller, tries={**TRIES, **tries},
    )
    if verdict.counted:
        failures[problem.kind] = count
    connection.execute(_BACK, {
        "row": row["row"], "now": now, "state": verdict.state, "waiting": verdict.delay_s > 0,
        "not_before": now + verdict.delay_s, "failures": json.dumps(failures, sort_keys=True),
        "measures": json.dumps(verdict.measures.to_dict(), sort_keys=True),
        "problem": json.dumps(problem.to_dict()),
        "behind": BEHIND if problem.kind == "lost" and verdict.state == "queued" else 0,
    })
    detail = {"problem": problem.to_dict()}
    if verdict.measures.to_dict():
        detail["measures"] = verdict.measures.to_dict()
    event = "requeued" if verdict.state == "queued" else verdict.state
    note(connection, row, event, now=now, detail=detail)
    return verdict


def note(
    connection: sqlite3.Connection,
    row: sqlite3.Row,
    event: str,
    *,
    now: float,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write one line of a job's history."""
    connection.execute(
        "INSERT INTO history (job, time, event, worker, attempt, detail)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (row["row"], now, event, row["worker"], row["attempts"], json.dumps(detail or {})),
    )
