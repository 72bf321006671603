"""`emogen models`: the embedded models with their size and licence, from their cards."""

import re
from pathlib import Path
from typing import Annotated, Any

import typer

_HEADING = re.compile(r"^# +(?:[^:\n]*: *)?(.+)$", re.MULTILINE)
"""The first heading of a card, without the model's name and colon before it."""


def models(
    *, as_json: Annotated[bool, typer.Option("--json", help="Answer with a JSON list.")] = False
) -> None:
    """List the models that came with emogen."""
    from emogen.cli.answer import print_json
    from emogen.cli.checks import embedded_models

    found = [describe(name, folder) for name, folder in embedded_models().items()]
    if as_json:
        print_json(found)
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
