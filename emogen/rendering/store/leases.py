"""Who holds a job, and is it alive: a process in, a name that no other ever has out.

A lease is not a time on a wall clock, which may jump, but a count of heartbeats. Whoever wants to
take a job over has to watch the count stand still for the length of the lease by its own steady
clock; only where the owner ran on the same machine and its process is gone need it not wait.
"""

import os
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Owner:
    """A process, told apart from every other, also a later one of the same number.

    Attributes:
        host: the machine and its space of process numbers.
        pid: the process number there.
        born: when the process began, in the kernel's own count; empty where that is not told.
    """

    host: str
    pid: int
    born: str

    @classmethod
    def me(cls) -> "Owner":
        """Return the process that asks."""
        return cls(host=this_host(), pid=os.getpid(), born=born(os.getpid()) or "")

    @property
    def is_gone(self) -> bool:
        """Whether the process has ended; False where that cannot be known from here."""
        if self.host != this_host():
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        now = born(self.pid)
        return now is not None and bool(self.born) and now != self.born


@lru_cache(maxsize=1)
def this_host() -> str:
    """Return a name of this machine since it was started, and of this container on it."""
    parts = [socket.gethostname()]
    boot = Path("/proc/sys/kernel/random/boot_id")
    if boot.is_file():
        parts.append(boot.read_text().strip())
    space = Path("/proc/self/ns/pid")
    if space.is_symlink():
        parts.append(str(space.readlink()))
    return " ".join(parts)


def born(pid: int) -> str | None:
    """Return when a process began, in ticks since boot; "dead" for a zombie, None if not told."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    state, *fields = text.rpartition(")")[2].split()  # a name may hold spaces and brackets
    return "dead" if state in "ZX" else fields[18]


class Watch:
    """Remembers when each lease last gave a sign of life, by a steady clock of its own.

    Args:
        lease_seconds: silence after which an owner counts as gone.
        monotonic: a clock that never jumps, in seconds.
    """

    def __init__(self, lease_seconds: float, monotonic: Callable[[], float]) -> None:
        self.lease_seconds = lease_seconds
        self._monotonic = monotonic
        self._seen: dict[str, tuple[int, float]] = {}

    def silent(self, leases: Iterable[tuple[str, int]]) -> set[str]:
        """Return the tokens whose count of beats has stood still for the whole lease.

        Args:
            leases: token and beats of every running job.
        """
        now = self._monotonic()
        seen = {
            token: before if (before := self._seen.get(token)) and before[0] == beats
            else (beats, now)
            for token, beats in leases
        }
        self._seen = seen
        return {token for token, (_, at) in seen.items() if now - at >= self.lease_seconds}
