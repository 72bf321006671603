"""Validation by measure: scores of the averaged weights in, a record and the best state out.

``RUN/validation.jsonl`` gets a line of scores each time, ``RUN/best/score.json`` those of the best,
beside its weights.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor

from emogen.errors import InputError, ModelError

Scores = Mapping[str, Mapping[str, float]]
"""Each score with its ``value`` and what else is known of it, such as its interval."""
RECORDS, BEST, SCORE = "validation.jsonl", "best", "score.json"
LESS_IS_BETTER = frozenset({"va_distance"})
TIE = "asked_weight"
"""What decides between equal scores, where it is known."""


@dataclass
class Validation:
    """When a run is measured, and which of its states was the best.

    Attributes:
        every: Steps between two measurements; the end of the run is always measured.
        measure: Called on every process with the steps done, the averaged weights in the model;
            returns scores on the first process. It may draw random numbers and train nothing.
        by: The score that chooses.
        folder: The run.
        on_best: Called on the first process with the averaged weights of a new best.
        done: Steps at the last measurement, -1 before the first.
    """

    every: int
    measure: Callable[[int], Scores | None]
    by: str
    folder: Path
    on_best: Callable[[Mapping[str, Tensor]], None] = lambda _: None
    done: int = field(default=-1, init=False)
    best: dict[str, Any] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        if self.every < 1:
            raise InputError(f"expected at least one step between validations, got {self.every}")

    def is_due(self, step: int, *, ended: bool) -> bool:
        """Tell whether the state after ``step`` steps is to be measured."""
        return step > self.done and (ended or step % self.every == 0)

    def keep(self, step: int, scores: Scores) -> bool:
        """Write the scores of a state down; tell whether it is the best so far.

        Raises:
            InputError: The score that chooses was not measured.
        """
        if self.by not in scores:
            raise InputError(
                f"expected the score {self.by!r} to choose the best by, got {', '.join(scores)};"
                " set validation.best to one of these"
            )
        record = {"step": step, "scores": {name: dict(value) for name, value in scores.items()}}
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / RECORDS).open("a") as file:
            file.write(json.dumps(record) + "\n")
        if self.best is not None and rank(scores, self.by) <= rank(self.best["scores"], self.by):
            return False
        self.best = record
        return True

    def write_best(self, weights: Mapping[str, Tensor]) -> None:
        """Hand the weights of the best on and write its scores beside them."""
        place = self.folder / BEST
        place.mkdir(parents=True, exist_ok=True)
        self.on_best(weights)
        (place / SCORE).write_text(json.dumps({"by": self.by, **self.best}, indent=2) + "\n")

    def resume(self, step: int) -> None:
        """Remember what a run of so many steps has measured.

        Raises:
            ModelError: Its records are damaged.
        """
        try:
            steps = [record["step"] for record in read_records(self.folder)]
            path = self.folder / BEST / SCORE
            self.best = json.loads(path.read_text()) if path.is_file() else None
        except (ValueError, KeyError, TypeError) as error:
            raise ModelError(
                f"cannot read the validation of the run {self.folder}: {error}; remove {RECORDS}"
                f" and {BEST}/"
            ) from error
        self.done = max((one for one in steps if one <= step), default=-1)


def rank(scores: Scores, by: str) -> tuple[float, float]:
    """Return what orders states, larger is better: the score that chooses, then the tie-breaker.

    >>> rank({"va_distance": {"value": 0.5}}, "va_distance")
    (-0.5, 0.0)
    """
    value = float(scores[by]["value"])
    tie = float(scores[TIE]["value"]) if TIE in scores else 0.0
    return (-value if by in LESS_IS_BETTER else value), tie


def read_records(folder: Path) -> list[dict[str, Any]]:
    """Return the measurements of a run, the last of each step, in order of steps."""
    path = folder / RECORDS
    lines = path.read_text().splitlines() if path.is_file() else []
    found = {record["step"]: record for record in map(json.loads, lines)}
    return [found[step] for step in sorted(found)]
