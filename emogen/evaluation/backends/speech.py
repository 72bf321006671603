"""Big models that listen: 16 kHz speech in, a reading per half second out.

wav2vec 2.0, HuBERT, WavLM and whatever else `AutoModelForAudioClassification` opens, in two kinds:
categories (SUPERB's IEMOCAP models, RAVDESS, ...), and the dimensions arousal, dominance and
valence in about [0, 1] as in the model of Wagner et al. 2022 (arXiv 2203.07378, audEERING), whose
head `PooledClassifier` rebuilds. The range is brought to [-1, 1]; its middle counts as neutral.

Each window is three seconds around its centre. Silent ones are not read at all.

Shapes: S samples, N windows, B a batch of windows, K labels, D width of the embedding.
"""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from transformers import (
    AutoFeatureExtractor,
    AutoModelForAudioClassification,
    PreTrainedConfig,
    Wav2Vec2Model,
    Wav2Vec2PreTrainedModel,
)
from transformers.modeling_outputs import SequenceClassifierOutput

from emogen.errors import InputError, ModelError
from emogen.evaluation.backends.labels import LabelMap
from emogen.evaluation.backends.loading import Source, find_source, open_model, open_part
from emogen.evaluation.backends.options import Options
from emogen.evaluation.backends.windows import Judged, assemble, centres
from emogen.evaluation.recogniser.reading import ModalityReading

SAMPLE_RATE = 16_000
WINDOW = 3.0
"""Seconds of sound that one window hears."""
SHORTEST = 0.25
"""Seconds of sound under which there is nothing to read."""
SILENCE = 10 ** (-50 / 20)
"""Root mean square under which a window is silent: -50 dB of full scale."""

_DIMENSIONS_OF_THREE = ("arousal", "dominance", "valence")


class _PooledHead(nn.Module):
    def __init__(self, config: PreTrainedConfig) -> None:
        super().__init__()
        self.dense = nn.Linear(config.hidden_size, config.hidden_size)
        self.out_proj = nn.Linear(config.hidden_size, config.num_labels)

    def forward(self, pooled: Tensor) -> Tensor:
        return self.out_proj(torch.tanh(self.dense(pooled)))


class PooledClassifier(Wav2Vec2PreTrainedModel):
    """wav2vec 2.0, the mean over time, a tanh layer and outputs.

    Checkpoints that name `Wav2Vec2ForSpeechClassification` have this layout. transformers has no
    such class and would put a random head in its place.
    """

    def __init__(self, config: PreTrainedConfig) -> None:
        """Make an untrained model."""
        super().__init__(config)
        self.wav2vec2 = Wav2Vec2Model(config)
        self.classifier = _PooledHead(config)
        self.post_init()

    def forward(
        self,
        input_values: Tensor,
        attention_mask: Tensor | None = None,
        output_hidden_states: bool = True,  # noqa: FBT001, FBT002 - the signature of the others
    ) -> SequenceClassifierOutput:
        """Return logits [B, K] and the last states [B, frames, D] of sound [B, S]."""
        states = self.wav2vec2(input_values, attention_mask=attention_mask).last_hidden_state
        kept = (states,) if output_hidden_states else None
        return SequenceClassifierOutput(
            logits=self.classifier(states.mean(dim=1)), hidden_states=kept
        )


