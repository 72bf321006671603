"""Pairs that no corpus has: labelled readings of single senses in, clips of several senses out.

Nobody has recorded the same moment in words, voice and drawn pictures with one label for all. So
readings of separate corpora are put together by label: matched, where all show the same emotion,
or crossed, where one shows another. Fusion is trained on such clips and measured on others, made of
examples that no encoder learned from.

Shapes: K labelled readings of one sense, N clips, M senses, C categories, P pairs of senses.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self

import numpy as np

from emogen.emotion import CATEGORIES
from emogen.errors import CorpusError, InputError
from emogen.evaluation.recogniser.fusion import PAIRS, Evidence
from emogen.evaluation.recogniser.reading import MODALITIES, Modality

SHARED, STRANGE = 0.3, 0.1
"""Two labels match where their distributions share at least the one, differ where at most the
other; what lies between is neither."""
RIGHT = 0.5
"""Part of its largest share that a label gives to every category that counts as right."""
_ROUNDS = 200


def _rows(value: "np.ndarray | Evidence", rows: np.ndarray) -> "np.ndarray | Evidence":
    return value.only(rows) if isinstance(value, Evidence) else value[rows]


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """What one encoder says of labelled examples that it has not learned from.

    Attributes:
        emotion: float32 [K, C], its distributions, one an example.
        vad: float32 [K, 3].
        confidence: float32 [K].
        truth: float32 [K, C], the label as a distribution.
        truth_vad: float32 [K, 3], as felt.
        cluster: str [K], what examples share: a speaker, a character, a text.
        corpus: str [K], where they are from.
    """

    emotion: np.ndarray
    vad: np.ndarray
    confidence: np.ndarray
    truth: np.ndarray
    truth_vad: np.ndarray
    cluster: np.ndarray
    corpus: np.ndarray

    def __post_init__(self) -> None:
        """Check that every column has as many rows."""
        lengths = {field.name: len(getattr(self, field.name)) for field in fields(self)}
        if len(set(lengths.values())) > 1 or not len(self.emotion):
            raise InputError(f"expected columns of one length above 0, got {lengths}")

    def __len__(self) -> int:
        return len(self.emotion)

    def only(self, rows: np.ndarray) -> Self:
        """Return some of the examples."""
        return type(self)(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    def save(self, path: str | Path) -> None:
        """Write an ``.npz``."""
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        columns = {field.name: getattr(self, field.name) for field in fields(self)}
        np.savez_compressed(path, **columns)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read an ``.npz``.

        Raises:
            CorpusError: there is none.
        """
        if not Path(path).is_file():
            raise CorpusError(
                f"no readings at {path}; make them with training/cache_judge_fusion.py"
            )
        with np.load(path) as file:
            return cls(**{field.name: file[field.name] for field in fields(cls)})


@dataclass(frozen=True, kw_only=True)
class Clips:
    """Clips put together from single senses.

    Attributes:
        evidence: what the senses say.
        category: int64 [N], the emotion that the first sense shows, and all in a matched clip.
        truth: float32 [N, M, C], each sense's label.
        truth_vad: float32 [N, M, 3], each sense's own.
        crossed: bool [N, P], whether a pair of senses shows different emotions.
        rows: int64 [N, M], which example each sense came from, -1 where it is absent.
    """

    evidence: Evidence
    category: np.ndarray
    truth: np.ndarray
    truth_vad: np.ndarray
    crossed: np.ndarray
    rows: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)

    def only(self, rows: np.ndarray) -> Self:
        """Return some of the clips."""
        return type(self)(**{field.name: _rows(getattr(self, field.name), rows)
                             for field in fields(self)})

    def target(self) -> np.ndarray:
        """Return what is to be said of the senses present, float32 [N, C].

        The one category of a matched clip; of a crossed one the mean of the labels.
        """
        mixed = np.einsum("nm,nmc->nc", self._shares(), self.truth)
        one = np.eye(len(CATEGORIES), dtype=np.float32)[self.category]
        return np.where(self.crossed.any(1)[:, None], mixed, one).astype(np.float32)

    def target_vad(self) -> np.ndarray:
        """Return the mean valence, arousal and dominance of the senses present, float32 [N, 3]."""
        return np.einsum("nm,nmd->nd", self._shares(), self.truth_vad).astype(np.float32)

    def right(self, emotion: np.ndarray) -> np.ndarray:
        """Tell whether the top category of distributions [N, C] is one that the labels name.

        It is where the mean label of the senses present gives it at least half of its largest
        share: a happy voice is amused, content or excited.
        """
        truth = np.einsum("nm,nmc->nc", self._shares(), self.truth)
        top = emotion.argmax(1)
        return truth[np.arange(len(top)), top] >= RIGHT * truth.max(1)

    def _shares(self) -> np.ndarray:
        presence = self.evidence.presence
        return presence / np.maximum(presence.sum(1, keepdims=True), 1)


