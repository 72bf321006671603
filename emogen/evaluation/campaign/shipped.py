"""The shipped recognisers as judges of a campaign: a clip in, what a row needs to know out."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from emogen.evaluation.campaign.judges import Judge
from emogen.evaluation.recogniser.recogniser import Recogniser
from emogen.evaluation.recogniser.recognition import Recognition
from emogen.media import Clip

JUDGES = ("main", "second")


@dataclass(frozen=True, kw_only=True, eq=False)
class JudgeReading:
    """A recognition as `emogen.evaluation.campaign.judges.Recognised` wants it.

    Windows in which nothing could be read are left out, unless that were all.
    """

    seconds: np.ndarray
    emotion: np.ndarray
    vad: np.ndarray
    intensity: np.ndarray
    clip_emotion: np.ndarray
    top: str
    confidence: float
    unsure: bool
    features: np.ndarray
    tier: str
    models: dict[str, str]

    @classmethod
    def of(cls, found: Recognition) -> Self:
        """Return what a recognition says; its embedding is that of the sense it trusts most."""
        there = found.presence if found.presence.any() else np.ones_like(found.presence)
        summary = found.summary
        sense = "vision" if "vision" in found.readings else next(iter(found.readings))
        return cls(
            seconds=found.seconds[there], emotion=found.emotion[there], vad=found.vad[there],
            intensity=found.intensity[there], clip_emotion=summary.emotion, top=summary.likeliest,
            confidence=summary.confidence, unsure=summary.unsure,
            features=found.readings[sense].features, tier=found.tier, models=dict(found.models),
        )


class ShippedJudge:
    """A recogniser that judges clips by what is seen and heard in them.

    Args:
        recogniser: any, the shipped main one by default.
    """

    def __init__(self, recogniser: Recogniser) -> None:
        """Hold the recogniser; its encoders are loaded when they are first needed."""
        self.recogniser = recogniser

    def recognise(self, clip: Clip) -> JudgeReading:
        """Return what a clip expresses."""
        return JudgeReading.of(self.recogniser.recognise(clip))


def shipped_judges() -> dict[str, Judge]:
    """Return the main and the second judge, which share no weights, features or training split.

    Raises:
        ModelError: their weights are missing or damaged.
    """
    judges = {name: ShippedJudge(Recogniser.load(judge=name)) for name in JUDGES}
    for judge in judges.values():
        judge.recogniser.encoder("vision")  # now, not after the first clip was made
    return judges
