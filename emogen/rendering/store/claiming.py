"""From the queue to a worker: the first jobs that fit in, claims with tokens out.

Every query walks an index from its first entry, so that a claim takes as long with a thousand jobs
queued as with a hundred thousand. Only a shard has to step over the jobs of the others. SQLite is
told which index: without statistics it prefers the wrong one.
"""

import json
import secrets
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from emogen.rendering.job import Job
from emogen.rendering.ladder import Measures
from emogen.rendering.store.leases import Owner
from emogen.rendering.store.records import Claim

READY = "jobs INDEXED BY jobs_queue WHERE state = 'queued' AND waiting = 0"
_WAKE = (
    "UPDATE jobs INDEXED BY jobs_due SET waiting = 0"
    " WHERE state = 'queued' AND waiting = 1 AND not_before <= :now",
    "UPDATE jobs INDEXED BY jobs_since SET waiting = 0"
    " WHERE state = 'queued' AND waiting = 1 AND since > :now",
)
"""The second frees what rested before the clock was set back, which would else rest for long."""
_TAKE = """UPDATE jobs SET state = 'running', attempts = attempts + 1, token = :token,
        worker = :worker, host = :host, pid = :pid, born = :born, beats = 0, updated = :now
    WHERE row = :row"""
_COLUMNS = "row, id, body, attempts, measures, output, bin"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which jobs a worker would take.

    Attributes:
        count: at most so many.
        shard: (i, n): only jobs of the i-th of n parts, 0 <= i < n; None is all.
        bin: only jobs of this bin; None is any.
        last: the bin that is taken first among equals, the worker's last one.
    """

    count: int = 1
    shard: tuple[int, int] | None = None
    bin: str | None = None
    last: str | None = None


def claim(
    connection: sqlite3.Connection, wanted: Wanted, *, worker: str, owner: Owner, now: float
) -> list[Claim]:
    """Take the first jobs of the queue that fit, all of one bin and one set of measures."""
    for statement in _WAKE:
        connection.execute(statement, {"now": now})
    rows = _alike(_first(connection, wanted))
    if not rows:
        return []
    name = connection.execute("SELECT name FROM bins WHERE bin = ?", (rows[0]["bin"],)).fetchone()
    claims = [
        Claim(
            id=row["id"], job=Job.model_validate_json(row["body"]), token=secrets.token_hex(8),
            attempt=row["attempts"] + 1, worker=worker, bin=name["name"], output=row["output"],
            measures=Measures.from_dict(json.loads(row["measures"])),
        )
        for row in rows
    ]
    who = {"worker": worker, "host": owner.host, "pid": owner.pid, "born": owner.born, "now": now}
    connection.executemany(
        _TAKE,
        [who | {"token": one.token, "row": row["row"]}
         for one, row in zip(claims, rows, strict=True)],
    )
    connection.executemany(
        "INSERT INTO history (job, time, event, worker, attempt) VALUES (?, ?, 'claimed', ?, ?)",
        [(row["row"], now, worker, one.attempt) for one, row in zip(claims, rows, strict=True)],
    )
    return claims


def _first(connection: sqlite3.Connection, wanted: Wanted) -> list[sqlite3.Row]:
    """Return the first jobs in the order of priority, the worker's last bin, and place."""
    part, values = _part(wanted.shard)
    if wanted.bin is not None:
        number = _bin(connection, wanted.bin)
        part, values = part + " AND bin = ?", [*values, number]
    head = connection.execute(
        f"SELECT priority, bin FROM {READY}{part}"
        " ORDER BY priority DESC, bin, place LIMIT 1", values,
    ).fetchone()
    if head is None:
        return []
    for number in dict.fromkeys((_bin(connection, wanted.last), head["bin"])):
        rows = connection.execute(
            f"SELECT {_COLUMNS} FROM {READY}{part} AND priority = ?"
            " AND bin = ? ORDER BY place LIMIT ?",
            [*values, head["priority"], number, wanted.count],
        ).fetchall()
        if rows and (number == head["bin"] or wanted.bin is None):
            return rows
    return []


def next_due(
    connection: sqlite3.Connection, *, shard: tuple[int, int] | None, now: float
) -> float | None:
    """Return the seconds until a queued job may be claimed, 0 for now, None for none queued."""
    part, values = _part(shard)
    if connection.execute(f"SELECT 1 FROM {READY}{part} LIMIT 1", values).fetchone():
        return 0.0
    due, since = connection.execute(
        "SELECT min(not_before), max(since) FROM jobs INDEXED BY jobs_due"
        f" WHERE state = 'queued' AND waiting = 1{part}", values,
    ).fetchone()
    if due is None:
        return None
    return 0.0 if since > now else max(0.0, due - now)


def _part(shard: tuple[int, int] | None) -> tuple[str, list[int]]:
    """Return the condition for a shard and its values."""
    return ("", []) if shard is None else (" AND slot % ? = ?", [shard[1], shard[0]])


def _bin(connection: sqlite3.Connection, name: str | None) -> int:
    """Return the number of a bin, -1 where there is none."""
    if name is None:
        return -1
    found = connection.execute("SELECT bin FROM bins WHERE name = ?", (name,)).fetchone()
    return -1 if found is None else found["bin"]


def _alike(rows: Sequence[sqlite3.Row]) -> list[sqlite3.Row]:
    """Return the leading rows that may run together.

    A job that is to run alone, or under other measures than the first, ends them.
    """
    if not rows or json.loads(rows[0]["measures"]).get("alone"):
        return list(rows[:1])
    result = []
    for row in rows:
        if row["measures"] != rows[0]["measures"]:
            break
        result.append(row)
    return result
