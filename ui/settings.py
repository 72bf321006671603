"""How the studio runs: what a person asked for in, checked settings out."""

import ipaddress
import os
from dataclasses import dataclass, field
from pathlib import Path

from emogen.errors import InputError

FOLDER = Path("outputs/studio")
HOST = "127.0.0.1"
PORT = 7860
AUTH_VARIABLE = "EMOGEN_UI_AUTH"
SHORTEST_PASSWORD = 8
MIB = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What is taken in at most.

    Attributes:
        upload_bytes: of one file.
        manifest_bytes: of a manifest.
        pixels: of one picture or frame.
        seconds: of a clip or sound.
        kept_bytes: of all uploads together.
        queued: jobs that may wait at once.
    """

    upload_bytes: int = 64 * MIB
    manifest_bytes: int = 4 * MIB
    pixels: int = 4096 * 4096
    seconds: float = 300.0
    kept_bytes: int = 2048 * MIB
    queued: int = 20_000


@dataclass(frozen=True, kw_only=True)
class Settings:
    """A checked set of settings.

    Attributes:
        folder: where clips, uploads and the store lie.
        host: address that is bound.
        port: of it, 0 for any that is free.
        auth: name and password; needed for any host but loopback.
        names: other names by which browsers may address the studio.
        models: names and folders that may be chosen.
        device: what renders, None for the best there is.
        limits: what is taken in at most.
    """

    folder: Path = FOLDER
    host: str = HOST
    port: int = PORT
    auth: tuple[str, str] | None = field(default=None, repr=False)
    names: tuple[str, ...] = ()
    models: tuple[str, ...] = ("nano",)
    device: str | None = None
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        """Refuse to be seen by other machines without a password.

        Raises:
            InputError: the host is not loopback and there is no password, or it is too short.
        """
        if self.folder.exists() and not self.folder.is_dir():
            raise InputError(f"expected a folder, got the file {str(self.folder)!r}; name another")
        if not 0 <= self.port <= 65535:
            raise InputError(f"expected a port of 0 to 65535, got {self.port}; choose another")
        if self.auth is None and not is_loopback(self.host):
            raise InputError(
                f"expected --auth NAME:PASSWORD for the host {self.host!r}, which other machines"
                f" see, got none; set it or {AUTH_VARIABLE}, or leave --host out"
            )
        if self.auth is not None and len(self.auth[1]) < SHORTEST_PASSWORD:
            raise InputError(
                f"expected a password of at least {SHORTEST_PASSWORD} letters, got"
                f" {len(self.auth[1])}; choose a longer one"
            )


    @property
    def offered(self) -> dict[str, str]:
        """Where each model lies, by the name under which browsers know it."""
        return {
            Path(model).name: model if Path(model).name == model else str(Path(model).absolute())
            for model in self.models
        }


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach a host.

    >>> [is_loopback(host) for host in ("127.0.0.1", "localhost", "::1", "0.0.0.0", "example.org")]
    [True, True, True, False, False]
    """
    name = host.strip("[]").lower()
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def read_auth(text: str | None) -> tuple[str, str] | None:
    """Return name and password of a text, or of the environment where there is none.

    Raises:
        InputError: it is not NAME:PASSWORD.

    >>> read_auth("ada:long enough")
    ('ada', 'long enough')
    """
    given = text or os.environ.get(AUTH_VARIABLE)
    if not given:
        return None
    name, separator, password = given.partition(":")
    if not separator or not name:
        raise InputError("expected --auth NAME:PASSWORD, got a text without a name or colon")
    return name, password
