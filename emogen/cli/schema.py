"""`emogen schema`: a name in, the JSON Schema of what bears it out."""

import json
from typing import Annotated

import typer


def schema(
    name: Annotated[
        str, typer.Argument(metavar="[manifest|line|job]", help="What is described.")
    ] = "manifest",
) -> None:
    """Print a JSON Schema: of a YAML or JSON manifest, of a line of a JSONL one, or of one job.

    Editors that know JSON Schema then complete and check manifests.
    """
    from emogen.errors import InputError, suggest
    from emogen.rendering.schema import SCHEMAS

    if name not in SCHEMAS:
        known = ", ".join(SCHEMAS)
        raise InputError(f"no schema {name!r}; expected {known}{suggest(name, list(SCHEMAS))}")
    print(json.dumps(SCHEMAS[name](), indent=2, ensure_ascii=False))
