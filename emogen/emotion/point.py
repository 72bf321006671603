"""One emotion: a mixture of Mikels' eight, valence/arousal/dominance and an intensity.

The vector used everywhere, float32 (12,):
    0-7   mixture weight times intensity, in the order of `emogen.emotion.labels.MIKELS`
    8-10  valence, arousal, dominance in [-1, 1], times intensity
    11    intensity in [0, 1]
Neutral is the zero vector, exactly. The eight add up to the intensity, so what is missing to one is
the share of neutral.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from emogen.emotion.anchors import MIKELS_VAD, VAD
from emogen.emotion.labels import CATEGORIES, MIKELS, shares
from emogen.errors import InputError

WIDTH = 12
"""The width E of an emotion vector."""
_BANDWIDTH = 0.3
_TOLERANCE = 1e-6
FAINTEST = 1e-4
"""An intensity below this is neutral: a point cannot be both too faint to see and have a colour."""


@dataclass(frozen=True, kw_only=True)
class EmotionPoint:
    """What is felt at one moment; valid once made, and comparable by value.

    Attributes:
        weights: mixture over Mikels' eight, adding up to 1, or all zero where the intensity is 0.
        valence: unpleasant -1 to pleasant 1, at full strength.
        arousal: calm -1 to excited 1, at full strength.
        dominance: controlled -1 to in control 1, at full strength.
        intensity: how strongly it is felt, 0 to 1; it scales all of the above.

    >>> EmotionPoint.from_category("fear", 0.5).vector().tolist()[6:]
    [0.5, 0.0, -0.30000001192092896, 0.30000001192092896, -0.20000000298023224, 0.5]
    """

    weights: tuple[float, ...] = field(default=(0.0,) * len(MIKELS))
    valence: float = 0.0
    arousal: float = 0.0
    dominance: float = 0.0
    intensity: float = 0.0

    def __post_init__(self) -> None:
        """Check the ranges and make every point too faint to see the one neutral point."""
        weights = _as_weights(self.weights)
        numbers = (*weights, *self.vad, self.intensity)
        if not all(math.isfinite(number) for number in numbers):
            raise InputError(f"expected finite numbers, got {numbers}; remove nan and inf")
        if any(abs(value) > 1 + _TOLERANCE for value in self.vad):
            raise InputError(
                f"expected valence, arousal and dominance in [-1, 1], got {self.vad}; rescale them"
            )
        if not -_TOLERANCE <= self.intensity <= 1 + _TOLERANCE:
            raise InputError(f"expected an intensity in [0, 1], got {self.intensity:g}; rescale it")
        if self.intensity < FAINTEST:
            self._set(weights=(0.0,) * 8, valence=0.0, arousal=0.0, dominance=0.0, intensity=0.0)
            return
        total = sum(weights)
        if min(weights) < -_TOLERANCE or abs(total - 1) > 1e-3:
            raise InputError(
                f"expected eight weights >= 0 that add up to 1, got a sum of {total:g}; normalise"
            )
        clean = tuple(max(weight, 0.0) for weight in weights)
        self._set(weights=tuple(weight / sum(clean) for weight in clean),
                  intensity=min(self.intensity, 1.0))
        self._set(**{name: float(np.clip(getattr(self, name), -1, 1))
                     for name in ("valence", "arousal", "dominance")})

    def _set(self, **values: object) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @classmethod
    def neutral(cls) -> "EmotionPoint":
        """Return the point whose vector is all zeros."""
        return cls()

    @classmethod
    def from_category(cls, label: str, intensity: float = 1.0) -> "EmotionPoint":
        """Return a label of any space (`emogen.emotion.labels.LABELS`) at an intensity in [0, 1].

        The mixture is the label's share of Mikels' eight without neutral; valence, arousal and
        dominance are the label's own anchor.

        >>> EmotionPoint.from_category("joy").mixture()
        {'amusement': 0.4, 'contentment': 0.3, 'excitement': 0.3}
        """
        eight = shares(label)[:8]
        if not eight.any():
            return cls()
        valence, arousal, dominance = VAD[label]
        return cls(weights=tuple((eight / eight.sum()).tolist()), valence=valence,
                   arousal=arousal, dominance=dominance, intensity=intensity)

    @classmethod
    def from_vad(
        cls, valence: float, arousal: float, dominance: float | None = None
    ) -> "EmotionPoint":
        """Return the point felt as these coordinates in [-1, 1], with a soft mixture.

        The intensity is the largest absolute coordinate, so the origin is neutral. The mixture is
        a softmax of the squared distance between the direction asked for and that of each of
        Mikels' anchors, both stretched to the surface of the cube; without a dominance it is left
        out of the distance and taken from the mixture.

        >>> point = EmotionPoint.from_vad(-0.8, 0.8, -0.6)
        >>> point.dominant, point.intensity
        ('fear', 0.8)
        """
        felt = np.array([valence, arousal] if dominance is None else [valence, arousal, dominance])
        intensity = float(np.abs(felt).max())
        if intensity < FAINTEST:
            return cls()
        weights = _soft_mixture(felt / intensity)
        vad = np.append(felt / intensity, weights @ MIKELS_VAD[:, len(felt):])
        return cls(weights=tuple(weights.tolist()), valence=float(vad[0]), arousal=float(vad[1]),
                   dominance=float(vad[2]), intensity=intensity)

    @classmethod
    def mix(cls, parts: Iterable[tuple["EmotionPoint", float]]) -> "EmotionPoint":
        """Return the weighted sum of points, each strength in [0, 1] and together at most 1.

        >>> awe, fear = map(EmotionPoint.from_category, ("awe", "fear"))
        >>> EmotionPoint.mix([(awe, 0.6), (fear, 0.2)]).intensity
        0.8
        """
        parts = list(parts)
        strengths = [strength for _, strength in parts]
        if any(strength < 0 for strength in strengths) or sum(strengths) > 1 + 1e-3:
            raise InputError(
                f"expected strengths >= 0 adding up to at most 1, got {strengths}; lower them"
            )
        total = sum((point.exact() * strength for point, strength in parts), np.zeros(WIDTH))
        return cls.from_vector(total)

    @classmethod
    def from_vector(cls, vector: np.ndarray) -> "EmotionPoint":
        """Return the point of a vector (12,); the inverse of `vector`.

        Model output is welcome: negative mixture entries count as zero, the mixture is normalised,
        and numbers a little out of range are clipped.

        Raises:
            InputError: the shape is not (12,), a number is not finite, or there is an intensity
                without a mixture.
        """
        values = np.asarray(vector, dtype=np.float64)
        if values.shape != (WIDTH,) or not np.isfinite(values).all():
            raise InputError(
                f"expected a finite emotion vector of shape ({WIDTH},), got shape {values.shape}"
                f" {values.tolist() if values.shape == (WIDTH,) else ''}; use EmotionPoint.vector()"
            )
        intensity = float(np.clip(values[11], 0, 1))
        if intensity < FAINTEST:
            return cls()
        weights = np.clip(values[:8], 0, None)
        if weights.sum() <= 0:
            raise InputError(
                f"expected a mixture with an intensity of {intensity:g}, got eight zeros;"
                " set the intensity to 0 for neutral"
            )
        valence, arousal, dominance = np.clip(values[8:11] / intensity, -1, 1).tolist()
        return cls(weights=tuple((weights / weights.sum()).tolist()), valence=valence,
                   arousal=arousal, dominance=dominance, intensity=intensity)

    @property
    def vad(self) -> tuple[float, float, float]:
        """Valence, arousal and dominance at full strength."""
        return self.valence, self.arousal, self.dominance

    @property
    def dominant(self) -> str:
        """The largest of the nine categories, neutral holding what the intensity leaves."""
        return CATEGORIES[int(self.distribution().argmax())]

    def exact(self) -> np.ndarray:
        """Return the vector in float64 (12,), for arithmetic."""
        return self.intensity * np.array([*self.weights, *self.vad, 1.0])

    def vector(self) -> np.ndarray:
        """Return the float32 vector (12,) described in this module's docstring."""
        return self.exact().astype(np.float32)

    def distribution(self) -> np.ndarray:
        """Return the probability of Mikels' eight and neutral, float64 (9,), adding up to 1."""
        return np.array([*(self.intensity * np.array(self.weights)), 1 - self.intensity])

    def mixture(self) -> dict[str, float]:
        """Return the non-zero weights by name, largest first."""
        pairs = sorted(zip(MIKELS, self.weights, strict=True), key=lambda pair: -pair[1])
        return {name: weight for name, weight in pairs if weight}

    def scaled(self, factor: float) -> "EmotionPoint":
        """Return the same feeling, its intensity times a factor >= 0 and at most 1.

        >>> EmotionPoint.from_category("awe", 0.4).scaled(2).intensity
        0.8
        """
        if not factor >= 0:
            raise InputError(f"expected a factor >= 0, got {factor:g}; use 0 for neutral")
        return replace(self, intensity=min(1.0, self.intensity * factor))


def _as_weights(weights: Mapping[str, float] | Iterable[float]) -> tuple[float, ...]:
    """Return eight floats from a sequence in Mikels' order or a mapping by name."""
    if isinstance(weights, Mapping):
        unknown = set(weights) - set(MIKELS)
        if unknown:
            raise InputError(
                f"expected weights of {', '.join(MIKELS)}, got {', '.join(sorted(unknown))};"
                " use EmotionPoint.from_category for other labels"
            )
        weights = [weights.get(name, 0.0) for name in MIKELS]
    eight = tuple(float(weight) for weight in weights)
    if len(eight) != len(MIKELS):
        raise InputError(f"expected 8 weights, got {len(eight)}; order: {', '.join(MIKELS)}")
    return eight


def _soft_mixture(direction: np.ndarray) -> np.ndarray:
    """Return weights (8,) of the anchors nearest to a direction (2,) or (3,) on the cube."""
    anchors = MIKELS_VAD[:, : len(direction)]
    anchors = anchors / np.abs(anchors).max(1, keepdims=True)
    squared = ((anchors - direction) ** 2).sum(1)
    weights = np.exp(-(squared - squared.min()) / (2 * _BANDWIDTH**2))
    return weights / weights.sum()
