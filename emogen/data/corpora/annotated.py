"""Folders of clips with tables, folder names or text files that annotate them: entries out."""

import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatch
from pathlib import PurePosixPath
from typing import Any

from emogen.data.corpora.entry import Entry
from emogen.data.corpora.layout import Layout
from emogen.data.corpora.place import Place
from emogen.data.corpora.tables import Row, read_rows
from emogen.emotion import LABELS
from emogen.errors import CorpusError, suggest

MEDIA = (
    ".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v", ".mpg", ".mpeg", ".ts", ".flv", ".wmv",
    ".gif", ".webp", ".png", ".jpg", ".jpeg",
)
_NO_COLUMN = ("no column for the path among {columns}; name it in a layout: "
              "[columns] path = \"...\"")


def read_annotated(place: Place, layout: Layout) -> list[Entry]:
    """Return every annotated clip of a place, in the order of the tables, or of the names.

    With a table, its rows are the entries, whether their files exist or not. Without one, every
    media file is one; a text file of the same name is its caption. A folder named like an emotion
    labels what lies in it, where no column does.

    Raises:
        CorpusError: a table cannot be read, or nothing is there.
    """
    sizes = place.sizes()
    files = _Files(sizes)
    tables = [name for name in sizes if any(fnmatch(name, glob) for glob in layout.tables)]
    entries: list[Entry] = []
    for table in tables:
        entries += _entries(read_rows(place.read(table), table), table, layout, files)
    if not tables:
        entries = [_lone(place, name, layout, files) for name in sizes
                   if name.lower().endswith(MEDIA)]
    if not entries:
        raise CorpusError(
            f"expected annotated clips in {place.root}, found none; tables are looked for as "
            f"{', '.join(layout.tables) or '(none)'}, clips by {', '.join(MEDIA[:4])}..."
        )
    _check_unique(entries)
    return entries


