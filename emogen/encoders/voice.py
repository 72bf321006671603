"""The voice encoder: sound in blocks in, one reading a second of its emotion and of its tone out.

A window of three seconds slides over the sound a second at a time. One network gives two sources:
`voice`, a calibrated distribution over RAVDESS's eight labels brought to our nine, and `tone`,
valence, arousal and dominance, learned from the labels' anchors (no rating by listeners was at
hand). Windows in which nobody speaks are absent. Memory is that of a few seconds.

Shapes: S samples, N windows, R = 96 rows, T = 192 frames of 16 ms.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from emogen.assets import model_dir
from emogen.emotion import RAVDESS, EmotionPoint, convert
from emogen.encoders.reading import Readings
from emogen.encoders.spectrum import (
    HOP,
    QUIETEST_DECIBELS,
    SAMPLE_RATE,
    decibels_of,
    level_of,
    pictures_of,
)
from emogen.encoders.voice_examples import WINDOW_FRAMES
from emogen.encoders.voice_network import VoiceNetwork, VoiceShape
from emogen.errors import InputError, ModelError
from emogen.media.stream import checked_sound
from emogen.packing import unpacked

WEIGHTS, CONFIG = "voice.safetensors", "config.json"
FORMAT = "emogen-voice-encoder-1"
NORMAL_STRENGTH = 0.7
"""How strongly the tone was taught that a normal emotion is felt; a strong one is 1."""
FACE_NORMAL = 0.85
"""How strongly a face shows a normal emotion; less of it would read as neutral."""
DECIDED = 3.0
"""A face follows the likelier labels: probabilities to this power, made to add up to 1 again. Both
were chosen on the actors of the calibration."""
_WINDOW = WINDOW_FRAMES * HOP
_AT_ONCE = 16
_POINTS = np.stack([EmotionPoint.from_category(label).exact() for label in RAVDESS])


@dataclass(frozen=True, kw_only=True)
class VoiceReadings:
    """What a sound says.

    Attributes:
        voice: emotion.
        tone: valence, arousal and dominance.
        eight: calibrated probabilities of RAVDESS's labels, float64 [N, 8].
        affect: valence, arousal and dominance as the network gives them, float64 [N, 3].
        strong: probability that it is shown strongly, float64 [N].
        num_samples: S.
        peak: largest absolute sample.
        clipped: share of samples at full scale.
    """

    voice: Readings
    tone: Readings
    eight: np.ndarray
    affect: np.ndarray
    strong: np.ndarray
    num_samples: int
    peak: float
    clipped: float

    @property
    def seconds(self) -> float:
        """Length of the sound."""
        return self.num_samples / SAMPLE_RATE


class VoiceEncoder:
    """Reads voices; make it with `load`.

    Args:
        network: trained, in evaluation mode.
        config: what ``config.json`` states.
    """

    def __init__(self, network: VoiceNetwork, config: dict[str, Any]) -> None:
        self.network, self.config = network.eval(), config
        self.temperature = float(config["temperature"])
        self.speech_from = float(config["speech_from"])

    @classmethod
    def load(cls, folder: str | Path | None = None) -> "VoiceEncoder":
        """Read the shipped network, or that of another folder.

        Raises:
            ModelError: the folder holds none, another version, or a damaged one.
        """
        folder = model_dir("encoders") / "voice" if folder is None else Path(folder)
        try:
            config = json.loads((folder / CONFIG).read_text("utf-8"))
            if config["format"] != FORMAT:
                raise ModelError(f"expected a voice encoder of format {FORMAT}, got {folder}")
            shape = {name: tuple(value) if isinstance(value, list) else value
                     for name, value in config["shape"].items()}  # fmt: skip
            network = VoiceNetwork(VoiceShape(**shape))
            network.load_state_dict(unpacked(load_file(folder / WEIGHTS)))
            return cls(network.requires_grad_(requires_grad=False), config)
        except (OSError, KeyError, TypeError, ValueError, RuntimeError, SafetensorError) as error:
            if isinstance(error, ModelError):
                raise
            reason = (str(error) or repr(error)).splitlines()[0]
            raise ModelError(
                f"expected a voice encoder in {folder}, got: {reason}; reinstall emogen or name"
                " another folder"
            ) from error

    def read(self, blocks: Iterable[np.ndarray]) -> VoiceReadings:
        """Return what a sound says, second by second.

        Args:
            blocks: float32 [S], mono, 16 kHz, of any lengths; the cut into blocks changes nothing.

        Raises:
            InputError: a block is no sound, or there is none at all.
        """
        sliding = SlidingWindows()
        found = [self._windows(group) for group in _groups(sliding.over(blocks))]
        if not found:
            raise InputError("expected sound to read, got no samples; the file may be empty")
        eight, affect, strong, speech = (np.concatenate(part) for part in zip(*found, strict=True))
        return VoiceReadings(
            voice=voice_readings(eight, strong, speech), tone=tone_readings(affect, speech),
            eight=eight, affect=affect, strong=strong, num_samples=sliding.num_samples,
            peak=sliding.peak, clipped=sliding.at_full_scale / max(1, sliding.num_samples),
        )  # fmt: skip

    @torch.inference_mode()
    def _windows(self, windows: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return probabilities [N, 8], affect [N, 3], strong and speech [N] of windows [N, S]."""
        decibels = decibels_of(torch.from_numpy(windows))
        said = self.network(pictures_of(decibels))
        eight = (said.emotion / self.temperature).softmax(-1).double().numpy()
        heard = torch.sigmoid(said.speech) >= self.speech_from
        speech = heard & (level_of(decibels) > QUIETEST_DECIBELS)
        strong = torch.sigmoid(said.strong).double().numpy()
        return eight, said.affect.double().numpy(), strong, speech.numpy()


