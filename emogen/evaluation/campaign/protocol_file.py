"""Protocol files: a name or a path in, a checked protocol out, or all that is wrong with lines."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from emogen.assets import asset_roots
from emogen.errors import InputError, suggest
from emogen.evaluation.campaign.plan import ClipSettings, Part, Prompt, Protocol

MAX_BYTES = 1 << 20
_SHOWN = 12
"""Most problems told at once."""
Place = tuple[int | str, ...]


def shipped_protocols() -> dict[str, Path]:
    """Return the protocol files that come with emogen by name."""
    found: dict[str, Path] = {}
    for root in asset_roots():
        folder = root / "protocols"
        for path in sorted(folder.glob("*.yaml")) if folder.is_dir() else ():
            found.setdefault(path.stem, path)
    return found


def load_protocol(source: str | Path) -> Protocol:
    """Return the protocol of a file, or a shipped one by its name.

    Raises:
        InputError: no such file, no YAML, or fields that are wrong, all told at once.
    """
    shipped = shipped_protocols()
    path = shipped.get(str(source)) or Path(source).expanduser()
    if not path.is_file():
        known = ", ".join(shipped) or "none"
        raise InputError(
            f"no protocol {str(source)!r}: expected a YAML file or one of {known}"
            f"{suggest(str(source), list(shipped))}"
        )
    if path.stat().st_size > MAX_BYTES:
        raise InputError(f"expected a protocol of at most {MAX_BYTES >> 20} MiB, got {path}")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"expected a protocol in UTF-8, got other bytes in {path}") from error
    return read_protocol(text, source=path.name)


def read_protocol(text: str, *, source: str) -> Protocol:
    """Return the protocol that a YAML text describes.

    >>> read_protocol("nme: a", source="a.yaml")
    Traceback (most recent call last):
    emogen.errors.InputError: 3 problems in a.yaml: name: missing; parts: missing; line 1, nme:
    unknown key; did you mean 'name'?
    """
    try:
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
        values = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as error:
        raise InputError(f"expected YAML in {source}, got {_where(error)}; fix it") from error
    if not isinstance(values, dict):
        raise InputError(f"expected a mapping with name and parts in {source}, got something else")
    found = [(line, f"{key}: given twice") for line, key in _repeated(tree, set())]
    try:
        protocol = Protocol.model_validate(values)
    except ValidationError as error:
        found += _problems(error, tree)
    if not found:
        return protocol
    told = [f"line {line}, {text}" if line else text for line, text in sorted(found)]
    count = f"{len(told)} problems" if len(told) > 1 else "1 problem"
    hidden = [f"and {len(told) - _SHOWN} more"] if len(told) > _SHOWN else []
    raise InputError(f"{count} in {source}: {'; '.join([*told[:_SHOWN], *hidden])}")


def _where(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return f"{str(error).splitlines()[0] or type(error).__name__}"
    return f"{error.problem} in line {mark.line + 1}, column {mark.column + 1}"


def _problems(error: ValidationError, tree: yaml.Node) -> Iterator[tuple[int, str]]:
    """Yield line and text of each problem; 0 where a line cannot be told."""
    entries = error.errors()
    for entry in entries:
        place: Place = entry["loc"]
        inside = any(other["loc"][: len(place)] == place != other["loc"] for other in entries)
        if entry["type"] == "too_short" and inside:  # short only because what it held is wrong
            continue
        field = ".".join(map(str, place)) or "the protocol"
        missing = entry["type"] == "missing"
        yield _line(tree, place[:-1] if missing else place), f"{field}: {_told(entry)}"


def _told(entry: dict[str, Any]) -> str:
    """Return what pydantic found in the words of this project."""
    if entry["type"] == "missing":
        return "missing"
    if entry["type"] == "extra_forbidden":
        known = list(_model_at(entry["loc"]).model_fields)
        return "unknown key" + (
            suggest(str(entry["loc"][-1]), known) or f"; known: {', '.join(known)}"
        )
    message, got = entry["msg"].removeprefix("Value error, "), entry.get("input")
    if isinstance(got, (str, int, float)) and "got" not in message:
        message += f", got {str(got)[:60]!r}"
    return message[:1].lower() + message[1:]


def _model_at(place: Place) -> type[BaseModel]:
    """Return the model whose key the last part of a place is."""
    names = [part for part in place[:-1] if isinstance(part, str)]
    models = {"parts": Part, "prompts": Prompt, "clip": ClipSettings}
    return models.get(names[-1], Protocol) if names else Protocol


def _line(tree: yaml.Node | None, place: Place) -> int:
    """Return the line of a place in the file, as near as it can be followed, else 0."""
    node, line = tree, 0
    for part in place:
        if isinstance(node, yaml.MappingNode):
            pairs = {key.value: (key, value) for key, value in node.value}
            if part not in pairs:
                break
            key, node = pairs[part]
            line = key.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode) and part in range(len(node.value)):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            break
    return line


def _repeated(node: yaml.Node | None, seen: set[int]) -> Iterator[tuple[int, str]]:
    """Yield line and key of keys that a mapping has twice; YAML would take the last silently."""
    if node is None or id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for part in node.value:
            yield from _repeated(part, seen)
    elif isinstance(node, yaml.MappingNode):
        keys: set[str] = set()
        for key, value in node.value:
            if key.value in keys:
                yield key.start_mark.line + 1, str(key.value)
            keys.add(key.value)
            yield from _repeated(value, seen)