class _Files:
    """The files of a place, found by whole names, by last names and without their endings."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = set(names)
        self._short: dict[str, list[str]] = {}
        for name in self.names:
            if name.lower().endswith(MEDIA):
                last = PurePosixPath(name)
                for key in {last.name, last.stem}:
                    self._short.setdefault(key, []).append(name)

    def find(self, path: str, table: str) -> str:
        """Return the file that a table means; what cannot be found is returned as it is."""
        beside = (PurePosixPath(table).parent / path).as_posix()
        for name in (path.removeprefix("./"), beside):
            if name in self.names:
                return name
        found = self._short.get(PurePosixPath(path).name, [])
        stem = PurePosixPath(table).stem
        if len(found) > 1:  # one of several kinds: the one whose folder is named like the table
            found = [name for name in found if stem in name.split("/")]
        return found[0] if len(found) == 1 else path


def _entries(rows: list[Row], table: str, layout: Layout, files: _Files) -> Iterator[Entry]:
    columns = _columns(rows, table, layout)
    for number, row in enumerate(rows, start=1):
        try:
            yield _entry(row, columns, table, layout, files)
        except CorpusError as error:
            raise CorpusError(f"{table}, row {number}: {error}") from error


def _columns(rows: list[Row], table: str, layout: Layout) -> dict[str, str]:
    """Return the column of each field that a table has."""
    there = {name.lower(): name for row in rows for name in row}
    found = {}
    for name, candidates in layout.columns.items():
        column = next((there[c.lower()] for c in candidates if c.lower() in there), None)
        if column is not None:
            found[name] = column
        elif name in layout.named and rows:
            hint = suggest(candidates[0], list(there)) or "."
            raise CorpusError(
                f"expected the column {candidates[0]!r} in {table}{hint} "
                f"It has: {', '.join(there.values())}"
            )
    if rows and "path" not in found:
        raise CorpusError(f"{table}: {_NO_COLUMN.format(columns=', '.join(there.values()))}")
    return found


def _entry(
    row: Row, columns: Mapping[str, str], table: str, layout: Layout, files: _Files
) -> Entry:
    values = {name: row[column] for name, column in columns.items() if column in row}
    if "path" not in values:
        raise CorpusError("expected a path, got an empty cell")
    path = files.find(str(values["path"]), table)
    start, end = (_number(values, name, None) for name in ("start", "end"))
    span = "" if start is None and end is None else f"#{start or 0:g}-{end or 'end'}"
    group, order = _sequence(path, layout)
    rest = {name: value for name, value in row.items() if name not in columns.values()}
    return Entry(
        id=path + span, path=path,
        emotion=_emotion(values, layout) or label_of_path(path, layout),
        caption=" ".join(str(values.get("caption", "")).split()),
        kind=str(values.get("kind", "")).lower() or _kind(path, table, layout),
        group=str(values.get("group", group)), order=_number(values, "order", order),
        split=str(values.get("split", "")), start=start or 0.0, end=end, attributes=rest,
    )


def _lone(place: Place, name: str, layout: Layout, files: _Files) -> Entry:
    words = PurePosixPath(name).with_suffix(".txt").as_posix()
    caption = ""
    if words in files.names:
        caption = " ".join(place.read(words).decode("utf-8", errors="replace").split())
    group, order = _sequence(name, layout)
    return Entry(
        id=name, path=name, emotion=label_of_path(name, layout), caption=caption,
        kind=_kind(name, "", layout), group=group, order=order,
    )


def _emotion(values: Mapping[str, Any], layout: Layout) -> str:
    """Return the notation of a label, its strength and its coordinates."""
    label = str(values.get("emotion", "")).strip()
    label = layout.labels.get(label.lower(), label.lower() if label.isalpha() else label)
    strength = _scaled(values, "intensity", layout)
    coordinates = ",".join(
        f"{name[0]}={value:.4g}" for name in ("valence", "arousal", "dominance")
        if (value := _scaled(values, name, layout)) is not None
    )
    if not label:
        both = "v=" in coordinates and "a=" in coordinates
        return coordinates if both else ""
    if label in {"neutral", ""} or strength == 0:
        return "neutral"
    text = label if strength is None or ":" in label else f"{label}:{strength:.4g}"
    return f"{text}[{coordinates}]" if coordinates and "[" not in label else text


def _scaled(values: Mapping[str, Any], name: str, layout: Layout) -> float | None:
    """Return a number of a scale on emogen's own, -1 to 1 or 0 to 1."""
    value = _number(values, name, None)
    if value is None:
        return None
    low, high = layout.ranges[name]
    if not low <= value <= high:
        raise CorpusError(f"expected {name} of {low:g} to {high:g}, got {value:g}; set [ranges]")
    share = (value - low) / (high - low)
    return share if name == "intensity" else 2 * share - 1


def _number(values: Mapping[str, Any], name: str, default: float | None) -> float | None:
    if name not in values:
        return default
    try:
        return float(values[name])
    except (TypeError, ValueError) as error:
        raise CorpusError(f"expected a number for {name}, got {values[name]!r}") from error


def label_of_path(path: str, layout: Layout) -> str:
    """Return the emotion that a folder of a path is named after, the innermost; else nothing.

    >>> label_of_path("movie/Fear/a_01.mp4", Layout())
    'fear'
    """
    for part in reversed(path.lower().split("/")[:-1]):
        if part in layout.labels:
            return layout.labels[part]
        if part in LABELS:
            return part
    return ""


def _kind(path: str, table: str, layout: Layout) -> str:
    parts = [*path.lower().split("/")[:-1], PurePosixPath(table).stem.lower()]
    return next((kind for kind in layout.kinds for part in parts if part in {kind, f"{kind}s"}), "")


def _sequence(path: str, layout: Layout) -> tuple[str, float | None]:
    """Return what a file name says about what it follows: a group and a place in it."""
    match = re.fullmatch(layout.sequence, PurePosixPath(path).stem) if layout.sequence else None
    if match is None:
        return "", None
    group = match["group"].strip("-_ .")
    if not group or label_of_path(f"{group}/x", layout) or not re.search(r"[^\W\d_]", group):
        return "", None  # "amusement_0012" counts clips, it is no film
    return f"{PurePosixPath(path).parent.as_posix()}/{group}".removeprefix("./"), float(
        match["order"])


def _check_unique(entries: list[Entry]) -> None:
    seen: set[str] = set()
    for entry in entries:
        if entry.id in seen:
            raise CorpusError(f"expected each clip once, got {entry.id} twice; remove one row")
        seen.add(entry.id)
