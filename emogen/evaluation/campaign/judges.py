"""What judges a campaign: the two types that a judge must have, so that any can be given.

`emogen.evaluation.recogniser` has two such judges, of different architecture and training data.
"""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

import numpy as np

from emogen.media import Clip


class Recognised(Protocol):
    """What a judge says of a clip, N windows long.

    Attributes:
        seconds: [N] centres of windows.
        emotion: [N, 9] distributions over `emogen.emotion.CATEGORIES`.
        vad: [N, 3] valence, arousal and dominance as felt, in [-1, 1].
        intensity: [N] in [0, 1].
        clip_emotion: [9], the distribution of the whole clip.
        top: name of the strongest of the nine.
        confidence: calibrated probability in [0, 1] that ``top`` is right.
        unsure: whether the judge would rather not say.
        features: [N, D], an embedding.
        tier: licence tier of the weights.
        models: names and hashes of the weights, as a mapping, a sequence or one text.
    """

    seconds: np.ndarray
    emotion: np.ndarray
    vad: np.ndarray
    intensity: np.ndarray
    clip_emotion: np.ndarray
    top: str
    confidence: float
    unsure: bool
    features: np.ndarray
    tier: str
    models: object


@runtime_checkable
class Judge(Protocol):
    """Whoever reads clips."""

    def recognise(self, clip: Clip) -> Recognised:
        """Return what a clip expresses."""
        ...


Judges = Mapping[str, Judge]
"""Judges by name: ``main`` first, ``second`` to cross-check."""


def models_text(models: object) -> str:
    """Return the weights a judge used as one text.

    >>> models_text({"vision": "small a1b2", "voice": "small c3d4"}), models_text(("a", "b"))
    ('vision: small a1b2, voice: small c3d4', 'a, b')
    """
    if isinstance(models, Mapping):
        return ", ".join(f"{name}: {model}" for name, model in models.items())
    return models if isinstance(models, str) else ", ".join(map(str, models))