class SlidingWindows:
    """Cuts a sound of any length into windows of three seconds around the middle of each second.

    Attributes:
        num_samples: seen so far.
        peak: largest absolute sample.
        at_full_scale: samples at full scale.
    """

    def __init__(self) -> None:
        self.num_samples, self.peak, self.at_full_scale = 0, 0.0, 0

    def over(self, blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Yield windows float32 [S]; what lies outside of the sound is silence."""
        lead = (_WINDOW - SAMPLE_RATE) // 2
        pending, given = np.zeros(lead, np.float32), 0
        for block in blocks:
            self._count(checked_sound(block))
            pending = np.concatenate([pending, block])
            while len(pending) >= _WINDOW:
                yield pending[:_WINDOW]
                pending, given = pending[SAMPLE_RATE:], given + 1
        wanted = max(1, round(self.num_samples / SAMPLE_RATE)) if self.num_samples else 0
        pending = np.pad(pending, (0, 2 * _WINDOW))
        for _ in range(given, wanted):
            yield pending[:_WINDOW]
            pending = np.pad(pending[SAMPLE_RATE:], (0, SAMPLE_RATE))

    def _count(self, block: np.ndarray) -> None:
        self.num_samples += len(block)
        if len(block):
            loud = np.abs(block)
            self.peak = max(self.peak, float(loud.max()))
            self.at_full_scale += int((loud >= 0.999).sum())


def voice_readings(eight: np.ndarray, strong: np.ndarray, speech: np.ndarray) -> Readings:
    """Return the source `voice` of probabilities [N, 8], strength [N] and speech [N].

    The distribution is the calibrated one; the vectors lean towards the likelier labels, so that a
    face shows something rather than the mean of everything.
    """
    leaning = eight**DECIDED
    leaning /= leaning.sum(1, keepdims=True)
    strength = FACE_NORMAL + (1 - FACE_NORMAL) * strong
    vectors = (leaning @ _POINTS) * strength[:, None]
    return Readings(source="voice", distribution=convert(eight, "ravdess", "categories"),
                    vectors=vectors.astype(np.float32), confidence=eight.max(1) * speech,
                    **moments(len(eight)))  # fmt: skip


def tone_readings(affect: np.ndarray, speech: np.ndarray) -> Readings:
    """Return the source `tone` of valence, arousal and dominance [N, 3] and speech [N]."""
    points = [EmotionPoint.from_vad(*row) for row in affect.clip(-1, 1).tolist()]
    size = np.linalg.norm(affect, axis=1)
    return Readings(
        source="tone", distribution=np.stack([point.distribution() for point in points]),
        vectors=np.stack([point.vector() for point in points]),
        confidence=np.clip(0.3 + 0.5 * size, 0, 0.8) * speech, **moments(len(affect)),
    )  # fmt: skip


def moments(count: int) -> dict[str, np.ndarray]:
    """Return the middles and lengths of as many seconds.

    >>> moments(2)["seconds"].tolist()
    [0.5, 1.5]
    """
    return {"seconds": np.arange(count) + 0.5, "spans": np.ones(count)}


def _groups(windows: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """Yield up to 16 windows at a time, [N, S]."""
    held: list[np.ndarray] = []
    for window in windows:
        held.append(window)
        if len(held) == _AT_ONCE:
            yield np.stack(held)
            held = []
    if held:
        yield np.stack(held)


@lru_cache(maxsize=1)
def load_default() -> VoiceEncoder:
    """Return the shipped encoder, read once."""
    return VoiceEncoder.load()
