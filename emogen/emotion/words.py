"""Free words: a short text in, an emotion and a confidence out, with a small numpy model.

Every token is a sum of three vectors: its word, its character 3- to 5-grams (hashed) and the pair
it forms with the token before (hashed). Attention with one learnt query pools the tokens, beside
their maximum; two linear heads read the 28 GoEmotions labels and valence/arousal/dominance from it.
`training/train_words.py` makes the weights; their card is `assets/models/words/README.md`.

Shapes: N tokens, D width of a token vector.
"""

import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from emogen.assets import model_dir
from emogen.emotion.anchors import VAD
from emogen.emotion.labels import GOEMOTIONS, TO_CATEGORIES
from emogen.emotion.lexicon import point_of
from emogen.emotion.point import EmotionPoint
from emogen.errors import ModelError, NotationError

CONFIDENCE_FLOOR = 0.25
"""Below this, `resolve` refuses instead of guessing."""

_TOKEN = re.compile(r"\w+(?:'\w+)*|[^\w\s]")
_NEGATIONS = frozenset({"not", "no", "never", "without", "hardly", "nothing", "isn't", "don't"})
_ANCHORS = np.array([VAD[label] for label in GOEMOTIONS])
_ARRAYS = ("vocabulary", "word", "piece", "pair", "scale", "query", "head", "bias", "prior",
           "threshold", "vad_head", "vad_bias", "vad_spread")


def tokenize(text: str) -> list[str]:
    """Return lower-case words, and punctuation and emoji one by one.

    >>> tokenize("I don't know...")
    ['i', "don't", 'know', '.', '.', '.']
    """
    return _TOKEN.findall(text.lower().replace("\u2019", "'"))


def bucket(text: str, size: int) -> int:
    """Return a stable hash of a text below ``size`` (CRC-32).

    >>> bucket("joy", 1024)
    276
    """
    return zlib.crc32(text.encode()) % size


def pieces(word: str, size: int) -> list[int]:
    """Return the buckets of a word's character 3- to 5-grams, with its ends marked."""
    marked = f"<{word}>"
    return [bucket(marked[start : start + length], size)
            for length in (3, 4, 5) for start in range(max(1, len(marked) - length + 1))]


@dataclass(frozen=True, kw_only=True)
class Resolution:
    """What free words were read as.

    Attributes:
        text: the words.
        point: the emotion at full strength.
        confidence: in [0, 1]; how far the evidence is an emotion, a clear one, and of known words.
        labels: the network's likeliest GoEmotions labels with their share, best first.
    """

    text: str
    point: EmotionPoint
    confidence: float
    labels: tuple[tuple[str, float], ...]


