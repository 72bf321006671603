"""The tables of the store: a connection in, the newest version of the tables in it out."""

import sqlite3

from emogen.errors import InputError

VERSION = 1
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE bins (
            bin INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE
        )""",
        """CREATE TABLE jobs (
            row INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            body TEXT NOT NULL,
            run TEXT NOT NULL,
            name TEXT,
            bin INTEGER NOT NULL REFERENCES bins,
            slot INTEGER NOT NULL,
            priority INTEGER NOT NULL,
            place INTEGER NOT NULL,
            state TEXT NOT NULL DEFAULT 'queued',
            waiting INTEGER NOT NULL DEFAULT 0,
            since REAL,
            not_before REAL,
            attempts INTEGER NOT NULL DEFAULT 0,
            failures TEXT NOT NULL DEFAULT '{}',
            measures TEXT NOT NULL DEFAULT '{}',
            token TEXT,
            worker TEXT,
            host TEXT,
            pid INTEGER,
            born TEXT,
            beats INTEGER NOT NULL DEFAULT 0,
            output TEXT NOT NULL UNIQUE,
            digest TEXT,
            seconds TEXT NOT NULL DEFAULT '{}',
            scores TEXT,
            warnings TEXT NOT NULL DEFAULT '[]',
            problem TEXT,
            added REAL NOT NULL,
            updated REAL NOT NULL
        )""",
        """CREATE INDEX jobs_queue ON jobs (priority DESC, bin, place)
            WHERE state = 'queued' AND waiting = 0""",
        "CREATE INDEX jobs_due ON jobs (not_before) WHERE state = 'queued' AND waiting = 1",
        "CREATE INDEX jobs_since ON jobs (since) WHERE state = 'queued' AND waiting = 1",
        "CREATE INDEX jobs_running ON jobs (token) WHERE state = 'running'",
        "CREATE INDEX jobs_state ON jobs (state, run)",
        """CREATE TABLE history (
            entry INTEGER PRIMARY KEY,
            job INTEGER NOT NULL REFERENCES jobs (row) ON DELETE CASCADE,
            time REAL NOT NULL,
            event TEXT NOT NULL,
            worker TEXT,
            attempt INTEGER NOT NULL,
            detail TEXT NOT NULL DEFAULT '{}'
        )""",
        "CREATE INDEX history_job ON history (job)",
    ),
)
"""Statements that lead from each version to the next, the first from an empty file.

jobs.row orders as the manifests did; place is row, and larger for jobs that were lost, which so go
behind all others of their priority and bin. waiting marks a job that rests until not_before; since
is when its rest began. born says which process of the pid's many owners claimed it.
"""


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the tables to the newest version, all or nothing.

    Raises:
        InputError: a newer emogen wrote the file.
    """
    if _version(connection) == VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection)  # another process may have been first
        if version > VERSION:
            raise InputError(
                f"expected a store of version {VERSION} or older, got {version};"
                " use the emogen that wrote it, or a newer one"
            )
        for statements in MIGRATIONS[version:]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection) -> int:
    return connection.execute("PRAGMA user_version").fetchone()[0]
