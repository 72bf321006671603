"""Manifests of one JSON object a line: text in, a head and entries out."""

import json
from typing import Any

from emogen.rendering.manifest.entries import HEAD_KEYS, Entry, Head, Written
from emogen.rendering.manifest.problems import ManifestProblem


def read_jsonl(text: str) -> tuple[Written, list[ManifestProblem]]:
    r"""Return what a text says, and what of it cannot be read.

    The first line may be a head: an object with nothing but version, defaults and matrix.

    >>> written, problems = read_jsonl('{"defaults": {"steps": 8}}\n{"prompt": "a cat"}')
    >>> written.head.values, written.entries[0].line, problems
    ({'defaults': {'steps': 8}}, 2, [])
    """
    head, entries, problems = Head(), [], []
    is_first = True
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        values, wrong = read_object(line)
        problems += [ManifestProblem(number, "", sentence) for sentence in wrong]
        if values is None:
            pass
        elif is_first and values and set(values) <= set(HEAD_KEYS):
            head = Head(line=number, values=values)
        elif "version" in values or "defaults" in values:
            problems.append(ManifestProblem(
                number, "", "version and defaults stand alone in the first line; move them there"
            ))
        else:
            entries.append(Entry(line=number, values=values))
        is_first = False
    return Written(head=head, entries=tuple(entries)), problems


def read_object(text: str) -> tuple[dict[str, Any] | None, list[str]]:
    """Return the object that a line holds, None if it holds none, and what is wrong with it."""
    repeated: list[str] = []

    def collect(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        values = dict(pairs)
        if len(values) < len(pairs):
            names = [name for name, _ in pairs]
            repeated.extend(sorted({name for name in names if names.count(name) > 1}))
        return values

    try:
        found = json.loads(text, object_pairs_hook=collect, parse_constant=_refuse)
    except RecursionError:
        return None, ["expected one JSON object, got endless nesting"]
    except ValueError as error:
        reason = f"{error.msg} at letter {error.colno}" if hasattr(error, "msg") else str(error)
        return None, [f"expected one JSON object, got {reason}"]
    if not isinstance(found, dict):
        return None, [f"expected an object such as {{\"prompt\": \"a cat\"}}, got {text[:40]!r}"]
    return found, [f"{name} is given twice; remove one" for name in repeated]


def _refuse(name: str) -> None:
    raise ValueError(f"the number {name}; write a finite one")
