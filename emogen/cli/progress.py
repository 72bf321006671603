"""Which stage runs: names and counts in, a bar or plain lines on stderr and seconds a stage out."""

import sys
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


class Stages:
    """Shows the stage at work; a callable of (name, done, total), as pipelines want it.

    On a terminal a bar, elsewhere one line a stage.

    Attributes:
        seconds: how long each stage took, in the order they began.
    """

    def __init__(self) -> None:
        """Start with no stage."""
        self.seconds: dict[str, float] = {}
        self._name: str | None = None
        self._since = time.perf_counter()
        self._bar: Progress | None = None
        if sys.stderr.isatty():
            self._bar = Progress(
                TextColumn("{task.description:<16}"), BarColumn(), MofNCompleteColumn(),
                TimeRemainingColumn(), console=Console(stderr=True), transient=True,
            )
            self._task = self._bar.add_task("")

    def __enter__(self) -> Self:
        """Show the bar."""
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the last stage and remove the bar."""
        self._end()
        self._name = None
        if self._bar:
            self._bar.stop()

    def __call__(self, name: str, done: int = 0, total: int | None = None) -> None:
        """Say that a stage is at `done` of `total`; a new name begins a new stage."""
        if name != self._name:
            self._begin(name)
        if self._bar:
            self._bar.update(self._task, completed=done, total=total)

    def _begin(self, name: str) -> None:
        self._end()
        self._name = name
        self.seconds.setdefault(name, 0.0)
        if self._bar:
            self._bar.remove_task(self._task)  # reset() would keep the old total
            self._task = self._bar.add_task(name, total=None)
        else:
            print(f"emogen: {name}", file=sys.stderr, flush=True)

    def _end(self) -> None:
        now = time.perf_counter()
        if self._name is not None:
            self.seconds[self._name] += now - self._since
        self._since = now
