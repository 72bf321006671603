"""Where files lie: a folder or an fsspec URL in; names, bytes and local copies out.

A place on this machine is read and written as plain files; anything else (``s3://bucket/clips``)
goes through fsspec. Names are relative to the place, with forward slashes.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from emogen.errors import CorpusError, ResourceError
from emogen.media.atomic import write_bytes_atomic

_LOCAL = ("file://", "local://")


class Place:
    """A folder here or elsewhere.

    Args:
        root: a path or an fsspec URL.

    >>> Place("/data/clips").name, Place("file:///data/clips").is_local
    ('clips', True)
    """

    def __init__(self, root: str | Path) -> None:
        text = str(root)
        for scheme in _LOCAL:
            text = text.removeprefix(scheme)
        self.root = text.rstrip("/") or "/"
        self.is_local = "://" not in text
        self._opened: tuple[Any, str] | None = None

    def __repr__(self) -> str:
        return f"Place({self.root!r})"

    def __reduce__(self) -> tuple[type["Place"], tuple[str]]:
        return Place, (self.root,)

    @property
    def name(self) -> str:
        """The last part of the root."""
        return self.root.rstrip("/").rsplit("/", 1)[-1]

    def sizes(self) -> dict[str, int]:
        """Return the bytes of every file below, by name, sorted; hidden files are left out.

        Raises:
            CorpusError: there is no such folder.
        """
        found = self._local_sizes() if self.is_local else self._remote_sizes()
        return {name: found[name] for name in sorted(found)
                if not any(part.startswith(".") for part in name.split("/"))}

    def exists(self, name: str) -> bool:
        """Tell whether a file is there."""
        if self.is_local or self._is_outside(name):
            return self._path(name).is_file()
        files, base = self._files()
        return files.isfile(f"{base}/{name}")

    def read(self, name: str) -> bytes:
        """Return the bytes of a file.

        Raises:
            CorpusError: it is missing or cannot be read.
        """
        try:
            if self.is_local:
                return self._path(name).read_bytes()
            files, base = self._files()
            return files.cat_file(f"{base}/{name}")
        except OSError as error:
            reason = error.strerror or type(error).__name__
            where = f"{self.root}/{name}"
            raise CorpusError(f"cannot read {where}: {reason}; check the path") from error

    def write(self, name: str, data: bytes) -> None:
        """Write a file, whole or not at all; folders are made."""
        if self.is_local:
            path = self._path(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            write_bytes_atomic(path, data)
            return
        files, base = self._files()
        parent = f"{base}/{name}".rsplit("/", 1)[0]
        try:
            files.makedirs(parent, exist_ok=True)
            files.pipe_file(f"{base}/{name}", data)
        except OSError as error:
            raise ResourceError(
                f"cannot write {self.root}/{name} ({error}); check the address and its rights"
            ) from error

    def remove(self, name: str) -> None:
        """Remove a file that is there."""
        if self.is_local:
            self._path(name).unlink(missing_ok=True)
            return
        files, base = self._files()
        if files.isfile(f"{base}/{name}"):
            files.rm_file(f"{base}/{name}")

    @contextmanager
    def local(self, name: str) -> Iterator[Path]:
        """Give a path on this machine: the file itself, or a copy that is removed afterwards.

        Raises:
            CorpusError: it cannot be fetched.
        """
        if self.is_local or self._is_outside(name):
            yield self._path(name)
            return
        with tempfile.TemporaryDirectory(prefix="emogen-") as folder:
            path = Path(folder) / name.rsplit("/", 1)[-1]
            files, base = self._files()
            try:
                files.get_file(f"{base}/{name}", str(path))
            except FileNotFoundError as error:
                raise CorpusError(f"no such file: {name}; check the path") from error
            except OSError as error:
                reason = error.strerror or type(error).__name__
                raise CorpusError(
                    f"cannot fetch {self.root}/{name}: {reason}; check the path"
                ) from error
            yield path

    def _is_outside(self, name: str) -> bool:
        return Path(name).is_absolute()

    def _path(self, name: str) -> Path:
        return Path(self.root) / name

    def _local_sizes(self) -> dict[str, int]:
        root = Path(self.root)
        if not root.is_dir():
            raise CorpusError(f"expected a folder, got {self.root}; check the path")
        return {path.relative_to(root).as_posix(): path.stat().st_size
                for path in root.rglob("*") if path.is_file()}

    def _remote_sizes(self) -> dict[str, int]:
        files, base = self._files()
        try:
            found = files.find(base, detail=True)
        except OSError as error:
            raise CorpusError(f"cannot list {self.root}: {error}; check the address") from error
        prefix = base.rstrip("/") + "/"
        return {path.removeprefix(prefix): int(info.get("size") or 0)
                for path, info in found.items() if info.get("type", "file") == "file"}

    def _files(self) -> tuple[Any, str]:
        if self._opened is None:
            try:
                from fsspec.core import url_to_fs
            except ImportError as error:
                raise ResourceError(
                    "addresses need the package fsspec; install it: pip install 'emogen[cluster]'"
                ) from error
            try:
                files, base = url_to_fs(self.root)
            except (ImportError, ValueError) as error:
                raise ResourceError(f"cannot reach {self.root}: {error}") from error
            self._opened = files, base.rstrip("/")
        return self._opened
