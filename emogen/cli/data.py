"""`emogen data`: corpora that people hold in; examples, caches and a data card out."""

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

if TYPE_CHECKING:
    from emogen.data.prepare.run import Prepared
    from emogen.data.prepare.settings import PrepareSettings

data = typer.Typer(
    name="data", help="Corpora into training shape: clips, words, caches, a data card.",
    no_args_is_help=True,
)
_Json = Annotated[bool, typer.Option("--json", help="Answer with a JSON object.")]
_Layout = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="TOML or JSON that says which columns mean what."),
]
SHOWN = 10
"""Failures that are listed; the files of the folder hold all."""


@data.command("list")
def corpora(*, as_json: _Json = False) -> None:
    """List the kinds of corpora that can be prepared, and how each has to lie on disk."""
    from emogen.cli.answer import print_json
    from emogen.data.corpora import CORPORA

    if as_json:
        print_json({name: {"holds": one.holds, "expects": one.expects, "terms": one.terms}
                    for name, one in CORPORA.items()})
        return
    for name, one in CORPORA.items():
        print(f"{name}\n  {one.holds}\n  expects {one.expects}\n  terms: {one.terms}")


@data.command()
def prepare(  # noqa: PLR0913 - one argument an option
    corpus: Annotated[str, typer.Argument(metavar="CORPUS", help="See 'emogen data list'.")],
    source: Annotated[
        str, typer.Argument(metavar="DIR|URL", help="The corpus: a folder, or an fsspec URL.")
    ],
    *,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="DIR|URL", help="Where the examples go.")
    ],
    layout: _Layout = None,
    sizes: Annotated[
        str | None,
        typer.Option(metavar="WxH,...", show_default="the model's own, else Wan's at 480p",
                     help="Shapes to choose from."),
    ] = None,
    frames: Annotated[
        str | None,
        typer.Option(metavar="N,...", show_default="the model's own, else 17,33,49,65,81",
                     help="Lengths to choose from, each 4k+1."),
    ] = None,
    fps: Annotated[
        float | None,
        typer.Option(metavar="F", show_default="the model's own, else 16",
                     help="Frames a second; motion keeps its speed."),
    ] = None,
    cuts: Annotated[
        Literal["longest", "split", "keep", "drop"],
        typer.Option(help="What becomes of clips with scene cuts."),
    ] = "longest",
    windows: Annotated[int, typer.Option(metavar="N", help="Most examples from one shot.")] = 1,
    upscale: Annotated[
        float, typer.Option(metavar="X", help="Most times a picture may be enlarged.")
    ] = 2.0,
    duplicate_bits: Annotated[
        int, typer.Option(metavar="N", help="Bits of 192 in which copies may differ; -1 keeps "
                                            "copies.")
    ] = 18,
    max_seconds: Annotated[
        float, typer.Option(metavar="S", help="Longer files are set aside.")
    ] = 1800.0,
    validation: Annotated[
        float, typer.Option(metavar="P", help="Share for validation, where nothing says.")
    ] = 0.05,
    test: Annotated[
        float, typer.Option(metavar="P", help="Share for the test, where nothing says.")
    ] = 0.05,
    seed: Annotated[int, typer.Option(metavar="S", help="Of splits and wordings.")] = 0,
    model: Annotated[
        str | None,
        typer.Option(metavar="NAME|DIR", help="Also cache latents and texts for this model."),
    ] = None,
    image_condition: Annotated[
        bool, typer.Option("--image-condition", help="Also cache first frames, for Wan I2V.")
    ] = False,
    device: Annotated[
        str | None, typer.Option(metavar="NAME", show_default="cuda, else cpu",
                                 help="What encodes.")
    ] = None,
    executor: Annotated[
        Literal["local", "ray"], typer.Option(help="Processes here, or Ray Data on a cluster.")
    ] = "local",
    workers: Annotated[
        int | None, typer.Option(metavar="N", show_default="one a core",
                                 help="Processes; 0 works in this one.")
    ] = None,
    ray_address: Annotated[
        str | None, typer.Option(metavar="ADDRESS", show_default="RAY_ADDRESS, else here")
    ] = None,
    ray_gpus: Annotated[
        float, typer.Option(metavar="G", min=0, help="GPUs of each Ray worker.")
    ] = 0.0,
    as_json: _Json = False,
) -> None:
    """Look at every clip, choose frames, shapes, splits and words; with --model, cache them.

    Stopped or killed, the same command goes on where it was. Exit code 1: some files cannot be
    read; quarantine.jsonl says which and why.
    """
    from emogen.cli.progress import Stages
    from emogen.data.prepare.run import prepare as prepared
    from emogen.data.prepare.work import Crew

    crew = Crew(executor=executor, workers=workers, address=ray_address, gpus=ray_gpus)
    settings = _settings(
        model, sizes=sizes, frames=frames, fps=fps, cuts=cuts, windows=windows, upscale=upscale,
        duplicate_bits=duplicate_bits, max_seconds=max_seconds, validation=validation, test=test,
        seed=seed,
    )
    with Stages() as stages:
        result = prepared(
            corpus, source, output, settings=settings, layout=layout, crew=crew, model=model,
            device=device, condition=image_condition, progress=stages,
        )
    failed = _answer(result, as_json=as_json)
    if failed:
        raise typer.Exit(1)


