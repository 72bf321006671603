"""From a product to a whole file in its place: temporary name, flush, read-back, sidecar, rename.

The order makes it safe to be killed anywhere. The file is written beside its place, flushed to disk
and read back; then its sidecar, which names the job and the file's hash; then the file takes its
name. A file whose sidecar has the job's id and the file's own hash is therefore whole and this
job's: if only the store does not know, it is adopted instead of being made again.
"""

import hashlib
import json
import os
import re
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emogen.errors import InputError, MediaError, ResourceError
from emogen.media import sidecar_path, write_video
from emogen.media.metadata import MAX_BYTES, VERSION, pack
from emogen.provenance import marked, sealed
from emogen.rendering.store import Claim
from emogen.rendering.worker.engine import Product

PART = re.compile(r"^\..*?\.(?P<token>[0-9a-f]{8,})\.part(\..*)?$")
CLAIM_TOKEN = 16
"""Letters of a claim's token; files that others write at once have shorter ones."""
FORGOTTEN_S = 3600.0
_CHUNK = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Written:
    """A file in its place.

    Attributes:
        output: path inside the output folder.
        digest: SHA-256 of the file.
        scores: what was read in it.
        warnings: what a person should know.
        seconds: how long each stage took, of a file that was found.
    """

    output: str
    digest: str
    scores: Mapping[str, Any] | None
    warnings: tuple[str, ...]
    seconds: Mapping[str, float]


