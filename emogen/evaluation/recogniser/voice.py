"""The voice encoder: 16 kHz sound in, an emotion every half second out, or that nobody speaks.

Windows of 3 s, one every half second, are turned into pictures (`spectrum`) and read by a network
(`voice_network`, or `voice_statistics` for the second judge). It learned from acted speech whose
licence forbids commercial use, and says so in every reading (`tier`). Valence, arousal and
dominance are those of the labels' anchors, weighted by their probabilities and by how strongly the
emotion is shown; no corpus here has them measured.

Shapes: N windows, S samples, T = 150 frames, K labels.
"""

import hashlib
import json
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor, nn

from emogen.assets import model_dir
from emogen.emotion import CATEGORIES, RAVDESS, VAD
from emogen.emotion.labels import shares
from emogen.errors import InputError, ModelError
from emogen.evaluation.recogniser.reading import HOP as HOP_SECONDS
from emogen.evaluation.recogniser.reading import ModalityReading
from emogen.evaluation.recogniser.spectrum import (
    FRAMES_A_SECOND,
    HOP,
    SAMPLE_RATE,
    Bands,
    bands_of,
    pictures_of,
    power_spectrum,
    speech_frames,
)
from emogen.evaluation.recogniser.voice_network import NEMO, VoiceNetwork, VoiceShape
from emogen.evaluation.recogniser.voice_statistics import StatisticsNetwork
from emogen.packing import unpacked

Domain = Literal["ravdess", "nemo"]

WINDOW_SECONDS = 3.0
WINDOW_FRAMES = round(WINDOW_SECONDS * FRAMES_A_SECOND)
WEIGHTS, CONFIG = "model.safetensors", "config.json"
LABELS: dict[str, tuple[str, ...]] = {"ravdess": RAVDESS, "nemo": NEMO}
LEAST_SPEECH = 0.3
"""Seconds of voiced sound in a window below which nobody is said to speak."""
MILD = 0.5
"""How strongly an emotion is felt where it is shown at RAVDESS's normal intensity."""

_WINDOWS_AT_ONCE = 32
_TO_CATEGORIES = {name: np.stack([shares(label) for label in LABELS[name]]) for name in LABELS}
_ANCHORS = {name: np.array([VAD[label] for label in LABELS[name]]) for name in LABELS}


class VoiceEncoder:
    """A trained network with its calibration.

    Args:
        network: pictures in, `VoiceLogits` out.
        temperatures: by what the logits of each corpus are divided.
        model: name and short hash of the weights.
    """

    modality = "voice"
    tier = "non-commercial"

    def __init__(self, network: nn.Module, *, temperatures: dict[str, float], model: str) -> None:
        """Hold all three; the network is set to evaluation."""
        self.network = network.eval()
        self.temperatures = {name: float(temperatures[name]) for name in LABELS}
        self.model = model

    @classmethod
    def load(cls, folder: str | Path | None = None) -> "VoiceEncoder":
        """Read an encoder, the shipped one unless a folder is named.

        Raises:
            ModelError: there is none, or it is damaged.
        """
        path = model_dir("judge") / "voice" if folder is None else Path(folder)
        try:
            config = json.loads((path / CONFIG).read_text("utf-8"))
            network = build(config)
            content = (path / WEIGHTS).read_bytes()
            network.load_state_dict(unpacked(load(content)))
            name = f"{config['name']}-{hashlib.sha256(content).hexdigest()[:8]}"
            return cls(network, temperatures=config["temperature"], model=name)
        except FileNotFoundError as error:
            raise ModelError(
                f"expected {CONFIG} and {WEIGHTS} in {path}, got no {Path(error.filename).name};"
                " make them with training/train_judge_voice.py"
            ) from error
        except (
            OSError, KeyError, TypeError, ValueError, RuntimeError, SafetensorError,
        ) as error:
            first = (str(error) or type(error).__name__).splitlines()[0]
            raise ModelError(
                f"cannot read the voice encoder in {path}: {first}; copy it again"
            ) from error

    def __repr__(self) -> str:
        """Name the weights and their licence tier."""
        return f"VoiceEncoder({self.model}, {self.tier})"

    @torch.inference_mode()
    def __call__(
        self,
        samples: np.ndarray,
        *,
        seconds: np.ndarray | None = None,
        domain: Domain = "ravdess",
    ) -> ModalityReading:
        """Read sound.

        Args:
            samples: float32 [S], mono, 16 kHz.
            seconds: centres of the windows in growing order; by default a quarter of a second
                and then every half second to the end. Beyond the ends there is silence.
            domain: whose labels and calibration `emotion` and `confidence` go by: RAVDESS with
                eight labels of 24 English speakers, or nEMO with six of nine Polish ones.

        Raises:
            InputError: the samples are no mono sound, or the domain is unknown.
        """
        if domain not in LABELS:
            raise InputError(f"expected a domain of {', '.join(LABELS)}, got {domain!r}")
        centres = window_centres(np.size(samples)) if seconds is None else np.asarray(seconds)
        bands = bands_around(_checked(samples))
        starts = window_starts(len(samples), centres if len(centres) else np.zeros(1))
        parts = [
            self._read(bands.windows(few, WINDOW_FRAMES)) for few in starts.split(_WINDOWS_AT_ONCE)
        ]
        native = {
            name: np.concatenate([part[name] for part in parts])[: len(centres)]
            for name in parts[0]
        }
        return self._reading(centres, native, domain)

    def _read(self, bands: Bands) -> dict[str, np.ndarray]:
        pictures = pictures_of(bands)
        speech = speech_frames(bands, pictures).sum(-1) / FRAMES_A_SECOND
        logits = self.network(pictures)
        return {
            "presence": (speech >= LEAST_SPEECH).numpy(),
            "ravdess": (logits.ravdess / self.temperatures["ravdess"]).softmax(-1).numpy(),
            "nemo": (logits.nemo / self.temperatures["nemo"]).softmax(-1).numpy(),
            "strong": logits.strong.sigmoid()[:, None].numpy(),
            "features": logits.embedding.numpy(),
        }

    def _reading(
        self, centres: np.ndarray, native: dict[str, np.ndarray], domain: Domain
    ) -> ModalityReading:
        presence, features = native.pop("presence"), native.pop("features")
        for name, labels in LABELS.items():
            native[name][~presence] = 1 / len(labels)
        native["strong"][~presence] = 0
        emotion = native[domain] @ _TO_CATEGORIES[domain]
        emotion[~presence] = 1 / len(CATEGORIES)
        strength = np.where(presence[:, None], MILD + (1 - MILD) * native["strong"], 0)
        vad = native[domain] @ _ANCHORS[domain] * strength
        native["intensity"] = (1 - emotion[:, -1:]) * strength
        return ModalityReading(
            modality=self.modality,
            seconds=centres,
            emotion=emotion,
            vad=vad,
            presence=presence,
            confidence=np.where(presence, confidence_of(native[domain], domain), 0),
            native=native,
            features=features,
            tier=self.tier,
            model=self.model,
        )


