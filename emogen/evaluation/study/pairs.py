"""What raters see: two campaigns in, blind trials with random sides and catch trials out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from emogen.emotion import MIKELS
from emogen.errors import InputError
from emogen.evaluation.campaign.rows import Row
from emogen.evaluation.campaign.summary import Campaign
from emogen.media import Clip, read_video

Side = Literal["A", "B", "intact", "degraded"]
SIDE = 256
SECONDS = 10.0
_BLOCKS = 5


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One question: which of two clips shows an emotion more clearly.

    Attributes:
        name: how answers call it; says nothing about what it is.
        row: the clip of A, or the one that is shown intact and degraded.
        other: the clip of B, None in a catch trial.
        left: what lies on the left.
        right: what lies on the right.
    """

    name: str
    row: Row
    other: Row | None
    left: Side
    right: Side

    @property
    def is_catch(self) -> bool:
        """Whether the answer is obvious: the intact clip."""
        return self.other is None


def choose_trials(
    first: Campaign, second: Campaign, *, pairs: int, catch: int, seed: int
) -> list[Trial]:
    """Return pairs of clips of one prompt, emotion and seed, and catch trials, shuffled.

    Emotions take turns, so that each is asked about as often; sides are drawn by the seed, as many
    A on the left as on the right.

    Raises:
        InputError: the campaigns share too few clips of categories, or a number makes no sense.
    """
    if pairs < 1 or catch < 2:
        raise InputError(
            f"expected at least 1 pair and 2 catch trials, got {pairs} and {catch}; without catch"
            " trials nobody can be told from a guesser"
        )
    shared = shared_rows(first, second)
    if len(shared) < pairs:
        raise InputError(
            f"expected {pairs} different clips of categories that both have, got {len(shared)}; use"
            " fewer --pairs"
        )
    rng = np.random.default_rng(seed)
    chosen = _in_turn(shared, rng)[:pairs]
    sides = rng.permutation([index % 2 for index in range(pairs)])
    trials = [
        Trial(name="", row=one, other=other, left="BA"[side], right="AB"[side])
        for (one, other), side in zip(chosen, sides, strict=True)
    ]
    sure = sorted(shared, key=_clarity, reverse=True)[: max(catch, len(shared) // 2)]
    for index, place in enumerate(rng.permutation(len(sure)).tolist() * catch):
        if index == catch:
            break
        side = int(rng.integers(2))
        names: tuple[Side, Side] = ("intact", "degraded")
        trials.append(Trial(name="", row=sure[place][side], other=None,
                            left=names[index % 2], right=names[1 - index % 2]))
    order = rng.permutation(len(trials))
    return [replace(trials[place], name=f"t{index + 1:03d}") for index, place in enumerate(order)]


def shared_rows(first: Campaign, second: Campaign) -> list[tuple[Row, Row]]:
    """Return the finished clips of categories that both campaigns have and that differ."""
    theirs = {row.request.pair: row for row in second.finished if row.measures == "category"}
    return [
        (row, theirs[row.request.pair]) for row in first.finished
        if row.measures == "category" and row.request.pair in theirs
        and (row.sha256 is None or row.sha256 != theirs[row.request.pair].sha256)
    ]


def _clarity(rows: tuple[Row, Row]) -> float:
    """Return how clearly judges read what was asked, so that catch trials are fair."""
    weights = [judge.weight(row.asked) for row in rows for judge in row.judges.values()]
    return float(np.mean(weights))


def _in_turn(
    shared: Sequence[tuple[Row, Row]], rng: np.random.Generator
) -> list[tuple[Row, Row]]:
    """Return rows shuffled such that emotions take turns."""
    queues = {name: [rows for rows in shared if rows[0].asked == name] for name in MIKELS}
    shuffled = [
        [queue[place] for place in rng.permutation(len(queue))] for queue in queues.values()
    ]
    longest = max(map(len, shuffled))
    turns = (queue[turn] for turn in range(longest) for queue in shuffled if turn < len(queue))
    return list(turns)


def clips_of(trial: Trial, first: Campaign, second: Campaign) -> tuple[Clip, Clip]:
    """Return the clips of a trial, left and right, alike in size and without any tags."""
    if trial.other is None:
        folder = first.folder if trial.row in first.rows else second.folder
        intact = _opened(folder, trial.row)
        shown = {"intact": intact, "degraded": degraded(intact)}
    else:
        shown = {"A": _opened(first.folder, trial.row), "B": _opened(second.folder, trial.other)}
    left, right = shown[trial.left], shown[trial.right]
    scale = min(1.0, *(SIDE / max(clip.width, clip.height) for clip in (left, right)))
    size = tuple(max(2, round(side * scale) // 2 * 2)
                 for side in (min(left.width, right.width), min(left.height, right.height)))
    return _sized(left, size), _sized(right, size)


def _opened(folder: Path, row: Row) -> Clip:
    return read_video(folder / row.clip, end=SECONDS).flattened().muted()


def _sized(clip: Clip, size: tuple[int, int]) -> Clip:
    if (clip.width, clip.height) == size:
        return clip
    frames = [
        np.asarray(Image.fromarray(frame).resize(size, Image.Resampling.LANCZOS))
        for frame in clip.frames
    ]
    return replace(clip, frames=np.stack(frames))


def degraded(clip: Clip) -> Clip:
    """Return a clip that shows no emotion any more: one grey frame of five by five blocks."""
    middle = Image.fromarray(clip.frames[clip.num_frames // 2]).convert("L")
    blocks = middle.resize((_BLOCKS, _BLOCKS), Image.Resampling.BOX)
    still = blocks.resize((clip.width, clip.height), Image.Resampling.NEAREST).convert("RGB")
    return replace(clip, frames=np.repeat(np.asarray(still)[None], clip.num_frames, axis=0))
