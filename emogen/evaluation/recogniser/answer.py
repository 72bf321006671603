"""From what each sense said to the answer: readings on one timeline in, a `Recognition` out.

Shapes: N windows, M senses, C categories.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from emogen.evaluation.recogniser.alignment import Rows, evidence, strength, whole
from emogen.evaluation.recogniser.fusion import PAIRS, Evidence, Fused, Fusion
from emogen.evaluation.recogniser.reading import (
    MODALITIES,
    Modality,
    ModalityReading,
    strictest,
)
from emogen.evaluation.recogniser.recognition import Recognition, SenseSummary, Summary, Unit

EVOKED = "vad_reader"
"""The words encoder's own label space that holds what a text evokes in its reader."""


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What has been read of a source, before fusion; fields as in `Recognition`.

    Attributes:
        rows: for each reading the row that belongs to each window, int64 [N], -1 where none does.
    """

    source: str
    unit: Unit
    duration: float
    seconds: np.ndarray
    readings: dict[Modality, ModalityReading]
    rows: Rows
    notes: list[str]


def answer(heard: Heard, fusion: Fusion, *, abstain_below: float) -> Recognition:
    """Return the joint answer over time and for the whole."""
    timeline = evidence(heard.readings, heard.rows)
    fused = fusion(timeline)
    notes = [*heard.notes, *_silent(heard.readings)]
    readings = {name: heard.readings[name] for name in MODALITIES if name in heard.readings}
    models = {name: reading.model for name, reading in readings.items()}
    models["fusion"] = fusion.model
    return Recognition(
        source=heard.source,
        unit=heard.unit,
        duration=heard.duration,
        seconds=heard.seconds,
        emotion=fused.emotion,
        vad=fused.vad,
        intensity=_intensity(heard, fused),
        presence=timeline.presence.any(-1),
        confidence=fused.confidence,
        conflict=fused.conflict,
        weights={name: fused.weights[:, MODALITIES.index(name)] for name in readings},
        readings=readings,
        summary=_summary(heard, fusion, timeline, fused, abstain_below),
        tier=strictest([reading.tier for reading in readings.values()]),
        models=models,
        notes=tuple(notes),
    )


def _summary(
    heard: Heard, fusion: Fusion, timeline: Evidence, fused: Fused, abstain_below: float
) -> Summary:
    """Sum up a timeline: means over time, weighted by confidence; conflict of the whole."""
    clip = whole(timeline)
    joint = fusion(clip)
    shares = _shares(fused.confidence, timeline.presence.any(-1))
    emotion = shares @ fused.emotion if shares.any() else joint.emotion[0]
    confidence = fusion.confidence(emotion, clip.presence[0])
    both = [all(clip.presence[0, MODALITIES.index(name)] for name in pair) for pair in PAIRS]
    return Summary(
        emotion=emotion,
        vad=shares @ fused.vad,
        evoked_vad=_evoked(heard.readings.get("words")),
        intensity=float(shares @ _intensity(heard, fused)),
        confidence=confidence,
        conflict=float(joint.conflict[0]),
        pairs={
            "+".join(pair): float(value)
            for pair, value, there in zip(PAIRS, joint.pairs[0], both, strict=True)
            if there
        },
        senses=_senses(heard, fusion, timeline, shares @ fused.weights),
        unsure=confidence < abstain_below,
    )


def _shares(confidence: np.ndarray, present: np.ndarray) -> np.ndarray:
    """Return what each window counts in the whole, float32 [N], adding up to 1 or all 0."""
    weights = (confidence + 1e-3) * present
    return (weights / max(float(weights.sum()), 1e-9)).astype(np.float32)


def _senses(
    heard: Heard, fusion: Fusion, timeline: Evidence, weights: np.ndarray
) -> dict[Modality, SenseSummary]:
    found: dict[Modality, SenseSummary] = {}
    clip = whole(timeline)
    for sense, name in enumerate(MODALITIES):
        if not clip.presence[0, sense]:
            continue
        alone = fusion(_alone(clip, sense))
        reading, row = heard.readings[name], heard.rows[name]
        here = timeline.presence[:, sense]
        found[name] = SenseSummary(
            emotion=alone.emotion[0],
            vad=clip.vad[0, sense],
            intensity=float(strength(reading)[row[here]].mean()),
            confidence=float(alone.confidence[0]),
            weight=float(weights[sense]),
            coverage=float(here.mean()),
        )
    return found


def _intensity(heard: Heard, fused: Fused) -> np.ndarray:
    """Return the senses' strengths, weighted as their emotions are, float32 [N]."""
    total = np.zeros(len(heard.seconds), np.float32)
    for name, reading in heard.readings.items():
        row = heard.rows[name]
        share = fused.weights[:, MODALITIES.index(name)]
        total += share * np.where(row >= 0, strength(reading)[row], 0)
    return np.clip(total, 0, 1)


def _alone(clip: Evidence, sense: int) -> Evidence:
    """Return the evidence of one sense only."""
    presence = np.zeros_like(clip.presence)
    presence[:, sense] = clip.presence[:, sense]
    return replace(clip, presence=presence)


def _evoked(words: ModalityReading | None) -> np.ndarray | None:
    """Return what the words evoke in a reader, [3], where the encoder tells."""
    if words is None or EVOKED not in words.native or not words.is_present:
        return None
    return words.native[EVOKED][words.presence].mean(0)


def _silent(readings: Mapping[Modality, ModalityReading]) -> list[str]:
    missing = {
        "voice": "voice: no speech was found in the sound",
        "vision": "vision: nothing to read in the picture",
    }
    return [words for name, words in missing.items()
            if name in readings and not readings[name].is_present]
