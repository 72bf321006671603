"""Speech to text: sound in blocks in, timed lines out, by a Whisper-class model of transformers.

emogen ships no such model; one is named by its folder or hub id. The sound is cut at its quietest
places into pieces of at most 28 s, so that memory is that of one piece; sentences of a piece are
laid over it by their length.

Shapes: S samples.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from emogen.encoders.spectrum import SAMPLE_RATE
from emogen.encoders.words import Line, sentences, spread
from emogen.errors import ModelError
from emogen.media.stream import checked_sound

LONGEST = 28.0
"""Seconds of a piece; these models hear 30."""
SHORTEST = 14.0
"""Seconds after which a piece may end where it is quiet."""
MOST_TOKENS = 220
_QUIET = 1600
_SILENT = 10 ** (-62 / 20)
"""Amplitude below which a piece is silence and not transcribed."""


class Transcriber:
    """A speech recogniser; make it with `load`.

    Args:
        model: a speech-to-text model of transformers.
        processor: its processor.
        name: where it came from.
    """

    def __init__(self, model: Any, processor: Any, name: str) -> None:  # noqa: ANN401
        self.model, self.processor, self.name = model, processor, name

    def __repr__(self) -> str:
        return f"Transcriber({self.name})"

    @classmethod
    def load(cls, name: str | Path, *, local_files_only: bool = False) -> "Transcriber":
        """Read a model from a folder, or by its hub id.

        Raises:
            ModelError: there is none, or it is no Whisper-class model.
        """
        from transformers import AutoModelForSpeechSeq2Seq, AutoProcessor

        offline = local_files_only or Path(name).is_dir()
        try:
            processor = AutoProcessor.from_pretrained(name, local_files_only=offline)
            model = AutoModelForSpeechSeq2Seq.from_pretrained(name, local_files_only=offline)
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            reason = (str(error) or repr(error)).splitlines()[0]
            raise ModelError(
                f"expected a Whisper-class speech model at {str(name)!r}, got: {reason}; name a"
                " folder of transformers, or give the transcript yourself"
            ) from error
        if not hasattr(processor, "feature_extractor") or not hasattr(processor, "batch_decode"):
            raise ModelError(
                f"expected a model that writes text at {str(name)!r}, got"
                f" {type(model).__name__} without a tokenizer"
            )
        model.generation_config.max_length = None  # `text` says how long
        return cls(model.eval(), processor, str(name))

    def read(self, blocks: Iterable[np.ndarray]) -> list[Line]:
        """Return what is said and when.

        Args:
            blocks: float32 [S], mono, 16 kHz, of any lengths.
        """
        lines: list[Line] = []
        for start, samples in pieces(blocks):
            if np.abs(samples).max() <= _SILENT:
                continue
            parts = sentences(self.text(samples))
            lines += spread(parts, start=start, end=start + len(samples) / SAMPLE_RATE)
        return lines

    @torch.inference_mode()
    def text(self, samples: np.ndarray) -> str:
        """Return what is said in at most 30 s of sound, [S]."""
        heard = self.processor(samples, sampling_rate=SAMPLE_RATE, return_tensors="pt")
        features = heard["input_features"].to(self.model.dtype)
        limit = getattr(self.model.config, "max_target_positions", MOST_TOKENS + 8) - 8
        tokens = self.model.generate(features, max_new_tokens=min(MOST_TOKENS, limit))
        return self.processor.batch_decode(tokens, skip_special_tokens=True)[0].strip()


def pieces(blocks: Iterable[np.ndarray]) -> Iterator[tuple[float, np.ndarray]]:
    """Yield when a piece begins, in seconds, and its samples; it ends where it is quiet.

    >>> lengths = [len(piece) for _, piece in pieces([np.zeros(16_000 * 40, np.float32)])]
    >>> sum(lengths) == 16_000 * 40, max(lengths) <= 28 * 16_000
    (True, True)
    """
    held, begun = np.zeros(0, np.float32), 0
    for block in blocks:
        held = np.concatenate([held, checked_sound(block)])
        while len(held) >= LONGEST * SAMPLE_RATE:
            end = quietest(held[: int(LONGEST * SAMPLE_RATE)], start=int(SHORTEST * SAMPLE_RATE))
            yield begun / SAMPLE_RATE, held[:end]
            held, begun = held[end:], begun + end
    if len(held):
        yield begun / SAMPLE_RATE, held


def quietest(samples: np.ndarray, *, start: int) -> int:
    """Return the middle of the quietest tenth of a second after ``start``, a place in [S]."""
    count = (len(samples) - start) // _QUIET
    power = np.square(samples[start : start + count * _QUIET]).reshape(count, _QUIET).sum(1)
    return start + int(power.argmin()) * _QUIET + _QUIET // 2
