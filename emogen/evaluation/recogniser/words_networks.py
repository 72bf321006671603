"""The two networks that read words: texts in, logits and ratings out.

`NgramNetwork`, of the main judge, sums what each n-gram of words and letters speaks for, and lets a
perceptron weigh these sums together with how the text is written. `SequenceNetwork`, of the second
judge, sees words in their order through convolutions and attention. They share no weights and no
features.

Shapes: B texts, N tokens, D width, E = 40 sums of evidence, F n-grams, V words of a vocabulary.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from emogen.emotion import CATEGORIES, GOEMOTIONS
from emogen.errors import ModelError
from emogen.evaluation.recogniser.words_text import (
    STYLE,
    NgramTable,
    key_of,
    ngram_counts,
    style,
    tokenize,
)

HEADS = {"labels": len(GOEMOTIONS), "categories": len(CATEGORIES), "felt": 3, "rated": 3,
         "evoked": 3}
"""What the last layer says, in its order, and in how many numbers; see `WordScores`."""
OUTPUTS = sum(HEADS.values())
EVIDENCE = len(GOEMOTIONS) + 12
"""GoEmotions' labels, then EmoBank's ratings by reader and by writer, read in two ways."""
LONGEST = 96
"""Tokens that `SequenceNetwork` reads of a text."""
_TABLE = "table"


@dataclass(frozen=True, kw_only=True, repr=False)
class WordScores:
    """What a network says of B texts, before calibration.

    Attributes:
        labels: log-odds of GoEmotions' labels, [B, 28].
        categories: logits of Mikels' eight and neutral, [B, 9].
        felt: valence, arousal and dominance of the labels' anchors, [B, 3].
        rated: EmoBank's over both views, mapped from 1 to 5 onto -1 to 1, [B, 3].
        evoked: EmoBank's of the reader, likewise.
        features: an embedding, [B, D].
    """

    labels: Tensor
    categories: Tensor
    felt: Tensor
    rated: Tensor
    evoked: Tensor
    features: Tensor

    @classmethod
    def of(cls, outputs: Tensor, features: Tensor) -> "WordScores":
        """Cut the last layer's outputs [B, 46] into heads."""
        heads = dict(zip(HEADS, outputs.split(list(HEADS.values()), dim=1), strict=True))
        return cls(**heads, features=features)

    def __repr__(self) -> str:
        """Show the sizes."""
        return f"WordScores({len(self.labels)} texts, {self.features.shape[1]} features)"


class NgramNetwork(nn.Module):
    """A table of evidence and a perceptron.

    Args:
        features: F.
        hidden: width of the hidden layer.
        known: number of words that count as known English.
    """

    def __init__(self, *, features: int, hidden: int, known: int) -> None:
        """Make it empty."""
        super().__init__()
        self.register_buffer("keys", torch.zeros(features, dtype=torch.int32))
        self.register_buffer("known", torch.zeros(known, dtype=torch.int32))
        self.register_buffer("rarity", torch.ones(features))
        self.register_buffer(_TABLE, torch.zeros(features, EVIDENCE))
        self.register_buffer("spread", torch.ones(EVIDENCE))
        self.hidden = nn.Linear(EVIDENCE + STYLE, hidden)
        self.output = nn.Linear(hidden, OUTPUTS)

    def known_words(self) -> np.ndarray:
        """Return the keys of known words, uint32, sorted."""
        return self.known.numpy().view(np.uint32)

    def evidence(self, texts: Sequence[str]) -> Tensor:
        """Return what the n-grams of each text speak for, [B, E], about -1 to 1."""
        ngrams = NgramTable(self.keys.numpy().view(np.uint32), self.rarity.numpy())
        table = self.table.numpy()
        sums = np.zeros((len(texts), EVIDENCE), dtype=np.float32)
        for index, text in enumerate(texts):
            rows, weights = ngrams.weights(ngram_counts(text))
            sums[index] = weights @ table[rows]
        return torch.from_numpy(sums) / self.spread

    def forward(self, texts: Sequence[str]) -> WordScores:
        """Read texts."""
        evidence = self.evidence(texts)
        written = torch.from_numpy(np.stack([style(text) for text in texts]))
        return WordScores.of(self.weigh(torch.cat([evidence, written], dim=1)), evidence)

    def weigh(self, inputs: Tensor) -> Tensor:
        """Return the outputs [B, 46] for evidence and style [B, E + 14]."""
        return self.output(F.gelu(self.hidden(inputs)))