class WordModel:
    """The weights and their forward pass; make it with `load`.

    Args:
        arrays: the arrays of the weight file by name.
    """

    def __init__(self, arrays: dict[str, np.ndarray]) -> None:
        """Check the arrays and index the vocabulary."""
        missing = [name for name in _ARRAYS if name not in arrays]
        if missing:
            raise ModelError(f"expected the arrays {', '.join(_ARRAYS)}; missing {missing}")
        words = arrays["vocabulary"].tobytes().decode().split("\n")
        self.vocabulary = {word: row for row, word in enumerate(words)}
        self._arrays = {name: arrays[name] for name in _ARRAYS[1:]}

    def knows(self, word: str) -> bool:
        """Return whether a token is a label, a synonym or in the training vocabulary."""
        return word in self.vocabulary or point_of(word) is not None

    def pool(self, text: str) -> np.ndarray:
        """Return the pooled features of a text, float32 (2 * D,); zeros for no tokens."""
        tokens = tokenize(text)
        width = self._arrays["query"].shape[0]
        if not tokens:
            return np.zeros(2 * width, dtype=np.float32)
        vectors = np.stack(list(self._vectors(tokens)))  # (N, D)
        attention = np.exp(vectors @ self._arrays["query"])
        pooled = attention @ vectors / attention.sum()
        return np.concatenate([pooled, vectors.max(0)])

    def logits(self, text: str) -> np.ndarray:
        """Return the log-odds of the 28 GoEmotions labels, (28,)."""
        return self.pool(text) @ self._arrays["head"] + self._arrays["bias"]

    def vad(self, text: str) -> np.ndarray:
        """Return valence, arousal, dominance in standard deviations of EmoBank, (3,)."""
        return self.pool(text) @ self._arrays["vad_head"] + self._arrays["vad_bias"]

    def labels(self, text: str) -> list[str]:
        """Return the labels whose probability passes its threshold, tuned on GoEmotions dev."""
        probability = _sigmoid(self.logits(text))
        passed = probability >= self._arrays["threshold"]
        return [label for label, yes in zip(GOEMOTIONS, passed, strict=True) if yes]

    def resolve(self, text: str) -> Resolution:
        """Return the emotion of a text, however weak; `resolve` of this module can refuse.

        The network's labels, tempered against their base rate, and the hand-made lexicon are
        averaged; the lexicon weighs more the larger its share of the words, and nothing beside a
        negation.
        """
        probability = _sigmoid(self.logits(text))
        share = probability[:-1] / np.sqrt(_sigmoid(self._arrays["prior"][:-1]))  # (27,)
        share = share / share.sum()
        tokens = [token for token in tokenize(text) if token[0].isalpha()]
        entries = [] if _NEGATIONS & set(tokens) else list(filter(None, map(point_of, tokens)))
        trust = len(entries) / (0.75 * len(entries) + 0.25 * len(tokens) + 0.25)
        emotional = probability[:-1].max() / (probability[:-1].max() + probability[-1])
        certain = emotional * self._known_share(tokens) * np.sort(share)[-3:].sum()
        confidence = 1 - (1 - trust) * (1 - certain)
        vector = (1 - trust) * self._network_vector(text, share)
        vector += trust * np.mean([entry.exact() for entry in entries] or [np.zeros(12)], axis=0)
        best = sorted(zip(GOEMOTIONS, share.tolist(), strict=False), key=lambda pair: -pair[1])
        return Resolution(text=text, point=EmotionPoint.from_vector(vector),
                          confidence=float(confidence), labels=tuple(best[:3]))

    def _network_vector(self, text: str, share: np.ndarray) -> np.ndarray:
        """Return the vector (12,) of label shares (27,) and the V/A/D head, at full strength."""
        eight = share @ TO_CATEGORIES["goemotions"][:-1, :8]
        spread = self.vad(text) / self._arrays["vad_spread"]
        vad = np.clip(0.7 * (share @ _ANCHORS[:-1]) + 0.3 * spread, -1, 1)
        return np.concatenate([eight / eight.sum(), vad, [1.0]])

    def _vectors(self, tokens: list[str]) -> Iterable[np.ndarray]:
        arrays, scale = self._arrays, self._arrays["scale"]
        for before, token in zip(["<s>", *tokens], tokens, strict=False):
            rows = pieces(token, len(arrays["piece"]))
            total = arrays["piece"][rows].mean(0) * scale[1]
            pair = bucket(f"{before} {token}", len(arrays["pair"]))
            total = total + arrays["pair"][pair] * scale[2]
            if token in self.vocabulary:
                total = total + arrays["word"][self.vocabulary[token]] * scale[0]
            yield total.astype(np.float32)

    def _known_share(self, words: list[str]) -> float:
        return sum(map(self.knows, words)) / len(words) if words else 0.0


def resolve(text: str, *, model: WordModel) -> Resolution:
    """Return what free words mean.

    Raises:
        NotationError: the words carry no clear emotion, or are not words.
    """
    result = model.resolve(text)
    if result.confidence < CONFIDENCE_FLOOR:
        nearest = ", ".join(label for label, _ in result.labels)
        raise NotationError(
            f"expected words with a clear emotion, got {text!r} (confidence"
            f" {result.confidence:.2f}, needed {CONFIDENCE_FLOOR:g}; nearest: {nearest});"
            " use a label such as 'sadness' or v= and a= coordinates"
        )
    return result


def load(folder: Path) -> WordModel:
    """Return the model of a folder that holds ``words.npz``.

    Raises:
        ModelError: there is no such file, or it is not one of ours.
    """
    path = Path(folder) / "words.npz"
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (OSError, ValueError, BadZipFile) as error:
        raise ModelError(
            f"expected word weights at {path}, got: {error}; run training/train_words.py"
        ) from error
    return WordModel(arrays)


@lru_cache(maxsize=1)
def load_default() -> WordModel:
    """Return the shipped model, read once."""
    return load(model_dir("words"))


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logits))