class SpeechBackend:
    """A speech model as an encoder of voice.

    Args:
        source: where it came from.
        network: a model that answers with logits and hidden states.
        extractor: transformers' feature extractor.
        meaning: what its outputs stand for.
        options: batch size, device, temperature.
    """

    modality = "voice"
    target = "expressed"

    def __init__(
        self, source: Source, network: nn.Module, *, extractor: object, meaning: LabelMap,
        options: Options,
    ) -> None:
        """Hold the parts; use `load`."""
        self.source, self.options, self.meaning = source, options, meaning
        self.tier, self.model = source.tier, source.model
        self._network, self._extractor = network, extractor

    @classmethod
    def load(cls, folder: str | Path, *, options: Options | None = None) -> "SpeechBackend":
        """Open a folder or hub name.

        Raises:
            ModelError: it is no speech classifier, wants another rate, or has unknown labels.
        """
        options = options or Options()
        source = find_source(folder, options=options)
        meaning = _meaning(source, options)
        network = _network(source, options)
        extractor = open_part(AutoFeatureExtractor, source)
        if extractor.sampling_rate != SAMPLE_RATE:
            raise ModelError(
                f"expected a model of {SAMPLE_RATE} Hz sound, got {extractor.sampling_rate} Hz:"
                f" {source.name}; choose another"
            )
        return cls(source, network, extractor=extractor, meaning=meaning, options=options)

    @torch.inference_mode()
    def __call__(
        self, samples: np.ndarray, *, seconds: np.ndarray | None = None
    ) -> ModalityReading:
        """Read mono sound, float [S] in [-1, 1] at 16 kHz.

        Args:
            samples: the sound.
            seconds: centres of the windows, every half second by default.

        Raises:
            InputError: it is no mono sound, or has numbers that are not finite.
        """
        sound = _checked(samples)
        times = centres(len(sound) / SAMPLE_RATE) if seconds is None else np.asarray(seconds, float)
        pieces = [_around(sound, second) for second in times]
        present = np.array([_is_heard(piece) for piece in pieces], dtype=bool)
        logits = np.zeros((len(times), len(self.meaning.names)))
        features = np.zeros((len(times), self._network.config.hidden_size))
        heard = np.flatnonzero(present)
        for start in range(0, len(heard), self.options.batch_size):
            rows = heard[start : start + self.options.batch_size]
            features[rows], logits[rows] = self._listen([pieces[row] for row in rows])
        native = self.meaning.probabilities(logits, temperature=self.options.temperature)
        emotion, vad = self.meaning.emotion(native)
        name = "dimensions" if self.meaning.kind == "dimensions" else "labels"
        return assemble(
            self.source, "voice", seconds=times, presence=present,
            judged=Judged(emotion=emotion, vad=vad, features=features, native={name: native}),
        )

    def _listen(self, pieces: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Return embeddings [B, D] and logits [B, K] of pieces of one length."""
        inputs = self._extractor(pieces, sampling_rate=SAMPLE_RATE, return_tensors="pt")
        inputs = inputs.to(self.options.where(), next(self._network.parameters()).dtype)
        answer = self._network(**inputs, output_hidden_states=True)
        features = answer.hidden_states[-1].mean(dim=1)
        return features.float().cpu().numpy(), answer.logits.float().cpu().numpy()


def _checked(samples: np.ndarray) -> np.ndarray:
    sound = np.asarray(samples)
    if sound.ndim != 1 or not np.issubdtype(sound.dtype, np.floating):
        raise InputError(
            f"expected mono sound, float [S] at {SAMPLE_RATE} Hz, got {sound.dtype}"
            f" {list(sound.shape)}; read it with read_audio(..., sample_rate=16000, channels=1)"
        )
    if not np.isfinite(sound).all():
        raise InputError("expected finite samples, got nan or inf; the sound is damaged")
    return sound.astype(np.float32)


def _around(sound: np.ndarray, second: float) -> np.ndarray:
    """Return three seconds around a moment, moved inside where the sound begins or ends."""
    length = round(WINDOW * SAMPLE_RATE)
    start = round((second - WINDOW / 2) * SAMPLE_RATE)
    start = max(0, min(start, len(sound) - length))
    return sound[start : start + length]


def _is_heard(piece: np.ndarray) -> bool:
    long_enough = len(piece) >= SHORTEST * SAMPLE_RATE
    return bool(long_enough and np.sqrt(np.mean(piece.astype(np.float64) ** 2)) > SILENCE)


def _is_pooled(source: Source) -> bool:
    return any(name.endswith("ForSpeechClassification") for name in source.config.architectures
               or ())


def _network(source: Source, options: Options) -> nn.Module:
    if not _is_pooled(source):
        return open_model(AutoModelForAudioClassification, source, options=options)
    pooling = getattr(source.config, "pooling_mode", "mean")
    if source.config.model_type != "wav2vec2" or pooling != "mean":
        raise ModelError(
            f"expected wav2vec2 and its mean over time under a head of this layout, got"
            f" {source.config.model_type} and {pooling}: {source.name}; choose another"
        )
    # some checkpoints of this layout call the last layer "output"
    return open_model(PooledClassifier, source, options=options,
                      key_mapping={r"^classifier\.output\.": "classifier.out_proj."})


def _meaning(source: Source, options: Options) -> LabelMap:
    config = source.config
    names = [config.id2label[row] for row in range(config.num_labels)]
    renamed = dict(options.labels or {})
    nameless = len(names) == 3 and all(name.startswith("LABEL_") for name in names)
    if config.problem_type == "regression" and nameless and not renamed:
        renamed = dict(zip(names, _DIMENSIONS_OF_THREE, strict=True))
    kind = "multi" if config.problem_type == "multi_label_classification" else "single"
    return LabelMap.of(names, kind=kind, renamed=renamed, model=source.name)
