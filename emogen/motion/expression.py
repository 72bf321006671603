"""Emotion to the face: emotion vectors in, the action units that show them out.

Prototypes follow the literature's (happiness 6+12, sadness 1+4+15, surprise 1+2+5+26, fear
1+2+4+5+20+26, anger 4+5+7+23, disgust 9+15+16; Ekman, Friesen and Hager 2002), arranged for Mikels'
eight categories after the core patterns of Cordaro et al. (2018): amusement 6+7+12+25+26,
contentment 12+43, awe and excitement 1+2+5 with parted or smiling lips. A mood opens the mouth to a
third at most, so that it never speaks for the words.

Shapes: T frames, K channels of `emogen.motion.schema`, vectors as `emogen.emotion` samples them.
"""

import numpy as np

from emogen.emotion import MIKELS
from emogen.motion import schema

MOOD_GAPE = 1 / 3
"""How far a mood alone may open the jaw."""
PROTOTYPES: dict[str, dict[str, float]] = {
    "amusement": {"AU6": 1.0, "AU7": 0.4, "AU12_left": 1.0, "AU12_right": 1.0, "AU25": 0.8,
                  "AU26": 0.3},
    "awe": {"AU1": 0.9, "AU2": 0.85, "AU5": 0.9, "AU25": 0.5, "AU26": 0.33},
    "contentment": {"AU6": 0.25, "AU12_left": 0.6, "AU12_right": 0.6, "AU43": 0.6},
    "excitement": {"AU1": 0.5, "AU2": 0.9, "AU5": 0.85, "AU6": 0.3, "AU12_left": 0.95,
                   "AU12_right": 0.95, "AU25": 0.8, "AU26": 0.3},
    "anger": {"AU4": 1.0, "AU5": 0.4, "AU7": 0.75, "AU10": 0.25, "AU17": 0.2, "AU23": 0.8,
              "AU24": 0.3},
    "disgust": {"AU4": 0.4, "AU7": 0.5, "AU9": 1.0, "AU10": 0.75, "AU15": 0.5, "AU16": 0.3,
                "AU17": 0.3},
    "fear": {"AU1": 1.0, "AU2": 0.5, "AU4": 0.7, "AU5": 1.0, "AU20": 0.85, "AU25": 0.4,
             "AU26": 0.3},
    "sadness": {"AU1": 1.0, "AU4": 0.6, "AU15": 0.95, "AU17": 0.45, "AU43": 0.45},
}  # fmt: skip
"""Action units of each category at full strength."""
POSTURES: dict[str, dict[str, float]] = {
    "amusement": {"head_pitch": -2, "head_roll": 3}, "awe": {"head_pitch": -4, "head_scale": -0.01},
    "contentment": {"head_roll": 4, "head_pitch": 1}, "excitement": {"head_pitch": -3},
    "anger": {"head_pitch": 4, "head_scale": 0.03}, "disgust": {"head_yaw": 7, "head_roll": -4},
    "fear": {"head_pitch": -2, "head_scale": -0.03}, "sadness": {"head_pitch": 8, "head_roll": 3},
}  # fmt: skip
"""How each category holds the head at full strength, in the units of the schema."""


def _table(rows: dict[str, dict[str, float]]) -> np.ndarray:
    table = np.zeros((len(MIKELS), schema.WIDTH), np.float32)
    for category, values in rows.items():
        for name, value in values.items():
            table[MIKELS.index(category), schema.index(name)] = value
    return table


_FACES, _HEADS = _table(PROTOTYPES), _table(POSTURES)


def expression(vectors: np.ndarray, *, posture: bool = False) -> np.ndarray:
    """Return the face of emotion vectors [T, 12], float32 [T, K]; neutral is rest.

    Args:
        vectors: as `Trajectory.sample` returns them.
        posture: whether the head takes part.

    >>> from emogen.emotion import EmotionPoint
    >>> sad = EmotionPoint.from_category("sadness", 0.5).vector()[None]
    >>> expression(sad)[0, [schema.index("AU1"), schema.index("AU15")]].round(3).tolist()
    [0.5, 0.4749999940395355]
    """
    weights = np.asarray(vectors, np.float32)[:, : len(MIKELS)].clip(0, 1)
    face = weights @ (_FACES + _HEADS if posture else _FACES)
    jaw = schema.index("AU26")
    face[:, jaw] = np.minimum(face[:, jaw], MOOD_GAPE)
    return schema.clamp(face)


def condition(vectors: np.ndarray) -> np.ndarray:
    """Return what the network is told of emotion vectors [T, 12], float32 [T, 12].

    The eight weights, what is left for neutral, and valence, arousal and dominance.
    """
    vectors = np.asarray(vectors, np.float32)
    neutral = 1 - vectors[:, :8].sum(1, keepdims=True)
    return np.concatenate([vectors[:, :8], neutral, vectors[:, 8:11]], axis=1)
