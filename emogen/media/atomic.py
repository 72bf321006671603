"""Whole files or none: a destination in, a temporary name out, renamed when all went well."""

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from emogen.errors import MediaError, ResourceError

_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Give a temporary name in the folder of ``path``; move it there when the block ends well.

    The file is flushed to disk before it takes its name, so a reader sees the old file, the whole
    new file or none. Whatever ends the block early (an error, a full disk, Ctrl-C), the temporary
    file is removed. Two writers of one path do not disturb each other; the last one stands.

    Raises:
        MediaError: the folder does not exist, or the path is a folder.
        ResourceError: the disk is full or the place cannot be written.
    """
    path = Path(path)
    if path.is_dir():
        raise MediaError(f"expected a file name to write, got the folder {path}; add a file name")
    if not path.parent.is_dir():
        raise MediaError(f"cannot write {path}: no folder {path.parent}; create it first")
    temporary = path.parent / f".{path.name[:80]}.{secrets.token_hex(6)}.part"
    try:
        yield temporary
        _flush(temporary)
        temporary.replace(path)
        _flush(path.parent)
    except OSError as error:
        if isinstance(error, (MediaError, ResourceError)):
            raise
        raise _as_resource_error(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes_atomic(path: str | Path, data: bytes) -> Path:
    """Write a whole file or none, see :func:`atomic_path`."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)
    return Path(path)


def _flush(path: Path) -> None:
    if os.name != "posix" and path.is_dir():  # only POSIX opens folders
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _as_resource_error(path: Path, error: OSError) -> ResourceError:
    reason = error.strerror or str(error)
    if error.errno in _NO_SPACE:
        return ResourceError(
            f"no space left to write {path} ({reason}); free some disk space or write elsewhere"
        )
    return ResourceError(
        f"cannot write {path} ({reason}); check the folder's permissions or write elsewhere"
    )
