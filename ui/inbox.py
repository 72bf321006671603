"""Files from outside: bytes in; a checked file under a name of ours, and what it holds, out.

Type goes by the first bytes, not by the name. Nothing is decoded here: see `ui.inspector`.
"""

import hashlib
import json
import re
import secrets
import threading
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from emogen.errors import InputError, MediaError, ResourceError
from emogen.media.atomic import write_bytes_atomic
from ui.children import ask_child
from ui.settings import MIB, Limits

Kind = Literal["image", "clip"]
CHECK_S = 45.0
LENGTH = 20
_MAGIC: tuple[tuple[int, bytes, str, Kind], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", ".png", "image"), (0, b"\xff\xd8\xff", ".jpg", "image"),
    (0, b"GIF8", ".gif", "clip"), (4, b"ftyp", ".mp4", "clip"),
    (0, b"\x1a\x45\xdf\xa3", ".webm", "clip"), (8, b"WAVE", ".wav", "clip"),
    (8, b"WEBP", ".webp", "clip"), (8, b"AVI ", ".avi", "clip"), (0, b"fLaC", ".flac", "clip"),
    (0, b"OggS", ".ogg", "clip"), (0, b"ID3", ".mp3", "clip"), (0, b"\xff\xfb", ".mp3", "clip"),
)
KNOWN = "PNG, JPEG or WebP pictures; MP4, WebM, GIF, WebP or AVI clips; WAV, FLAC, OGG or MP3 sound"


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file that was handed in.

    Attributes:
        id: hash of its bytes.
        name: what it was called; shown, never used as a path.
        kind: what it holds.
        file: its name in the folder of uploads.
        width: pixels across, 0 for sound.
        height: pixels down.
        seconds: length, 0 for a picture.
        parameters: how it says it was made, None where it does not.
    """

    id: str
    name: str
    kind: Kind
    file: str
    width: int
    height: int
    seconds: float
    parameters: dict[str, Any] | None = None

    def public(self) -> dict[str, Any]:
        """Return what a browser may know."""
        return {name: value for name, value in asdict(self).items() if name != "file"}


class Inbox:
    """Takes files in and keeps them for the jobs that name them.

    Args:
        folder: where they are kept.
        limits: what is taken at most.
    """

    def __init__(self, folder: Path, limits: Limits) -> None:
        self.folder, self._limits = folder, limits
        self._processes = threading.BoundedSemaphore(2)
        folder.mkdir(parents=True, exist_ok=True)

    def take(self, chunks: Iterable[bytes], *, name: str, kind: Kind) -> Upload:
        """Keep a file after a look into it in a process of its own.

        Args:
            chunks: its bytes.
            name: what it was called.
            kind: what it is to be; a WebP may be either.

        Raises:
            InputError: it is too large, of another kind, too long, or cannot be decoded.
            ResourceError: there is no room for more.
        """
        temporary = self.folder / f".{secrets.token_hex(8)}.part"
        try:
            identity = self._receive(chunks, temporary)
            suffix = check_kind(temporary, kind)
            return self._known(identity, kind) or self._keep(
                temporary, identity=identity, suffix=suffix, name=tidy(name), kind=kind
            )
        finally:
            temporary.unlink(missing_ok=True)

    def find(self, identity: str) -> Upload:
        """Return an upload by its id.

        Raises:
            InputError: there is none.
        """
        if re.fullmatch(r"[0-9a-f]{20}", identity):
            for kind in ("image", "clip"):
                if (found := self._known(identity, kind)) is not None:
                    return found
        raise InputError(f"no upload {identity[:40]!r}; hand the file in again")

    def path(self, upload: Upload) -> Path:
        """Return where the file lies."""
        return self.folder / upload.file

    def picture(self, upload: Upload) -> Path:
        """Return its first picture; there is none for sound."""
        return self.folder / f"{upload.id}.{upload.kind}.png"

    def _receive(self, chunks: Iterable[bytes], temporary: Path) -> str:
        most = self._limits.upload_bytes
        if sum(path.stat().st_size for path in self.folder.iterdir()) > self._limits.kept_bytes:
            raise ResourceError(
                f"expected at most {self._limits.kept_bytes // MIB} MiB of uploads; remove old ones"
                " from the uploads folder of the studio"
            )
        digest, size = hashlib.sha256(), 0
        with temporary.open("wb") as file:
            for chunk in chunks:
                size += len(chunk)
                if size > most:
                    raise InputError(
                        f"expected a file of at most {most // MIB} MiB, got a larger one; cut it"
                    )
                digest.update(chunk)
                file.write(chunk)
        if not size:
            raise InputError("expected a file, got an empty one; choose another")
        return digest.hexdigest()[:LENGTH]

    def _known(self, identity: str, kind: str) -> Upload | None:
        try:
            text = (self.folder / f"{identity}.{kind}.json").read_text(encoding="utf-8")
        except OSError:
            return None
        return Upload(**json.loads(text))

    def _keep(
        self, temporary: Path, *, identity: str, suffix: str, name: str, kind: Kind
    ) -> Upload:
        picture = self.folder / f"{identity}.{kind}.png"
        with self._processes:
            found = inspect(temporary, kind=kind, picture=picture)
        self._check(found, picture)
        file = picture.name if kind == "image" else f"{identity}{suffix}"
        if kind == "clip":
            temporary.replace(self.folder / file)
        upload = Upload(
            id=identity, name=name, kind=kind, file=file, width=found["width"],
            height=found["height"], seconds=found["seconds"], parameters=found.get("parameters"),
        )
        note = json.dumps(asdict(upload)).encode()
        write_bytes_atomic(self.folder / f"{identity}.{kind}.json", note)
        return upload

    def _check(self, found: dict[str, Any], picture: Path) -> None:
        limits = self._limits
        if found["width"] * found["height"] > limits.pixels:
            picture.unlink(missing_ok=True)
            raise MediaError(
                f"expected at most {limits.pixels} pixels, got {found['width']}x{found['height']};"
                " scale it down"
            )
        if found["seconds"] > limits.seconds:
            picture.unlink(missing_ok=True)
            raise MediaError(
                f"expected at most {limits.seconds:g} s, got {found['seconds']:.0f} s; cut it"
            )


def inspect(source: Path, *, kind: Kind, picture: Path) -> dict[str, Any]:
    """Return what a file holds; whatever is in it, only a process of its own meets it.

    Raises:
        MediaError: it cannot be decoded, or took that process down.
    """
    answer = ask_child(
        ["-m", "ui.inspector", kind, str(source), str(picture)], seconds=CHECK_S,
        broken="expected a picture, clip or sound, got one that broke the program that reads it;"
               " use another",
    )
    return json.loads(answer)


def check_kind(path: Path, kind: Kind) -> str:
    """Return the ending that fits a file's first bytes.

    Raises:
        MediaError: they are of no kind that is taken, or of another than wanted.
    """
    with path.open("rb") as file:
        head = file.read(16)
    for start, magic, suffix, found in _MAGIC:
        if head[start : start + len(magic)] == magic:
            if found == kind or suffix == ".webp":
                return suffix
            wanted = "a picture" if kind == "image" else "a clip or sound"
            raise MediaError(f"expected {wanted}, got a file that begins as {suffix[1:].upper()}")
    raise MediaError(f"expected {KNOWN}; got a file that begins otherwise")


def tidy(name: str) -> str:
    r"""Return a file's name without folders and without what does not print.

    >>> tidy("C:\\Users\\ada\\cat.png"), tidy("../../\x00etc")
    ('cat.png', 'etc')
    """
    last = re.split(r"[\\/]", name)[-1]
    return "".join(letter for letter in last if letter.isprintable())[:120] or "file"
