"""`emogen render run`: a manifest in, every clip of it in the output folder, each once, out."""

import re
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from emogen.cli.rendering.folders import OUTPUTS, output_folder
from emogen.cli.rendering.plan import ManifestFormat

if TYPE_CHECKING:
    from emogen.rendering.dispatch import Outcome
    from emogen.rendering.executors.executor import Executor
    from emogen.rendering.store import Store
    from emogen.rendering.worker.worker import WorkerOptions

SHOWN = 10
"""Failures that are listed at the end; `emogen render status` lists all."""


def run(  # noqa: PLR0913 - one argument an option
    manifest: Annotated[
        str | None,
        typer.Argument(metavar="[MANIFEST|DIR]", show_default=False,
                       help="JSONL, CSV or YAML, - for stdin; or an output folder to go on with."),
    ] = None,
    *,
    format: Annotated[  # noqa: A002 - the word of the option
        ManifestFormat | None, typer.Option(help="How it is written.", show_default="its ending")
    ] = None,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="DIR|URL", show_default="outputs/MANIFEST",
                     help="Where clips go: a folder, or any fsspec URL such as s3://bucket/clips."),
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option(metavar="DIR", show_default="the output folder",
                     help="Where the store of states lies; on a disk of this machine."),
    ] = None,
    executor: Annotated[
        Literal["local", "ray"], typer.Option(help="Processes here, or actors of a Ray cluster.")
    ] = "local",
    workers: Annotated[
        int | None,
        typer.Option(metavar="N", show_default="one a GPU, else by cores",
                     help="Workers, each with models of its own."),
    ] = None,
    device: Annotated[
        str | None,
        typer.Option(metavar="NAMES", show_default="all GPUs, else cpu",
                     help="Such as cpu, cuda or cuda:0,cuda:2."),
    ] = None,
    batch: Annotated[
        str, typer.Option(metavar="auto|N", help="Most clips in one pass of the model.")
    ] = "auto",
    shard: Annotated[
        str | None,
        typer.Option(metavar="I/N", help="Only the I-th of N parts of the jobs, 1/N to N/N."),
    ] = None,
    max_failures: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Begin nothing more after N failed jobs.")
    ] = None,
    stall_seconds: Annotated[
        float,
        typer.Option(metavar="S", min=1.0, help="Silence after which a worker counts as hung."),
    ] = 900.0,
    ray_address: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", show_default="RAY_ADDRESS, else a cluster of this machine",
                     help="Of the Ray cluster."),
    ] = None,
    gpus: Annotated[
        float, typer.Option("--ray-gpus", metavar="G", min=0, help="GPUs of each Ray worker.")
    ] = 0.0,
    cpus: Annotated[
        float, typer.Option("--ray-cpus", metavar="C", min=0, help="CPUs of each Ray worker.")
    ] = 1.0,
    events: Annotated[
        bool, typer.Option("--events", help="Say what happens as lines of JSON on stdout.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="End with one JSON object on stdout.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", "-y", help="Replace files that other jobs made.")
    ] = False,
) -> None:
    """Render a manifest; run it again to go on where it was stopped or killed.

    What is done is not made again. What failed is not tried again by itself: see 'emogen render
    retry'. Ctrl-C gives unfinished jobs back; a second one ends the run at once.
    """
    from emogen.cli.rendering.manifests import load
    from emogen.rendering.dispatch import RunSettings
    from emogen.rendering.store import Store
    from emogen.rendering.worker.worker import WorkerOptions

    part, most = parse_shard(shard), parse_batch(batch)
    where = destination(manifest, output)
    prepared = None
    if manifest is not None and not Path(manifest).is_dir():
        prepared = load(manifest, format=format and format.value, as_json=as_json)
        for note in prepared.notes:
            print(f"emogen: {note}", file=sys.stderr)
    settings = RunSettings(
        shard=part, max_failures=max_failures, stall_seconds=stall_seconds, batch=most
    )
    with Store.open(state or store_folder(where), create=prepared is not None) as store:
        if prepared is not None:
            store.add(prepared.entries, run=prepared.name, replace=overwrite)
        seats = _executor(
            executor, WorkerOptions(target=where, overwrite=overwrite, batch=most),
            workers=_usual_workers(store, device) if workers is None and executor == "local"
            else workers,
            device=device, ray={"address": ray_address, "num_gpus": gpus, "num_cpus": cpus},
        )
        outcome = _show(store, seats, settings, where, events=events)
        _answer(store, outcome, where, prepared and prepared.name, as_json=as_json)


def destination(manifest: str | None, output: str | None) -> str:
    """Return the folder or URL where clips go.

    >>> destination("night.jsonl", None), destination("night.jsonl", "s3://bucket/night")
    ('outputs/night', 's3://bucket/night')
    """
    from emogen.errors import InputError

    if manifest is None and output is None:
        raise InputError("expected a manifest, or the folder of an earlier run")
    if manifest is None or (output is not None and "://" in output):
        return output
    if Path(manifest).is_dir() and output is None:
        return manifest
    return str(output_folder(manifest, None if output is None else Path(output)))


def parse_shard(text: str | None) -> tuple[int, int] | None:
    """Return the part (from 0) and the number of parts of a text such as 1/4.

    >>> parse_shard("1/4"), parse_shard(None)
    ((0, 4), None)
    """
    from emogen.errors import InputError

    if text is None:
        return None
    match = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text.strip())
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise InputError(f"expected --shard I/N with I of 1 to N, such as 1/4, got {text!r}")
    return int(match[1]) - 1, int(match[2])


