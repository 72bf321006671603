"""What pictures show: frames in, emotion, action units and how sure that is, twice a second, out.

Three sets of weights: the shipped one (``judge/vision``) and the second judge's
(``judge/second/vision``) learned from drawn pictures, are open and read stickers, cartoons and what
the embedded generator makes; ``judge/vision-research`` also finds and reads photographed faces, may
serve research only, and is used where it is named, never by itself.

A picture unlike anything the network learned from is one that it cannot read: presence is then
False, the distribution even and the confidence 0, as for an empty frame.

Shapes: T frames, N windows of half a second, D width of the embedding.
"""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from emogen.assets import model_dir
from emogen.emotion import CATEGORIES
from emogen.errors import InputError, ModelError
from emogen.evaluation.recogniser.calibration import Temperatures
from emogen.evaluation.recogniser.cells import CellNetwork
from emogen.evaluation.recogniser.faces import (
    SEARCH_EVERY,
    FaceNetwork,
    FaceReader,
    FaceReading,
)
from emogen.evaluation.recogniser.reading import HOP, ModalityReading, Tier
from emogen.evaluation.recogniser.subject_crop import squared
from emogen.evaluation.recogniser.vision_networks import (
    FrameOutput,
    TwoStreamNetwork,
    WindowOutput,
)
from emogen.evaluation.tables import folder_hash
from emogen.packing import unpacked

WEIGHTS, CONFIG = "model.safetensors", "config.json"
SAMPLED_FPS = 4.0
RESEARCH = "vision-research"
_AT_ONCE = 32
_EPSILON = 1e-6
_FLAT, _ABSENT = 0.02, -20.0
"""Spread of a frame in [-1, 1] below which nothing is on it, and the logit that says so."""
_NETWORKS = {"two-stream": TwoStreamNetwork, "cells": CellNetwork}


@dataclass(frozen=True, kw_only=True)
class _Settings:
    """What a weights folder says of itself."""

    name: str
    architecture: str
    tier: Tier
    temperatures: Temperatures
    strangest: float


