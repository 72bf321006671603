"""The recogniser's answer: arrays over time and a summary in, JSON or a trajectory out.

Shapes: N windows, C = 9 categories (`emogen.emotion.CATEGORIES`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from emogen.emotion import CATEGORIES, MIKELS, EmotionPoint, Keyframe, Trajectory
from emogen.evaluation.recogniser.reading import Modality, ModalityReading, Tier
from emogen.evaluation.recogniser.timeline import Moments, moments

Unit = Literal["seconds", "sentences"]
UNSURE = "unsure"


@dataclass(frozen=True, kw_only=True, eq=False)
class SenseSummary:
    """What one sense says about a whole clip.

    Attributes:
        emotion: float32 [C], a distribution.
        vad: float32 [3], valence, arousal and dominance as felt.
        intensity: how strongly, in [0, 1].
        confidence: probability that its top category is right.
        weight: the share it has in the joint answer; the shares add up to 1.
        coverage: the part of the windows in which there was something to read.
    """

    emotion: np.ndarray
    vad: np.ndarray
    intensity: float
    confidence: float
    weight: float
    coverage: float

    @property
    def top(self) -> str:
        """The strongest of the nine categories."""
        return CATEGORIES[int(self.emotion.argmax())]


@dataclass(frozen=True, kw_only=True, eq=False)
class Summary:
    """What a whole clip expresses.

    Attributes:
        emotion: float32 [C], a calibrated distribution; even where nothing was readable.
        vad: float32 [3], valence, arousal and dominance as expressed and as felt, in [-1, 1].
        evoked_vad: float32 [3], what its words evoke in a reader; None without words or where the
            judge does not tell. Voice and vision only speak of what is expressed.
        intensity: how strongly, in [0, 1]; 0 where nothing was readable.
        confidence: probability that the top category is right; 0 where nothing was readable.
        conflict: probability that two senses show different emotions; 0 with fewer than two.
        pairs: the same for each pair of senses that are present, by names such as "words+voice".
        senses: each sense's own view.
        unsure: whether the judge abstains.
    """

    emotion: np.ndarray
    vad: np.ndarray
    evoked_vad: np.ndarray | None
    intensity: float
    confidence: float
    conflict: float
    pairs: Mapping[str, float]
    senses: Mapping[Modality, SenseSummary]
    unsure: bool

    @property
    def likeliest(self) -> str:
        """The strongest of the nine categories, also where the judge abstains."""
        return CATEGORIES[int(self.emotion.argmax())]

    @property
    def top(self) -> str:
        """The strongest of the nine categories, or "unsure"."""
        return UNSURE if self.unsure else self.likeliest


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Recognition:
    """What a clip, sound, picture or text expresses, when, how sure that is and who says so.

    Attributes:
        source: what was read, for people.
        unit: what ``seconds`` counts: sentences where a text was read.
        duration: length in that unit.
        seconds: float64 [N], centres of the windows, half a second apart.
        emotion: float32 [N, C], a distribution per window.
        vad: float32 [N, 3], as felt.
        intensity: float32 [N] in [0, 1].
        presence: bool [N], whether any sense had something to read.
        confidence: float32 [N], probability that the top category is right.
        conflict: float32 [N] in [0, 1].
        weights: each sense's share in the answer, float32 [N].
        readings: what each encoder said, on windows of its own.
        summary: the clip as a whole.
        tier: the strictest licence tier of the weights that were used.
        models: names and hashes of the weights used, by part.
        notes: what a person should know: no speech, one picture, another script.
    """

    source: str
    unit: Unit
    duration: float
    seconds: np.ndarray
    emotion: np.ndarray
    vad: np.ndarray
    intensity: np.ndarray
    presence: np.ndarray
    confidence: np.ndarray
    conflict: np.ndarray
    weights: Mapping[Modality, np.ndarray]
    readings: Mapping[Modality, ModalityReading]
    summary: Summary
    tier: Tier
    models: Mapping[str, str]
    notes: tuple[str, ...] = ()

    @property
    def moments(self) -> Moments | None:
        """Onset, peak, turns and drift, where there is more than one window."""
        return moments(self.seconds, self.emotion, self.intensity, self.presence)

    def trajectory(self) -> Trajectory:
        """Return the timeline as the type in which emotions are asked for.

        Windows in which nothing was readable are left out; without any the curve is neutral.
        """
        keyframes = tuple(
            Keyframe(seconds=float(time), point=point_of(row, vad, strength))
            for time, row, vad, strength, present in zip(
                self.seconds, self.emotion, self.vad, self.intensity.tolist(), self.presence,
                strict=True,
            )
            if present
        )
        if not keyframes:
            return Trajectory.constant(EmotionPoint.neutral())
        return Trajectory(keyframes=keyframes)

    def as_dict(self) -> dict[str, Any]:
        """Return everything but embeddings as plain JSON values."""
        found = self.moments
        return {
            "source": self.source,
            "top": self.summary.top,
            **_summary(self.summary),
            "moments": None if found is None else found.as_dict(),
            "unit": self.unit,
            "duration": round(self.duration, 3),
            "timeline": {
                "seconds": _rounded(self.seconds),
                "emotion": {
                    name: _rounded(row)
                    for name, row in zip(CATEGORIES, self.emotion.T, strict=True)
                },
                "vad": _rounded(self.vad),
                "intensity": _rounded(self.intensity),
                "presence": self.presence.tolist(),
                "confidence": _rounded(self.confidence),
                "conflict": _rounded(self.conflict),
                "weights": {name: _rounded(row) for name, row in self.weights.items()},
            },
            "tier": self.tier,
            "models": dict(self.models),
            "notes": list(self.notes),
        }

    def __repr__(self) -> str:
        """Say what was found."""
        return (
            f"Recognition({self.source}: {self.summary.top} at {self.summary.emotion.max():.2f},"
            f" confidence {self.summary.confidence:.2f}, {len(self.seconds)} windows, {self.tier})"
        )


def point_of(emotion: np.ndarray, vad: np.ndarray, intensity: float) -> EmotionPoint:
    """Return a distribution [C], valence/arousal/dominance as felt [3] and a strength as a point.

    >>> point = point_of(np.eye(9)[6], np.array([-0.3, 0.3, -0.2]), 0.5)
    >>> point.mixture(), point.valence, point.intensity
    ({'fear': 1.0}, -0.6, 0.5)
    """
    eight = np.asarray(emotion, float)[: len(MIKELS)]
    eight = eight if eight.sum() > 0 else np.ones(len(MIKELS))
    felt = np.clip(np.asarray(vad, float), -intensity, intensity)
    weights = intensity * eight / eight.sum()
    return EmotionPoint.from_vector(np.array([*weights, *felt, intensity]))


def _summary(summary: Summary) -> dict[str, Any]:
    evoked = summary.evoked_vad
    return {
        "likeliest": summary.likeliest,
        "unsure": summary.unsure,
        "emotion": _named(summary.emotion),
        "vad": _rounded(summary.vad),
        "evoked_vad": None if evoked is None else _rounded(evoked),
        "intensity": round(summary.intensity, 4),
        "confidence": round(summary.confidence, 4),
        "conflict": round(summary.conflict, 4),
        "conflict_between": {name: round(value, 4) for name, value in summary.pairs.items()},
        "modalities": {
            name: {
                "top": sense.top,
                "emotion": _named(sense.emotion),
                "vad": _rounded(sense.vad),
                "intensity": round(sense.intensity, 4),
                "confidence": round(sense.confidence, 4),
                "weight": round(sense.weight, 4),
                "coverage": round(sense.coverage, 4),
            }
            for name, sense in summary.senses.items()
        },
    }


def _named(emotion: np.ndarray) -> dict[str, float]:
    return dict(zip(CATEGORIES, _rounded(emotion), strict=True))


def _rounded(values: np.ndarray) -> list[Any]:
    return np.asarray(values, float).round(4).tolist()
