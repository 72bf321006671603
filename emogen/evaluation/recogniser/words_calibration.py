"""How sure the words encoder may be: logits and a predicted valence in, honest shares out.

Two domains. In "social" (comments, GoEmotions) the truth of a text is the category that its labels
speak for most, by the shares of `emogen.emotion.labels`. In "sentences" (prose and headlines,
EmoBank) nobody named a category, so there a reading is right if it lies on the side that the text
was rated on: pleasant (valence above 3.2 of 1 to 5), unpleasant (below 2.8) or neither. A
confidence means just that in each.

Shapes: N texts, C = 9 categories.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from emogen.emotion.labels import TO_CATEGORIES
from emogen.errors import InputError, ModelError, suggest
from emogen.evaluation.recogniser.calibration import softmax

Domain = Literal["social", "sentences"]
DOMAINS: tuple[Domain, ...] = get_args(Domain)
SIDES = ("pleasant", "unpleasant", "neither")
SIDE_EDGE = 0.1
"""Valence in [-1, 1] beyond which a text lies on a side; 0.2 of EmoBank's scale from 1 to 5."""

_SIDE_OF = np.repeat([0, 1, 2], [4, 4, 1])
_TO_SIDES = np.eye(len(SIDES))[_SIDE_OF]  # (9, 3)
_VALENCE_UNIT = 0.1
_FLOOR = 1e-8


def check_domain(domain: str) -> None:
    """Refuse a domain that has no calibration.

    Raises:
        InputError: it is unknown.
    """
    if domain not in DOMAINS:
        hint = suggest(str(domain), DOMAINS) or "."
        raise InputError(f"unknown domain {domain!r}{hint} Known: {', '.join(DOMAINS)}")


def category_shares(labels: np.ndarray) -> np.ndarray:
    """Return how far labels [N, 28], zeros and ones, speak for each category, [N, 9], sum 1.

    >>> one_hot = np.eye(28)[[14]]  # fear
    >>> int(category_shares(one_hot).argmax())
    6
    """
    shares = labels @ TO_CATEGORIES["goemotions"]
    return shares / shares.sum(1, keepdims=True)


def category_hits(emotion: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return whether the top category [N, 9] is one of those with the most of the truth, bool [N].

    >>> category_hits(np.eye(9)[[3, 3]], np.array([[0, 0, 0, 0.5, 0.5, 0, 0, 0, 0]] * 2)).tolist()
    [True, True]
    """
    top = shares[np.arange(len(shares)), emotion.argmax(1)]
    return top >= shares.max(1) - 1e-6


def side_of_valence(valence: np.ndarray) -> np.ndarray:
    """Return the side, 0 pleasant, 1 unpleasant, 2 neither, of valence in [-1, 1], int64 [N].

    >>> side_of_valence(np.array([0.5, -0.5, 0.1])).tolist()
    [0, 1, 2]
    """
    return np.select([valence > SIDE_EDGE + 1e-6, valence < -SIDE_EDGE - 1e-6], [0, 1], 2)


def side_of_emotion(emotion: np.ndarray) -> np.ndarray:
    """Return the side of the top category of each text [N, 9], int64 [N]."""
    return _SIDE_OF[emotion.argmax(1)]


def side_inputs(emotion: np.ndarray, valence: np.ndarray) -> np.ndarray:
    """Return what the sides of sentences are read from, [N, 4].

    Args:
        emotion: [N, 9], after the temperature.
        valence: [N], as the network predicts EmoBank's, in [-1, 1].
    """
    mass = np.log(np.maximum(emotion @ _TO_SIDES, _FLOOR))
    return np.stack(
        [mass[:, 0] - mass[:, 2], mass[:, 1] - mass[:, 2], valence / _VALENCE_UNIT,
         np.ones(len(valence))], axis=1,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class WordsCalibration:
    """What was fitted on the dev splits.

    Attributes:
        temperature: by what the category logits are divided, by domain.
        confidence: slope and intercept of the log-odds of being right against the log-odds of the
            top category's share (of its side's share in "sentences"), by domain; the slope is
            positive, so the order of texts stays.
        sides: [3, 4], logits of `SIDES` in "sentences" from `side_inputs`.
    """

    temperature: Mapping[str, float]
    confidence: Mapping[str, tuple[float, float]]
    sides: np.ndarray

    def __post_init__(self) -> None:
        """Refuse what lacks a domain or turns the order of confidences round."""
        for domain in DOMAINS:
            if not self.temperature.get(domain, 0) > 0 or not self.confidence[domain][0] > 0:
                raise ModelError(f"expected a calibration above 0 of {domain!r}; fit it again")
        if np.shape(self.sides) != (len(SIDES), 4):
            raise ModelError(f"expected sides [3, 4], got {list(np.shape(self.sides))}")

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "WordsCalibration":
        """Read it from the configuration of a model folder."""
        return cls(
            temperature=config["temperature"],
            confidence={name: tuple(pair) for name, pair in config["confidence"].items()},
            sides=np.array(config["sides"], dtype=float),
        )

    def to_config(self) -> dict[str, Any]:
        """Return it as plain numbers."""
        return {
            "temperature": {name: round(value, 4) for name, value in self.temperature.items()},
            "confidence": {name: [round(number, 4) for number in pair]
                           for name, pair in self.confidence.items()},
            "sides": np.round(self.sides, 4).tolist(),
        }

    def emotion(self, logits: np.ndarray, valence: np.ndarray, domain: Domain) -> np.ndarray:
        """Return the calibrated distribution over categories, [N, 9].

        In "sentences" the shares of the sides come from `sides`; within a side the categories keep
        their proportions.
        """
        shares = softmax(logits / self.temperature[domain])
        if domain == "social":
            return shares
        wanted = softmax(side_inputs(shares, valence) @ self.sides.T)  # (N, 3)
        mass = np.maximum(shares @ _TO_SIDES, _FLOOR)
        mixed = shares * ((wanted / mass) @ _TO_SIDES.T)
        return mixed / mixed.sum(1, keepdims=True)

    def confidence_of(self, emotion: np.ndarray, domain: Domain) -> np.ndarray:
        """Return the probability that the top category of each text [N, 9] is right, [N]."""
        slope, intercept = self.confidence[domain]
        odds = slope * log_odds(top_share(emotion, domain)) + intercept
        return 1 / (1 + np.exp(-odds))


def top_share(emotion: np.ndarray, domain: Domain) -> np.ndarray:
    """Return the share of the top category, or in "sentences" of its side, [N]."""
    if domain == "social":
        return emotion.max(1)
    return (emotion @ _TO_SIDES)[np.arange(len(emotion)), side_of_emotion(emotion)]


def log_odds(share: np.ndarray) -> np.ndarray:
    """Return log(p / (1 - p)), finite at the ends."""
    share = np.clip(share, 1e-6, 1 - 1e-6)
    return np.log(share) - np.log1p(-share)

