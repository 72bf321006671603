"""How a corpus is laid out: which tables, which columns mean what, which labels stand for which.

A layout is a small TOML or JSON file, so that a corpus whose columns have other names needs no
code:

    tables = ["annotations/*.csv"]      # globs below the root; none: files and folders alone
    kinds = ["animation", "movie"]      # folder or table names that say what a clip is
    sequence = "(?P<group>.+)_(?P<order>[0-9]+)"   # of file names: what follows what

    [columns]                           # of the tables; the first that is there is taken
    path = "video_id"
    emotion = ["label", "emotion"]

    [labels]                            # other names for emotions, any notation
    happy = "joy"

    [ranges]                            # what a scale runs from and to
    valence = [1, 9]
"""

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from emogen.errors import CorpusError, suggest

FIELDS = (
    "path", "emotion", "caption", "kind", "group", "order", "split", "start", "end", "intensity",
    "valence", "arousal", "dominance",
)
COLUMNS: dict[str, tuple[str, ...]] = {
    "path": ("path", "file", "file_name", "filename", "video", "video_path", "clip", "video_id",
             "image", "id", "name"),
    "emotion": ("emotion", "label", "category", "emotion_label"),
    "caption": ("caption", "description", "text", "prompt"),
    "kind": ("kind", "type", "source", "video_type"),
    "group": ("group", "movie", "film", "title", "speaker"),
    "order": ("order", "index", "position", "clip_index"),
    "split": ("split", "subset", "partition"),
    "start": ("start", "start_seconds"),
    "end": ("end", "end_seconds"),
    "intensity": ("intensity", "strength"),
    "valence": ("valence",),
    "arousal": ("arousal",),
    "dominance": ("dominance",),
}
"""What a column may be called where a layout does not say; capitals do not matter."""

RANGES = {"valence": (-1.0, 1.0), "arousal": (-1.0, 1.0), "dominance": (-1.0, 1.0),
          "intensity": (0.0, 1.0)}
SEQUENCE = r"(?P<group>.+)[-_ .]+(?P<order>\d+)"


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Where annotations lie and what they are called.

    Attributes:
        tables: globs of CSV, TSV, JSON or JSONL files below the root.
        columns: for each of `FIELDS`, the names its column may have.
        labels: emotion names of the corpus, in lower case, to emogen's notation.
        ranges: the lowest and highest number of a scale, by field.
        kinds: what a clip is, where a folder or table of that name (or its plural) says so.
        sequence: pattern of whole file names without ending, with the groups ``group`` and
            ``order``; empty for none.
        named: fields whose columns were named on purpose and must be there.
    """

    tables: tuple[str, ...] = ("*.csv", "*.tsv", "*.jsonl")
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: dict(COLUMNS))
    labels: Mapping[str, str] = field(default_factory=dict)
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=lambda: dict(RANGES))
    kinds: tuple[str, ...] = ("animation", "movie", "sticker", "image")
    sequence: str = SEQUENCE
    named: frozenset[str] = frozenset()

    def updated(self, values: Mapping[str, Any], *, where: str) -> "Layout":
        """Return the layout with some settings replaced.

        Raises:
            CorpusError: a setting is unknown or of another kind.
        """
        known = [one.name for one in fields(self) if one.name != "named"]
        for name in values:
            if name not in known:
                raise CorpusError(
                    f"unknown setting {name!r} in {where}{suggest(name, known)} "
                    f"Known: {', '.join(known)}"
                )
        changes: dict[str, Any] = {}
        for name in ("tables", "kinds"):
            if name in values:
                changes[name] = _texts(values[name], name, where)
        if "columns" in values:
            named = _mapping(values["columns"], "columns", where, FIELDS)
            chosen = {key: _texts(value, key, where) for key, value in named.items()}
            changes |= {"columns": {**self.columns, **chosen}, "named": frozenset(chosen)}
        if "labels" in values:
            named = _mapping(values["labels"], "labels", where)
            changes["labels"] = {**self.labels, **{k.lower(): str(v) for k, v in named.items()}}
        if "ranges" in values:
            named = _mapping(values["ranges"], "ranges", where, tuple(RANGES))
            chosen = {key: _range(value, key, where) for key, value in named.items()}
            changes["ranges"] = {**self.ranges, **chosen}
        if "sequence" in values:
            changes["sequence"] = _pattern(values["sequence"], where)
        return replace(self, **changes)


def read_layout(path: str | Path, base: Layout) -> Layout:
    """Return a layout with what a TOML or JSON file says about it.

    Raises:
        CorpusError: the file cannot be read or says something unknown.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
        values = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (OSError, UnicodeDecodeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CorpusError(f"cannot read the layout {path}: {reason}; expected TOML or JSON"
                          ) from error
    if not isinstance(values, dict):
        raise CorpusError(f"expected settings in {path}, got {type(values).__name__}")
    return base.updated(values, where=str(path))


def _texts(value: Any, name: str, where: str) -> tuple[str, ...]:  # noqa: ANN401 - any TOML
    texts = (value,) if isinstance(value, str) else value
    if not isinstance(texts, (list, tuple)) or not all(isinstance(one, str) for one in texts):
        raise CorpusError(f"expected a text or a list of texts for {name!r} in {where}, got "
                          f"{value!r}")
    return tuple(texts)


def _mapping(
    value: Any, name: str, where: str, known: tuple[str, ...] = ()  # noqa: ANN401 - any TOML
) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise CorpusError(f"expected a table [{name}] in {where}, got {value!r}")
    for key in value:
        if known and key not in known:
            raise CorpusError(
                f"unknown {key!r} in [{name}] of {where}{suggest(key, known)} "
                f"Known: {', '.join(known)}"
            )
    return value


def _range(value: Any, name: str, where: str) -> tuple[float, float]:  # noqa: ANN401 - any TOML
    try:
        low, high = (float(number) for number in value)
    except (TypeError, ValueError) as error:
        raise CorpusError(f"expected two numbers for {name!r} in {where}, got {value!r}") from error
    if low >= high:
        raise CorpusError(f"expected the lower number first for {name!r} in {where}, got {value}")
    return low, high


def _pattern(value: Any, where: str) -> str:  # noqa: ANN401 - any TOML
    try:
        groups = re.compile(value).groupindex if value else {"group": 0, "order": 0}
    except (re.error, TypeError) as error:
        raise CorpusError(f"expected a pattern for 'sequence' in {where}, got {value!r}: {error}"
                          ) from error
    if not {"group", "order"} <= set(groups):
        raise CorpusError(
            f"expected (?P<group>...) and (?P<order>...) in 'sequence' of {where}, got {value!r}"
        )
    return value
