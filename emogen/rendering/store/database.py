"""One SQLite file: a folder in, a connection whose transactions say what went wrong out."""

import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from emogen.errors import InputError, ResourceError
from emogen.rendering.store.schema import migrate

FOLDER = ".emogen"
FILE = "render.sqlite"
BUSY_SECONDS = 60.0
NETWORK = frozenset({
    "9p", "afs", "beegfs", "ceph", "cifs", "fuse.gcsfuse", "fuse.s3fs", "fuse.sshfs", "gpfs",
    "lustre", "ncpfs", "nfs", "nfs4", "smb3", "smbfs", "virtiofs",
})  # fmt: skip
"""File systems without the shared memory that SQLite's write-ahead log needs."""
SPARE_BYTES = 1 << 20
"""A disk with less than this is full: SQLite may then speak of an input or output error."""


class Database:
    """A connection that threads of one process share.

    Args:
        path: the SQLite file, whose folder exists.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._process = os.getpid()
        with _explained(path):
            self.connection = sqlite3.connect(
                path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            self.connection.row_factory = sqlite3.Row
            mode = "DELETE" if is_network(path.parent) else "WAL"
            self.connection.execute(f"PRAGMA journal_mode = {mode}")
            self.connection.execute(f"PRAGMA synchronous = {'NORMAL' if mode == 'WAL' else 'FULL'}")
            self.connection.execute("PRAGMA foreign_keys = ON")
            migrate(self.connection)

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        with self._lock:
            self.connection.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Give the connection in a transaction that holds the only write lock from its start."""
        with self.reading() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:  # a full disk has rolled back already
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give the connection to one thread at a time."""
        if os.getpid() != self._process:
            raise RuntimeError("a store does not survive a fork; open it again in the new process")
        with self._lock, _explained(self.path):
            yield self.connection


def is_network(folder: Path) -> bool:
    """Return whether a folder lies on a file system of another machine, as far as Linux tells."""
    mounts = Path("/proc/self/mounts")
    if not mounts.is_file():
        return False
    best, kind = -1, ""
    where = folder.resolve()
    for line in mounts.read_text(errors="replace").splitlines():
        _, point, name, *_ = line.split(" ")
        root = Path(point.replace("\\040", " "))
        if where.is_relative_to(root) and len(root.parts) >= best:
            best, kind = len(root.parts), name
    return kind in NETWORK


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise _as_resource_error(error, path) from error
    except sqlite3.IntegrityError:
        raise
    except sqlite3.DatabaseError as error:
        raise InputError(
            f"expected a store of emogen in {path}, got a damaged or foreign file ({error}); move"
            " it away and run again: clips that are there and whole are taken over"
        ) from error


def _as_resource_error(error: sqlite3.OperationalError, path: Path) -> ResourceError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL or shutil.disk_usage(path.parent).free < SPARE_BYTES:
        return ResourceError(f"no space left to write {path} ({error}); free some disk space")
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return ResourceError(
            f"another process holds {path} for {BUSY_SECONDS:g} s already; end it and run again"
        )
    return ResourceError(f"cannot use {path} ({error}); check the folder and its rights")
