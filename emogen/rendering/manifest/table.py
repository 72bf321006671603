"""Manifests as tables: CSV text in, a head and entries out.

Lines that begin with # before the row of names hold the head as YAML. An empty cell is a setting
left out. Numbers and truth values are read by what the column takes.
"""

import csv
import io
from typing import Any, get_args

from emogen.rendering.job import Job
from emogen.rendering.manifest.document import read_mapping
from emogen.rendering.manifest.entries import Entry, Head, Written
from emogen.rendering.manifest.problems import ManifestProblem

_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_NESTED = {"shots", "matrix", "defaults"}


def read_table(text: str) -> tuple[Written, list[ManifestProblem]]:
    r"""Return what a text says, and what of it cannot be read.

    >>> written, _ = read_table("prompt,seed\na cat,7\na dog,\n")
    >>> [dict(entry.values) for entry in written.entries]
    [{'prompt': 'a cat', 'seed': 7}, {'prompt': 'a dog'}]
    """
    lines = text.split("\n")
    top = next((row for row, line in enumerate(lines) if not line.startswith("#")), len(lines))
    head, problems = _head(lines[:top])
    reader = csv.reader(io.StringIO("\n".join(lines[top:]), newline=""), strict=True)
    entries: list[Entry] = []
    try:
        names = [name.strip() for name in next(reader, [])]
        problems += _check_names(names, line=top + 1)
        start = reader.line_num
        for cells in reader:
            line, start = top + start + 1, reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(names):
                text = f"expected {len(names)} cells as in the row of names, got {len(cells)}"
                problems.append(ManifestProblem(line, "", text))
                continue
            entries.append(Entry(line=line, values=_values(names, cells)))
    except csv.Error as error:
        line = top + max(reader.line_num, 1)
        problems.append(ManifestProblem(line, "", f"expected CSV, got {error}; check the quotes"))
    return Written(head=head, entries=tuple(entries)), problems


def _head(lines: list[str]) -> tuple[Head, list[ManifestProblem]]:
    if not lines:
        return Head(), []
    values, places, problems = read_mapping("\n".join(line[1:] for line in lines))
    return Head(line=1, values=values, lines=places), problems


def _check_names(names: list[str], *, line: int) -> list[ManifestProblem]:
    found = []
    if not any(names):
        return [ManifestProblem(line, "", "expected a row of names such as prompt,emotion,seed")]
    for name in dict.fromkeys(names):
        if not name:
            found.append(ManifestProblem(line, "", "expected a name over every column, got none"))
        elif names.count(name) > 1:
            found.append(ManifestProblem(line, name, "two columns of this name; remove one"))
        elif name in _NESTED:
            text = "does not fit into a cell; use a # line before the names, JSONL or YAML"
            found.append(ManifestProblem(line, name, text))
    return found


def _values(names: list[str], cells: list[str]) -> dict[str, Any]:
    filled = zip(names, (cell.strip() for cell in cells), strict=True)
    return {name: _read(name, cell) for name, cell in filled if cell and name not in _NESTED}


def _read(name: str, cell: str) -> str | bool | float:
    """Return a cell as its column takes it; what cannot be read stays a text, for the message."""
    field = Job.model_fields.get(name)
    kinds = _nested_kinds(field.annotation) if field else set()
    if bool in kinds:
        return _TRUTH.get(cell.lower(), cell)
    for kind in (int, float):
        if kind in kinds or (kind is int and float in kinds):
            try:
                return kind(cell)
            except ValueError:
                continue
    return cell


def _nested_kinds(annotation: Any) -> set[type]:  # noqa: ANN401 - any annotation
    """Return the number types inside an annotation such as Annotated[int, ...] | None."""
    if annotation in {int, float, bool}:
        return {annotation}
    return {kind for part in get_args(annotation) for kind in _nested_kinds(part)
            if not isinstance(part, (str, int))}
