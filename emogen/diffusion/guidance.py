"""Guidance with two scales: predictions without, with text and with text and emotion in, one out.

guided = e(0) + t [e(text) - e(0)] + s [e(text, emotion) - e(text)]

with text scale t and emotion scale s (nested classifier-free guidance; Ho & Salimans 2022,
arXiv 2207.12598; Brooks et al. 2023, arXiv 2211.09800). Branches that cancel are not computed.
"""

from dataclasses import dataclass
from typing import Literal

from torch import Tensor

Branch = Literal["nothing", "text", "both"]


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
    return GuidancePlan(
        weights={branch: weight for branch, weight in weights.items() if weight != 0}
    )
