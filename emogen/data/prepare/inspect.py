"""What lies in a prepared folder, or what a corpus would give: a place in, a report out."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from emogen.data.corpora import Place, read_corpus
from emogen.errors import CorpusError

_FIRST = 3


def inspect_prepared(root: str, *, check: bool = False) -> dict[str, Any]:
    """Return what a prepared folder holds.

    Args:
        root: the folder or URL.
        check: whether to read every shard; those that are damaged are problems.

    Raises:
        CorpusError: nothing was prepared there.
    """
    place = Place(root)
    if not place.exists("prepare.json") or not place.exists("statistics.json"):
        raise CorpusError(f"expected a prepared folder, got {root}; make one with 'emogen data "
                          "prepare', or look at a corpus with --as")
    names = place.sizes()
    shards = [name.removesuffix(".safetensors") for name in names if name.endswith(".safetensors")]
    sizes: Counter[str] = Counter()
    for name, size in names.items():
        if name.endswith(".safetensors"):
            sizes["/".join(name.split("/")[:-1])] += size
    report: dict[str, Any] = {
        "folder": root, "prepared": _read(place, "prepare.json"),
        "statistics": _read(place, "statistics.json"),
        "caches": {name: {"bytes": size, "shards": sum(one.startswith(f"{name}/")
                                                       for one in shards)}
                   for name, size in sorted(sizes.items())},
        "unfinished": [name for name in shards if f"{name}.done.json" not in names],
    }
    if check:
        report["problems"] = list(_problems(place, shards))
        report["checked"] = len(shards)
    return report


def inspect_corpus(kind: str, root: str, *, layout: Path | None = None) -> dict[str, Any]:
    """Return how a corpus would be read, without opening a clip.

    Raises:
        CorpusError: it cannot be read.
    """
    place = Place(root)
    entries = read_corpus(kind, place, layout=layout)
    names = place.sizes()
    missing = [one.path for one in entries
               if one.path not in names and not Path(one.path).is_absolute()]
    return {
        "corpus": kind, "folder": root, "entries": len(entries),
        "emotions": dict(Counter(one.category or "unlabelled" for one in entries).most_common()),
        "kinds": dict(Counter(one.kind or "clip" for one in entries).most_common()),
        "captions": sum(bool(one.caption) for one in entries),
        "groups": len({one.group for one in entries}),
        "in_order": sum(one.order is not None for one in entries),
        "splits": dict(Counter(one.split or "to be drawn" for one in entries)),
        "first": [{"path": one.path, "emotion": one.emotion, "caption": one.caption,
                   "kind": one.kind} for one in entries[:_FIRST]],
        "missing": len(missing),
        "problems": [f"no such file: {path}" for path in missing[:_FIRST]],
    }


def lines_of(report: dict[str, Any]) -> Iterator[str]:
    """Yield a report as lines for a person."""
    if "entries" in report:
        yield from _corpus_lines(report)
        return
    found, asked = report["statistics"], report["prepared"]
    yield report["folder"]
    yield (f"  {asked['corpus']}: {found['examples']} examples of {found['entries']} entries, "
           f"{found['hours']:.2f} hours")
    for name in ("splits", "kinds", "buckets", "left_out"):
        if found[name]:
            yield f"  {name.replace('_', ' ')}: {_counts(found[name])}"
    emotions = {name: row["examples"] for name, row in found["emotions"].items()}
    yield f"  emotions: {_counts(emotions)}"
    for name, row in report["caches"].items():
        yield f"  {name}: {row['shards']} shards, {row['bytes'] / 2**20:.1f} MiB"
    if report["unfinished"]:
        yield f"  unfinished shards: {len(report['unfinished'])}; prepare again to go on"
    if "checked" in report:
        yield f"  checked {report['checked']} shards, {len(report['problems'])} damaged"
        yield from (f"  {problem}" for problem in report["problems"])


def _corpus_lines(report: dict[str, Any]) -> Iterator[str]:
    yield f"{report['folder']}, read as {report['corpus']}"
    yield (f"  {report['entries']} entries, {report['captions']} with captions, "
           f"{report['groups']} groups, {report['in_order']} in order, {report['missing']} missing")
    for name in ("emotions", "kinds", "splits"):
        yield f"  {name}: {_counts(report[name])}"
    for one in report["first"]:
        yield f"  {one['path']}: {one['emotion'] or 'unlabelled'}; {one['caption'] or 'no caption'}"
    yield from (f"  {problem}" for problem in report["problems"])


def _problems(place: Place, shards: list[str]) -> Iterator[str]:
    from emogen.data.prepare.caches import read_shard

    for name in shards:
        try:
            read_shard(place, name)
        except CorpusError as error:
            yield str(error)


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())


def _read(place: Place, name: str) -> dict[str, Any]:
    try:
        return json.loads(place.read(name))
    except ValueError as error:
        raise CorpusError(f"cannot read {place.root}/{name}: {error}; prepare again") from error
