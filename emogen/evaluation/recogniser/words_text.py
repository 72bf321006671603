"""What the words encoder sees of a text: letters in, words, n-grams and style out.

Or the reason why a text is not read: nothing in it, another script, words that are not English ones
that the model has met. N-grams and words go by their CRC-32, so that no weight file holds a text.

Shapes: F n-grams of a table.
"""

import re
import unicodedata
import zlib
from collections import Counter
from functools import lru_cache
from itertools import chain, pairwise

import numpy as np

from emogen.evaluation.recogniser.transcript import latin_share

LEAST_LATIN = 0.5
"""Part of the letters that must be Latin."""
LEAST_KNOWN = 0.5
"""Part of the letters that must lie in words that the model knows."""
CHARACTERS = (2, 3, 4, 5)
"""Lengths of the n-grams of letters."""
STYLE = 14
"""How many numbers `style` gives."""

_TOKEN = re.compile(r"\[[A-Z]+\]|\w+(?:'\w+)*|[^\w\s]")
_DRAWN_OUT = re.compile(r"(.)\1{3,}")
_MOST = 4.0


def plain(text: str) -> str:
    """Return a text with one kind of apostrophe and no sign more than three times in a row.

    >>> plain("Sooooo don\u2019t!!!!!")
    "Sooo don't!!!"
    """
    return _DRAWN_OUT.sub(r"\1\1\1", text.replace("\u2019", "'"))


def tokenize(text: str) -> list[str]:
    """Return words in their case, and punctuation and emoji one by one.

    >>> tokenize("I don't KNOW...")
    ['I', "don't", 'KNOW', '.', '.', '.']
    """
    return _TOKEN.findall(plain(text))


def key_of(piece: str) -> int:
    """Return the number below 2**32 that stands for a word or n-gram (CRC-32).

    >>> key_of("joy")
    1908222228
    """
    return zlib.crc32(piece.encode())


@lru_cache(maxsize=1 << 16)
def _spelled(word: str) -> tuple[int, ...]:
    """Return the keys of a word's n-grams of letters, its ends marked by spaces."""
    marked = f" {word} "
    return tuple(
        key_of("c" + marked[start : start + length])
        for length in CHARACTERS
        for start in range(max(1, len(marked) - length + 1))
    )


def ngram_counts(text: str) -> tuple[Counter[int], Counter[int]]:
    """Return how often each n-gram occurs, by its key: of words (1 and 2), of letters (2 to 5).

    >>> words, letters = ngram_counts("No, no!")
    >>> words[key_of("wno")], words[key_of("wno ,")], letters[key_of("cno")]
    (2, 1, 2)
    """
    lower = plain(text).lower()
    tokens = _TOKEN.findall(lower)
    pairs = (f"w{before} {token}" for before, token in pairwise(tokens))
    words = Counter(map(key_of, chain((f"w{token}" for token in tokens), pairs)))
    return words, Counter(chain.from_iterable(map(_spelled, lower.split())))


class NgramTable:
    """Which n-grams count and how much, made from a corpus.

    Args:
        keys: uint32 [F], sorted.
        rarity: float32 [F], the weight of an n-gram that occurs once (inverse document frequency).
    """

    def __init__(self, keys: np.ndarray, rarity: np.ndarray) -> None:
        self.keys, self.rarity = keys, rarity

    def __len__(self) -> int:
        """Return F."""
        return len(self.keys)

    def weights(self, counts: tuple[Counter[int], ...]) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows of a text's known n-grams, int64 [K], and their weights, float32 [K].

        Weights are (1 + ln count) * rarity, those of words and those of letters each of norm 1
        (Salton and Buckley 1988).
        """
        rows, weights = [], []
        for block in counts:
            found, scale = self._block(block)
            rows.append(found)
            weights.append(scale / max(float(np.sqrt(scale @ scale)), 1e-9))
        return np.concatenate(rows), np.concatenate(weights)

    def _block(self, counts: Counter[int]) -> tuple[np.ndarray, np.ndarray]:
        keys = np.fromiter(counts.keys(), dtype=np.uint32, count=len(counts))
        number = np.fromiter(counts.values(), dtype=np.float32, count=len(counts))
        rows = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        known = self.keys[rows] == keys
        rows = rows[known]
        return rows, (1 + np.log(number[known])) * self.rarity[rows]


def style(text: str) -> np.ndarray:
    """Return how a text is written, float32 [14], about 0 to 4: length, capitals, punctuation.

    >>> style("WHY?!")[2:6].tolist()
    [1.0, 1.0, 1.0, 1.0]
    """
    words, size, last = text.split(), max(len(text), 1), text.rstrip()[-1:]
    count = max(len(words), 1)
    numbers = (
        np.log1p(len(words)), np.log1p(size),
        sum(word.isupper() and len(word) > 1 for word in words) / count,
        sum(word[0].isupper() for word in words) / count,
        text.count("!"), text.count("?"), text.count(","),
        bool(last) and last in ".!?\"'", text.count('"'),
        5 * sum(sign.isdigit() for sign in text) / size,
        sum(map(len, words)) / count / 5, text[:1].isupper(),
        text.count("...") + text.count(". . ."), text.startswith('"'),
    )
    return np.minimum(np.array(numbers, dtype=np.float32), _MOST)


def why_unreadable(text: str, known: np.ndarray) -> str | None:
    """Return why a text cannot be read by a model of English, or None where it can.

    Args:
        text: the text.
        known: uint32, the keys of the words that the model has met, sorted.

    >>> known = np.sort(np.array([key_of("wi"), key_of("wlove"), key_of("wit")], dtype=np.uint32))
    >>> why_unreadable("I love it", known), why_unreadable(" ... ", known)
    (None, 'it has no words')
    >>> why_unreadable("Kocham to", known)
    'only 0 % of its letters lie in English words that the model knows; 50 % are needed'
    """
    tokens = tokenize(text.lower())
    letters = sum(sign.isalpha() for sign in text)
    if not letters:
        pictures = [sign for sign in tokens if unicodedata.category(sign[0]) == "So"]
        return None if pictures else "it has no words"
    if latin_share(text) < LEAST_LATIN:
        return "its letters are of another script than Latin, which the model cannot read"
    words = [token for token in tokens if any(map(str.isalpha, token))]
    keys = np.array([key_of(f"w{word}") for word in words], dtype=np.uint32)
    rows = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    sizes = np.array([len(word) for word in words], dtype=float)
    share = float(sizes @ (known[rows] == keys) / sizes.sum())
    if share < LEAST_KNOWN:
        return (f"only {100 * share:.0f} % of its letters lie in English words that the model "
                f"knows; {100 * LEAST_KNOWN:.0f} % are needed")
    return None
