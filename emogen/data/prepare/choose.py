"""What becomes of each file: entries and findings in; examples, and the rest with its reasons, out.

Decided in one place from what was found, so the same corpus and settings give the same examples,
however many processes looked.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from emogen.data.corpora.entry import Entry
from emogen.data.prepare.buckets import Bucket, cropped_share, size_for, windows
from emogen.data.prepare.cuts import shots
from emogen.data.prepare.examine import Finding
from emogen.data.prepare.fingerprint import Fingerprint, find_copies
from emogen.data.prepare.settings import PrepareSettings
from emogen.data.prepare.wording import Words, words_of

Rule = Literal["damaged", "duplicate", "short", "small", "cut"]
MEASURED = ("hue", "colourfulness", "brightness", "motion")
GUARD = 1
"""Frames left out on both sides of a cut, where compression mixes two shots."""


@dataclass(frozen=True, kw_only=True)
class Planned:
    """One example to train on: which frames of which file, in which shape, with which words.

    Attributes:
        id: of the entry, with the first frame where an entry gives several.
        entry: id of the entry.
        path: of the file.
        start: seconds at which the entry begins in its file.
        end: seconds at which it ends, or None.
        first_frame: at the rate of the examples, from the start of the entry.
        fps: the rate of the examples.
        bucket: width, height and frames.
        picture: whether the file is a still.
        seconds: length of the whole entry, which a curve of emotion spans.
        emotion: notation; empty where unknown.
        category: the largest of the nine, or empty.
        words: caption and wordings.
        kind: of clip.
        group: what shares a split.
        split: train, val or test.
        cropped: part of the picture that is cut off.
        measured: EmoVid's hue, colourfulness and brightness, and motion.
        attributes: what else the corpus says.
    """

    id: str
    entry: str
    path: str
    start: float
    end: float | None
    first_frame: int
    fps: float
    bucket: Bucket
    picture: bool
    seconds: float
    emotion: str
    category: str
    words: Words
    kind: str
    group: str
    split: str
    cropped: float
    measured: Mapping[str, float] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def to_line(self) -> str:
        """Return the example as one line of JSON."""
        row = asdict(self) | {"bucket": str(self.bucket)}
        return json.dumps(row, ensure_ascii=False)

    @classmethod
    def from_line(cls, line: str) -> "Planned":
        """Return what :meth:`to_line` wrote."""
        row = json.loads(line)
        width, height, frames = map(int, row["bucket"].split("x"))
        shape = Bucket(width=width, height=height, frames=frames)
        return cls(**row | {"bucket": shape, "words": Words(**row["words"])})


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """What is not trained on, and why.

    Attributes:
        id: of the entry.
        path: of the file.
        rule: ``damaged`` files are in quarantine, the others broke a rule.
        reason: what was expected and what was got.
    """

    id: str
    path: str
    rule: Rule
    reason: str


def choose(
    entries: Sequence[Entry], findings: Sequence[Finding], settings: PrepareSettings
) -> tuple[list[Planned], list[LeftOut]]:
    """Return the examples of a corpus and what is left out, both in the order of the entries."""
    pairs = list(zip(entries, findings, strict=True))
    out = {entry.id: LeftOut(id=entry.id, path=entry.path, rule="damaged", reason=found.problem)
           for entry, found in pairs if found.problem}
    whole = [pair for pair in pairs if pair[0].id not in out]
    out |= _copies(whole, settings)
    examples: list[Planned] = []
    for entry, found in whole:
        if entry.id in out:
            continue
        made = _examples(entry, found, settings)
        if isinstance(made, LeftOut):
            out[entry.id] = made
        else:
            examples += made
    return examples, [out[entry.id] for entry in entries if entry.id in out]


def split_of(entry: Entry, settings: PrepareSettings) -> str:
    """Return the split that the corpus gives, else one drawn from the name of the group."""
    if entry.split:
        return entry.split
    digest = hashlib.sha256(f"{settings.seed} {entry.group}".encode()).digest()
    share = int.from_bytes(digest[:8], "big") / 2**64
    if share < settings.test:
        return "test"
    return "val" if share < settings.test + settings.validation else "train"


def _copies(
    pairs: Sequence[tuple[Entry, Finding]], settings: PrepareSettings
) -> dict[str, LeftOut]:
    """Return the copies of a corpus; of each kind the largest, then the first, is kept."""
    ranked = sorted(range(len(pairs)), key=lambda i: (-pairs[i][1].width * pairs[i][1].height, i))
    prints = [Fingerprint.from_text(pairs[i][1].fingerprint) for i in ranked]
    seconds = [pairs[i][1].seconds for i in ranked]
    out = {}
    for copy, first in find_copies(prints, seconds, most_bits=settings.duplicate_bits).items():
        entry, kept = pairs[ranked[copy]][0], pairs[ranked[first]][0]
        differs = entry.category and kept.category and entry.category != kept.category
        labels = f"; labelled {entry.category}, there {kept.category}" if differs else ""
        out[entry.id] = LeftOut(id=entry.id, path=entry.path, rule="duplicate",
                                reason=f"looks like {kept.id}{labels}")
    return out


def _examples(
    entry: Entry, found: Finding, settings: PrepareSettings
) -> list[Planned] | LeftOut:
    size = size_for(found.width, found.height, settings.sizes, upscale=settings.upscale)
    if size is None:
        return _left(entry, "small", f"expected a picture that needs no more than "
                     f"{settings.upscale:g} times enlarging, got {found.width}x{found.height}")
    spans = [(0, 1)] if found.picture else list(_spans(found, settings))
    if not spans and found.cuts and settings.cuts == "drop":
        return _left(entry, "cut", f"expected one shot, got {len(found.cuts) + 1}")
    if not spans:
        longest = max((count for _, count in shots(found.frames, list(found.cuts))), default=0)
        return _left(entry, "short", f"expected a shot of at least {min(settings.frames)} frames "
                     f"at {settings.fps:g} fps, got {longest}")
    return [_planned(entry, found, settings, size, first, count, alone=len(spans) == 1)
            for first, count in spans]


def _spans(found: Finding, settings: PrepareSettings) -> Iterator[tuple[int, int]]:
    """Yield the first frame and length of each example of a file."""
    parts = shots(found.frames, list(found.cuts))
    if settings.cuts == "keep":
        parts = [(0, found.frames)]
    elif settings.cuts == "drop" and len(parts) > 1:
        return
    else:
        parts = [_guarded(first, count, found.frames) for first, count in parts]
        if settings.cuts == "longest":
            parts = [max(parts, key=lambda part: part[1])]
    for first, count in parts:
        yield from windows(first, count, settings.frames, most=settings.windows)


def _guarded(first: int, count: int, total: int) -> tuple[int, int]:
    begin = first + (GUARD if first else 0)
    end = first + count - (GUARD if first + count < total else 0)
    return begin, max(0, end - begin)


def _planned(
    entry: Entry, found: Finding, settings: PrepareSettings, size: tuple[int, int], first: int,
    count: int, *, alone: bool,
) -> Planned:
    identity = entry.id if alone else f"{entry.id}@{first}"
    measured = {name: getattr(found, name) for name in MEASURED}
    return Planned(
        id=identity, entry=entry.id, path=entry.path, start=entry.start, end=entry.end,
        first_frame=first, fps=settings.fps, picture=found.picture, seconds=found.seconds,
        bucket=Bucket(width=size[0], height=size[1], frames=count),
        emotion=entry.emotion, category=entry.category, kind=entry.kind, group=entry.group,
        words=words_of(entry.caption, entry.emotion, identity=identity, seed=settings.seed),
        split=split_of(entry, settings), measured=measured, attributes=entry.attributes,
        cropped=round(cropped_share(found.width, found.height, size), 4),
    )


def _left(entry: Entry, rule: Rule, reason: str) -> LeftOut:
    return LeftOut(id=entry.id, path=entry.path, rule=rule, reason=reason)