class LocalTarget:
    """An output folder on this machine or shared between machines.

    Args:
        folder: where outputs go.
        overwrite: whether files of other jobs and other makers may be replaced.
    """

    def __init__(self, folder: str | Path, *, overwrite: bool = False) -> None:
        self.folder = Path(folder)
        self.overwrite = overwrite

    def find(self, claim: Claim) -> Written | None:
        """Return the file of a job if it is there and whole, None if it has to be made.

        Raises:
            InputError: something else has its place and may not be replaced.
        """
        path = self.folder / claim.output
        for part in self._parts(path, but=claim.token):
            part.unlink(missing_ok=True)  # of claims before this one: nobody works on them
        note = read_note(sidecar_path(path))
        if note.get("id") != claim.id:
            if not self.overwrite:
                self._refuse(path, note)
            return None
        if not path.is_file():  # killed between sidecar and clip
            return None
        digest = digest_of(path)
        is_whole = digest == note.get("sha256") or path == sidecar_path(path)
        return written(claim.output, digest, note) if is_whole else None

    def write(self, claim: Claim, product: Product, seconds: dict[str, float]) -> Written:
        """Write the file of a job and its sidecar, whole or not at all.

        Args:
            claim: the job.
            product: what it came to.
            seconds: how long each stage took so far.

        Raises:
            MediaError: the kind of file cannot hold the clip.
            ResourceError: the disk is full or the folder cannot be written.
        """
        path = self.folder / claim.output
        with explained(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            part = part_of(path, claim.token)
            sidecar = part_of(sidecar_path(path), claim.token)
            try:
                notes = fill(part, claim, product)
                digest = digest_of(part)
                note = note_of(claim, product, digest=digest, seconds=seconds, warnings=notes)
                if product.is_video:
                    _flushed(sidecar, sidecar_text(product, note))
                    sidecar.replace(sidecar_path(path))
                part.replace(path)
                _sync_folder(path.parent)
            finally:
                for left in (part, sidecar):
                    left.unlink(missing_ok=True)
        return written(claim.output, digest, note)

    def _parts(self, path: Path, *, but: str) -> Iterator[Path]:
        for file in (path, sidecar_path(path)):
            for part in file.parent.glob(f".*{glob_safe(file.stem[:24])}.*.part*"):
                found = PART.match(part.name)
                if found and found["token"] != but and part.name.lstrip(".").startswith(
                    f"{file.stem[:24]}.{found['token']}."
                ):
                    yield part

    def _refuse(self, path: Path, note: Mapping[str, Any]) -> None:
        taken = next((file for file in (path, sidecar_path(path)) if file.exists()), None)
        if taken is not None:
            whose = "another job made" if note.get("id") else "this run did not make"
            raise InputError(
                f"{str(taken)!r} is there already and {whose} it; move it away, choose another"
                " output, or run with --overwrite"
            )


def fill(part: Path, claim: Claim, product: Product) -> tuple[str, ...]:
    """Write the product under a temporary name, flushed and read back; return more warnings."""
    suffix = Path(claim.output).suffix.lower()
    if product.film is not None:
        return tuple(product.film(part))
    if product.clip is None:
        note = note_of(claim, product, digest=None, seconds={}, warnings=())
        document = {"emogen": VERSION, "parameters": product.parameters, "render": note,
                    **(product.document or {})}
        _flushed(part, json.dumps(document, indent=2, allow_nan=False) + "\n")
        return ()
    warnings: list[str] = []

    def seal(temporary: Path) -> None:
        warnings.extend(sealed(temporary, product.parameters, kind=suffix).warnings)

    clip = marked(product.clip, product.parameters, label=claim.job.label)
    write_video(clip, part, parameters=dict(product.parameters), finish=seal)
    return tuple(warnings)


def note_of(
    claim: Claim, product: Product, *, digest: str | None, seconds: Mapping[str, float],
    warnings: Collection[str],
) -> dict[str, Any]:
    """Return what a sidecar says about the job: its id, the file's hash, times and scores."""
    return {
        "id": claim.id, "sha256": digest,
        "seconds": {name: round(value, 3) for name, value in seconds.items()},
        "scores": None if product.scores is None else dict(product.scores),
        "warnings": [*product.warnings, *warnings],
    }


def sidecar_text(product: Product, note: Mapping[str, Any]) -> str:
    """Return the sidecar: parameters as `emogen generate` writes them, and the job beside them."""
    document = json.loads(pack(dict(product.parameters)))
    return json.dumps({**document, "render": note}, indent=2, sort_keys=True) + "\n"


def read_note(sidecar: Path) -> dict[str, Any]:
    """Return what a sidecar says about its job, nothing where there is none of ours."""
    try:
        if sidecar.stat().st_size > 64 * MAX_BYTES:
            return {}
        return parse_note(sidecar.read_bytes())
    except OSError:
        return {}


def parse_note(text: bytes) -> dict[str, Any]:
    """Return the same from the bytes of a sidecar.

    >>> parse_note(b'{"emogen": 1, "render": {"id": "0f"}}'), parse_note(b"{")
    ({'id': '0f'}, {})
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    note = document.get("render") if isinstance(document, dict) else None
    return note if isinstance(note, dict) else {}


def written(output: str, digest: str, note: Mapping[str, Any]) -> Written:
    """Return a file in its place as its note tells."""
    return Written(
        output=output, digest=digest, scores=note.get("scores"),
        warnings=tuple(note.get("warnings") or ()), seconds=dict(note.get("seconds") or {}),
    )


def part_of(path: Path, token: str) -> Path:
    """Return the temporary name of a file; short, so that more can be put before and behind it.

    >>> part_of(Path("out/red-robot.mp4"), "00c0ffee").name
    '.red-robot.00c0ffee.part.mp4'
    """
    return path.with_name(f".{path.stem[:24]}.{token}.part{path.suffix}")


def stale_parts(folder: Path, live: Collection[str]) -> list[Path]:
    """Return unfinished files under a folder that no live claim works on.

    What others write, such as a reading that the studio keeps, counts once nobody has touched it
    for an hour.
    """
    found = []
    for path in folder.rglob(".*.part*"):
        match = PART.match(path.name)
        if not match or match["token"] in live:
            continue
        with suppress(FileNotFoundError):  # it has just taken its name
            age = time.time() - path.stat().st_mtime
            if (len(match["token"]) >= CLAIM_TOKEN or age > FORGOTTEN_S) and path.is_file():
                found.append(path)
    return found


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def glob_safe(text: str) -> str:
    """Return a text that a glob pattern takes as it is.

    >>> glob_safe("a[1]*")
    'a[[]1][*]'
    """
    return re.sub(r"([*?[])", r"[\1]", text)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what the system says about a path into one clear line."""
    try:
        yield
    except (MediaError, ResourceError):
        raise
    except OSError as error:
        from emogen.rendering.worker.problems import is_full

        reason = error.strerror or str(error)
        if is_full(error):
            raise ResourceError(
                f"no space left to write {path} ({reason}); free some disk space"
            ) from error
        raise ResourceError(f"cannot write {path} ({reason}); check the folder") from error


def _flushed(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":  # only POSIX opens folders
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
