"""Jobs into the queue: ids and jobs in, rows out, each id once however often it is added."""

import sqlite3
from collections.abc import Iterable, Iterator

from emogen.errors import InputError
from emogen.rendering.identity import bin_of
from emogen.rendering.job import Job
from emogen.rendering.store.records import Added

_SHOWN = 3
_INCOMING = """CREATE TEMP TABLE incoming (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL, name TEXT,
    bin TEXT NOT NULL, slot INTEGER NOT NULL, priority INTEGER NOT NULL, output TEXT NOT NULL
)"""
_INSERT = """INSERT INTO jobs
        (row, id, body, run, name, bin, slot, priority, place, output, added, updated)
    SELECT :base + number, i.id, i.body, :run, i.name, b.bin, i.slot, i.priority,
           :base + number, i.output, :now, :now
    FROM incoming i CROSS JOIN bins b ON b.name = i.bin
    WHERE NOT EXISTS (SELECT 1 FROM jobs j WHERE j.id = i.id)
    ORDER BY number"""
_RANK = """SELECT i.priority, i.name, j.row FROM incoming i CROSS JOIN jobs j ON j.id = i.id
    WHERE j.state = 'queued' AND (j.priority != i.priority OR j.name IS NOT i.name)"""
_TAKEN = """FROM incoming i CROSS JOIN jobs j ON j.output = i.output AND j.id != i.id
    WHERE NOT EXISTS (SELECT 1 FROM jobs k WHERE k.id = i.id)"""


def add(
    connection: sqlite3.Connection,
    entries: Iterable[tuple[str, Job]],
    *,
    run: str,
    now: float,
    replace: bool,
) -> Added:
    """Put jobs into the queue; what the store knows already keeps its state.

    Raises:
        InputError: an output belongs to another job of the store, and `replace` is not allowed.
    """
    connection.execute("DROP TABLE IF EXISTS temp.incoming")
    connection.execute(_INCOMING)
    connection.executemany(
        "INSERT OR IGNORE INTO incoming (id, body, name, bin, slot, priority, output)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        _rows(entries),
    )
    connection.execute(
        "INSERT OR IGNORE INTO bins (name) SELECT bin FROM incoming GROUP BY bin ORDER BY"
        " min(number)"
    )
    replaced = _free_outputs(connection, replace=replace)
    states = dict(connection.execute(
        "SELECT state, count(*) FROM incoming CROSS JOIN jobs USING (id) GROUP BY state"
    ).fetchall())
    changed = connection.execute(_RANK).fetchall()
    connection.executemany(
        "UPDATE jobs SET priority = ?, name = ? WHERE row = ?", [tuple(row) for row in changed]
    )
    base = connection.execute("SELECT coalesce(max(row), 0) FROM jobs").fetchone()[0]
    new = connection.execute(_INSERT, {"base": base, "run": run, "now": now}).rowcount
    connection.execute("DROP TABLE temp.incoming")
    done = states.get("done", 0)
    return Added(
        new=new, known=sum(states.values()) - done, done=done, states=states, replaced=replaced
    )


def _rows(entries: Iterable[tuple[str, Job]]) -> Iterator[tuple]:
    for identity, job in entries:
        body = job.model_dump_json(exclude_defaults=True)
        slot = int(identity[:8], 16)
        yield identity, body, job.name, bin_of(job), slot, job.priority, job.output


def _free_outputs(connection: sqlite3.Connection, *, replace: bool) -> int:
    """Take outputs from jobs that had them before, or refuse to."""
    taken = connection.execute(f"SELECT j.row, j.id, j.output {_TAKEN}").fetchall()
    if not taken:
        return 0
    if not replace:
        shown = ", ".join(f"{row['output']} (job {row['id']})" for row in taken[:_SHOWN])
        more = f" and {len(taken) - _SHOWN} more" if len(taken) > _SHOWN else ""
        raise InputError(
            f"expected outputs of their own, got those of other jobs: {shown}{more}; name others,"
            " or add --overwrite to make them anew"
        )
    connection.executemany("DELETE FROM jobs WHERE row = ?", [(row["row"],) for row in taken])
    return len(taken)
