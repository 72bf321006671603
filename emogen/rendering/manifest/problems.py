"""What is wrong with a manifest: places and sentences in, one error that tells all of them out."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from emogen.errors import InputError, suggest

_SHOWN = 5


@dataclass(frozen=True, order=True)
class ManifestProblem:
    """One thing that is wrong.

    Attributes:
        line: of the file, from 1; 0 where no line can be told.
        field: the setting, with the block it stands in, such as "matrix.seed"; or "".
        text: what was expected and what was got.
    """

    line: int
    field: str
    text: str

    def __str__(self) -> str:
        """Return the place and the sentence.

        >>> str(ManifestProblem(3, "steps", "expected at most 200, got 900"))
        'line 3, steps: expected at most 200, got 900'
        """
        place = ", ".join(part for part in (self.line and f"line {self.line}", self.field) if part)
        return f"{place}: {self.text}" if place else self.text


class ManifestError(InputError):
    """A manifest with problems.

    Attributes:
        source: what the manifest is called.
        problems: all of them, in the order of their lines.
    """

    def __init__(self, source: str, problems: Sequence[ManifestProblem]) -> None:
        self.source = source
        self.problems = sorted(set(problems))
        count = len(self.problems)
        told = "; ".join(map(str, self.problems[:_SHOWN]))
        more = f"; and {count - _SHOWN} more" if count > _SHOWN else ""
        noun = "problem" if count == 1 else "problems"
        super().__init__(f"{count} {noun} in {source}: {told}{more}")

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {"source": self.source, "problems": [asdict(one) for one in self.problems]}


def told(entry: dict[str, Any], known: Sequence[str]) -> str:
    """Return what pydantic found in the words of this project.

    Args:
        entry: one of a ValidationError's errors.
        known: the keys that are allowed where it was found.
    """
    if entry["type"] == "missing":
        return "missing; add it"
    if entry["type"] == "extra_forbidden":
        name = str(entry["loc"][-1])
        hint = suggest(name, list(known)) or f"; known: {', '.join(known)}"
        return f"unknown setting{hint}"
    got = entry.get("input")
    message = entry["msg"].removeprefix("Value error, ").replace("Input should be", "expected")
    if entry["type"] != "value_error" and isinstance(got, (str, int, float)):
        message += f", got {_short(got)}"
    return message[:1].lower() + message[1:]


def _short(value: str | float) -> str:
    return repr(value) if len(repr(value)) <= 60 else repr(value)[:57] + "..."
