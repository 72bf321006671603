"""A manifest in, checked jobs with the lines they came from out, or all that is wrong at once."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import TypeAdapter, ValidationError

from emogen.errors import InputError, suggest
from emogen.rendering.job import USED, Job, Shot, kind_of
from emogen.rendering.manifest.document import read_document
from emogen.rendering.manifest.entries import VERSION, Entry, Head
from emogen.rendering.manifest.jsonl import read_jsonl
from emogen.rendering.manifest.matrix import MAX_VALUES, combinations, read_values, size_of
from emogen.rendering.manifest.problems import ManifestError, ManifestProblem, told
from emogen.rendering.manifest.table import read_table

Format = Literal["jsonl", "csv", "yaml"]
STDIN = "-"
MAX_BYTES = 512 << 20
SUFFIXES: dict[str, Format] = {
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".yaml": "yaml", ".yml": "yaml",
    ".json": "yaml",
}  # fmt: skip
READERS = {"jsonl": read_jsonl, "csv": read_table, "yaml": read_document}
_JOB_KEYS = tuple(Job.model_fields)
Matrix = dict[str, Sequence[Any]]


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """Jobs as a person asked for them; paths are still relative to the folder.

    Attributes:
        name: of the file without its ending, "stdin" for standard input.
        source: of the file with its ending, for messages.
        folder: what relative paths in it are relative to.
        jobs: line and job, in order.
        problems: what is wrong with the others.
    """

    name: str
    source: str
    folder: Path
    jobs: tuple[tuple[int, Job], ...]
    problems: tuple[ManifestProblem, ...] = ()

    def checked(self) -> Self:
        """Return itself where nothing is wrong.

        Raises:
            ManifestError: with every problem.
        """
        if self.problems:
            raise ManifestError(self.source, self.problems)
        return self


def read_manifest(source: str | Path, *, format: Format | None = None) -> Manifest:  # noqa: A002
    """Return the jobs of a manifest, and what is wrong with it.

    Args:
        source: a file, or "-" for standard input.
        format: how it is written; None goes by the ending, JSONL for standard input.

    Raises:
        InputError: there is no such file, or its format is unknown.
    """
    if str(source) == STDIN:
        text = sys.stdin.buffer.read(MAX_BYTES + 1)
        return parse_manifest(_text(text, "stdin"), format=format or "jsonl")
    path = Path(source).expanduser()
    if not path.is_file():
        raise InputError(f"no manifest {str(source)!r}; expected a file, or - for standard input")
    kind = format or SUFFIXES.get(path.suffix.lower())
    if kind is None:
        hint = suggest(path.suffix, list(SUFFIXES))
        raise InputError(
            f"expected a manifest that ends in {', '.join(SUFFIXES)}, got {path.name!r}{hint};"
            " or name its --format"
        )
    with path.open("rb") as file:
        text = _text(file.read(MAX_BYTES + 1), path.name)
    return parse_manifest(
        text, format=kind, name=path.stem, source=path.name, folder=path.resolve().parent
    )


def parse_manifest(
    text: str,
    *,
    format: Format,  # noqa: A002 - the word of the option
    name: str = "stdin",
    source: str = "stdin",
    folder: Path | None = None,
) -> Manifest:
    """Return the jobs of a text, and what is wrong with it.

    >>> text = '{"prompt": "a cat", "matrix": {"emotion": ["fear", "awe"], "seed": "0..4"}}'
    >>> len(parse_manifest(text, format="jsonl").jobs)
    10
    """
    written, problems = READERS[format](text)
    defaults, matrix = _check_head(written.head, problems)
    jobs: list[tuple[int, Job]] = []
    for entry in written.entries:
        if len(jobs) > MAX_VALUES:
            break
        jobs += _jobs(entry, defaults=defaults, matrix=matrix, problems=problems)
    if len(jobs) > MAX_VALUES:
        problems.append(ManifestProblem(0, "", f"expected at most {MAX_VALUES} jobs; split it"))
    if not written.entries and not problems:
        problems.append(ManifestProblem(0, "", "expected at least one job, got none"))
    return Manifest(
        name=name, source=source, folder=folder or Path.cwd(), jobs=tuple(jobs),
        problems=tuple(problems),
    )


def _text(data: bytes, source: str) -> str:
    if len(data) > MAX_BYTES:
        raise InputError(f"expected at most {MAX_BYTES >> 20} MiB in {source}, got more; split it")
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(f"expected UTF-8, got other bytes in line {line} of {source}") from error


def _check_head(head: Head, problems: list[ManifestProblem]) -> tuple[dict[str, Any], Matrix]:
    """Return defaults and matrix, what is wrong in them left out and told."""
    def tell(field: str, text: str) -> None:
        line = head.lines.get(field.partition("[")[0], head.line)
        problems.append(ManifestProblem(line, field, text))

    version = head.values.get("version", VERSION)
    if version != VERSION or isinstance(version, bool):
        tell("version", f"expected {VERSION}, got {version!r}; use the emogen it was written for")
    defaults = head.values.get("defaults") or {}
    if not isinstance(defaults, dict):
        tell("defaults", "expected settings such as steps: 20")
        defaults = {}
    fine = {}
    for name, value in defaults.items():
        found = list(_wrong(str(name), value))
        for text in found:
            tell(f"defaults.{name}", text)
        if not found:
            fine[name] = value
    return fine, _read_matrix(head.values.get("matrix"), tell)


def _read_matrix(values: Any, tell: Any) -> Matrix:  # noqa: ANN401 - anything may come in
    """Return a matrix whose values are each right by themselves."""
    if values is None:
        return {}
    if not isinstance(values, dict):
        tell("matrix", "expected lists of values by setting, such as seed: [1, 2]")
        return {}
    matrix: Matrix = {}
    for name, listed in values.items():
        try:
            chosen = read_values(listed)
        except ValueError as error:
            tell(f"matrix.{name}", str(error))
            continue
        checked = (chosen[0], chosen[-1]) if isinstance(chosen, range) else chosen
        found = [
            (f"matrix.{name}[{place}]", text)
            for place, value in enumerate(checked) for text in _wrong(str(name), value)
        ]
        for field, text in found:
            tell(field, text)
        if not found:
            matrix[name] = chosen
    return matrix


def _jobs(
    entry: Entry, *, defaults: Mapping[str, Any], matrix: Matrix, problems: list[ManifestProblem]
) -> Iterator[tuple[int, Job]]:
    """Yield the jobs of an entry; what is wrong is told once, not once a combination."""
    def tell(field: str, text: str) -> None:
        line = entry.lines.get(field.partition(".")[0].partition("[")[0], entry.line)
        problems.append(ManifestProblem(line, field, text))

    before = len(problems)
    values = {name: value for name, value in entry.values.items() if name != "matrix"}
    own = _read_matrix(entry.values.get("matrix"), tell)
    for name in own.keys() & values.keys():
        tell(name, "given as one value and in the matrix; remove one")
    outer = {name: listed for name, listed in matrix.items() if name not in values}
    chosen = outer | own
    if size_of(chosen) > MAX_VALUES:
        tell("matrix", f"expected at most {MAX_VALUES} jobs, got {size_of(chosen)}; split it")
    if len(problems) > before:
        return
    for combination in combinations(chosen):
        try:
            yield entry.line, Job.model_validate(_with_defaults(values | combination, defaults))
        except ValidationError as error:
            for found in error.errors():
                tell(_field(found["loc"]), told(found, _known(found["loc"])))
            return


def _with_defaults(values: dict[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings with those defaults that the kind of job heeds."""
    if not defaults:
        return values
    kind = values.get("kind") or defaults.get("kind") or kind_of(set(values))
    heeded = USED.get(str(kind), frozenset(_JOB_KEYS))
    return {name: value for name, value in defaults.items() if name in heeded} | values


def _wrong(name: str, value: Any) -> Iterator[str]:  # noqa: ANN401 - anything may come in
    """Yield what is wrong with one value of a setting."""
    if name not in _JOB_KEYS:
        hint = suggest(name, _JOB_KEYS) or f"; known: {', '.join(_JOB_KEYS)}"
        yield f"unknown setting{hint}"
        return
    try:
        _adapter(name).validate_python(value)
    except ValidationError as error:
        for found in error.errors():
            yield told(found, _known((name, *found["loc"])))


@cache
def _adapter(name: str) -> TypeAdapter:
    field = Job.model_fields[name]
    return TypeAdapter(Annotated[field.annotation, field])


def _field(place: tuple[int | str, ...]) -> str:
    """Return a place as a person would write it.

    >>> _field(("shots", 1, "prompt"))
    'shots[1].prompt'
    """
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _known(place: tuple[int | str, ...]) -> tuple[str, ...]:
    return tuple(Shot.model_fields) if "shots" in place[:-1] else _JOB_KEYS
