"""Manifests as one document: YAML or JSON text in, a head and entries out."""

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from emogen.rendering.manifest.entries import HEAD_KEYS, Entry, Head, Written
from emogen.rendering.manifest.problems import ManifestProblem

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_KEYS = (*HEAD_KEYS, "jobs")


def read_document(text: str) -> tuple[Written, list[ManifestProblem]]:
    r"""Return what a text says, and what of it cannot be read.

    >>> written, problems = read_document("defaults: {steps: 8}\njobs:\n- prompt: a cat\n")
    >>> dict(written.entries[0].values), written.entries[0].line, problems
    ({'prompt': 'a cat'}, 3, [])
    """
    values, lines, problems = read_mapping(text)
    found = [
        ManifestProblem(lines.get(key, 0), str(key), f"unknown block; known: {', '.join(_KEYS)}")
        for key in values if key not in _KEYS
    ]
    jobs = values.get("jobs")
    if not isinstance(jobs, list):
        if not problems:
            text = "expected a list of jobs under the key jobs"
            found.append(ManifestProblem(lines.get("jobs", 0), "jobs", text))
        jobs = []
    entries = []
    for number, job in enumerate(jobs):
        line = lines.get(f"jobs.{number}", 0)
        if isinstance(job, dict) and all(isinstance(key, str) for key in job):
            entries.append(Entry(line=line, values=job, lines={
                key: lines.get(f"jobs.{number}.{key}", line) for key in job
            }))
        else:
            text = f"expected a job such as prompt: a cat, got {str(job)[:40]!r}"
            found.append(ManifestProblem(line, "", text))
    head = {key: value for key, value in values.items() if key in HEAD_KEYS}
    return Written(head=Head(values=head, lines=lines), entries=tuple(entries)), problems + found


def read_mapping(text: str) -> tuple[dict[str, Any], Mapping[str, int], list[ManifestProblem]]:
    """Return the mapping a YAML text holds, the lines of its keys, and what is wrong.

    The lines go by "key", "key.inner", "jobs.0" and "jobs.0.key".
    """
    loader = _LOADER(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return {}, {}, []
        problems = list(_unwanted(node, set()))
        values = {} if problems else loader.construct_document(node)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        return {}, {}, [_unreadable(error)]
    finally:
        loader.dispose()
    if not isinstance(node, yaml.MappingNode):
        return {}, {}, [ManifestProblem(1, "", "expected a mapping with the key jobs")]
    return values, dict(_places(node)), problems


def _unreadable(error: Exception) -> ManifestProblem:
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        return ManifestProblem(0, "", f"expected YAML, got {reason}")
    return ManifestProblem(mark.line + 1, "", f"expected YAML, got {error.problem}")


def _unwanted(node: yaml.Node, seen: set[int]) -> Iterator[ManifestProblem]:
    """Yield keys that stand twice, of which YAML would take the last silently, and aliases."""
    line = node.start_mark.line + 1
    if id(node) in seen:
        yield ManifestProblem(line, "", "an alias repeats what stands here; use defaults instead")
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for part in node.value:
            yield from _unwanted(part, seen)
    elif isinstance(node, yaml.MappingNode):
        keys: set[str] = set()
        for key, value in node.value:
            if key.value in keys:
                yield ManifestProblem(
                    key.start_mark.line + 1, str(key.value), "given twice; remove one"
                )
            if isinstance(key.value, str):
                keys.add(key.value)
            yield from _unwanted(value, seen)


def _places(node: yaml.MappingNode, *, prefix: str = "", depth: int = 3) -> Iterator:
    """Yield dotted names of keys and list items with their lines."""
    for key, value in node.value:
        name = f"{prefix}{key.value}"
        yield name, key.start_mark.line + 1
        if depth and isinstance(value, yaml.MappingNode):
            yield from _places(value, prefix=f"{name}.", depth=depth - 1)
        elif depth and isinstance(value, yaml.SequenceNode):
            for number, part in enumerate(value.value):
                yield f"{name}.{number}", part.start_mark.line + 1
                if isinstance(part, yaml.MappingNode):
                    yield from _places(part, prefix=f"{name}.{number}.", depth=0)
