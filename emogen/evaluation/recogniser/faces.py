"""Photographed faces: squares in, where a face is and what it shows out. Research only.

The network learned from FER+ (Barsoum et al. 2016): 48x48 grey faces, each with ten votes on eight
emotions, "unknown" and "no face". Half-hidden, far too small or too large faces and drawn pictures
were added to the last, so that the same network finds faces: windows of four sizes are tried, and
the one that is a face most surely is kept as long as it stays one.

Shapes: T frames, N windows of time, K windows in a picture, E the 8 emotions of FER+.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from emogen.emotion import CATEGORIES, VAD
from emogen.emotion.labels import shares
from emogen.evaluation.recogniser.reading import ModalityReading
from emogen.evaluation.recogniser.subject_crop import close_up
from emogen.evaluation.recogniser.vision_networks import pooled, stages

SIDE = 48
FERPLUS = (
    "neutral",
    "happiness",
    "surprise",
    "sadness",
    "anger",
    "disgust",
    "fear",
    "contempt",
)
VOTES = (*FERPLUS, "unknown", "no face")
WIDTHS = (32, 48, 96, 144)
_CONTEMPT = {"disgust": 0.7, "neutral": 0.3}
"""No category is contempt; where emogen labels pictures by hand it counts as weak disgust."""
_FOUND, _KEPT = 0.8, 0.5
SEARCH_EVERY = 8
"""Sampled frames, two seconds."""


def _to_categories() -> np.ndarray:
    rows = [shares(name) for name in FERPLUS[:-1]]
    contempt = [_CONTEMPT.get(name, 0.0) for name in CATEGORIES]
    return np.stack([*rows, np.array(contempt)]).astype(np.float32)


TO_CATEGORIES = _to_categories()
"""float32 [8, 9]: P(category | FER+ emotion); happiness and surprise as everywhere in emogen."""
TO_VAD = np.array(
    [*(VAD[name] for name in FERPLUS[:-1]), _CONTEMPT["disgust"] * np.array(VAD["disgust"])],
    np.float32,
)
"""float32 [8, 3], the anchors."""


class FaceNetwork(nn.Module):
    """Seven convolutions over a grey close-up; about 0.5 M numbers.

    Args:
        norm: whether convolutions are followed by batch norm, as in training.
        dropout: share of the pooled numbers that training hides.
    """

    def __init__(self, *, norm: bool = False, dropout: float = 0.0) -> None:
        super().__init__()
        self.stages = stages(1, WIDTHS, norm=norm, strides=(1, 2, 2, 2))
        self.dropout = nn.Dropout(dropout)
        self.votes = nn.Linear(2 * WIDTHS[-1], len(VOTES))

    def forward(self, pictures: Tensor) -> Tensor:
        """Return logits of the votes [K, 10] of pictures [K, 1, 48, 48] of any light."""
        mean = pictures.mean((2, 3), keepdim=True)
        x = (pictures - mean) / (pictures.std((2, 3), keepdim=True) + 0.05)
        for stage in self.stages:
            x = stage(x)
        return self.votes(self.dropout(pooled(x)))


@dataclass(frozen=True, kw_only=True)
class FaceReading:
    """What the faces of frames show.

    Attributes:
        emotion: float32 [T, E], calibrated.
        found: bool [T], whether there is a face.
    """

    emotion: np.ndarray
    found: np.ndarray

    @classmethod
    def joined(cls, parts: list["FaceReading"]) -> "FaceReading":
        """Join readings of successive frames."""
        return cls(
            emotion=np.concatenate([part.emotion for part in parts]),
            found=np.concatenate([part.found for part in parts]),
        )

    def over(
        self, reading: ModalityReading, *, rows: np.ndarray, windows: np.ndarray
    ) -> ModalityReading:
        """Return a reading in which windows with a face in most frames say what the face shows.

        Args:
            reading: [N] windows, read from drawn pictures.
            rows: int64 [K] frames of this reading, in the order they are shown.
            windows: int64 [K] the window of each.
        """
        count = reading.num_windows
        weight = self.found[rows].astype(np.float32)
        share = np.bincount(windows, weight, count) / np.bincount(windows, minlength=count)
        native = np.zeros((count, len(FERPLUS)), np.float32)
        np.add.at(native, windows, self.emotion[rows] * weight[:, None])
        native /= np.maximum(native.sum(1, keepdims=True), 1e-6)
        seen = share > 0.5
        emotion = np.where(seen[:, None], native @ TO_CATEGORIES, reading.emotion)
        vad = np.where(seen[:, None], native @ TO_VAD, reading.vad)
        return replace(
            reading,
            emotion=emotion,
            vad=vad,
            presence=reading.presence | seen,
            confidence=np.where(seen, emotion.max(1), reading.confidence),
            native=reading.native | {"ferplus": np.where(seen[:, None], native, 0)},
        )


class FaceReader:
    """Finds the face in each frame and reads it.

    Args:
        network: without batch norm.
        temperature: of the eight emotions.
    """

    def __init__(self, network: FaceNetwork, *, temperature: float = 1.0) -> None:
        self.network = network.eval()
        self.temperature = temperature
        self.windows = search_windows()

    def __call__(self, squares: Tensor, *, search_every: int = SEARCH_EVERY) -> FaceReading:
        """Read frames [T, 3, S, S] in [-1, 1].

        Args:
            squares: the frames.
            search_every: frames from one search to the next, between which a face is followed as
                long as it stays one; 1 for pictures that do not belong together.
        """
        grey = squares.mean(1, keepdim=True)
        emotions = np.full((len(grey), len(FERPLUS)), 1 / len(FERPLUS), np.float32)
        found, box = np.zeros(len(grey), bool), None
        for t, picture in enumerate(grey.split(1)):
            searched = t % search_every == 0
            box = self._search(picture) if searched else box
            if box is None:
                continue
            seen = close_up(picture, box[None], side=SIDE)
            votes = mirrored_votes(self.network, seen)[0]
            emotions[t] = (votes[: len(FERPLUS)] / self.temperature).softmax(-1).numpy()
            found[t] = 1 - float(votes[-1].exp()) > (_FOUND if searched else _KEPT)
            box = box if found[t] else None
        return FaceReading(emotion=emotions, found=found)

    def _search(self, picture: Tensor) -> Tensor:
        """Return the box that holds a face most surely, first roughly, then nearby."""
        best = self._best(picture, self.windows)
        nearby = [
            torch.stack([best[0] + dx * best[2], best[1] + dy * best[2], best[2] * scale])
            for dx in (-0.2, 0.0, 0.2) for dy in (-0.2, 0.0, 0.2) for scale in (0.88, 1.13)
        ]  # fmt: skip
        return self._best(picture, torch.stack([best, *nearby]))

    def _best(self, picture: Tensor, boxes: Tensor) -> Tensor:
        return boxes[self._votes(picture, boxes).log_softmax(-1)[:, -1].argmin()]

    def _votes(self, picture: Tensor, boxes: Tensor) -> Tensor:
        return self.network(close_up(picture.expand(len(boxes), -1, -1, -1), boxes, side=SIDE))


def mirrored_votes(network: nn.Module, pictures: Tensor) -> Tensor:
    """Return the log of the mean vote [K, 10] over pictures [K, 1, 48, 48] and their mirrors."""
    both = torch.stack([network(pictures), network(pictures.flip(3))]).float()
    return both.softmax(-1).mean(0).clamp_min(1e-8).log()


def search_windows() -> Tensor:
    """Return the boxes [K, 3] that are tried first: four sizes, each a third of itself apart."""
    boxes = []
    for side in (0.3, 0.45, 0.67, 1.0):
        steps = max(round((1 - side) / (side / 3)), 0) + 1
        places = torch.linspace(side / 2, 1 - side / 2, steps)
        boxes += [(float(x), float(y), side / 2) for y in places for x in places]
    return torch.tensor(boxes)
