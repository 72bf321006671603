"""What a run and its workers say to each other; every message can travel between machines."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emogen.rendering.ladder import Problem
from emogen.rendering.store import Claim

WAITING = "waiting"
"""The stage of a job that nothing works on just now."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """Jobs of one bin for one worker.

    Attributes:
        claims: the jobs.
        is_solo: whether nothing else may be under way in the worker meanwhile.
    """

    claims: tuple[Claim, ...]
    is_solo: bool = False


@dataclass(frozen=True, kw_only=True)
class Drop:
    """Claims that are no longer this run's, cancelled for instance; nothing is written for them."""

    tokens: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Stop:
    """Begin nothing more, leave what is being drafted, and end; what is being written is ended."""


@dataclass(frozen=True, kw_only=True)
class Ready:
    """The worker is there and takes orders."""

    pid: int
    host: str
    device: str


@dataclass(frozen=True, kw_only=True)
class Told:
    """Jobs are at a stage, so many steps of it done."""

    tokens: tuple[str, ...]
    stage: str
    done: int
    total: int


@dataclass(frozen=True, kw_only=True)
class Shown:
    """How an unfinished clip looks, as a JPEG of a few kilobytes."""

    token: str
    picture: bytes


@dataclass(frozen=True, kw_only=True)
class Done:
    """The file of a job lies in its place, whole.

    Attributes:
        token: of the claim.
        output: path inside the output folder.
        digest: SHA-256 of the file.
        seconds: how long each stage took.
        scores: what was read in the clip.
        warnings: what a person should know.
        is_adopted: whether the file lay there already, made but not marked as done.
        memory_bytes: most main memory the worker has held so far, 0 where that is not told.
    """

    token: str
    output: str
    digest: str
    seconds: Mapping[str, float]
    scores: Mapping[str, Any] | None
    warnings: tuple[str, ...]
    is_adopted: bool = False
    memory_bytes: int = 0


@dataclass(frozen=True, kw_only=True)
class Failed:
    """A job cannot be made now."""

    token: str
    problem: Problem


@dataclass(frozen=True, kw_only=True)
class Gone:
    """The worker itself is no more; its executor says so.

    Attributes:
        reason: for a person, such as "killed by signal 9".
        is_machine: whether its machine is gone rather than its process alone.
    """

    reason: str
    is_machine: bool = False


Note = Order | Drop | Stop
Message = Ready | Told | Shown | Done | Failed | Gone
