"""Big models that read words: a text or timed lines in, a reading per line out.

RoBERTa and whatever else `AutoModelForSequenceClassification` opens, with one label a text
(softmax) or any number of them (sigmoid), as the model's configuration says. A text longer than the
model takes is read in pieces, which count by their length.

A model of languages in Latin script reads a text in another script as noise, and sounds sure of it;
such a text counts as not present.

Shapes: N lines, P pieces, K labels, D width of the embedding.
"""

import unicodedata
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from emogen.errors import InputError
from emogen.evaluation.backends.labels import LabelMap
from emogen.evaluation.backends.loading import Source, find_source, open_model, open_part
from emogen.evaluation.backends.options import Options
from emogen.evaluation.backends.windows import Judged, assemble
from emogen.evaluation.recogniser.reading import ModalityReading

_LONGEST = 512
_LATIN = frozenset({"en", "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "da", "no", "fi", "cs",
                    "ro", "tr", "id", "vi", "ca", "hu"})


class TextBackend:
    """A text classifier as an encoder of words.

    Args:
        source: where it came from.
        network: the classifier.
        tokenizer: its tokenizer.
        meaning: what its outputs stand for.
        options: batch size, device, temperature.
    """

    modality = "words"
    target = "expressed"

    def __init__(
        self, source: Source, network: nn.Module, *, tokenizer: object, meaning: LabelMap,
        options: Options,
    ) -> None:
        """Hold the parts; use `load`."""
        self.source, self.options, self.meaning = source, options, meaning
        self.tier, self.model = source.tier, source.model
        self._network, self._tokenizer = network, tokenizer

    @classmethod
    def load(cls, folder: str | Path, *, options: Options | None = None) -> "TextBackend":
        """Open a folder or hub name.

        Raises:
            ModelError: it is no text classifier, or has labels that are no emotions we know.
        """
        options = options or Options()
        source = find_source(folder, options=options)
        config = source.config
        several = config.problem_type == "multi_label_classification"
        meaning = LabelMap.of(
            [config.id2label[row] for row in range(config.num_labels)],
            kind="multi" if several else "single", renamed=options.labels, model=source.name,
        )
        network = open_model(AutoModelForSequenceClassification, source, options=options)
        tokenizer = open_part(AutoTokenizer, source)
        return cls(source, network, tokenizer=tokenizer, meaning=meaning, options=options)

    def __call__(self, text: str | Sequence[tuple[float, float, str]]) -> ModalityReading:
        """Read one text, or lines with start and end in seconds.

        Raises:
            InputError: a line is no (start, end, text), or ends before it starts.
        """
        lines = [(0.0, 0.0, text)] if isinstance(text, str) else _checked(text)
        present = np.array([self._is_readable(line) for _, _, line in lines], dtype=bool)
        seconds = np.array([(start + end) / 2 for start, end, _ in lines])
        features = np.zeros((len(lines), self._network.config.hidden_size))
        logits = np.zeros((len(lines), len(self.meaning.names)))
        readable = np.flatnonzero(present)
        for start in range(0, len(readable), self.options.batch_size):
            rows = readable[start : start + self.options.batch_size]
            features[rows], logits[rows] = self._read([lines[row][2] for row in rows])
        native = self.meaning.probabilities(logits, temperature=self.options.temperature)
        emotion, vad = self.meaning.emotion(native)
        judged = Judged(emotion=emotion, vad=vad, features=features, native={"labels": native})
        return assemble(self.source, "words", seconds=seconds, presence=present, judged=judged)

    @torch.inference_mode()
    def _read(self, texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
        """Return embeddings [N, D] and logits [N, K] of texts, each the mean over its pieces."""
        tokens = self._tokenizer(
            texts, truncation=True, max_length=self._length(), padding=True,
            return_overflowing_tokens=True, return_tensors="pt",
        )
        weight = tokens["attention_mask"].sum(1).double().numpy()  # (P,)
        owner = tokens["overflow_to_sample_mapping"].numpy()
        share = (owner == np.arange(len(texts))[:, None]) * weight  # (N, P)
        share = share / share.sum(1, keepdims=True)
        wanted = [name for name in self._tokenizer.model_input_names if name in tokens]
        parts = [
            self._read_pieces({name: tokens[name][start : start + self.options.batch_size]
                               .to(self.options.where()) for name in wanted})
            for start in range(0, len(weight), self.options.batch_size)
        ]
        features, logits = (np.concatenate(part) for part in zip(*parts, strict=True))
        return share @ features, share @ logits

    def _read_pieces(self, pieces: dict[str, torch.Tensor]) -> tuple[np.ndarray, np.ndarray]:
        answer = self._network(**pieces, output_hidden_states=True)
        states = answer.hidden_states[-1].float()  # (P, tokens, D)
        weight = pieces["attention_mask"][..., None].float()
        pooled = (states * weight).sum(1) / weight.sum(1)
        return pooled.cpu().numpy(), answer.logits.float().cpu().numpy()

    def _length(self) -> int:
        """Return how many tokens the model takes."""
        positions = getattr(self._network.config, "max_position_embeddings", _LONGEST)
        if self._network.config.model_type in ("roberta", "xlm-roberta", "camembert"):
            positions -= 2  # its positions begin after the padding's
        return min(positions, self._tokenizer.model_max_length, _LONGEST)

    def _is_readable(self, line: str) -> bool:
        """Return whether a line has words or emoji, in a script that the model knows."""
        letters = [sign for sign in line if sign.isalpha()]
        if not letters:
            return any(unicodedata.category(sign) == "So" for sign in line)
        spoken = {code.split("-")[0].lower() for code in self.source.languages}
        if not spoken or not spoken <= _LATIN:
            return True
        latin = sum("LATIN" in unicodedata.name(sign, "") for sign in letters)
        return latin >= len(letters) / 2


def _checked(lines: Sequence[tuple[float, float, str]]) -> list[tuple[float, float, str]]:
    if not lines:
        raise InputError("expected a text or at least one line, got none; leave the words out")
    for line in lines:
        fits = len(line) == 3 and isinstance(line[2], str)
        if not fits or not 0 <= line[0] <= line[1] < float("inf"):
            raise InputError(f"expected lines (start, end, text) in seconds, got {line!r}")
    return list(lines)