def build(config: dict[str, Any]) -> nn.Module:
    """Return the untrained network that a configuration describes."""
    architecture = config["architecture"]
    if architecture["name"] == "statistics":
        return StatisticsNetwork(width=architecture["width"])
    sizes = {key: tuple(value) if isinstance(value, list) else value
             for key, value in architecture.items() if key != "name"}
    return VoiceNetwork(VoiceShape(**sizes))


def confidence_of(native: np.ndarray, domain: Domain) -> np.ndarray:
    """Return how likely the top category is that of the true label, float [N].

    A label such as happiness is shared out over several categories; that with the largest share
    stands for it.

    >>> confidence_of(np.array([[0.1, 0.0, 0.1, 0.1, 0.6, 0.1, 0.0, 0.0]]), "ravdess").tolist()
    [0.6]
    """
    matrix = _TO_CATEGORIES[domain]
    top = (native @ matrix).argmax(-1)
    return (native * (matrix.argmax(-1)[None] == top[:, None])).sum(-1)


def window_centres(num_samples: int) -> np.ndarray:
    """Return where windows of so many samples lie, seconds, float64 [N], at least one.

    >>> window_centres(16_000 * 2).tolist()
    [0.25, 0.75, 1.25, 1.75]
    """
    count = max(1, round(num_samples / SAMPLE_RATE / HOP_SECONDS))
    return HOP_SECONDS * (0.5 + np.arange(count))


def bands_around(samples: np.ndarray) -> Bands:
    """Return the bands of a whole sound with one window of silence before and after it."""
    silence = (WINDOW_FRAMES * HOP, WINDOW_FRAMES * HOP)
    return bands_of(power_spectrum(F.pad(torch.from_numpy(samples), silence)))


def window_starts(num_samples: int, centres: np.ndarray) -> Tensor:
    """Return the frame of `bands_around` at which the window around each moment starts, int64 [N].

    Moments are in seconds and are rounded to 20 ms; one outside the sound sees silence.
    """
    last = -(-num_samples // HOP) + WINDOW_FRAMES
    starts = np.round(np.asarray(centres) * FRAMES_A_SECOND).astype(np.int64) + WINDOW_FRAMES // 2
    return torch.from_numpy(starts.clip(0, last))


def _checked(samples: np.ndarray) -> np.ndarray:
    right = isinstance(samples, np.ndarray) and samples.ndim == 1 and len(samples)
    if not right or samples.dtype != np.float32 or not np.isfinite(samples).all():
        array = isinstance(samples, np.ndarray)
        got = f"{samples.dtype} {list(samples.shape)}" if array else type(samples).__name__
        raise InputError(
            f"expected finite sound float32 [samples], mono, {SAMPLE_RATE} Hz, got {got};"
            " use read_audio(path, sample_rate=16000, channels=1).samples[0]"
        )
    return samples
