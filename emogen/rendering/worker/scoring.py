"""What is read in a finished clip: a clip and what was asked in, numbers about it out.

The probe chooses among takes; the judge, which shares nothing with it or the generator, scores what
was chosen.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from emogen.assets import model_dir
from emogen.emotion import CATEGORIES, EmotionPoint, Trajectory
from emogen.emotion.labels import MIKELS
from emogen.evaluation.probe import Probe
from emogen.evaluation.recogniser.recogniser import Recogniser
from emogen.evaluation.recogniser.recognition import Recognition
from emogen.evaluation.selection import overlap
from emogen.evaluation.selection import score as probe_score
from emogen.media import Clip
from emogen.rendering.record import ChoiceRecord, folder_record

Asked = Callable[[float], EmotionPoint | None]
"""What is asked at a moment in seconds; None where nothing is."""


class Readers:
    """The probe and the judge, loaded when they are first needed and kept."""

    @cached_property
    def probe(self) -> Probe:
        """The shipped probe."""
        return Probe.load()

    @cached_property
    def judge(self) -> Recogniser:
        """The shipped main judge."""
        return Recogniser.load()

    def choose(
        self, clips: Sequence[Clip], seeds: Sequence[int], emotion: Trajectory | None
    ) -> tuple[int, ChoiceRecord]:
        """Return which take shows the emotion best, and how all of them did."""
        scores = [round(probe_score(clip, emotion, self.probe), 4) for clip in clips]
        scorer = folder_record(model_dir("probe"), name="probe")
        choice = ChoiceRecord(scorer=scorer, seeds=tuple(seeds), scores=tuple(scores))
        return scores.index(max(scores)), choice

    def score(self, clip: Clip, asked: Asked) -> dict[str, Any]:
        """Return what the judge sees in a clip and how much of what was asked that is."""
        return scores_of(self.judge.recognise(clip, modalities=("vision",)), asked)


def scores_of(found: Recognition, asked: Asked | None) -> dict[str, Any]:
    """Return the judge's answer in a few plain JSON numbers.

    `asked_share` is the mean overlap of the asked and the read distribution over the windows in
    which something was readable, in [0, 1]; None where nothing was asked or readable.
    """
    summary = found.summary
    there = np.flatnonzero(found.presence)
    share = None
    if asked is not None and len(there):
        wanted = np.stack([_distribution(asked(float(found.seconds[row]))) for row in there])
        share = round(overlap(wanted, found.emotion[there].astype(float)), 4)
    return {
        "judge": dict(found.models),
        "top": summary.top,
        "likeliest": summary.likeliest,
        "confidence": round(float(summary.confidence), 4),
        "vad": [round(float(value), 4) for value in summary.vad],
        "intensity": round(float(summary.intensity), 4),
        "asked_share": share,
    }


def along(pieces: Sequence[tuple[float, Trajectory | None]]) -> Asked:
    """Return what is asked over a clip of several pieces.

    Args:
        pieces: when each begins, in seconds, the first at 0, and its curve.

    >>> fear = Trajectory.constant(EmotionPoint.from_category("fear"))
    >>> asked = along([(0.0, None), (2.0, fear)])
    >>> asked(1.9) is None, asked(2.1).intensity
    (True, 1.0)
    """
    def at(seconds: float) -> EmotionPoint | None:
        start, curve = [piece for piece in pieces if piece[0] <= max(seconds, 0.0)][-1]
        return None if curve is None else curve.at(seconds - start)

    return at


def _distribution(point: EmotionPoint | None) -> np.ndarray:
    """Return [9], a point as a distribution over Mikels' eight and neutral."""
    if point is None:
        return np.eye(len(CATEGORIES))[-1]
    weights = point.exact()[: len(MIKELS)]
    return np.append(weights, 1 - weights.sum())