class VisionEncoder:
    """Reads stills and video.

    Args:
        network: a `TwoStreamNetwork` or a `CellNetwork` without batch norm.
        settings: what its folder says of it.
        model: name and short hash of the weights.
        faces: reads photographed faces first, where it finds some.
    """

    def __init__(
        self,
        network: nn.Module,
        settings: _Settings,
        *,
        model: str,
        faces: FaceReader | None = None,
    ) -> None:
        self.network = network.eval()
        self.settings = settings
        self.model = model
        self.faces = faces

    @property
    def tier(self) -> Tier:
        """Licence tier of all weights that are used."""
        return "research-only" if self.faces else self.settings.tier

    @classmethod
    def load(cls, folder: str | Path | None = None) -> Self:
        """Read weights, the shipped open ones unless a folder is named.

        Args:
            folder: a folder, or ``"vision-research"`` for the shipped research-only weights.

        Raises:
            ModelError: there are none, or they are damaged.
        """
        if folder is None or str(folder) == RESEARCH:
            folder = model_dir("judge") / str(folder or "vision")
        folder = Path(folder)
        settings = _settings(folder)
        model = f"{settings.name}-{folder_hash(folder)[:8]}"
        if settings.architecture == "faces":
            beside = folder.parent / "vision"
            drawn = cls.load(beside if beside.is_dir() else None)
            faces = FaceReader(
                _filled(FaceNetwork(), folder), temperature=settings.temperatures.of()
            )
            return cls(drawn.network, drawn.settings, model=f"{model}+{drawn.model}", faces=faces)
        network = _filled(_NETWORKS[settings.architecture](), folder)
        return cls(network, settings, model=model)

    @torch.inference_mode()
    def __call__(
        self, frames: np.ndarray, *, seconds: np.ndarray | None = None, domain: str | None = None
    ) -> ModalityReading:
        """Read frames.

        Args:
            frames: uint8 [T, H, W, 3]; one is enough.
            seconds: [T] growing times of the frames, which are then a video: four a second are
                looked at and the windows are half seconds. None: each frame is a still of its own
                and a window.
            domain: whose calibration is used: ``"synthetic"`` (default) or ``"noto"``.

        Raises:
            InputError: the frames are none, or the times do not fit them.
        """
        frames = np.asarray(frames)
        if seconds is None:
            picks, windows = np.arange(len(frames)), np.arange(len(frames))
            centres = np.zeros(len(frames))
        else:
            picks, windows, centres = sampled(_checked(seconds, len(frames)))
        looked, where = np.unique(picks, return_inverse=True)
        every = SEARCH_EVERY if seconds is not None else 1
        out, photographs = self._look(frames[looked], search_every=every)
        rows = torch.from_numpy(where)
        count, index = len(centres), torch.from_numpy(windows)
        features = _pooled(out.features[rows], index, count)
        is_video = seconds is not None and len(picks) > 1
        changes = _pooled(_steps(out.features[rows]), index, count) if is_video else None
        read = self.network.reader(features, changes)
        presence = _pooled(out.presence.sigmoid()[rows, None], index, count)[:, 0] > 0.5
        strange = _pooled(self.network.reader.strangeness(out.features)[rows, None], index, count)
        presence &= strange[:, 0] <= self.settings.strangest
        native = {
            name: _pooled(table[rows], index, count).numpy() for name, table in _tables(out).items()
        } | {"intensity": (read.intensity * presence)[:, None].numpy()}
        reading = self._reading(read, presence.numpy(), native, centres, domain)
        if photographs is None:
            return reading
        return photographs.over(reading, rows=where, windows=windows)

    def _look(
        self, frames: np.ndarray, *, search_every: int
    ) -> tuple[FrameOutput, FaceReading | None]:
        """Run the network over frames, a few at once."""
        parts, faces = [], []
        for start in range(0, len(frames), _AT_ONCE):
            squares = squared(frames[start : start + _AT_ONCE])
            out = self.network(squares.contiguous(memory_format=torch.channels_last))
            flat = squares.flatten(1).std(1) < _FLAT
            parts.append(replace(out, presence=out.presence.masked_fill(flat, _ABSENT)))
            if self.faces:
                faces.append(self.faces(squares, search_every=search_every))
        if not parts:
            squared(frames)  # raises: there is no frame
        return _joined(parts), FaceReading.joined(faces) if faces else None

    def _reading(
        self,
        read: WindowOutput,
        presence: np.ndarray,
        native: dict[str, np.ndarray],
        centres: np.ndarray,
        domain: str | None,
    ) -> ModalityReading:
        temperature = self.settings.temperatures.of(domain)
        emotion = (read.emotion / temperature).softmax(-1).numpy()
        emotion = np.where(presence[:, None], emotion, np.float32(1 / len(CATEGORIES)))
        return ModalityReading(
            modality="vision",
            seconds=centres,
            emotion=emotion,
            vad=np.where(presence[:, None], read.vad.numpy(), 0),
            presence=presence,
            confidence=np.where(presence, emotion.max(-1), 0),
            native=native,
            features=read.features.numpy(),
            tier=self.tier,
            model=self.model,
        )


