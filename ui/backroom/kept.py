"""Workers that stay loaded: a local executor in, the same one whose workers outlive a run out."""

from collections.abc import Sequence

from emogen.rendering.executors.executor import Executor
from emogen.rendering.worker.messages import (
    Done,
    Failed,
    Gone,
    Message,
    Note,
    Order,
    Ready,
    Stop,
)


class KeptExecutor:
    """Passes everything on, but leaves idle workers alive where a run ends.

    A run begins and ends with the queue; loading a model takes longer than many clips. A worker
    that holds nothing is therefore neither stopped nor closed, and is ready at once when the next
    run starts it.

    Args:
        executor: what keeps the processes.
    """

    def __init__(self, executor: Executor) -> None:
        self.kind = executor.kind
        self.names: Sequence[str] = executor.names
        self._executor = executor
        self._ready: dict[str, Ready] = {}
        self._held: dict[str, set[str]] = {name: set() for name in executor.names}
        self._waiting: list[tuple[str, Message]] = []

    @property
    def is_idle(self) -> bool:
        """Whether a worker is loaded and none holds a job."""
        return bool(self._ready) and not any(self._held.values())

    def start(self, name: str) -> None:
        """Begin a worker, or say that the one that stayed is ready."""
        if name in self._ready:
            self._waiting.append((name, self._ready[name]))
        else:
            self._executor.start(name)

    def send(self, name: str, note: Note) -> None:
        """Hand a note on; an idle worker is not told to stop."""
        if isinstance(note, Order):
            self._held[name].update(claim.token for claim in note.claims)
        if isinstance(note, Stop):
            if not self._held[name]:
                return
            self._ready.pop(name, None)
        self._executor.send(name, note)

    def poll(self, timeout: float) -> list[tuple[str, Message]]:
        """Return messages, and note which workers are ready and what they hold."""
        found, self._waiting = self._waiting, []
        found += self._executor.poll(0.0 if found else timeout)
        for name, message in found:
            if isinstance(message, Ready):
                self._ready[name] = message
            elif isinstance(message, Gone):
                self._forget(name)
            elif isinstance(message, (Done, Failed)):
                self._held[name].discard(message.token)
        return found

    def kill(self, name: str) -> None:
        """End a worker at once."""
        self._forget(name)
        self._executor.kill(name)

    def close(self) -> None:
        """End the workers that hold something or were told to stop; leave the others."""
        for name in self.names:
            if self._held[name] or name not in self._ready:
                self.kill(name)

    def end(self) -> None:
        """End all workers."""
        for name in self.names:
            self.kill(name)

    def _forget(self, name: str) -> None:
        self._ready.pop(name, None)
        self._held[name].clear()
