"""Guidance with a scale a condition: predictions with fewer and more of them in, one out.

guided = e(0) + t [e(text) - e(0)] + s [e(text, emotion) - e(text)]

with text scale t and emotion scale s (nested classifier-free guidance; Ho & Salimans 2022,
arXiv 2207.12598; Brooks et al. 2023, arXiv 2211.09800). A talking head has speech between the two,
so that lips keep while emotion rises:

guided = e(0) + t [e(text) - e(0)] + a [e(text, speech) - e(text)]
         + s [e(text, speech, emotion) - e(text, speech)]

Branches that cancel are not computed.
"""

from dataclasses import dataclass
from typing import Literal

from torch import Tensor

Branch = Literal["nothing", "text", "both", "speech", "all"]


@dataclass(frozen=True, kw_only=True)
class GuidancePlan:
    """Which passes a step needs and how they are weighed.

    Attributes:
        weights: Weight of each branch; they add up to one.
    """

    weights: dict[Branch, float]

    @property
    def branches(self) -> tuple[Branch, ...]:
        """The passes to compute."""
        return tuple(self.weights)

    def combine(self, predictions: Tensor) -> Tensor:
        """Weigh predictions stacked by branch, [branches * B, ...] -> [B, ...]."""
        parts = predictions.chunk(len(self.weights))
        return sum(weight * part for weight, part in zip(self.weights.values(), parts, strict=True))


def plan(*, text_scale: float, emotion_scale: float, emotional: bool) -> GuidancePlan:
    """Return the fewest passes for two scales.

    >>> plan(text_scale=4.0, emotion_scale=4.0, emotional=True).weights
    {'nothing': -3.0, 'both': 4.0}
    >>> plan(text_scale=4.0, emotion_scale=2.0, emotional=True).weights
    {'nothing': -3.0, 'text': 2.0, 'both': 2.0}
    >>> plan(text_scale=1.0, emotion_scale=1.0, emotional=True).weights
    {'both': 1.0}
    >>> plan(text_scale=4.0, emotion_scale=9.0, emotional=False).weights
    {'nothing': -3.0, 'text': 4.0}
    """
    emotion_scale = emotion_scale if emotional else 0.0
    weights: dict[Branch, float] = {
        "nothing": 1 - text_scale,
        "text": text_scale - emotion_scale,
        "both": emotion_scale,
    }
    return _without_zeros(weights)


def head_plan(
    *, text_scale: float, audio_scale: float, emotion_scale: float, emotional: bool
) -> GuidancePlan:
    """Return the fewest passes for the three scales of a talking head.

    >>> head_plan(text_scale=1, audio_scale=1, emotion_scale=1, emotional=True).weights
    {'all': 1}
    >>> head_plan(text_scale=1, audio_scale=2, emotion_scale=3, emotional=True).weights
    {'text': -1, 'speech': -1, 'all': 3}
    >>> head_plan(text_scale=2, audio_scale=2, emotion_scale=9, emotional=False).weights
    {'nothing': -1, 'speech': 2}
    """
    emotion_scale = emotion_scale if emotional else 0
    return _without_zeros({
        "nothing": 1 - text_scale,
        "text": text_scale - audio_scale,
        "speech": audio_scale - emotion_scale,
        "all": emotion_scale,
    })


def _without_zeros(weights: dict[Branch, float]) -> GuidancePlan:
    return GuidancePlan(
        weights={branch: weight for branch, weight in weights.items() if weight != 0}
    )
