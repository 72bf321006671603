"""Label spaces of emotion: names in, a distribution over Mikels' eight and neutral out.

Four public spaces meet here. Mikels' eight (with neutral) is the hub: every other space has one
matrix into it, and `convert` goes from any space to any other through the hub.

Sources:
    MIKELS: Mikels et al. 2005, Behavior Research Methods 37(4); the order of EmoVid.
    EKMAN6: Ekman 1992, Cognition and Emotion 6; EKMAN7 adds neutral, as MELD and GoEmotions do.
    GOEMOTIONS: Demszky et al. 2020, ACL; the order of its published `labels.txt`.
    RAVDESS: Livingstone and Russo 2018, PLoS ONE 13(5); the order of its file names (01 to 08).
    GOEMOTIONS_TO_EKMAN: the grouping published with GoEmotions (its Ekman level).
    TO_CATEGORIES: derived here by reading each space's definitions against Mikels' terms. Six
        labels are in Mikels' set by name; the others are judgement, not measurement.

Valence, arousal and dominance live in `emogen.emotion.anchors`.
"""

from collections.abc import Sequence
from types import MappingProxyType
from typing import Literal

import numpy as np

from emogen.errors import NotationError, suggest

Space = Literal["mikels", "categories", "ekman6", "ekman7", "goemotions", "ravdess"]

MIKELS = (
    "amusement", "awe", "contentment", "excitement", "anger", "disgust", "fear", "sadness",
)
CATEGORIES = (*MIKELS, "neutral")
EKMAN6 = ("anger", "disgust", "fear", "happiness", "sadness", "surprise")
EKMAN7 = (*EKMAN6, "neutral")
GOEMOTIONS = (
    "admiration", "amusement", "anger", "annoyance", "approval", "caring", "confusion",
    "curiosity", "desire", "disappointment", "disapproval", "disgust", "embarrassment",
    "excitement", "fear", "gratitude", "grief", "joy", "love", "nervousness", "optimism",
    "pride", "realization", "relief", "remorse", "sadness", "surprise", "neutral",
)
RAVDESS = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised")

GOEMOTIONS_TO_EKMAN = MappingProxyType({
    "anger": ("anger", "annoyance", "disapproval"),
    "disgust": ("disgust",),
    "fear": ("fear", "nervousness"),
    "happiness": (
        "joy", "amusement", "approval", "excitement", "gratitude", "love", "optimism", "relief",
        "pride", "admiration", "desire", "caring",
    ),
    "sadness": ("sadness", "disappointment", "embarrassment", "grief", "remorse"),
    "surprise": ("surprise", "realization", "confusion", "curiosity"),
    "neutral": ("neutral",),
})

_HAPPINESS = {"amusement": 0.4, "contentment": 0.3, "excitement": 0.3}
_SURPRISE = {"awe": 0.5, "excitement": 0.3, "fear": 0.2}
_SHARES: dict[str, dict[str, float]] = {
    **{name: {name: 1.0} for name in CATEGORIES},
    "happiness": _HAPPINESS, "happy": _HAPPINESS,
    "surprise": _SURPRISE, "surprised": _SURPRISE,
    "sad": {"sadness": 1.0}, "angry": {"anger": 1.0}, "fearful": {"fear": 1.0},
    "calm": {"contentment": 1.0},
    "admiration": {"awe": 0.6, "contentment": 0.4},
    "annoyance": {"anger": 0.8, "disgust": 0.2},
    "approval": {"contentment": 0.7, "neutral": 0.3},
    "caring": {"contentment": 1.0},
    "confusion": {"fear": 0.3, "awe": 0.1, "neutral": 0.6},
    "curiosity": {"excitement": 0.3, "awe": 0.2, "neutral": 0.5},
    "desire": {"excitement": 0.8, "contentment": 0.2},
    "disappointment": {"sadness": 0.8, "anger": 0.2},
    "disapproval": {"disgust": 0.5, "anger": 0.5},
    "embarrassment": {"sadness": 0.5, "fear": 0.5},
    "gratitude": {"contentment": 0.9, "awe": 0.1},
    "grief": {"sadness": 1.0},
    "joy": _HAPPINESS,
    "love": {"contentment": 0.7, "excitement": 0.3},
    "nervousness": {"fear": 1.0},
    "optimism": {"excitement": 0.5, "contentment": 0.5},
    "pride": {"contentment": 0.5, "excitement": 0.4, "awe": 0.1},
    "realization": {"awe": 0.3, "neutral": 0.7},
    "relief": {"contentment": 1.0},
    "remorse": {"sadness": 0.9, "fear": 0.1},
}

SPACES: MappingProxyType[str, tuple[str, ...]] = MappingProxyType({
    "mikels": MIKELS,
    "categories": CATEGORIES,
    "ekman6": EKMAN6,
    "ekman7": EKMAN7,
    "goemotions": GOEMOTIONS,
    "ravdess": RAVDESS,
})
LABELS = tuple(dict.fromkeys(label for space in SPACES.values() for label in space))


def shares(label: str) -> np.ndarray:
    """Return the share of each category (Mikels' eight, then neutral) in a label, float64 (9,).

    Raises:
        NotationError: the label is in none of the spaces.

    >>> dict(zip(CATEGORIES, shares("nervousness").tolist()))["fear"]
    1.0
    """
    if label not in _SHARES:
        hint = suggest(label, LABELS) or "."
        raise NotationError(f"unknown emotion {label!r}{hint} Known: {', '.join(LABELS)}")
    return np.array([_SHARES[label].get(name, 0.0) for name in CATEGORIES])


def _frozen(labels: Sequence[str]) -> np.ndarray:
    matrix = np.stack([shares(label) for label in labels])
    matrix.setflags(write=False)
    return matrix


TO_CATEGORIES: MappingProxyType[str, np.ndarray] = MappingProxyType(
    {space: _frozen(labels) for space, labels in SPACES.items()}
)
"""Row-stochastic matrices (labels of the space, 9): P(category | label)."""


def mapping(source: Space, target: Space) -> np.ndarray:
    """Return P(target label | source label) as a row-stochastic matrix.

    Out of the hub, Bayes' rule with equal prior on the target's labels inverts its matrix; mass on
    a category that no target label covers (neutral, where the target has none) is spread evenly.
    GoEmotions to Ekman uses the published grouping instead.

    >>> mapping("mikels", "ekman7").shape
    (8, 7)
    """
    if source == target:
        return np.eye(len(SPACES[source]))
    if source == "goemotions" and target == "ekman7":
        return _published_grouping()
    likelihood = TO_CATEGORIES[target].T  # (9, targets)
    total = likelihood.sum(1, keepdims=True)
    even = np.full_like(likelihood, 1 / likelihood.shape[1])
    posterior = np.divide(likelihood, total, out=even, where=total > 0)
    return TO_CATEGORIES[source] @ posterior


def convert(probabilities: np.ndarray, source: Space, target: Space) -> np.ndarray:
    """Return probabilities (..., source labels) as probabilities (..., target labels).

    >>> only_fear = np.array([0, 0, 0, 0, 0, 0, 1.0, 0])
    >>> EKMAN6[int(convert(only_fear, "mikels", "ekman6").argmax())]
    'fear'
    """
    return np.asarray(probabilities, dtype=np.float64) @ mapping(source, target)


def _published_grouping() -> np.ndarray:
    matrix = np.zeros((len(GOEMOTIONS), len(EKMAN7)))
    for group, members in GOEMOTIONS_TO_EKMAN.items():
        for member in members:
            matrix[GOEMOTIONS.index(member), EKMAN7.index(group)] = 1.0
    return matrix
