"""`emogen render retry|cancel|gc`: an output folder and jobs in, what changed out."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from emogen.cli.rendering.status import TARGET_HELP, JobState

if TYPE_CHECKING:
    from emogen.rendering.store import Store

_Target = Annotated[Path, typer.Argument(metavar="DIR|MANIFEST", help=TARGET_HELP)]
_Ids = Annotated[
    list[str] | None, typer.Argument(metavar="[ID]...", help="Jobs, by the beginning of their id.")
]
_Json = Annotated[bool, typer.Option("--json", help="Answer with a JSON object.")]
DAY_S = 86400.0


def retry(
    target: _Target,
    ids: _Ids = None,
    *,
    state: Annotated[
        list[JobState] | None,
        typer.Option(help="All jobs in this state; repeatable.",
                     show_default="failed, quarantined"),
    ] = None,
    missing: Annotated[
        bool, typer.Option("--missing", help="Done jobs whose clip is no longer there.")
    ] = False,
    as_json: _Json = False,
) -> None:
    """Put jobs back into the queue, their failures forgotten; 'emogen render run' makes them."""
    from emogen.cli.rendering.folders import open_store

    _check_one_choice(ids, state, missing=missing)
    with open_store(target) as store:
        if missing:
            moved = store.retry(_missing(store))
        elif ids:
            moved = store.retry(store.whole_ids(ids))
        else:
            chosen = [one.value for one in state] if state else ("failed", "quarantined")
            moved = store.retry(states=chosen)
        _answer(moved, "queued again", as_json=as_json)


def cancel(
    target: _Target,
    ids: _Ids = None,
    *,
    state: Annotated[
        list[JobState] | None,
        typer.Option(help="All jobs in this state; repeatable.", show_default="queued"),
    ] = None,
    as_json: _Json = False,
) -> None:
    """Take jobs out of the queue; one that is being made is dropped. Clips stay where they are."""
    from emogen.cli.rendering.folders import open_store

    _check_one_choice(ids, state)
    with open_store(target) as store:
        if ids:
            moved = store.cancel(store.whole_ids(ids))
        else:
            moved = store.cancel(states=[one.value for one in state] if state else ("queued",))
        _answer(moved, "cancelled", as_json=as_json)


def gc(
    target: _Target,
    *,
    state: Annotated[
        list[JobState] | None,
        typer.Option(help="Forget jobs in this state; repeatable.", show_default="cancelled"),
    ] = None,
    days: Annotated[
        float, typer.Option(min=0, metavar="D", help="Only jobs unchanged for so many days.")
    ] = 0.0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", help="Say what would go, change nothing.")
    ] = False,
    as_json: _Json = False,
) -> None:
    """Forget jobs that nobody waits for, remove what killed workers left; clips are never touched.

    A forgotten job that is still in the manifest is new to the next run.
    """
    from emogen.cli.answer import print_json
    from emogen.cli.rendering.folders import folder_of, open_store
    from emogen.cli.rendering.wording import counted
    from emogen.rendering.worker.finishing import stale_parts

    states = [one.value for one in state] if state else ["cancelled"]
    before = time.time() - days * DAY_S if days else None
    with open_store(target) as store:
        store.reclaim()
        parts = stale_parts(folder_of(store), {one.token for one in store.running()})
        if dry_run:
            gone = [record.id for record in store.jobs(states)
                    if before is None or record.updated < before]
        else:
            gone = store.gc(states=states, before=before)
            for path in parts:
                path.unlink(missing_ok=True)
    if as_json:
        print_json({"jobs": gone, "files": [str(path) for path in parts], "dry_run": dry_run})
        return
    would = "would be " if dry_run else ""
    print(f"{counted(len(gone), 'job')} {would}forgotten, "
          f"{counted(len(parts), 'unfinished file')} {would}removed")


def _check_one_choice(
    ids: list[str] | None, state: list[JobState] | None, *, missing: bool = False
) -> None:
    from emogen.errors import InputError

    if sum(map(bool, (ids, state, missing))) > 1:
        raise InputError("expected ids or a choice of them, got both; use one")


def _missing(store: "Store") -> list[str]:
    from emogen.cli.rendering.folders import folder_of

    folder = folder_of(store)
    return [record.id for record in store.jobs("done") if not (folder / record.output).is_file()]


def _answer(moved: list[str], what: str, *, as_json: bool) -> None:
    from emogen.cli.answer import print_json
    from emogen.cli.rendering.wording import counted

    if as_json:
        print_json({"jobs": moved})
    else:
        print(f"{counted(len(moved), 'job')} {what}")
