"""What a person asks of the store: back into the queue, out of it, forgotten; counts out."""

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from emogen.errors import InputError
from emogen.rendering.store.states import ASKED, STATES, State

_RETRY = """UPDATE jobs SET state = 'queued', waiting = 0, failures = '{}', measures = '{}',
        problem = NULL, digest = NULL, updated = :now WHERE row = :row"""
_CANCEL = """UPDATE jobs SET state = 'cancelled', waiting = 0, token = NULL, host = NULL,
        pid = NULL, born = NULL, updated = :now WHERE row = :row"""
_MOVES: dict[State, tuple[str, str]] = {
    "queued": (_RETRY, "retried"),
    "cancelled": (_CANCEL, "cancelled"),
}
SHORTEST_ID = 4


def move(
    connection: sqlite3.Connection, rows: Sequence[sqlite3.Row], state: State, *, now: float
) -> list[str]:
    """Bring jobs into a state where a way leads there; return the ids of those that moved."""
    statement, event = _MOVES[state]
    moved = [row for row in rows if state in ASKED[row["state"]]]
    connection.executemany(statement, [{"row": row["row"], "now": now} for row in moved])
    connection.executemany(
        "INSERT INTO history (job, time, event, worker, attempt) VALUES (?, ?, ?, ?, ?)",
        [(row["row"], now, event, row["worker"], row["attempts"]) for row in moved],
    )
    return [row["id"] for row in moved]


def select(
    connection: sqlite3.Connection,
    *,
    ids: Sequence[str] | None = None,
    states: Sequence[State] | None = None,
    run: str | None = None,
    limit: int | None = None,
    after: int = 0,
) -> list[sqlite3.Row]:
    """Return rows of `jobs`, with the names of their bins, in the order they came.

    Args:
        connection: of the store.
        ids: whole ids; None is all.
        states: only these; None is all.
        run: only what came with this manifest; None is all.
        limit: at most so many.
        after: only rows behind this one, to page on.
    """
    parts: list[str] = ["row > ?"]
    values: list[Any] = [after]
    for column, wanted in (("id", ids), ("state", states)):
        if wanted is not None:  # as JSON: a list of values may be longer than SQLite takes
            parts.append(f"{column} IN (SELECT value FROM json_each(?))")
            values.append(json.dumps(list(wanted)))
    if run is not None:
        parts.append("run = ?")
        values.append(run)
    values.append(-1 if limit is None else limit)
    return connection.execute(
        "SELECT jobs.*, bins.name AS bin_name FROM jobs JOIN bins USING (bin)"
        f" WHERE {' AND '.join(parts)} ORDER BY row LIMIT ?", values,
    ).fetchall()


def whole_ids(connection: sqlite3.Connection, beginnings: Sequence[str]) -> list[str]:
    """Return the ids that begin as given.

    Raises:
        InputError: no job or more than one begins so, or too few letters are given.
    """
    found = []
    for text in beginnings:
        word = text.strip().lower()
        if len(word) < SHORTEST_ID or not set(word) <= set("0123456789abcdef"):
            raise InputError(
                f"expected a job id of at least {SHORTEST_ID} letters of 0-9 and a-f, got {text!r}"
            )
        rows = connection.execute(
            "SELECT id FROM jobs WHERE id >= ? AND id < ? LIMIT 2", (word, word + "g")
        ).fetchall()
        if not rows:
            raise InputError(f"no job {text!r} here; emogen render status --jobs lists all")
        if len(rows) > 1:
            raise InputError(f"more than one job begins with {text!r}; add letters")
        found.append(rows[0]["id"])
    return found


def counts(connection: sqlite3.Connection, run: str | None) -> dict[State, int]:
    """Return how many jobs are in each state."""
    condition, values = ("", ()) if run is None else (" WHERE run = ?", (run,))
    found = dict(connection.execute(
        f"SELECT state, count(*) FROM jobs{condition} GROUP BY state", values
    ).fetchall())
    return {state: found.get(state, 0) for state in STATES}


def forget(
    connection: sqlite3.Connection, *, states: Sequence[State], before: float | None
) -> list[str]:
    """Delete jobs in these states, with their history, and return their ids.

    Args:
        connection: in a transaction.
        states: any but running.
        before: only those whose state has not changed since then, seconds since 1970.
    """
    if "running" in states:
        raise InputError("running jobs cannot be forgotten; cancel them first")
    marks = ", ".join("?" * len(states))
    limit = float("inf") if before is None else before
    return [row["id"] for row in connection.execute(
        f"DELETE FROM jobs WHERE state IN ({marks}) AND updated < ? RETURNING id",
        [*states, limit],
    ).fetchall()]