def parse_batch(text: str) -> int:
    """Return how many clips share a pass at most, 0 for auto.

    >>> parse_batch("auto"), parse_batch("4")
    (0, 4)
    """
    from emogen.errors import InputError

    if text == "auto":
        return 0
    if not re.fullmatch(r"\d{1,3}", text) or int(text) < 1:
        raise InputError(f"expected --batch auto or a number of 1 to 999, got {text!r}")
    return int(text)


def store_folder(where: str) -> Path:
    """Return the folder of the store for an output: itself, or one here for a URL.

    >>> store_folder("clips").as_posix(), store_folder("s3://bucket/my clips").as_posix()
    ('clips', 'outputs/render-state/s3-bucket-my-clips')
    """
    scheme, separator, rest = where.partition("://")
    if not separator:
        return Path(where)
    if scheme in {"file", "local"}:
        return Path(rest)
    return OUTPUTS / "render-state" / re.sub(r"[\W_]+", "-", where).strip("-")


def _usual_workers(store: "Store", device: str | None) -> int | None:
    """Return one worker a core where there is no GPU and models are small, else leave it open.

    A small model gains nothing from more than one thread: workers side by side do.
    """
    from emogen.rendering.executors.slots import cores, gpus

    if device not in (None, "cpu") or (device is None and gpus()):
        return None
    queued = store.counts()["queued"]
    models = {record.job.model for record, _ in zip(store.jobs("queued"), range(200), strict=False)}
    return max(1, min(cores(), queued)) if models <= {"nano"} else None


def _executor(
    kind: str, options: "WorkerOptions", *, workers: int | None, device: str | None,
    ray: dict[str, Any],
) -> "Executor":
    if kind == "local":
        from emogen.rendering.executors.local import LocalExecutor
        from emogen.rendering.executors.slots import workers_of

        return LocalExecutor(workers_of(options, workers=workers, devices=device))
    from emogen.rendering.executors.cluster import ray_executor

    return ray_executor(options, workers=workers, device=device, **ray)


def _show(
    store: "Store", executor: "Executor", settings: Any, where: str, *, events: bool,  # noqa: ANN401
) -> "Outcome":
    from emogen.rendering.events import lines_to
    from emogen.rendering.progress import Board
    from emogen.rendering.session import run as run_session
    from emogen.rendering.store import store_path

    counts, since = store.counts(), time.time()
    folder = None if "://" in where else Path(where)
    with ExitStack() as stack:
        board = stack.enter_context(Board(counts["queued"] + counts["running"]))
        listeners = [board, lines_to()] if events else [board]
        outcome = run_session(
            store, executor, settings=settings, listeners=listeners,
            # with a store elsewhere, unfinished files here may be those of other runs
            folder=folder if folder and store_path(folder) == store.path else None,
        )
    _remember(store, outcome, executor, since, folder)
    return outcome


def _remember(
    store: "Store", outcome: "Outcome", executor: "Executor", since: float, folder: Path | None
) -> None:
    """Keep what clips cost here, for the next plan; only of this machine."""
    from emogen.rendering.rates import record_run

    made = outcome.done - outcome.adopted
    if executor.kind != "local" or folder is None or not made:
        return
    record_run(
        store, since=since, workers=len(executor.names), memory_bytes=outcome.memory_bytes,
        folder=folder, device="cpu" if executor.names[0].startswith("cpu") else "cuda",
    )


def _answer(
    store: "Store", outcome: "Outcome", where: str, name: str | None, *, as_json: bool
) -> None:
    """Say what came of it and end with the exit code that fits."""
    from emogen.cli.answer import print_json

    counts = store.counts(run=name)
    failed = counts["failed"] + counts["quarantined"]
    code = exit_code(outcome.reason, failed)
    if as_json:
        print_json({
            "output": where, "store": str(store.path), "counts": counts, "done": outcome.done,
            "adopted": outcome.adopted, "failed": outcome.failed, "reason": outcome.reason,
            "problem": outcome.problem, "seconds": round(outcome.seconds, 3), "exit_code": code,
            "failures": _failures(store, name),
        })
    else:
        print(where)
        print(f"  {summary(outcome, counts)}")
    if outcome.problem:
        print(f"emogen: {outcome.problem}", file=sys.stderr)
    if failed and not as_json:
        for row in _failures(store, name)[:SHOWN]:
            print(f"emogen: {row['output'] or row['id']}: {row['problem']}", file=sys.stderr)
        print(f"emogen: {failed} failed; all of them: emogen render status -o {where}",
              file=sys.stderr)
    if code:
        raise typer.Exit(code)


def exit_code(reason: str, failed: int) -> int:
    """Return the exit code of a run by why it ended and how many of its jobs failed.

    >>> exit_code("done", 0), exit_code("done", 2), exit_code("disk", 0)
    (0, 1, 3)
    """
    codes = {"interrupted": 130, "disk": 3, "workers": 3, "failures": 1}
    return codes.get(reason, 1 if failed else 0)


def summary(outcome: "Outcome", counts: dict[str, int]) -> str:
    """Return one line about a run."""
    from emogen.rendering.progress import clock

    made = outcome.done - outcome.adopted
    parts = [f"{made} made" + (f", {outcome.adopted} found whole" if outcome.adopted else "")]
    parts += [f"{counts[state]} {state}" for state in counts if counts[state] and state != "done"]
    return f"{', '.join(parts)}; {counts['done']} done in all, {clock(outcome.seconds)}"


def _failures(store: "Store", name: str | None) -> list[dict[str, Any]]:
    from emogen.rendering.dispatch import problem_line

    return [
        {"id": record.id, "output": record.output, "state": record.state,
         "problem": record.problem and problem_line(record.problem)}
        for record in store.jobs(("failed", "quarantined"))
        if name is None or record.run == name
    ]
