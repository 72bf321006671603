"""Figures about a corpus: entries, findings and examples in; counts, colours, transitions out."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from emogen.data.corpora.entry import Entry
from emogen.data.prepare.choose import LeftOut, Planned
from emogen.data.prepare.examine import Finding
from emogen.emotion import CATEGORIES, MIKELS

UNKNOWN = "unlabelled"
MEASURES = ("colourfulness", "brightness", "motion")
_QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)


def summarise(
    entries: Sequence[Entry], findings: Sequence[Finding], examples: Sequence[Planned],
    left: Sequence[LeftOut],
) -> dict[str, Any]:
    """Return everything that is counted and measured, as plain JSON values."""
    whole = [found for found in findings if not found.problem]
    videos = [found for found in whole if not found.picture]
    return {
        "entries": len(entries),
        "readable": len(whole),
        "examples": len(examples),
        "hours": round(sum(_seconds(one) for one in examples) / 3600, 4),
        "left_out": dict(sorted(Counter(one.rule for one in left).items())),
        "splits": _counted(one.split for one in examples),
        "kinds": _counted(one.kind or "clip" for one in examples),
        "buckets": _counted(str(one.bucket) for one in examples),
        "with_caption": sum(bool(one.words.plain) for one in examples),
        "with_sound": sum(found.sound for found in videos),
        "with_cuts": sum(bool(found.cuts) for found in videos),
        "cropped": _mean([one.cropped for one in examples]),
        "files": {
            "seconds": _quantiles([found.seconds for found in videos]),
            "fps": _quantiles([found.fps for found in videos]),
            "height": _quantiles([float(found.height) for found in whole]),
        },
        "emotions": _emotions(examples),
        "explained": explained(examples),
        "transitions": transitions(entries, findings),
    }


def circular_mean(shares: Sequence[float]) -> tuple[float, float]:
    """Return the mean of angles given in [0, 1] and how far they agree, 0 to 1.

    >>> [round(value, 3) % 1 for value in circular_mean([0.9, 0.1])]
    [0.0, 0.809]
    """
    angles = 2 * np.pi * np.asarray(shares, dtype=np.float64)
    x, y = float(np.cos(angles).mean()), float(np.sin(angles).mean())
    return math.atan2(y, x) / (2 * math.pi) % 1, math.hypot(x, y)


def mean_interval(values: Sequence[float]) -> dict[str, float]:
    """Return the mean and its 95 % interval (normal; the mean alone for one value).

    >>> mean_interval([1.0, 3.0])
    {'mean': 2.0, 'low': 0.04, 'high': 3.96}
    """
    numbers = np.asarray(values, dtype=np.float64)
    mean, half = float(numbers.mean()), 0.0
    if len(numbers) > 1:
        half = 1.96 * float(numbers.std(ddof=1)) / math.sqrt(len(numbers))
    return {"mean": round(mean, 4), "low": round(mean - half, 4), "high": round(mean + half, 4)}


def explained(examples: Sequence[Planned]) -> dict[str, float | None]:
    """Return the share of variance that the category explains, eta squared, for each measure.

    For hue, the share of circular variance. None where there are not two categories, no more
    examples than categories, or nothing varies.
    """
    labelled = [one for one in examples if one.category]
    groups: dict[str, list[Planned]] = defaultdict(list)
    for one in labelled:
        groups[one.category].append(one)
    if len(groups) < 2 or len(labelled) <= len(groups):
        return dict.fromkeys(("hue", *MEASURES))
    found: dict[str, float | None] = {"hue": _hue_explained(list(groups.values()))}
    for name in MEASURES:
        values = [np.array([one.measured[name] for one in group]) for group in groups.values()]
        every = np.concatenate(values)
        total = float(((every - every.mean()) ** 2).sum())
        within = sum(float(((part - part.mean()) ** 2).sum()) for part in values)
        found[name] = round(1 - within / total, 4) if total > 1e-12 else None
    return found


def transitions(entries: Sequence[Entry], findings: Sequence[Finding]) -> dict[str, Any]:
    """Return how often one emotion follows another in neighbouring clips of a group.

    Files that cannot be read break the chain; copies and short ones do not.
    """
    groups: dict[str, list[Entry]] = defaultdict(list)
    for entry, found in zip(entries, findings, strict=True):
        if entry.order is not None:
            groups[entry.group].append(replace(entry, emotion="") if found.problem else entry)
    counts = np.zeros((8, 8), dtype=int)
    for group in groups.values():
        ordered = sorted(group, key=lambda one: (one.order, one.start))
        for before, after in pairwise(ordered):
            if before.category in MIKELS and after.category in MIKELS:
                counts[MIKELS.index(before.category), MIKELS.index(after.category)] += 1
    rows = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, rows, out=np.zeros(counts.shape), where=rows > 0)
    present = rows[:, 0] > 0
    same = np.equal.outer(np.arange(8) < 4, np.arange(8) < 4)
    itself = np.eye(8, dtype=bool)
    return {
        "labels": list(MIKELS),
        "pairs": int(counts.sum()),
        "counts": counts.tolist(),
        "shares": shares.round(4).tolist(),
        "same_emotion": _mean(shares[itself & present[:, None]]),
        "same_valence": _mean(shares[same & ~itself & present[:, None]]),
        "other_valence": _mean(shares[~same & present[:, None]]),
    }


def _emotions(examples: Sequence[Planned]) -> dict[str, Any]:
    groups: dict[str, list[Planned]] = defaultdict(list)
    for one in examples:
        groups[one.category or UNKNOWN].append(one)
    found = {}
    for name in (*CATEGORIES, UNKNOWN):
        group = groups.get(name)
        if not group:
            continue
        hue, agreement = circular_mean([one.measured["hue"] for one in group])
        found[name] = {
            "examples": len(group),
            "hours": round(sum(map(_seconds, group)) / 3600, 4),
            "kinds": _counted(one.kind or "clip" for one in group),
            "splits": _counted(one.split for one in group),
            "hue": {"mean": round(hue, 4), "agreement": round(agreement, 4)},
            **{measure: mean_interval([one.measured[measure] for one in group])
               for measure in MEASURES},
        }
    return found


def _hue_explained(groups: Sequence[Sequence[Planned]]) -> float | None:
    every = [one.measured["hue"] for group in groups for one in group]
    total = len(every) * (1 - circular_mean(every)[1])
    within = sum(len(group) * (1 - circular_mean([one.measured["hue"] for one in group])[1])
                 for group in groups)
    return round(1 - within / total, 4) if total > 1e-9 else None


def _seconds(one: Planned) -> float:
    return 0.0 if one.picture else one.bucket.frames / one.fps


def _counted(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))


def _mean(values: Sequence[float] | np.ndarray) -> float | None:
    return round(float(np.mean(values)), 4) if len(values) else None


def _quantiles(values: Sequence[float]) -> list[float]:
    return np.quantile(values, _QUANTILES).round(3).tolist() if values else []
