"""`emogen render status`: an output folder or its manifest in, where every job stands out."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from emogen.rendering.store import JobRecord, Store

TARGET_HELP = "The output folder, or the manifest where that was outputs/MANIFEST."


class JobState(StrEnum):
    """Where a job can stand."""

    queued = "queued"
    running = "running"
    done = "done"
    failed = "failed"
    quarantined = "quarantined"
    cancelled = "cancelled"


def status(
    target: Annotated[Path, typer.Argument(metavar="DIR|MANIFEST", help=TARGET_HELP)],
    *,
    show_jobs: Annotated[bool, typer.Option("--jobs", help="List the jobs too.")] = False,
    state: Annotated[
        list[JobState] | None, typer.Option(help="List only jobs in this state; repeatable.")
    ] = None,
    history: Annotated[
        str | None, typer.Option(metavar="ID", help="What happened to one job.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer with a JSON object.")] = False,
) -> None:
    """Say how many jobs are in each state, who works on what, and why jobs failed."""
    from emogen.cli.rendering.folders import open_store

    with open_store(target) as store:
        if history is not None:
            _history(store, history, as_json=as_json)
            return
        wanted = [one.value for one in state] if state else None
        listed = list(store.jobs(wanted)) if show_jobs or wanted else []
        _status(store, listed, as_json=as_json, is_listing=show_jobs or bool(wanted))


def _status(store: "Store", listed: "list[JobRecord]", *, as_json: bool, is_listing: bool) -> None:
    from emogen.cli.answer import print_json
    from emogen.cli.rendering.folders import folder_of

    counts, running = store.counts(), store.running()
    if as_json:
        document = {
            "folder": str(folder_of(store)), "counts": counts,
            "running": [
                {"id": one.id, "worker": one.worker, "host": one.host, "attempt": one.attempt,
                 "output": one.output} for one in running
            ],
        }
        jobs = {"jobs": [record.to_dict() for record in listed]} if is_listing else {}
        print_json({**document, **jobs})
        return
    print(", ".join(f"{count:,} {state}" for state, count in counts.items() if count) or "no jobs")
    for one in running:
        print(f"  {one.worker} on {one.host}: {one.output} (try {one.attempt})")
    shown = listed if is_listing else list(store.jobs(["failed", "quarantined"]))
    for record in shown:
        print(f"{record.id}  {record.state:<11}  {record.output}")
        if record.problem is not None and record.state != "done":
            hint = f"; {record.problem.hint}" if record.problem.hint else ""
            print(f"  {record.problem.kind}: {record.problem.message}{hint}")


def _history(store: "Store", wanted: str, *, as_json: bool) -> None:
    from emogen.cli.answer import print_json

    record = store.record(wanted)
    entries = store.history(record.id)
    if as_json:
        events = [entry.to_dict() for entry in entries]
        print_json({**record.to_dict(), "history": events})
        return
    print(f"{record.id}  {record.state}  {record.output}")
    print(f"  {_clock(record.added)}  added with {record.run}")
    for entry in entries:
        who = f" by {entry.worker}" if entry.worker else ""
        problem = entry.detail.get("problem")
        why = f": {problem['kind']}, {problem['message']}" if problem else ""
        print(f"  {_clock(entry.time)}  {entry.event}{who}, try {entry.attempt}{why}")


def _clock(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M:%S")
