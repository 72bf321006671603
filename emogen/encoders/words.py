"""The words encoder: a transcript in, its sentiment line by line or second by second out.

The network is that of `emogen.emotion.words` (GoEmotions and EmoBank, no weights of the judge);
a softmax of its log-odds is the distribution, which needs no temperature: on GoEmotions' dev split
the likeliest category has .696 of it on average and is right in .698 of the comments. Lines of
words that it has not met, such as another language's, are absent.

Shapes: N readings.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from emogen.emotion.labels import CATEGORIES, GOEMOTIONS, TO_CATEGORIES
from emogen.emotion.point import EmotionPoint
from emogen.emotion.words import WordModel, load_default, tokenize
from emogen.encoders.reading import Readings
from emogen.errors import InputError

Line = tuple[float, float, str]
"""When something begins and ends to be said, in seconds, and what."""
KNOWN_SHARE = 0.6
"""Lines of which fewer words are known are not read."""
AROUND = 2.0
"""Seconds before and after a moment whose words are read with it, where words have times."""
STRENGTH = 0.85
"""How strongly words show what they say, at most; they do not say how loudly it is felt."""
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n+")
_NEUTRAL = CATEGORIES.index("neutral")


def read_words(
    transcript: str | Sequence[Line], *, seconds: float, model: WordModel | None = None
) -> Readings:
    """Return the sentiment of what is said.

    Args:
        transcript: a text, whose sentences are laid over the sound by their length; or timed
            lines, or timed words, which are read second by second with those around them.
        seconds: length of the sound.
        model: another network than the shipped one.

    Raises:
        InputError: the times do not grow, or the length is not above 0.

    >>> found = read_words("I am so happy! I won!", seconds=4.0)
    >>> len(found), found.source
    (2, 'words')
    """
    if not 0 < seconds < float("inf"):
        raise InputError(f"expected a sound longer than 0 s, got {seconds!r} s")
    model = model or load_default()
    timed = not isinstance(transcript, str)
    lines = _checked(transcript) if timed else spread(sentences(transcript), end=seconds)
    if timed and lines and all(len(text.split()) == 1 for _, _, text in lines):
        lines = second_by_second(lines, seconds)
    if not lines:
        return Readings.absent("words", "the transcript has no words")
    notes = () if timed else ("sentences have no times: they are laid over the sound by length",)
    rows = [sentiment(text, model) for _, _, text in lines]
    confidence = np.array([confidence for _, _, confidence in rows])
    if not confidence.any():
        notes = (*notes, "none of the lines could be read: too few known English words")
    times = np.array([(start, end) for start, end, _ in lines])
    return Readings(
        source="words", seconds=times.mean(1), spans=np.maximum(times[:, 1] - times[:, 0], 1e-3),
        distribution=np.stack([row for row, _, _ in rows]),
        vectors=np.stack([vector for _, vector, _ in rows]).astype(np.float32),
        confidence=confidence, notes=notes,
    )  # fmt: skip


def sentiment(text: str, model: WordModel) -> tuple[np.ndarray, np.ndarray, float]:
    """Return the distribution [9], vector [12] and confidence of a line; 0 where it is not read.

    The vector leans on the emotional labels as far as they are likelier than neutral.
    """
    words = [token for token in tokenize(text) if token[0].isalpha()]
    if not words or sum(map(model.knows, words)) < KNOWN_SHARE * len(words):
        nothing = np.zeros(len(CATEGORIES))
        nothing[_NEUTRAL] = 1.0
        return nothing, np.zeros(12), 0.0
    shares = label_shares(model.logits(text))
    distribution = shares @ TO_CATEGORIES["goemotions"]
    points = np.stack([EmotionPoint.from_category(label).exact() for label in GOEMOTIONS])
    return distribution, STRENGTH * (shares @ points), float(distribution.max())


def label_shares(logits: np.ndarray) -> np.ndarray:
    """Return how likely each of the 28 labels is, adding up to 1, of log-odds [..., 28]."""
    raised = np.exp(logits - logits.max(-1, keepdims=True))
    return raised / raised.sum(-1, keepdims=True)


def sentences(text: str) -> list[str]:
    """Return the sentences of a text.

    >>> sentences("Really? I said no. Go")
    ['Really?', 'I said no.', 'Go']
    """
    return [part.strip() for part in _SENTENCE.split(text) if re.search(r"\w", part)]


def spread(parts: Sequence[str], *, end: float, start: float = 0.0) -> list[Line]:
    """Lay parts of a text over a stretch of time, each as long as its share of the letters.

    >>> spread(["abc", "d"], end=4.0)
    [(0.0, 3.0, 'abc'), (3.0, 4.0, 'd')]
    """
    edges = start + (end - start) * np.cumsum([0, *map(len, parts)]) / max(sum(map(len, parts)), 1)
    return [(low, high, part) for (low, high), part in
            zip(pairwise(edges.tolist()), parts, strict=True)]  # fmt: skip


def second_by_second(words: Sequence[Line], seconds: float) -> list[Line]:
    """Return for each second what is said in it and two seconds before and after.

    >>> second_by_second([(0.1, 0.4, "yes"), (3.2, 3.5, "no")], 4.0)[0]
    (0.0, 1.0, 'yes')
    """
    starts, ends = (np.array(column) for column in zip(*((a, b) for a, b, _ in words), strict=True))
    out = []
    for second in range(int(np.ceil(seconds))):
        first = np.searchsorted(ends, second - AROUND, side="right")
        last = np.searchsorted(starts, second + 1 + AROUND)
        if first < last:
            text = " ".join(text for _, _, text in words[first:last])
            out.append((float(second), float(second + 1), text))
    return out


def _checked(lines: Sequence[Line]) -> list[Line]:
    """Return the lines that have words; refuse times that run backwards."""
    for start, end, text in lines:
        if not 0 <= start <= end < float("inf"):
            raise InputError(
                f"expected lines that end after they begin, got {start!r} to {end!r} s: {text!r}"
            )
    if any(later[0] < earlier[0] for earlier, later in pairwise(lines)):
        raise InputError("expected timed lines in the order in which they are said; sort them")
    return [line for line in lines if re.search(r"\w", line[2])]
