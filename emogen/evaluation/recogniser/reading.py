"""What one modality says: the type that every encoder returns and that fusion takes.

Shapes: N windows (one about every half second), C = 9 categories, D width of an embedding, K labels
of an encoder's own.
"""

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Literal, get_args

import numpy as np

from emogen.emotion import CATEGORIES
from emogen.errors import InputError

Modality = Literal["words", "voice", "vision"]
Tier = Literal["open", "non-commercial", "research-only"]

MODALITIES: tuple[Modality, ...] = get_args(Modality)
TIERS: tuple[Tier, ...] = get_args(Tier)
"""Licence tiers of weights, the most permissive first."""
HOP = 0.5
"""Seconds between two windows of a timeline."""


@dataclass(frozen=True, kw_only=True, repr=False)
class ModalityReading:
    """What one encoder reads in one modality, a prediction per window.

    Attributes:
        modality: which sense was used.
        seconds: float64 [N], centres of the windows, growing.
        emotion: float32 [N, 9], a calibrated distribution over `emogen.emotion.CATEGORIES`.
        vad: float32 [N, 3], valence, arousal and dominance as felt (intensity included), in
            [-1, 1]; neutral is 0.
        presence: bool [N], whether there was anything to read: speech, a picture, words.
        confidence: float32 [N] in [0, 1], the calibrated probability that the top category is
            right.
        native: the encoder's own label spaces, name -> float32 [N, K].
        features: float32 [N, D], an embedding, for cosine and Frechet distances.
        tier: the licence tier of the weights that were used.
        model: name and short hash of the weights.
    """

    modality: Modality
    seconds: np.ndarray
    emotion: np.ndarray
    vad: np.ndarray
    presence: np.ndarray
    confidence: np.ndarray
    native: dict[str, np.ndarray] = field(default_factory=dict)
    features: np.ndarray
    tier: Tier
    model: str

    def __post_init__(self) -> None:
        """Refuse values that are no reading: wrong names, shapes that disagree, no distribution."""
        _check_name("modality", self.modality, MODALITIES)
        _check_name("tier", self.tier, TIERS)
        for name, dtype, tail in (
            ("seconds", np.float64, ()), ("emotion", np.float32, (len(CATEGORIES),)),
            ("vad", np.float32, (3,)), ("presence", np.bool_, ()), ("confidence", np.float32, ()),
            ("features", np.float32, (None,)),
        ):
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=dtype))
            self._check_shape(name, getattr(self, name), tail)
        for name, table in self.native.items():
            self._check_shape(f"native[{name!r}]", table, (None,))
        if (np.diff(self.seconds) < 0).any():
            raise InputError("expected windows at growing seconds, got them unsorted; sort them")
        if self.num_windows and abs(self.emotion.sum(-1) - 1).max() > 1e-3:
            raise InputError("expected rows of emotion that add up to 1; use a softmax")

    def _check_shape(self, name: str, value: np.ndarray, tail: tuple[int | None, ...]) -> None:
        expected = (len(self.seconds), *tail)
        fits = len(expected) == value.ndim and all(
            want in (None, got) for want, got in zip(expected, value.shape, strict=True)
        )
        if not fits or not np.isfinite(value).all():
            raise InputError(
                f"expected finite {name} of shape {expected}, got {value.shape};"
                " every field has one row a window"
            )

    @property
    def num_windows(self) -> int:
        """Number of windows N."""
        return len(self.seconds)

    @property
    def is_present(self) -> bool:
        """Whether any window held something to read."""
        return bool(self.presence.any())

    def __repr__(self) -> str:
        """Say what was read."""
        if not self.is_present:
            return f"ModalityReading({self.modality}: {self.num_windows} windows, nothing to read)"
        mean = self.emotion[self.presence].mean(0)
        top = CATEGORIES[int(mean.argmax())]
        return (
            f"ModalityReading({self.modality}: {self.num_windows} windows, {top} at"
            f" {mean.max():.2f}, {self.model}, {self.tier})"
        )


def concatenate(readings: list[ModalityReading]) -> ModalityReading:
    """Join readings of successive pieces of one file, made by one encoder.

    Raises:
        InputError: none is given, they differ in modality or model, or time runs back.
    """
    if not readings:
        raise InputError("expected at least one reading to join, got none; check presence first")
    first = readings[0]
    for before, after in pairwise(readings):
        if (before.modality, before.model, before.tier) != (
            after.modality, after.model, after.tier
        ):
            raise InputError(f"expected readings by one encoder, got {before!r} and {after!r}")
    arrays = ("seconds", "emotion", "vad", "presence", "confidence", "features")
    return replace(
        first,
        **{name: np.concatenate([getattr(reading, name) for reading in readings])
           for name in arrays},
        native={name: np.concatenate([reading.native[name] for reading in readings])
                for name in first.native},
    )


def strictest(tiers: list[Tier] | tuple[Tier, ...]) -> Tier:
    """Return the least permissive of licence tiers; "open" where there is none.

    >>> strictest(["open", "research-only", "non-commercial"])
    'research-only'
    """
    return max(tiers, key=TIERS.index, default="open")


def _check_name(what: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise InputError(f"expected a {what} of {', '.join(known)}, got {value!r}")
