"""What inputs hold: files and model folders in, hashes out, each computed once for a content.

Hashes of large files are remembered in the user's cache by path, size and time of change, so that
the weights of a large model are read once and not at every plan.
"""

import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from emogen.assets import model_dir
from emogen.rendering.cache import read_cache, write_cache
from emogen.rendering.identity import INPUTS
from emogen.rendering.job import Job
from emogen.rendering.values import is_character

FILE = "hashes.json"
REMEMBERED_BYTES = 1 << 20
"""Smaller files are read again, which takes less than a millisecond."""
SETTLED_SECONDS = 2.0
"""A file changed less than this ago might change again within the same tick of its clock."""
HELD = frozenset({".json", ".model", ".npz", ".safetensors", ".txt"})
"""Endings of the files that make a model what it is."""


class Revisions:
    """Hashes of inputs; a context manager that remembers them at its end."""

    def __init__(self) -> None:
        """Begin with what the cache knows."""
        self._known = read_cache(FILE)
        self._before = len(self._known)
        self._files: dict[str, str] = {}
        self._folders: dict[Path, str] = {}

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Write what was learnt to the cache."""
        if len(self._known) > self._before:
            write_cache(FILE, self._known)

    def of(self, job: Job, *, find_model: Callable[[str], Path]) -> dict[str, str]:
        """Return the hash of every input of a job, by the name of its setting.

        Args:
            job: with absolute paths.
            find_model: returns the folder of a model's name.

        Raises:
            OSError: an input cannot be read.
        """
        files = {name: path for name in INPUTS if (path := getattr(job, name)) is not None}
        if job.kind == "talk" and is_character(job.portrait):
            del files["portrait"]
        found = {name: self.file(path) for name, path in files.items()}
        if job.kind == "talk":
            found |= self._talking(job)
        if job.kind == "evaluate":
            return found | {"judge": self.folder(model_dir("judge"))}
        found["model"] = self.folder(find_model(job.model))
        if job.adapter is not None:
            found["adapter"] = self.folder(Path(job.adapter))
        return found

    def _talking(self, job: Job) -> dict[str, str]:
        """Return what a talking head is made with beside its sound: networks, who talks."""
        found = {name: self.folder(model_dir(name)) for name in ("a2m", "encoders")}
        if is_character(job.portrait):
            return found | {"portrait": job.portrait}
        landmarks = Path(job.portrait).with_suffix(".landmarks.json")
        return found | ({"landmarks": self.file(str(landmarks))} if landmarks.is_file() else {})

    def folder(self, folder: Path) -> str:
        """Return the hash of a model folder: the names and contents of its weights and settings."""
        if folder not in self._folders:
            digest = hashlib.sha256()
            for path in sorted(folder.rglob("*")):
                if path.suffix in HELD and path.is_file():
                    name = path.relative_to(folder).as_posix()
                    digest.update(f"{name}\0{self.file(str(path))}\n".encode())
            self._folders[folder] = digest.hexdigest()
        return self._folders[folder]

    def file(self, path: str) -> str:
        """Return the hash of a file's content."""
        if path not in self._files:
            self._files[path] = self._hash(Path(path))
        return self._files[path]

    def _hash(self, path: Path) -> str:
        status = path.stat()
        key = f"{path.resolve()} {status.st_size} {status.st_mtime_ns}"
        known = self._known.get(key)
        if isinstance(known, str):
            return known
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        is_settled = time.time() - status.st_mtime > SETTLED_SECONDS
        if status.st_size >= REMEMBERED_BYTES and is_settled:
            self._known[key] = digest
        return digest
