"""What one source says over time: times, emotion vectors and confidences, absent where it is mute.

Every encoder returns `Readings`, whatever it looked at; `fuse` brings them to one clock.

Shapes: N readings, 9 = `emogen.emotion.CATEGORIES` (Mikels' eight, then neutral), E = 12.
"""

from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from emogen.emotion import WIDTH
from emogen.emotion.labels import CATEGORIES
from emogen.errors import InputError

SOURCES = ("words", "voice", "tone", "portrait", "request")
"""Sentiment of the transcript; emotion of the voice; valence, arousal and dominance of its sound;
expression of the reference picture; what the user asked for."""


@dataclass(frozen=True, kw_only=True)
class Readings:
    """What one source says, one row a moment.

    Attributes:
        source: one of `SOURCES`.
        seconds: the middle of each moment, growing, float64 [N].
        spans: how long each moment lasts in seconds, float64 [N].
        distribution: over the nine categories, adding up to 1, float64 [N, 9].
        vectors: the emotion to show, `emogen.emotion` vectors, float32 [N, 12].
        confidence: how likely the largest category is right, 0 to 1; 0 where nothing is said.
        notes: what there is to know, such as why a source is absent.
    """

    source: str
    seconds: np.ndarray
    spans: np.ndarray
    distribution: np.ndarray
    vectors: np.ndarray
    confidence: np.ndarray
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse an unknown source and columns of different lengths."""
        if self.source not in SOURCES:
            raise InputError(f"expected a source of {', '.join(SOURCES)}, got {self.source!r}")
        count = len(self.seconds)
        shapes = (self.spans.shape, self.distribution.shape, self.vectors.shape,
                  self.confidence.shape)  # fmt: skip
        if shapes != ((count,), (count, len(CATEGORIES)), (count, WIDTH), (count,)):
            raise InputError(
                f"expected {count} readings with 9 categories and {WIDTH} numbers each, got shapes"
                f" {shapes}"
            )

    def __len__(self) -> int:
        """Return N."""
        return len(self.seconds)

    def __repr__(self) -> str:
        """Show the source, the size and how much of it says something."""
        return f"Readings({self.source}: {len(self)} moments, {self.present.mean():.0%} present)"

    @property
    def present(self) -> np.ndarray:
        """Whether each moment says anything, bool [N]."""
        return self.confidence > 0

    @classmethod
    def absent(cls, source: str, note: str = "") -> "Readings":
        """Return a source that says nothing, and why.

        >>> len(Readings.absent("portrait", "no face was marked"))
        0
        """
        return cls(source=source, seconds=np.zeros(0), spans=np.zeros(0),
                   distribution=np.zeros((0, len(CATEGORIES))),
                   vectors=np.zeros((0, WIDTH), np.float32), confidence=np.zeros(0),
                   notes=(note,) if note else ())  # fmt: skip


DESCRIPTIONS: MappingProxyType[str, str] = MappingProxyType({
    "words": "sentiment of the transcript",
    "voice": "emotion of the voice",
    "tone": "valence and arousal of the sound",
    "portrait": "expression of the picture",
    "request": "what was asked for",
})
"""What each source is, for people."""
