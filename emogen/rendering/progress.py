"""A run on a terminal: events in; one bar over all, one line a worker and the time left out.

Where stderr is no terminal, a line for each job that ended.
"""

import sys
import time
from collections import deque
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from emogen.rendering.events import Event

RECENT = 20
_REFRESH = 4


@dataclass(kw_only=True)
class _Line:
    job: str = ""
    output: str = ""
    stage: str = "starting"
    progress: float = 0.0


class Board:
    """Listens to a run's events and shows where it stands.

    Args:
        total: jobs of this run that are not done.
        console: where to show; stderr by default.
    """

    def __init__(self, total: int, *, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True)
        self._lines: dict[str, _Line] = {}
        self._ends: deque[float] = deque(maxlen=RECENT)
        self._began = time.monotonic()
        self.total, self.done, self.failed = total, 0, 0
        self._live = Live(
            get_renderable=self.render, console=self._console, refresh_per_second=_REFRESH,
            transient=True,
        ) if self._console.is_terminal else None

    def __enter__(self) -> Self:
        """Show it."""
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take it away."""
        if self._live:
            self._live.stop()

    def __call__(self, event: Event) -> None:
        """Take an event."""
        detail = event.detail
        line = self._lines.setdefault(event.worker, _Line()) if event.worker else _Line()
        if event.event == "worker_ready":
            line.stage = "ready"
        elif event.event == "job_started":
            line.job, line.output = event.job or "", str(detail.get("output", ""))
        elif event.event == "job_stage" and event.stage != "waiting":
            line.job, line.stage, line.progress = event.job or "", event.stage, event.progress or 0
        elif event.event == "worker_lost":
            line.job, line.output, line.stage, line.progress = "", "", "starting again", 0.0
            self._say(f"{event.worker} ended: {detail['reason']}")
        elif event.event == "job_done":
            self._done(event)
        elif event.event == "job_failed":
            self._failed(event)
        elif event.event == "waiting":
            self._say(f"waiting for {detail['running']} jobs that another run is at")

    def render(self) -> Group:
        """Return what is shown now."""
        head = Table.grid(padding=(0, 1))
        head.add_row(
            Text("all"), ProgressBar(total=max(self.total, 1), completed=self.done, width=40),
            Text(f"{self.done}/{self.total}"), Text(f"{self.failed} failed" if self.failed else "",
                                                    style="red"),
            Text(self._left()),
        )
        table = Table.grid(padding=(0, 1))
        for name, line in self._lines.items():
            table.add_row(
                Text(name, style="dim"), ProgressBar(total=1.0, completed=line.progress, width=20),
                Text(line.stage), Text(line.output or line.job, style="dim", no_wrap=True,
                                       overflow="ellipsis"),
            )
        return Group(head, table)

    def _left(self) -> str:
        """Return the time left by the pace of the last jobs."""
        left = self.total - self.done - self.failed
        if not self._ends or left <= 0:
            return ""
        first = self._ends[0] if len(self._ends) == RECENT else self._began
        jobs = len(self._ends) - (1 if len(self._ends) == RECENT else 0)
        pace = (time.monotonic() - first) / max(jobs, 1)
        return f"{clock(pace * left)} left"

    def _done(self, event: Event) -> None:
        self.done += 1
        self._ends.append(time.monotonic())
        if not self._live:
            seconds = sum(event.detail["seconds"].values())
            how = "found" if event.detail["adopted"] else f"{seconds:.1f} s"
            self._say(f"{self.done}/{self.total} {event.detail['output']} ({how})")

    def _failed(self, event: Event) -> None:
        problem, state = event.detail["problem"], event.detail["state"]
        if state != "queued":
            self.failed += 1
        what = "again later" if state == "queued" else state
        hint = f"; {problem['hint']}" if problem["hint"] else ""
        self._say(f"{event.job}: {problem['message']}{hint} ({problem['kind']}, {what})")

    def _say(self, text: str) -> None:
        if self._live:
            self._console.print(Text(f"emogen: {text}"))
        else:
            print(f"emogen: {text}", file=sys.stderr, flush=True)  # noqa: T201 - that is its work


def clock(seconds: float) -> str:
    """Return seconds as a clock shows them.

    >>> clock(3.2), clock(75), clock(7384)
    ('0:03', '1:15', '2:03:04')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