def sampled(seconds: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Choose which frames of a video to look at.

    Args:
        seconds: [T] growing times of the frames.

    Returns:
        int64 [K] the frame on show at each quarter of a second, int64 [K] the window each belongs
        to, float64 [N] the centres of the windows, which are half seconds counted from 0.

    >>> picks, windows, centres = sampled(np.arange(16) / 16)
    >>> picks.tolist(), windows.tolist(), centres.tolist()
    ([0, 4, 8, 12], [0, 0, 1, 1], [0.25, 0.75])
    """
    first, last = (np.floor(seconds[[0, -1]] * SAMPLED_FPS + _EPSILON)).astype(int)
    ticks = np.arange(first, last + 1)
    times = np.maximum(ticks / SAMPLED_FPS, seconds[0])
    picks = np.searchsorted(seconds, times + _EPSILON, side="right") - 1
    halves = np.floor(ticks / (SAMPLED_FPS * HOP)).astype(int)
    return picks, halves - halves[0], (np.unique(halves) + 0.5) * HOP


def changes_of(features: Tensor, frames_a_window: int) -> Tensor:
    """Return how much embeddings [T, D] move within and into each window, [T / frames, D]."""
    return _steps(features).unflatten(0, (-1, frames_a_window)).mean(1)


def _steps(features: Tensor) -> Tensor:
    """Return the distance from each embedding [T, D] to the one before, 0 for the first."""
    return torch.diff(features, dim=0, prepend=features[:1]).abs()


def _pooled(rows: Tensor, windows: Tensor, count: int) -> Tensor:
    """Return the mean over the rows [K, C] of each window, float32 [N, C]."""
    total = torch.zeros(count, rows.shape[1]).index_add_(0, windows, rows.float())
    return total / torch.bincount(windows, minlength=count)[:, None]


def _tables(out: FrameOutput) -> dict[str, Tensor]:
    """Return the label spaces of a network's own, name -> [T, K]."""
    heads = {"face": out.face, "scene": out.scene}
    tables = {name: head.softmax(-1) for name, head in heads.items() if head is not None}
    rest = {"action_units": out.units, "subject_box": out.boxes}
    return tables | {name: table for name, table in rest.items() if table is not None}


def _joined(parts: list[FrameOutput]) -> FrameOutput:
    columns = {name: [getattr(part, name) for part in parts] for name in vars(parts[0])}
    return FrameOutput(
        **{name: None if rows[0] is None else torch.cat(rows) for name, rows in columns.items()}
    )


def _checked(seconds: np.ndarray, count: int) -> np.ndarray:
    seconds = np.asarray(seconds, dtype=np.float64)
    if seconds.shape != (count,) or not count or not np.isfinite(seconds).all():
        raise InputError(
            f"expected one finite time a frame, ({count},) of at least one frame, got "
            f"{seconds.shape}; give seconds of every frame"
        )
    if (np.diff(seconds) < 0).any() or seconds[0] < 0:
        raise InputError("expected times that grow from 0, got others; sort the frames")
    return seconds


def _settings(folder: Path) -> _Settings:
    path = folder / CONFIG
    if not path.is_file():
        raise ModelError(
            f"expected a vision model at {folder}, found none; make one with "
            "training/train_judge_vision.py"
        )
    try:
        config = json.loads(path.read_text("utf-8"))
        domains = config["temperature"]
        if config["architecture"] not in (*_NETWORKS, "faces"):
            raise ModelError(
                f"expected an architecture of {', '.join(_NETWORKS)} or faces, got "
                f"{config['architecture']!r} in {path}; update emogen"
            )
        return _Settings(
            name=config["name"],
            architecture=config["architecture"],
            tier=config["tier"],
            temperatures=Temperatures(by_domain=domains, default=next(iter(domains))),
            strangest=config["strangest"],
        )
    except (OSError, ValueError, KeyError, TypeError, StopIteration) as error:
        if isinstance(error, ModelError):
            raise
        raise ModelError(f"cannot read {path}: {error}; copy it again") from error


def _filled(network: nn.Module, folder: Path) -> nn.Module:
    path = folder / WEIGHTS
    try:
        network.load_state_dict(unpacked(load_file(path)))
    except (OSError, KeyError, RuntimeError, SafetensorError) as error:
        first = str(error).splitlines()[0]
        raise ModelError(f"cannot read the weights {path}: {first}; copy them again") from error
    return network.to(memory_format=torch.channels_last).eval()