def assemble(
    tables: Mapping[Modality, Labelled], count: int, rng: np.random.Generator, *,
    crossed: bool = False,
) -> Clips:
    """Put clips together, one example of every sense in each.

    The first sense, any of them, is drawn as its corpus has it, and a category from its label; the
    others are drawn among the examples that show that category, the more of it the likelier. In a
    crossed clip one sense shows another category instead.

    Args:
        tables: labelled readings by sense.
        count: N.
        rng: decides which.
        crossed: whether one sense of each clip contradicts the others.

    Raises:
        InputError: the labels of some sense have nothing in common with the others'.
    """
    rows = np.full((count, len(MODALITIES)), -1)
    category = np.zeros(count, np.int64)
    names = [name for name in MODALITIES if name in tables]
    for clip in range(count):
        rows[clip], category[clip] = _draw(tables, names, rng, crossed=crossed)
    return _gathered(tables, rows, category)


def _draw(
    tables: Mapping[Modality, Labelled], names: list[Modality], rng: np.random.Generator, *,
    crossed: bool,
) -> tuple[np.ndarray, int]:
    for _ in range(_ROUNDS):
        first = names[rng.integers(len(names))]
        row = int(rng.integers(len(tables[first])))
        truth = tables[first].truth[row]
        category = int(rng.choice(len(CATEGORIES), p=truth / truth.sum()))
        odd = names[rng.integers(len(names))] if crossed else None
        odd = None if odd == first else odd
        if crossed and odd is None:
            continue
        rows = np.full(len(MODALITIES), -1)
        rows[MODALITIES.index(first)] = row
        for name in names:
            if name != first:
                rows[MODALITIES.index(name)] = _fitting(
                    tables[name], category, truth, rng, strange=name == odd
                )
        if (rows[[MODALITIES.index(name) for name in names]] >= 0).all():
            return rows, category
    raise InputError(f"found no {', '.join(names)} that go together; check the labels")


def _fitting(
    table: Labelled, category: int, truth: np.ndarray, rng: np.random.Generator, *, strange: bool
) -> int:
    """Return an example that shows a category, or one that shares nothing with a label, or -1."""
    if strange:
        weights = (overlap(table.truth, truth) <= STRANGE).astype(float)
    else:
        weights = np.where(overlap(table.truth, truth) >= SHARED, table.truth[:, category], 0)
    return int(rng.choice(len(table), p=weights / weights.sum())) if weights.any() else -1


def overlap(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return what two distributions [..., C] share, in [0, 1].

    >>> float(overlap(np.array([0.4, 0.6, 0.0]), np.array([0.5, 0.0, 0.5])))
    0.4
    """
    return np.minimum(first, second).sum(-1)


def _gathered(
    tables: Mapping[Modality, Labelled], rows: np.ndarray, category: np.ndarray
) -> Clips:
    count, senses = rows.shape
    arrays = {
        "emotion": np.full((count, senses, len(CATEGORIES)), 1 / len(CATEGORIES), np.float32),
        "truth": np.zeros((count, senses, len(CATEGORIES)), np.float32),
        "vad": np.zeros((count, senses, 3), np.float32),
        "truth_vad": np.zeros((count, senses, 3), np.float32),
        "confidence": np.zeros((count, senses), np.float32),
    }
    for name, table in tables.items():
        sense = MODALITIES.index(name)
        for column, array in arrays.items():
            array[:, sense] = getattr(table, column)[rows[:, sense]]
    presence = rows >= 0
    pairs = [(MODALITIES.index(first), MODALITIES.index(second)) for first, second in PAIRS]
    apart = np.stack(
        [overlap(arrays["truth"][:, one], arrays["truth"][:, other]) <= STRANGE
         for one, other in pairs], axis=1,
    )
    return Clips(
        evidence=Evidence(emotion=arrays["emotion"], vad=arrays["vad"],
                          confidence=arrays["confidence"], presence=presence),
        category=category,
        truth=arrays["truth"],
        truth_vad=arrays["truth_vad"],
        crossed=apart & np.stack([presence[:, a] & presence[:, b] for a, b in pairs], axis=1),
        rows=rows,
    )
