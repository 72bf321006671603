"""The hand-made table of the Noto emoji: ``labels.tsv`` in, one checked label a picture out."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

import numpy as np

from emogen.data.noto.codepoints import base_id, phrase
from emogen.emotion.labels import MIKELS
from emogen.emotion.point import EmotionPoint
from emogen.errors import CorpusError, suggest

_NEUTRAL = "neutral"


@dataclass(frozen=True, kw_only=True)
class Label:
    """What one picture shows and expresses.

    Args:
        base: code points of the picture, without skin tone.
        captions: lower-case noun phrases, the first one the plainest.
        subject: class word, for example ``rocket``.
        group: category of the emoji, for example ``animals``.
        clean: a single bold subject that reads well when small and stays in sight.
        apex: where in the cycle, 0 to 1, subject and expression are clearest.
        family: base that stands for all pictures with the same animation (recoloured hearts, ...).
        emotion: weights of Mikels' categories, which sum to one; empty for a face at rest; None for
            what carries no emotion.
        vad: valence, arousal, dominance in [-1, 1] as displayed, none larger than the intensity.
        intensity: strength of the display in [0, 1].
        note: what in the picture decided.
    """

    base: str
    captions: tuple[str, ...]
    subject: str
    group: str
    clean: bool
    apex: float
    family: str
    emotion: Mapping[str, float] | None
    vad: tuple[float, float, float]
    intensity: float
    note: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.intensity <= 1 or max(map(abs, self.vad)) > self.intensity:
            raise CorpusError(
                f"{self.base}: expected an intensity in [0, 1] and valence, arousal and dominance "
                f"within it, got {self.intensity} and {self.vad}; correct its row"
            )
        expressed = sum((self.emotion or {}).values())
        if abs(expressed - (self.intensity > 0)) > 1e-6:
            raise CorpusError(
                f"{self.base}: expected weights that sum to 1, or to 0 without intensity, "
                f"got {expressed:g}; correct its row"
            )

    def point(self) -> EmotionPoint:
        """Return the emotion with valence, arousal and dominance scaled up to full strength."""
        if not self.emotion:
            return EmotionPoint()
        valence, arousal, dominance = (value / self.intensity for value in self.vad)
        return EmotionPoint(
            weights=tuple(self.emotion.get(category, 0.0) for category in MIKELS),
            valence=valence, arousal=arousal, dominance=dominance, intensity=self.intensity,
        )  # fmt: skip

    def vector(self) -> np.ndarray:
        """Return the emotion vector, float32 [12]; all zeros if neutral or without emotion."""
        return self.point().vector()


def parse_mixture(text: str) -> Mapping[str, float] | None:
    """Read a cell of the table.

    >>> dict(parse_mixture("awe:0.6+fear:0.4")), dict(parse_mixture("neutral")), parse_mixture("")
    ({'awe': 0.6, 'fear': 0.4}, {}, None)
    """
    if text in ("", _NEUTRAL):
        return MappingProxyType({}) if text else None
    mixture = {}
    for term in text.split("+"):
        category, _, weight = term.partition(":")
        if category not in MIKELS:
            raise CorpusError(
                f"expected a category of Mikels' eight, got {category!r}"
                f"{suggest(category, MIKELS)}; known: {', '.join(MIKELS)}"
            )
        mixture[category] = float(weight or 1)
    return MappingProxyType(mixture)


@cache
def load_labels() -> Mapping[str, Label]:
    """Read the table once; keys are the bases."""
    text = resources.files("emogen.data.noto").joinpath("labels.tsv").read_text("utf-8")
    rows = csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    return MappingProxyType({row["id"]: _label(row) for row in rows})


def label_of(identifier: str) -> Label:
    """Return the label of a file, one made from its Unicode name where the table has no row."""
    base = base_id(identifier)
    known = load_labels().get(base)
    if known is not None:
        return known
    words = phrase(identifier)
    return Label(
        base=base, captions=(words,), subject=words.split(" ", 1)[1], group="other", clean=False,
        apex=0.0, family=base, emotion=None, vad=(0.0, 0.0, 0.0), intensity=0.0,
    )  # fmt: skip


def _label(row: dict[str, str]) -> Label:
    valence, arousal, dominance = (float(row[k] or 0) for k in ("valence", "arousal", "dominance"))
    return Label(
        base=row["id"], captions=tuple(row["captions"].split("|")), subject=row["subject"],
        group=row["group"], clean=row["clean"] == "1", apex=float(row["apex"]),
        family=row["family"], emotion=parse_mixture(row["emotion"]),
        vad=(valence, arousal, dominance), intensity=float(row["intensity"] or 0), note=row["note"],
    )  # fmt: skip
