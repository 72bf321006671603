"""The fidelity protocol: a fixed grid of requests and their clips in, rows and figures out.

It knows nothing of the generator: any clips of the requests can be judged, also drawn ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from emogen.data.rig.casting import DEFAULT_COLOURS
from emogen.data.rig.characters import Character
from emogen.data.synthetic import HELD_OUT
from emogen.emotion import MIKELS, Trajectory, parse
from emogen.evaluation.probe import Probe
from emogen.evaluation.statistics import (
    Estimate,
    bootstrap_mean,
    bootstrap_spearman,
    pearson,
    spearman,
    wilson,
)

SUBJECTS = (
    "woman", "man", "cat", "dog", "bear", "rabbit", "fox", "penguin", "robot", "ghost", "star",
    "pumpkin",
)
INTENSITY_SUBJECTS = ("dog", "robot")
INTENSITIES = (0.2, 0.4, 0.6, 0.8, 1.0)
STRENGTH = 0.9
CURVES = (
    ("sadness", "amusement"), ("fear", "contentment"), ("anger", "awe"), ("excitement", "disgust"),
    ("contentment", "anger"), ("amusement", "fear"), ("awe", "sadness"), ("disgust", "excitement"),
    ("fear", "excitement"), ("sadness", "contentment"), ("anger", "disgust"), ("amusement", "awe"),
)
METRICS = {
    "emotion": "emotion shown, of 8",
    "emotion_held_out": "emotion shown, pairs never trained on",
    "subject": "subject shown",
    "asked_weight": "weight of the asked emotion",
    "intensity_series": "intensity, Spearman in a series",
    "intensity_pooled": "intensity, Spearman pooled",
    "curve": "curve, correlation over time",
}


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One request of the grid.

    Attributes:
        part: which figure it serves: grid, intensity or curve.
        subject: kind of the character.
        emotions: the category asked for, or the two of a curve.
        intensity: how strongly.
        seed: of the noise; the same for all emotions of a prompt, so that only the request differs.
    """

    part: str
    subject: str
    emotions: tuple[str, ...]
    intensity: float
    seed: int

    @property
    def prompt(self) -> str:
        """The subject in its usual colour, for example ``an orange cat``."""
        colour = DEFAULT_COLOURS.get(self.subject, ("red",))[0]
        return Character(kind=self.subject, colour=colour).phrase

    @property
    def notation(self) -> str:
        """The emotion as a user would write it."""
        return " -> ".join(f"{name}:{self.intensity:g}" for name in self.emotions)

    def trajectory(self, num_frames: int, fps: float) -> Trajectory:
        """Return the emotion over a clip."""
        return parse(self.notation, seconds=(num_frames - 1) / fps)

    @property
    def held_out(self) -> bool:
        """Whether training never showed this subject with this emotion."""
        return any((self.subject, name) in HELD_OUT for name in self.emotions)


def grid() -> list[Ask]:
    """Return all requests."""
    asks = [
        Ask(part="grid", subject=kind, emotions=(name,), intensity=STRENGTH, seed=100 + index)
        for index, kind in enumerate(SUBJECTS) for name in MIKELS
    ]
    asks += [
        Ask(part="intensity", subject=kind, emotions=(name,), intensity=strength, seed=200 + index)
        for index, kind in enumerate(INTENSITY_SUBJECTS) for name in MIKELS
        for strength in INTENSITIES
    ]
    asks += [
        Ask(part="curve", subject=kind, emotions=pair, intensity=STRENGTH, seed=300 + index)
        for index, (kind, pair) in enumerate(zip(SUBJECTS, CURVES, strict=True))
    ]
    return asks


def quick(asks: Sequence[Ask]) -> list[Ask]:
    """Return about a third: a diagonal of the grid, a third of the series, of the curves."""
    def kept(ask: Ask) -> bool:
        place = MIKELS.index(ask.emotions[0])
        if ask.part == "curve":
            return CURVES.index(ask.emotions) % 3 == 0
        subjects = SUBJECTS if ask.part == "grid" else INTENSITY_SUBJECTS
        diagonal = (place + subjects.index(ask.subject)) % 3 == 0
        return diagonal or (ask.part == "grid" and ask.held_out)

    return [ask for ask in asks if kept(ask)]


def judge(ask: Ask, frames: np.ndarray, probe: Probe, *, fps: float) -> dict[str, Any]:
    """Return the row of one clip: what was asked and what the probe read."""
    reading = probe(frames)
    weights = dict(zip(MIKELS, reading.clip_emotion.astype(float).round(4).tolist(), strict=False))
    row = {
        "part": ask.part, "prompt": ask.prompt, "subject": ask.subject, "emotion": ask.notation,
        "asked": ask.emotions[0], "intensity": ask.intensity, "seed": ask.seed,
        "held_out": ask.held_out, "read_emotion": reading.top_emotion, "read_weights": weights,
        "read_intensity": round(float(reading.intensity.mean()), 4),
        "read_subject": reading.top_subject,
    }
    if ask.part == "curve":
        asked = ask.trajectory(len(frames), fps).latent(len(frames), fps)
        read = reading.latent_emotion()
        places = [MIKELS.index(name) for name in ask.emotions]
        row["correlations"] = [round(pearson(asked[:, i], read[:, i]), 4) for i in places]
    return row


def summarise(rows: Sequence[dict[str, Any]]) -> dict[str, Estimate]:
    """Return the figures of a set of rows: Wilson intervals of shares, else bootstrap by prompt."""
    known = [row for row in rows if row["part"] == "grid" and not row["held_out"]]
    new = [row for row in rows if row["part"] == "grid" and row["held_out"]]
    shares = {
        "emotion": [row["read_emotion"] == row["asked"] for row in known],
        "emotion_held_out": [row["read_emotion"] == row["asked"] for row in new],
        "subject": [row["read_subject"] == row["subject"] for row in known + new],
    }
    result = {name: wilson(sum(hits), len(hits)) for name, hits in shares.items() if hits}
    if known:
        weights = [row["read_weights"][row["asked"]] for row in known]
        result["asked_weight"] = bootstrap_mean(weights, [row["prompt"] for row in known])
    series = [row for row in rows if row["part"] == "intensity"]
    if series:
        result |= _intensity(series)
    curves = [float(np.mean(row["correlations"])) for row in rows if row["part"] == "curve"]
    if curves:
        result["curve"] = bootstrap_mean(curves)
    return result


def _intensity(rows: Sequence[dict[str, Any]]) -> dict[str, Estimate]:
    groups: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for row in rows:
        pair = row["intensity"], row["read_weights"][row["asked"]]
        groups.setdefault((row["prompt"], row["asked"]), []).append(pair)
    pairs = [pair for group in groups.values() for pair in group]
    series = [key for key, group in groups.items() for _ in group]
    return {
        "intensity_series": bootstrap_mean(
            [spearman(*zip(*group, strict=True)) for group in groups.values()]
        ),
        "intensity_pooled": bootstrap_spearman(*zip(*pairs, strict=True), series),
    }
