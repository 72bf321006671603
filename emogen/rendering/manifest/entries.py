"""What the readers of JSONL, CSV and YAML agree on: a head, and values with their lines."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

VERSION = 1
HEAD_KEYS = ("version", "defaults", "matrix")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One job as it was written.

    Attributes:
        line: where it begins, from 1.
        values: settings, and perhaps "matrix".
        lines: where each setting stands, as far as that is known.
    """

    line: int
    values: Mapping[str, Any]
    lines: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Head:
    """What holds for all jobs.

    Attributes:
        line: where it stands.
        values: version, defaults and matrix, as far as they are given, not yet checked.
        lines: where each of them stands.
    """

    line: int = 1
    values: Mapping[str, Any] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Written:
    """A manifest as it was written.

    Attributes:
        head: what holds for all jobs.
        entries: the jobs.
    """

    head: Head
    entries: tuple[Entry, ...]