class SequenceNetwork(nn.Module):
    """Words in their order: two gated convolutions, attention with four queries, a perceptron.

    Args:
        words: V.
        width: D.
        hidden: width of the hidden layer.
    """

    def __init__(self, *, words: int, width: int, hidden: int) -> None:
        """Make it with random weights and no words."""
        super().__init__()
        self.register_buffer("keys", torch.zeros(words, dtype=torch.int32))
        self.table = nn.Parameter(0.1 * torch.randn(words + 2, width))
        self.case = nn.Embedding(_CASES, width)
        self.first = nn.Conv1d(width, 2 * width, 3, padding=1)
        self.second = nn.Conv1d(width, 2 * width, 3, padding=1)
        self.query = nn.Linear(width, 4)
        self.hidden = nn.Linear(5 * width, hidden)
        self.output = nn.Linear(hidden, OUTPUTS)
        self.dropout = nn.Dropout(0.2)

    def known_words(self) -> np.ndarray:
        """Return the keys of known words, uint32, sorted."""
        return self.keys.numpy().view(np.uint32)

    def ids(self, texts: Sequence[str]) -> Tensor:
        """Return rows of words and cases of tokens, int64 [B, N, 2]; 0 is padding, 1 unknown."""
        tokens = [tokenize(text)[:LONGEST] for text in texts]
        result = np.zeros((len(texts), max(1, *map(len, tokens), 1), 2), dtype=np.int64)
        known = self.known_words()
        for row, line in enumerate(tokens):
            keys = np.array([key_of(f"w{token.lower()}") for token in line], dtype=np.uint32)
            places = np.minimum(np.searchsorted(known, keys), len(known) - 1)
            result[row, : len(line), 0] = np.where(known[places] == keys, places + 2, 1)
            result[row, : len(line), 1] = [_case(token) for token in line]
        return torch.from_numpy(result)

    def forward(self, texts: Sequence[str]) -> WordScores:
        """Read texts."""
        return self.read(self.ids(texts))

    def read(self, ids: Tensor) -> WordScores:
        """Read ids [B, N, 2] as of `ids`."""
        word, case = ids.unbind(-1)
        there = (case > 0)[..., None]  # (B, N, 1)
        x = self.dropout(F.embedding(word, self.table) + self.case(case)) * there  # (B, N, D)
        for convolution in (self.first, self.second):
            x = (x + F.glu(convolution(x.mT), dim=1).mT) * there
        weights = self.query(x).masked_fill(~there, -1e4).softmax(1)  # (B, N, 4)
        peak = x.masked_fill(~there, -1e4).amax(1)
        pooled = torch.cat([(weights.mT @ x).flatten(1), peak], dim=1)  # (B, 5 * D)
        hidden = F.gelu(self.hidden(self.dropout(pooled)))
        return WordScores.of(self.output(self.dropout(hidden)), hidden)


_CASES = 6


def _case(token: str) -> int:
    """Return how a token is written: 1 lower, 2 UPPER, 3 Title, 4 number, 5 anything else."""
    if token.islower():
        return 1
    if token.isupper() and len(token) > 1:
        return 2
    if token[0].isupper():
        return 3
    return 4 if token[0].isdigit() else 5


def packed(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return weights as they are written: the table as int8 by column, other numbers as float16."""
    scale = state[_TABLE].abs().amax(0).clamp_min(1e-9) / 127
    small = {name: value if value.dtype == torch.int32 else value.half()
             for name, value in state.items()}
    small[_TABLE] = (state[_TABLE] / scale).round().to(torch.int8)
    return {name: value.contiguous() for name, value in small.items()} | {"scale": scale}


def unpacked(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the weights of a file as the networks take them.

    Raises:
        ModelError: it is no such file.
    """
    state = dict(tensors)
    if "scale" not in state or state.get(_TABLE, torch.zeros(0)).dtype != torch.int8:
        raise ModelError("expected a table of int8 and its scale, got other weights; copy it again")
    state[_TABLE] = state[_TABLE].float() * state.pop("scale")
    return {name: value if value.dtype == torch.int32 else value.float()
            for name, value in state.items()}
