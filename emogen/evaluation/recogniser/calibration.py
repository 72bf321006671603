"""Calibration: over- or under-sure distributions in, honest ones out, a temperature per domain.

A model that is right in 60 % of the cases where it says .9 has to say .6. One number, fitted on
examples that it has not learned from, does most of that (Guo et al. 2017, ICML): the logarithms of
its probabilities are divided by a temperature. What "right" costs differs between corpora, so each
domain has its own.

Shapes: N rows, K classes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from emogen.errors import InputError, suggest

RANGE = (0.05, 20.0)
"""Temperatures that are searched."""
_FLOOR = 1e-8
_STEPS = 60


def tempered(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Return distributions [..., K] made flatter (temperature > 1) or sharper (< 1).

    The order of the classes stays; a temperature of 1 changes nothing but what is below 1e-8.

    >>> tempered(np.array([0.8, 0.2]), 2.0).round(3).tolist()
    [0.667, 0.333]
    """
    if not temperature > 0:
        raise InputError(f"expected a temperature above 0, got {temperature}; 1 changes nothing")
    return softmax(np.log(np.maximum(probabilities, _FLOOR)) / temperature)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Return logits [..., K] as distributions.

    >>> softmax(np.array([0.0, 0.0])).tolist()
    [0.5, 0.5]
    """
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def cross_entropy(probabilities: np.ndarray, targets: np.ndarray) -> float:
    """Return the mean of -sum(target * log(probability)) over rows [N, K], in nats.

    >>> round(cross_entropy(np.array([[0.5, 0.5]]), np.array([[1.0, 0.0]])), 4)
    0.6931
    """
    return float(-(targets * np.log(np.maximum(probabilities, _FLOOR))).sum(-1).mean())


def fit_temperature(probabilities: np.ndarray, targets: np.ndarray) -> float:
    """Return the temperature of least cross-entropy, by golden-section search over its logarithm.

    The cross-entropy is convex in 1 / temperature, so there is one minimum.

    Args:
        probabilities: [N, K] distributions of the model, on examples it has not learned from.
        targets: [N, K] distributions of the truth, one-hot or soft.

    Raises:
        InputError: no rows, or shapes that differ.

    >>> sure = np.array([[0.9, 0.1]] * 10)
    >>> right_in_six = np.array([[1.0, 0.0]] * 6 + [[0.0, 1.0]] * 4)
    >>> float(tempered(sure, fit_temperature(sure, right_in_six))[0, 0].round(3))
    0.6
    """
    probabilities, targets = np.asarray(probabilities, float), np.asarray(targets, float)
    if probabilities.shape != targets.shape or probabilities.ndim != 2 or not len(targets):
        raise InputError(
            f"expected as many targets as distributions, [N, K], got {targets.shape} for"
            f" {probabilities.shape}"
        )
    low, high = np.log(RANGE)
    ratio = (np.sqrt(5) - 1) / 2
    for _ in range(_STEPS):
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        losses = [
            cross_entropy(tempered(probabilities, float(np.exp(at))), targets)
            for at in (left, right)
        ]
        low, high = (low, right) if losses[0] < losses[1] else (left, high)
    return float(np.exp((low + high) / 2))


@dataclass(frozen=True, kw_only=True)
class Temperatures:
    """A temperature per domain.

    Attributes:
        by_domain: name of a domain -> temperature above 0.
        default: the domain that is used where none is named.

    >>> table = Temperatures(by_domain={"social": 1.3, "sentences": 2.0}, default="social")
    >>> table.of(), table.of("sentences")
    (1.3, 2.0)
    """

    by_domain: Mapping[str, float]
    default: str

    def __post_init__(self) -> None:
        """Check that the default is there and every temperature above 0."""
        self.of(self.default)
        wrong = {name: value for name, value in self.by_domain.items() if not value > 0}
        if wrong:
            raise InputError(f"expected temperatures above 0, got {wrong}; fit them again")

    def of(self, domain: str | None = None) -> float:
        """Return the temperature of a domain, of the default one unless it is named.

        Raises:
            InputError: there is no such domain.
        """
        name = self.default if domain is None else domain
        if name not in self.by_domain:
            known = list(self.by_domain)
            hint = suggest(name, known) or "."
            raise InputError(f"unknown domain {name!r}{hint} Known: {', '.join(known)}")
        return float(self.by_domain[name])
