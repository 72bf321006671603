"""`emogen render watch`: an output folder in; what happens there, as it happens, on stderr."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from emogen.cli.rendering.status import TARGET_HELP

if TYPE_CHECKING:
    from rich.table import Table

    from emogen.rendering.store import State, Store



def watch(
    target: Annotated[Path, typer.Argument(metavar="DIR|MANIFEST", help=TARGET_HELP)],
    *,
    every: Annotated[float, typer.Option(min=0.1, max=3600, metavar="S", help="Seconds.")] = 1.0,
    as_json: Annotated[bool, typer.Option("--json", help="Answer with a JSON object.")] = False,
) -> None:
    """Watch a run from another terminal until nothing is queued or running.

    It only looks: ending it ends no run. Exit code 1: some jobs failed.
    """
    from emogen.cli.answer import print_json
    from emogen.cli.rendering.folders import folder_of, open_store

    with open_store(target) as store:
        counts = _follow(store, every)
        if as_json:
            print_json({"folder": str(folder_of(store)), "counts": counts})
        else:
            print(_line(counts))
    if counts["failed"] or counts["quarantined"]:
        raise typer.Exit(1)


def _follow(store: "Store", every: float) -> "dict[State, int]":
    """Show counts until the work is over, and return the last ones."""
    from rich.console import Console
    from rich.live import Live

    console, pace = Console(stderr=True), Pace()
    last = ""
    with Live(console=console, transient=True, auto_refresh=False) as live:
        while True:
            counts = store.counts()
            ahead = counts["queued"] + counts["running"]
            if not ahead:
                return counts
            eta = pace.eta(done=_ended(counts), ahead=ahead, now=time.monotonic())
            if console.is_terminal:
                live.update(_table(store, counts, eta), refresh=True)
            elif (line := _line(counts)) != last:
                print(f"emogen: {line}", file=sys.stderr, flush=True)
                last = line
            time.sleep(every)


class Pace:
    """How fast jobs end, from what was seen so far."""

    def __init__(self) -> None:
        """Begin without having seen anything."""
        self._seen: list[tuple[float, int]] = []

    def eta(self, *, done: int, ahead: int, now: float) -> float | None:
        """Return the seconds until all are done, None until two have ended.

        Args:
            done: jobs that have ended.
            ahead: jobs that have not.
            now: seconds of a steady clock.

        >>> pace = Pace()
        >>> [pace.eta(done=done, ahead=10 - done, now=2.0 * done) for done in range(4)]
        [None, None, 16.0, 14.0]
        """
        if not self._seen or self._seen[-1][1] != done:
            self._seen.append((now, done))
        (first, few), (last, many) = self._seen[0], self._seen[-1]
        if many - few < 2:
            return None
        waited = max(0.0, now - last)
        return max(0.0, (last - first) / (many - few) * ahead - waited)


def _table(store: "Store", counts: "dict[State, int]", eta: float | None) -> "Table":
    from rich.progress_bar import ProgressBar
    from rich.table import Table

    from emogen.cli.rendering.wording import shown_seconds

    total = max(1, sum(counts.values()) - counts["cancelled"])
    ended = _ended(counts)
    table = Table.grid(padding=(0, 1))
    left = "" if eta is None else f"about {shown_seconds(eta)} left"
    table.add_row("all", ProgressBar(total=total, completed=ended, width=40),
                  f"{ended:,}/{total:,}", left)
    table.add_row("", _line(counts))
    for one in store.running():
        table.add_row(one.worker, one.output, f"try {one.attempt}")
    return table


def _ended(counts: "dict[State, int]") -> int:
    return counts["done"] + counts["failed"] + counts["quarantined"]


def _line(counts: "dict[State, int]") -> str:
    return ", ".join(f"{count:,} {state}" for state, count in counts.items() if count) or "no jobs"
