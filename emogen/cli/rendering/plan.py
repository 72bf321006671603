"""`emogen render plan`: a manifest in; what a run would do and take out, nothing touched."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from emogen.rendering.plan import Plan

MANIFEST_HELP = "JSONL, CSV or YAML; - reads standard input."


class ManifestFormat(StrEnum):
    """How a manifest is written."""

    jsonl = "jsonl"
    csv = "csv"
    yaml = "yaml"


def plan(
    manifest: Annotated[str, typer.Argument(metavar="MANIFEST", help=MANIFEST_HELP)],
    *,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="DIR", show_default="outputs/MANIFEST"),
    ] = None,
    format: Annotated[  # noqa: A002 - the word of the option
        ManifestFormat | None, typer.Option(help="How it is written.", show_default="its ending")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=1024, help="Workers at once.")] = 1,
    device: Annotated[str, typer.Option(metavar="cpu|cuda", help="What they run on.")] = "cpu",
    show_jobs: Annotated[bool, typer.Option("--jobs", help="List the jobs too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Answer with a JSON object.")] = False,
) -> None:
    """Check a manifest and say what a run would make, and what time, memory and disk it takes.

    Times come from runs on this machine, or from shipped rates until there was one.
    """
    from emogen.cli.answer import print_json
    from emogen.cli.rendering.folders import output_folder
    from emogen.cli.rendering.manifests import load
    from emogen.rendering.plan import make_plan

    folder = output_folder(manifest, output)
    prepared = load(manifest, format=format and format.value, as_json=as_json)
    ahead = make_plan(prepared, folder=folder, device=device.partition(":")[0], workers=workers)
    for note in ahead.notes:
        print(f"emogen: {note}", file=sys.stderr)
    if as_json:
        jobs = {"entries": [
            {"id": identity, **job.model_dump(mode="json", exclude_defaults=True)}
            for identity, job in prepared.entries
        ]} if show_jobs else {}
        print_json({**ahead.to_dict(), **jobs})
    else:
        _show(ahead)
        for identity, job in prepared.entries if show_jobs else ():
            print(f"{identity}  {job.output}")
    if not ahead.fits:
        print("emogen: the disk has no room for all of it; free some space", file=sys.stderr)
        raise typer.Exit(3)


def _show(plan: "Plan") -> None:
    from emogen.cli.rendering.wording import counted, shown_bytes, shown_seconds

    kinds = ", ".join(f"{count} {kind}" for kind, count in plan.kinds.items())
    print(f"{plan.name}: {counted(plan.jobs, 'job')} ({kinds})")
    if plan.states:
        states = ", ".join(f"{count} {state}" for state, count in plan.states.items())
        print(f"  known here: {states}")
    print(f"  ahead: {counted(plan.ahead, 'job')} in {counted(plan.bins, 'bin')}")
    unknown = plan.basis.get("unknown", 0)
    if plan.ahead > unknown:
        source = f"shipped rates of {plan.rates_of}" if plan.rates_of else "rates of this machine"
        left = f", {unknown} more of unknown time" if unknown else ""
        workers = counted(plan.workers, "worker")
        print(f"  time: about {shown_seconds(plan.seconds)} with {workers} ({source}){left}")
    elif unknown:
        print("  time: unknown; no such job was measured yet")
    if plan.memory_bytes:
        print(f"  memory: about {shown_bytes(plan.memory_bytes)}")
    if plan.disk_bytes:
        print(f"  disk: about {shown_bytes(plan.disk_bytes)}, {shown_bytes(plan.free_bytes)} free")
