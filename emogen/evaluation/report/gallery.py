"""Clips inside the report: rows in, cards with a small MP4, asked and recognised out."""

import base64
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from emogen.emotion import CATEGORIES
from emogen.evaluation.campaign.rows import JudgeRow, Row
from emogen.evaluation.report.markup import Markup, tag
from emogen.evaluation.report.words import judge_name
from emogen.media import Clip, read_video, write_video

LARGEST = 160_000
"""Bytes up to which an MP4 goes in as it is."""
SIDE, SECONDS, CRF = 256, 10.0, 30
_PER_EMOTION = 2


def embedded(path: Path) -> str:
    """Return a clip as a data address: small MP4 as they are, others scaled down and encoded anew.

    Raises:
        MediaError: the clip cannot be read.
    """
    if path.suffix.lower() == ".mp4" and path.stat().st_size <= LARGEST:
        data = path.read_bytes()
    else:
        clip = small(read_video(path, end=SECONDS))
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / "small.mp4"
            data = write_video(clip, target, crf=CRF, odd_size="pad").read_bytes()
    return f"data:video/mp4;base64,{base64.b64encode(data).decode()}"


def small(clip: Clip) -> Clip:
    """Return a clip without transparency whose longer side has at most 256 pixels."""
    clip = clip.flattened()
    longest = max(clip.width, clip.height)
    if longest > SIDE:
        size = (max(2, clip.width * SIDE // longest), max(2, clip.height * SIDE // longest))
        frames = [Image.fromarray(frame).resize(size, Image.Resampling.LANCZOS)
                  for frame in clip.frames]
        clip = replace(clip, frames=np.stack([np.asarray(frame) for frame in frames]))
    return clip if clip.audio is None else clip.with_audio(clip.audio)


def fidelity(row: Row, judges: Sequence[str]) -> float:
    """Return the mean probability of the asked emotion over judges."""
    return float(np.mean([row.judges[name].weight(row.asked) for name in judges]))


def extremes(
    rows: Sequence[Row], judges: Sequence[str], *, count: int = 8
) -> tuple[list[Row], list[Row]]:
    """Return the worst and the best clips of categories, at most two of an emotion each."""
    ranked = sorted(
        (row for row in rows if row.measures == "category"), key=lambda row: fidelity(row, judges)
    )
    worst = _varied(ranked[: len(ranked) // 2], count)
    return worst, _varied(ranked[::-1][: len(ranked) // 2], count)


def _varied(rows: Sequence[Row], count: int) -> list[Row]:
    seen: Counter[str | None] = Counter()
    kept = []
    for row in rows:
        if seen[row.asked] < _PER_EMOTION and len(kept) < count:
            seen[row.asked] += 1
            kept.append(row)
    return kept


def clip_card(row: Row, judges: Sequence[str], folder: Path) -> Markup:
    """Return a card: the clip, what was asked and what each judge reads."""
    return tag(
        "article", {"class": "clip"},
        player(row, folder),
        tag("p", {"class": "prompt"}, row.prompt),
        tag("p", {"class": "asked-for"}, "asked ", tag("b", None, row.emotion),
            tag("span", {"class": "seed"}, f" seed {row.seed}")),
        [reading(name, row.judges[name], row.asked) for name in judges],
    )


def player(row: Row, folder: Path) -> Markup:
    """Return the clip itself."""
    size = {"width": row.picture.width, "height": row.picture.height}
    return tag("video", {
        "src": embedded(folder / row.clip), "controls": True, "loop": True, "muted": True,
        "playsinline": True, "preload": "metadata", "aria-label": f"{row.prompt}, {row.emotion}",
        **size,
    }, "")


def reading(name: str, judge: JudgeRow, asked: str | None) -> Markup:
    """Return one line and one bar of what a judge reads."""
    right = judge.top == asked
    mark = "" if asked is None else "\u2713" if right else "\u2717"
    unsure = " (unsure)" if judge.unsure else ""
    parts = sorted(zip(CATEGORIES, judge.emotion, strict=True), key=lambda pair: -pair[1])
    bar = [
        tag("span", {"class": f"bg-{category}", "style": f"width:{100 * weight:.1f}%",
                     "title": f"{category} {100 * weight:.0f} %"})
        for category, weight in parts if weight >= 0.01
    ]
    return tag(
        "div", {"class": "reading"},
        tag("p", None, tag("span", {"class": "who"}, judge_name(name).split()[0]), " ",
            tag("b", None, judge.top),
            tag("span", {"class": "share"}, f" {100 * max(judge.emotion):.0f}\u00a0%{unsure} "),
            tag("span", {"class": "mark yes" if right else "mark no",
                         "aria-label": "as asked" if right else "not as asked"}, mark)
            if mark else None),
        tag("div", {"class": "bar", "role": "img", "aria-label": ", ".join(
            f"{category} {100 * weight:.0f} %" for category, weight in parts if weight >= 0.05
        )}, bar),
    )
