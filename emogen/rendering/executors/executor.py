"""What every executor offers: names of workers in; orders to them and their messages out."""

from collections.abc import Sequence
from typing import Protocol

from emogen.rendering.worker.messages import Message, Note


class Executor(Protocol):
    """Keeps a fixed number of workers and carries notes and messages.

    Attributes:
        names: of the workers.
        kind: for people, "local" or "ray".
    """

    names: Sequence[str]
    kind: str

    def start(self, name: str) -> None:
        """Begin a worker, or a fresh one in place of one that ended or was killed."""
        ...

    def send(self, name: str, note: Note) -> None:
        """Hand a note to a worker; one that is gone does not get it, `poll` tells of that."""
        ...

    def poll(self, timeout: float) -> list[tuple[str, Message]]:
        """Return messages with the name of their worker, at the latest after so many seconds."""
        ...

    def kill(self, name: str) -> None:
        """End a worker at once; nothing more is heard of it."""
        ...

    def close(self) -> None:
        """End all workers at once and free what they took."""
        ...
