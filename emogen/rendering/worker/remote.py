"""Outputs on any fsspec URL: a product in; its file made here, checked, and put there once out.

Object stores have no rename, so the file is made whole in a folder of this machine and put there
under its name in one exclusive step: where somebody else was first, his file stays. Stores in which
fsspec cannot create exclusively (it says so, or only looks first) are as safe as the run's leases.
"""

import hashlib
import tempfile
from pathlib import Path
from typing import Any

import fsspec

from emogen.errors import InputError, ResourceError
from emogen.rendering.store import Claim
from emogen.rendering.worker.engine import Product
from emogen.rendering.worker.finishing import (
    LocalTarget,
    Written,
    digest_of,
    fill,
    note_of,
    parse_note,
    part_of,
    sidecar_text,
    written,
)


class RemoteTarget:
    """An output folder behind a URL such as "s3://bucket/clips" or "memory://clips".

    Args:
        url: of the folder.
        overwrite: whether files of other jobs and other makers may be replaced.
    """

    def __init__(self, url: str, *, overwrite: bool = False) -> None:
        self.url = url.rstrip("/")
        self.overwrite = overwrite
        try:
            self.files, self.root = fsspec.url_to_fs(self.url)
        except (ImportError, ValueError) as error:
            raise ResourceError(
                f"cannot write to {url} ({error}); install the package that fsspec names"
            ) from error

    def find(self, claim: Claim) -> Written | None:
        """Return the file of a job if it is there and whole, None if it has to be made.

        Raises:
            InputError: something else has its place and may not be replaced.
        """
        path = self._path(claim.output)
        if not self.files.exists(path):
            return None
        note = self._note(path)
        if note.get("id") == claim.id:
            digest = self._digest(path)
            if digest == note.get("sha256") or claim.output.endswith(".json"):
                return written(claim.output, digest, note)
        if self.overwrite:
            return None
        raise InputError(
            f"{self.url}/{claim.output} is there already and is not this job's; move it away,"
            " choose another output, or run with --overwrite"
        )

    def write(self, claim: Claim, product: Product, seconds: dict[str, float]) -> Written:
        """Make the file of a job here, put it and its sidecar there.

        Raises:
            MediaError: the kind of file cannot hold the clip.
            InputError: something else has its place by now.
            ResourceError: the disk is full or the URL cannot be written.
        """
        path = self._path(claim.output)
        with tempfile.TemporaryDirectory(prefix="emogen-") as folder:
            part = part_of(Path(folder) / Path(claim.output).name, claim.token)
            notes = fill(part, claim, product)
            digest = digest_of(part)
            note = note_of(claim, product, digest=digest, seconds=seconds, warnings=notes)
            data = part.read_bytes()
        if product.is_video:
            sidecar = sidecar_text(product, note).encode()
            self._put(_sidecar(path), sidecar, mode="overwrite")
        try:
            self._put(path, data, mode="overwrite" if self.overwrite else "create")
        except FileExistsError as error:
            if self._digest(path) != digest:
                raise InputError(
                    f"{self.url}/{claim.output} was written by another meanwhile; choose another"
                    " output"
                ) from error
        return written(claim.output, digest, note)

    def _put(self, path: str, data: bytes, *, mode: str) -> None:
        self.files.makedirs(self.files._parent(path), exist_ok=True)
        self.files.pipe_file(path, data, mode=mode)

    def _path(self, output: str) -> str:
        return f"{self.root.rstrip('/')}/{output}"

    def _note(self, path: str) -> dict[str, Any]:
        try:
            return parse_note(self.files.cat_file(_sidecar(path)))
        except FileNotFoundError:
            return {}

    def _digest(self, path: str) -> str:
        with self.files.open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


def _sidecar(path: str) -> str:
    return f"{path.rpartition('.')[0]}.json"


def target_of(where: str, *, overwrite: bool = False) -> LocalTarget | RemoteTarget:
    """Return the target of a folder or URL.

    >>> type(target_of("clips")).__name__, target_of("file:///tmp/clips").folder.as_posix()
    ('LocalTarget', '/tmp/clips')
    """
    scheme, separator, rest = where.partition("://")
    if separator and scheme not in {"file", "local"}:
        return RemoteTarget(where, overwrite=overwrite)
    return LocalTarget(rest if separator else where, overwrite=overwrite)