@data.command()
def inspect(
    folder: Annotated[
        str, typer.Argument(metavar="DIR|URL", help="A prepared folder; with --as, a corpus.")
    ],
    *,
    kind: Annotated[
        str | None,
        typer.Option("--as", metavar="CORPUS", help="Show how a corpus would be read."),
    ] = None,
    layout: _Layout = None,
    check: Annotated[
        bool, typer.Option("--check", help="Read every shard of the caches.")
    ] = False,
    as_json: _Json = False,
) -> None:
    """Show what a prepared folder holds, or how a corpus would be read before it is prepared."""
    from emogen.cli.answer import print_json
    from emogen.data.prepare.inspect import inspect_corpus, inspect_prepared, lines_of

    report = (inspect_prepared(folder, check=check) if kind is None
              else inspect_corpus(kind, folder, layout=layout))
    if as_json:
        print_json(report)
    else:
        print("\n".join(lines_of(report)))
    if report.get("problems"):
        raise typer.Exit(1)


def _settings(
    model: str | None, *, sizes: str | None, frames: str | None, fps: float | None,
    **rules: Any,  # noqa: ANN401 - those of PrepareSettings
) -> "PrepareSettings":
    """Return what was asked for; what was not is the model's own, else Wan's."""
    from dataclasses import replace

    from emogen.data.prepare.settings import PrepareSettings

    settings = PrepareSettings(**rules)
    if model is not None:
        from emogen.data.prepare.encoders import model_folder
        from emogen.data.prepare.run import sizes_for

        settings = sizes_for(model_folder(model), settings)
    asked: dict[str, Any] = {}
    if sizes is not None:
        asked["sizes"] = parse_sizes(sizes)
    if frames is not None:
        asked["frames"] = parse_frames(frames)
    if fps is not None:
        asked["fps"] = fps
    return replace(settings, **asked)


def parse_sizes(text: str) -> tuple[tuple[int, int], ...]:
    """Return sizes of a text.

    >>> parse_sizes("832x480,480x832")
    ((832, 480), (480, 832))
    """
    from emogen.cli.checks import parse_size

    return tuple(parse_size(part) for part in text.split(","))


def parse_frames(text: str) -> tuple[int, ...]:
    """Return lengths of a text.

    >>> parse_frames("17, 33")
    (17, 33)
    """
    from emogen.errors import InputError

    if not re.fullmatch(r"\s*\d{1,4}\s*(,\s*\d{1,4}\s*)*", text):
        raise InputError(f"expected --frames such as 17,33,49, got {text!r}")
    return tuple(int(part) for part in text.split(","))


def _answer(result: "Prepared", *, as_json: bool) -> bool:
    """Print what came of it; return whether some files could not be used."""
    from emogen.cli.answer import print_json

    found, caches = result.statistics, result.caches
    failed = [*result.quarantined, *(caches["failed"] if caches else ())]
    if as_json:
        print_json({"output": result.output, "statistics": found, "caches": caches,
                    "quarantined": [{"id": one.id, "reason": one.reason}
                                    for one in result.quarantined],
                    "left_out": len(result.left_out)})
        return bool(failed)
    print(result.output)
    splits = ", ".join(f"{count} {name}" for name, count in found["splits"].items())
    print(f"  {found['examples']} examples ({splits or 'none'}), {found['hours']:.2f} hours, from "
          f"{found['entries']} entries")
    if found["left_out"]:
        rules = ", ".join(f"{count} {rule}" for rule, count in found["left_out"].items())
        print(f"  left out: {rules}")
    if caches is not None:
        print(f"  cached for {caches['model']}: {caches['clips']} clips, {caches['texts']} texts, "
              f"{caches['shards']} shards")
    for one in result.quarantined[:SHOWN]:
        print(f"emogen: {one.path}: {one.reason}", file=sys.stderr)
    for row in (caches["failed"] if caches else ())[:SHOWN]:
        print(f"emogen: {row['path']}: {row['reason']}", file=sys.stderr)
    if len(failed) > SHOWN:
        print(f"emogen: {len(failed)} failed; all of them: {result.output}/quarantine.jsonl",
              file=sys.stderr)
    return bool(failed)
