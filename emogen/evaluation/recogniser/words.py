"""The words encoder: a text or timed lines in, what each expresses out, or that it is not read.

It knows English as people write it in comments, headlines and prose. A line without words, in
another script or of words that it has not met is not guessed at (`WordsEncoder.refusal` says why);
another reader can be given for such lines. Distributions and confidences are calibrated for a
domain, "social" or "sentences"; see `words_calibration`.

Shapes: N lines, D features.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from emogen.assets import model_dir
from emogen.emotion import CATEGORIES, GOEMOTIONS
from emogen.errors import InputError, ModelError
from emogen.evaluation.recogniser.reading import ModalityReading, Tier, strictest
from emogen.evaluation.recogniser.transcript import Line
from emogen.evaluation.recogniser.words_calibration import (
    Domain,
    WordsCalibration,
    check_domain,
)
from emogen.evaluation.recogniser.words_networks import (
    NgramNetwork,
    SequenceNetwork,
    WordScores,
    unpacked,
)
from emogen.evaluation.recogniser.words_text import why_unreadable

WEIGHTS, CONFIG = "model.safetensors", "config.json"
ARCHITECTURES: dict[str, Callable[..., nn.Module]] = {
    "ngrams": NgramNetwork,
    "sequence": SequenceNetwork,
}
_LINES_AT_ONCE = 256


class LineReader(Protocol):
    """Anything that reads timed lines, a row each: another encoder, or a backend."""

    model: str
    tier: Tier

    def __call__(self, lines: Sequence[Line]) -> ModalityReading:
        """Read lines (start, end, text)."""


class WordsEncoder:
    """A trained network with its calibration.

    Args:
        network: texts in, `WordScores` out.
        calibration: fitted on texts that it has not learned from.
        thresholds: float [28], probability from which each GoEmotions label counts as given.
        model: name and short hash of the weights.
        backend: reads the lines that this model cannot, for example those in another language;
            its emotion, VAD, presence and confidence fill their rows.
    """

    modality = "words"
    tier: Tier = "open"

    def __init__(
        self, network: nn.Module, *, calibration: WordsCalibration, thresholds: np.ndarray,
        model: str, backend: LineReader | None = None,
    ) -> None:
        """Hold all of them; the network is set to evaluation."""
        self.network = network.eval()
        self.calibration, self.thresholds, self.model = calibration, thresholds, model
        self.backend = backend
        if backend is not None:
            self.model = f"{model}+{backend.model}"
            self.tier = strictest([self.tier, backend.tier])

    @classmethod
    def load(
        cls, folder: str | Path | None = None, *, backend: LineReader | None = None
    ) -> "WordsEncoder":
        """Read an encoder, the shipped one unless a folder is named.

        Raises:
            ModelError: there is none, or it is damaged.
        """
        path = model_dir("judge") / "words" if folder is None else Path(folder)
        try:
            config = json.loads((path / CONFIG).read_text("utf-8"))
            content = (path / WEIGHTS).read_bytes()
            return cls(
                _network(config["architecture"], load_file(path / WEIGHTS)),
                calibration=WordsCalibration.from_config(config),
                thresholds=np.array([config["thresholds"][name] for name in GOEMOTIONS]),
                model=f"{config['name']}-{hashlib.sha256(content).hexdigest()[:8]}",
                backend=backend,
            )
        except FileNotFoundError as error:
            raise ModelError(
                f"expected {CONFIG} and {WEIGHTS} in {path}, got no {Path(error.filename).name};"
                " make them with training/train_judge_words.py"
            ) from error
        except (OSError, KeyError, TypeError, ValueError, RuntimeError, SafetensorError) as error:
            first = (str(error) or type(error).__name__).splitlines()[0]
            raise ModelError(
                f"cannot read the words encoder in {path}: {first}; copy it again"
            ) from error

    def __repr__(self) -> str:
        """Name the weights and their licence tier."""
        return f"WordsEncoder({self.model}, {self.tier})"

    def refusal(self, text: str) -> str | None:
        """Return why a text is not read, or None where it is."""
        return why_unreadable(text, self.network.known_words())

    def labels(self, text: str) -> list[str]:
        """Return the GoEmotions labels of a text, none where it is not read."""
        row = self(text).native["goemotions"][0]
        return [name for name, share, least in zip(GOEMOTIONS, row, self.thresholds, strict=True)
                if share >= least]

    @torch.inference_mode()
    def scores(self, texts: Sequence[str]) -> WordScores:
        """Return what the network says of texts, before calibration and whatever they hold."""
        parts = [self.network(texts[start : start + _LINES_AT_ONCE])
                 for start in range(0, len(texts), _LINES_AT_ONCE)]
        return WordScores(**{
            name: torch.cat([getattr(part, name) for part in parts])
            for name in WordScores.__dataclass_fields__
        })

    def __call__(
        self, text: str | Sequence[Line], *, domain: Domain = "social"
    ) -> ModalityReading:
        """Read one text, or lines (start, end, text) in seconds; one row a line.

        Times are the middles of the lines, 0 for a text; where lines overlap, a middle that lies
        before that of an earlier line is moved up to it. ``native`` holds the 28 probabilities
        (``goemotions``), the ratings from 1 to 5 (``emobank``) and what a reader would feel, in
        [-1, 1] (``vad_reader``). VAD is that of the labels' anchors in the domain "social", and
        (rating - 3) / 2 in "sentences".

        Raises:
            InputError: no line, or one that is no (start, end, text), or an unknown domain.
        """
        check_domain(domain)
        lines = [(0.0, 0.0, text)] if isinstance(text, str) else _checked(text)
        presence = np.array([self.refusal(line) is None for _, _, line in lines])
        scores = self.scores([line if there else "" for (_, _, line), there
                              in zip(lines, presence, strict=True)])
        reading = self._reading(scores, presence, domain)
        middles = np.array([(start + end) / 2 for start, end, _ in lines])
        reading = replace(reading, seconds=np.maximum.accumulate(middles))
        return reading if self.backend is None else self._filled(reading, lines)

    def _reading(
        self, scores: WordScores, presence: np.ndarray, domain: Domain
    ) -> ModalityReading:
        """Calibrate what was said; rows without presence say nothing."""
        there = presence[:, None]
        rated = scores.rated.numpy()
        emotion = self.calibration.emotion(scores.categories.numpy(), rated[:, 0], domain)
        vad = scores.felt.numpy() if domain == "social" else rated
        native = {
            "goemotions": scores.labels.sigmoid().numpy() * there,
            "emobank": np.where(there, np.clip(3 + 2 * rated, 1, 5), 3).astype(np.float32),
            "vad_reader": np.clip(scores.evoked.numpy(), -1, 1) * there,
        }
        return ModalityReading(
            modality=self.modality,
            seconds=np.zeros(len(presence)),
            emotion=np.where(there, emotion, 1 / len(CATEGORIES)),
            vad=np.clip(vad, -1, 1) * there,
            presence=presence,
            confidence=np.where(presence, self.calibration.confidence_of(emotion, domain), 0),
            native=native,
            features=scores.features.numpy() * there,
            tier=self.tier,
            model=self.model,
        )

    def _filled(self, reading: ModalityReading, lines: list[Line]) -> ModalityReading:
        """Return the reading with the rows that were not read filled by the backend."""
        missing = np.flatnonzero(~reading.presence)
        if not len(missing):
            return reading
        other = self.backend([lines[row] for row in missing])
        filled = {}
        for name in ("emotion", "vad", "presence", "confidence"):
            filled[name] = getattr(reading, name).copy()
            filled[name][missing] = getattr(other, name)
        return replace(reading, **filled)


def _network(architecture: dict[str, Any], tensors: dict[str, torch.Tensor]) -> nn.Module:
    sizes = {name: value for name, value in architecture.items() if name != "name"}
    network = ARCHITECTURES[architecture["name"]](**sizes)
    network.load_state_dict(unpacked(tensors))
    return network


def _checked(lines: Sequence[Line]) -> list[Line]:
    if not lines:
        raise InputError("expected a text or at least one line, got none; leave the words out")
    for line in lines:
        fits = len(line) == 3 and isinstance(line[2], str)
        if not fits or not 0 <= line[0] <= line[1] < float("inf"):
            raise InputError(f"expected lines (start, end, text) in seconds, got {line!r}")
    return list(lines)
