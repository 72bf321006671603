"""A manifest from the command line: prepared jobs out, or every problem on a line of its own."""

import sys
from pathlib import Path

import typer

from emogen.cli.answer import print_json
from emogen.rendering.manifest import Format, ManifestError
from emogen.rendering.prepare import Prepared, prepare

SHOWN = 100


def load(
    manifest: str | Path, *, format: Format | None = None, as_json: bool = False  # noqa: A002
) -> Prepared:
    """Return the jobs of a manifest; where it has problems, print them all and end with code 2.

    Args:
        manifest: a file, or "-".
        format: how it is written; None goes by the ending.
        as_json: whether problems are also answered as JSON on stdout.
    """
    try:
        return prepare(manifest, format=format)
    except ManifestError as error:
        for problem in error.problems[:SHOWN]:
            print(f"{error.source}: {problem}", file=sys.stderr)
        count = len(error.problems)
        if count > SHOWN:
            print(f"{error.source}: and {count - SHOWN} more", file=sys.stderr)
        noun = "problem" if count == 1 else "problems"
        print(f"emogen: {count} {noun} in {error.source}; nothing was rendered", file=sys.stderr)
        if as_json:
            print_json(error.to_dict())
        raise typer.Exit(error.exit_code) from error
