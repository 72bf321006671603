"""`emogen models`: embedded models by their cards, published ones by what they need."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from emogen.diffusion.backbones import Backbone

TASKS = {"t2v": "words", "i2v": "a picture and words", "ti2v": "words or a picture"}
"""What each task of a Wan model makes a clip from."""
_HEADING = re.compile(r"^# +(?:[^:\n]*: *)?(.+)$", re.MULTILINE)
"""The first heading of a card, without the model's name and colon before it."""


def models(
    *, as_json: Annotated[bool, typer.Option("--json", help="Answer with a JSON list.")] = False
) -> None:
    """List the models that came with emogen and the published Wan models that it knows."""
    from emogen.cli.answer import print_json
    from emogen.cli.checks import embedded_models
    from emogen.diffusion.backbones import BACKBONES

    found = [describe(name, folder) for name, folder in embedded_models().items()]
    published = [describe_published(backbone) for backbone in BACKBONES.values()]
    if as_json:
        print_json([*found, *published])
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    for column in ("name", "MB", "licence", "what it does"):
        table.add_column(column, justify="right" if column == "MB" else "left")
    for model in found:
        table.add_row(
            model["name"], f"{model['bytes'] / 1e6:.1f}", model["licence"], model["summary"]
        )
    console = Console(highlight=False)
    console.print(table)
    console.print("Cards: README.md in", ", ".join(sorted({m["folder"] for m in found})))
    _print_published(console, published)


def _print_published(console: Any, published: list[dict[str, Any]]) -> None:  # noqa: ANN401
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    for column in ("published", "from", "weights", "disk", "GPU", "offloaded", "licence", "here"):
        table.add_column(column, no_wrap=column == "published")
    for model in published:
        billions = f"{model['parameters'] / 1e9:.1f} B"
        table.add_row(
            model["name"], TASKS[model["task"]],
            billions if model["experts"] == 1 else f"2 x {billions}",
            *(f"{model[name] / 1e9:.0f} GB" for name in ("bytes", "memory", "memory_offloaded")),
            model["licence"], "yes" if model["folder"] else "no",
        )
    console.print(table)
    console.print(
        "GPU: memory for a usual clip in bfloat16, an estimate; offloaded: with --offload model.\n"
        "emogen generate --model NAME gets what is not here; see docs/wan.md."
    )


def describe_published(backbone: "Backbone") -> dict[str, Any]:
    """Return what is known of a published model, and where it lies if it is here."""
    from emogen.diffusion.hub import cached_folder

    folder = cached_folder(backbone.hub)
    return {
        "name": backbone.name,
        "hub": backbone.hub,
        "task": backbone.task,
        "parameters": backbone.parameters,
        "experts": backbone.experts,
        "bytes": backbone.disk_bytes(),
        "memory": backbone.memory_bytes(),
        "memory_offloaded": backbone.memory_bytes(offload="model"),
        "licence": backbone.licence,
        "summary": f"video from {TASKS[backbone.task]}, {backbone.width}x{backbone.height}",
        "generates": True,
        "folder": None if folder is None else str(folder),
    }


def describe(name: str, folder: Path) -> dict[str, Any]:
    """Return what a model folder says, and its card's front matter and heading."""
    from emogen.cli.checks import INDEX

    card = folder / "README.md"
    heading = _HEADING.search(card.read_text(encoding="utf-8")) if card.is_file() else None
    return {
        "name": name,
        "bytes": sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()),
        "licence": str(front_matter(card).get("license", "see its card")),
        "summary": heading[1] if heading else "see its card",
        "generates": (folder / INDEX).is_file(),
        "folder": str(folder),
    }


def front_matter(card: Path) -> dict[str, Any]:
    """Return the YAML between the first two lines of dashes of a model card, {} where none is.

    Raises:
        ModelError: it is no YAML mapping.
    """
    import yaml

    from emogen.errors import ModelError

    text = card.read_text(encoding="utf-8") if card.is_file() else ""
    if not text.startswith("---\n"):
        return {}
    head, dashes, _ = text.removeprefix("---\n").partition("\n---")
    try:
        fields = yaml.safe_load(head) if dashes else None
    except yaml.YAMLError:
        fields = None
    if not isinstance(fields, dict):
        raise ModelError(f"expected YAML between two lines of '---' at the top of {card}; fix it")
    return fields
