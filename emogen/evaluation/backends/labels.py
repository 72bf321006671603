"""Label names of public models: names and scores in, categories and valence/arousal/dominance out.

A published model brings label names of its own: 'hap', 'LABEL_3', 'joy', '05_angry'. Each is
brought home to a label of `emogen.emotion`; what that does not know is refused, never guessed.

Sources of names:
    IEMOCAP codes ('neu', 'hap', 'ang', 'sad', 'exc', 'fru'): Busso et al. 2008, as in SUPERB.
    RAVDESS ('calm', 'fearful', ...): Livingstone and Russo 2018. FER+ and AffectNet ('contempt').
    GoEmotions: Demszky et al. 2020. SemEval-2018 task 1 and TweetEval ('anticipation', 'optimism',
        'pessimism', 'trust'): Mohammad et al. 2018, Barbieri et al. 2020.
The shares of names that no label space of ours has are judgement, not measurement.

Shapes: N predictions, K labels of a model, C = 9 categories.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from emogen.emotion import CATEGORIES, LABELS, VAD, EmotionPoint
from emogen.emotion.labels import shares
from emogen.emotion.lexicon import SYNONYMS
from emogen.errors import ModelError, suggest

Kind = Literal["single", "multi", "dimensions"]
DIMENSIONS = ("valence", "arousal", "dominance")

_CODES = MappingProxyType({
    "neu": "neutral", "hap": "happiness", "ang": "anger", "sad": "sadness", "exc": "excitement",
    "fru": "annoyance", "fea": "fear", "dis": "disgust", "sur": "surprise", "cal": "calm",
    "no emotion": "neutral", "enjoyment": "joy",
})
_ALL_ALIKE = dict.fromkeys(CATEGORIES, 1 / len(CATEGORIES))
_BLENDS: MappingProxyType[str, dict[str, float]] = MappingProxyType({
    "anticipation": {"excitement": 0.6, "neutral": 0.4},
    "trust": {"contentment": 0.7, "awe": 0.3},
    "pessimism": {"sadness": 0.7, "fear": 0.3},
    "contempt": {"disgust": 0.7, "anger": 0.3},
    "boredom": {"sadness": 0.4, "neutral": 0.6},
    "other": _ALL_ALIKE, "others": _ALL_ALIKE, "unknown": _ALL_ALIKE,
})
_NEUTRAL = CATEGORIES.index("neutral")
_ANCHORS = np.array([VAD[name] for name in CATEGORIES])  # (9, 3)


def plain_name(name: str) -> str:
    """Return a label without case, numbering and separators.

    >>> plain_name("05_Angry"), plain_name("no-emotion"), plain_name(" Neutral ")
    ('angry', 'no emotion', 'neutral')
    """
    words = re.sub(r"[\s_-]+", " ", name.strip().lower())
    return re.sub(r"^\d+[ .:]*", "", words).strip()


def label_shares(name: str) -> np.ndarray | None:
    """Return the share of each category in a model's label, float64 (9,), or None if unknown.

    >>> CATEGORIES[int(label_shares("hap").argmax())], label_shares("LABEL_0") is None
    ('amusement', True)
    """
    name = plain_name(name)
    if name in _BLENDS:
        return np.array([_BLENDS[name].get(category, 0.0) for category in CATEGORIES])
    label = _home(name)
    return None if label is None else shares(label)


def label_vad(name: str) -> np.ndarray:
    """Return valence, arousal and dominance of a label that `label_shares` knows, float64 (3,).

    >>> label_vad("neu").tolist()
    [0.0, 0.0, 0.0]
    """
    name = plain_name(name)
    if name in _BLENDS:
        return np.zeros(3) if _BLENDS[name] is _ALL_ALIKE else label_shares(name) @ _ANCHORS
    return np.array(VAD[_home(name)])


def _home(name: str) -> str | None:
    name = _CODES.get(name, name)
    return name if name in LABELS else SYNONYMS.get(name)


@dataclass(frozen=True, kw_only=True)
class LabelMap:
    """What the outputs of one model mean.

    Attributes:
        names: K names as the model has them.
        kind: "single" is one label at a time (softmax), "multi" any number (sigmoid), "dimensions"
            are valence and arousal, with or without dominance, by name.
        shares: float64 [K, 9], P(category | label); empty for dimensions.
        vad: float64 [K, 3], the anchors of the labels; empty for dimensions.
        neutral: whether some label is neutral.
    """

    names: tuple[str, ...]
    kind: Kind
    shares: np.ndarray
    vad: np.ndarray
    neutral: bool

    @classmethod
    def of(
        cls,
        names: Sequence[str],
        *,
        kind: Kind,
        renamed: Mapping[str, str] | None = None,
        model: str = "the model",
    ) -> "LabelMap":
        """Bring the labels of a model home.

        Args:
            names: the labels in the order of the outputs.
            kind: how scores are to be read; dimensions are recognised by their names.
            renamed: what a label of the model stands for, by name: ``{"LABEL_0": "anger"}``.
            model: what to call it in messages.

        Raises:
            ModelError: a label is unknown, or ``renamed`` speaks of one that the model lacks.
        """
        renamed = dict(renamed or {})
        strange = sorted(set(renamed) - set(names))
        if strange:
            raise ModelError(
                f"expected labels of {model} to rename, got {', '.join(strange)};"
                f" it has: {', '.join(names)}"
            )
        meant = [renamed.get(name, name) for name in names]
        if {"valence", "arousal"} <= {plain_name(name) for name in meant} <= set(DIMENSIONS):
            return cls(names=tuple(map(plain_name, meant)), kind="dimensions",
                       shares=np.zeros((0, 9)), vad=np.zeros((0, 3)), neutral=True)
        table = [label_shares(name) for name in meant]
        _refuse_unknown(names, meant, table, model)
        matrix = np.stack(table)
        return cls(names=tuple(names), kind=kind, shares=matrix,
                   vad=np.stack([label_vad(name) for name in meant]),
                   neutral=bool((matrix[:, _NEUTRAL] == 1).any()))

    def probabilities(self, logits: np.ndarray, *, temperature: float = 1.0) -> np.ndarray:
        """Return probabilities of the labels [N, K], or for dimensions the values in [0, 1]."""
        logits = np.asarray(logits, dtype=np.float64)
        if self.kind == "dimensions":
            return np.clip(logits, 0, 1)
        logits = logits / temperature
        if self.kind == "multi":
            return 1 / (1 + np.exp(-np.clip(logits, -60, 60)))
        weights = np.exp(logits - logits.max(-1, keepdims=True))
        return weights / weights.sum(-1, keepdims=True)

    def emotion(self, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the distribution over the categories [N, 9] and what is felt [N, 3].

        Where any number of labels may hold and none of them is neutral, neutral is the probability
        that none holds (labels taken as independent).
        """
        if self.kind == "dimensions":
            return self._from_dimensions(probabilities)
        if self.kind == "single":
            return probabilities @ self.shares, probabilities @ self.vad
        part = probabilities / probabilities.sum(-1, keepdims=True)
        left = np.zeros((len(part), 1)) if self.neutral else _none_holds(probabilities)
        emotion = (1 - left) * (part @ self.shares)
        emotion[:, _NEUTRAL] += left[:, 0]
        return emotion, (1 - left) * (part @ self.vad)

    def _from_dimensions(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        felt = {name: 2 * values[:, self.names.index(name)] - 1 for name in self.names}
        points = [
            EmotionPoint.from_vad(*(float(felt[name][row]) for name in DIMENSIONS if name in felt))
            for row in range(len(values))
        ]
        emotion = np.array([point.distribution() for point in points]).reshape(-1, len(CATEGORIES))
        vad = np.array([point.exact()[8:11] for point in points]).reshape(-1, 3)
        return emotion, vad


def _none_holds(probabilities: np.ndarray) -> np.ndarray:
    return np.prod(1 - probabilities, axis=-1, keepdims=True)


def _refuse_unknown(
    names: Sequence[str], meant: Sequence[str], table: list[np.ndarray | None], model: str
) -> None:
    unknown = [name for name, row in zip(meant, table, strict=True) if row is None]
    if not unknown:
        return
    hint = suggest(plain_name(unknown[0]), LABELS)
    example = next(name for name, row in zip(names, table, strict=True) if row is None)
    raise ModelError(
        f"expected emotions as the labels of {model}, got {', '.join(unknown[:6])}{hint};"
        f" say what they stand for: labels={{{example!r}: 'anger', ...}}"
    )
