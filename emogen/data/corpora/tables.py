"""Tables of annotations: the bytes of a CSV, TSV, JSON or JSONL file in, rows out."""

import csv
import io
import json
from typing import Any

from emogen.errors import CorpusError

SUFFIXES = (".csv", ".tsv", ".json", ".jsonl")
Row = dict[str, Any]


def read_rows(data: bytes, name: str) -> list[Row]:
    r"""Return the rows of a table, each a mapping of column to value; empty cells are left out.

    JSON may hold a list of objects, or an object of objects whose keys become the column ``path``.

    Raises:
        CorpusError: the file is no such table; the message names the line.

    >>> read_rows(b"path,emotion\na.mp4,awe\nb.mp4,\n", "clips.csv")
    [{'path': 'a.mp4', 'emotion': 'awe'}, {'path': 'b.mp4'}]
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CorpusError(f"expected UTF-8 in {name}, got other bytes; save it as UTF-8") from error
    if name.endswith(".jsonl"):
        rows = _json_lines(text, name)
    elif name.endswith(".json"):
        rows = _json(text, name)
    else:
        rows = _separated(text, name, "\t" if name.endswith(".tsv") else ",")
    return [{str(key): value for key, value in row.items() if value not in ("", None)}
            for row in rows]


def _separated(text: str, name: str, delimiter: str) -> list[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[Row] = []
    try:
        names = [cell.strip() for cell in next(reader, [])]
        if len(set(names)) != len(names):
            raise CorpusError(f"expected one column a name in {name}, got {', '.join(names)}")
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(names):
                raise CorpusError(
                    f"{name}, line {reader.line_num}: expected {len(names)} cells, got "
                    f"{len(cells)}; quote cells that hold the separator"
                )
            rows.append(dict(zip(names, (cell.strip() for cell in cells), strict=True)))
    except csv.Error as error:
        raise CorpusError(f"{name}, line {reader.line_num}: {error}; check the quotes") from error
    return rows


def _json_lines(text: str, name: str) -> list[Row]:
    rows = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            rows.append(_object(_parsed(line, f"{name}, line {number}"), f"{name}, line {number}"))
    return rows


def _json(text: str, name: str) -> list[Row]:
    value = _parsed(text, name)
    if isinstance(value, dict) and value and all(isinstance(row, dict) for row in value.values()):
        return [{"path": key, **row} for key, row in value.items()]
    if not isinstance(value, list):
        raise CorpusError(f"expected a list of objects in {name}, got {type(value).__name__}")
    return [_object(row, f"{name}, row {number}") for number, row in enumerate(value, start=1)]


def _parsed(text: str, where: str) -> Any:  # noqa: ANN401 - any JSON
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CorpusError(f"expected JSON in {where}, got: {error}") from error


def _object(value: Any, where: str) -> Row:  # noqa: ANN401 - any JSON
    if not isinstance(value, dict):
        raise CorpusError(f"expected an object in {where}, got {type(value).__name__}")
    return value
