"""The portrait encoder: a picture with a marked face in, its expression out.

The face is cut out by its box, made grey and even in contrast, and read by a small convolutional
network that learned from drawn faces. On drawings it is a source like the others; on photographs it
is worth little (its card says how little), so its confidence there is multiplied by `PHOTO_TRUST`.
Without a marked face the source is absent.

Shapes: H, W pixels of the picture; P = 40 pixels of the network's picture.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from emogen.assets import model_dir
from emogen.emotion import EmotionPoint
from emogen.emotion.labels import CATEGORIES
from emogen.encoders.reading import Readings
from emogen.errors import InputError, ModelError
from emogen.packing import unpacked

WEIGHTS, CONFIG = "portrait.safetensors", "config.json"
FORMAT = "emogen-portrait-encoder-1"
SIDE = 40
"""P."""
PHOTO_TRUST = 0.3
STRENGTH = 0.7
"""How strongly a picture's expression is taken; it is one moment."""
SMALLEST_FACE = 24
"""Pixels of a box's shorter side."""
_POINTS = np.stack([EmotionPoint.from_category(name).exact() for name in CATEGORIES])
Box = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class Portrait:
    """A picture and where its face is.

    Attributes:
        image: uint8 [H, W, 3].
        box: (left, top, right, bottom) of the face in pixels, hairline to chin and ear to ear;
            None where no face is known.
        drawn: whether it is a drawing.
    """

    image: np.ndarray
    box: Box | None
    drawn: bool

    def __post_init__(self) -> None:
        """Check the picture and the box."""
        if self.image.dtype != np.uint8 or self.image.ndim != 3 or self.image.shape[2] != 3:
            raise InputError(
                f"expected a picture uint8 [H, W, 3], got {self.image.dtype}"
                f" {list(self.image.shape)}"
            )
        if self.box is None:
            return
        height, width = self.image.shape[:2]
        left, top, right, bottom = self.box
        inside = left < right and top < bottom and right > 0 and bottom > 0
        if not inside or left >= width or top >= height:
            raise InputError(
                f"expected a box (left, top, right, bottom) over {width}x{height} pixels, got"
                f" {self.box}"
            )


def face_box(points: Mapping[str, tuple[float, float]]) -> Box:
    """Return the box of a face whose rim is marked.

    Args:
        points: (x, y) in pixels of ``forehead``, ``chin``, ``temple_right`` and ``temple_left``;
            others are not looked at.

    Raises:
        InputError: one of them is missing.

    >>> face_box({"forehead": (50, 10), "chin": (52, 110), "temple_right": (12, 50),
    ...           "temple_left": (90, 52)})
    (12, 10, 90, 110)
    """
    missing = {"forehead", "chin", "temple_right", "temple_left"} - set(points)
    if missing:
        raise InputError(f"expected the rim of a face, missing {', '.join(sorted(missing))}")
    return (points["temple_right"][0], points["forehead"][1], points["temple_left"][0],
            points["chin"][1])  # fmt: skip


def drawn_face_box(size: tuple[int, int]) -> Box:
    """Return where the rig's framing puts the face of its characters in (width, height) pixels.

    >>> drawn_face_box((100, 100))
    (23.5, 24.0, 76.5, 77.0)
    """
    width, height = size
    half = 0.265 * min(size)
    return (width / 2 - half, 0.505 * height - half, width / 2 + half, 0.505 * height + half)


def prepared(image: np.ndarray, box: Box) -> np.ndarray:
    """Return the face as the network sees it, float32 [P, P], mean 0 and deviation 1.

    What lies outside of the picture continues its border.
    """
    side = max(box[2] - box[0], box[3] - box[1])
    middle = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    grey = image.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    margin = int(np.ceil(side)) + 1
    padded = np.pad(grey, margin, mode="edge")
    corner = [value - side / 2 + margin for value in middle]
    region = (*corner, *[value + side for value in corner])
    small = Image.fromarray(padded).resize((SIDE, SIDE), Image.Resampling.BOX, box=region)
    return evened(np.asarray(small, np.float32))


def evened(grey: np.ndarray) -> np.ndarray:
    """Return pictures [..., P, P] with mean 0 and deviation 1 each.

    >>> evened(np.arange(4.0).reshape(2, 2)).std().round(3).item()
    1.0
    """
    grey = grey - grey.mean((-2, -1), keepdims=True)
    return (grey / np.maximum(grey.std((-2, -1), keepdims=True), 1e-3)).astype(np.float32)


class PortraitNetwork(nn.Module):
    """Three convolutions and two layers; about 40 thousand numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, 16, 5, padding=2), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 24, 3, padding=1), nn.BatchNorm2d(24), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(24, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
        )  # fmt: skip
        self.head = nn.Sequential(
            nn.Flatten(), nn.Dropout(0.3), nn.Linear(32 * (SIDE // 8) ** 2, 32), nn.ReLU(),
            nn.Linear(32, len(CATEGORIES)),
        )  # fmt: skip

    def forward(self, pictures: Tensor) -> Tensor:
        """Return logits [B, 9] of pictures [B, P, P] as `prepared` makes them."""
        return self.head(self.body(pictures[:, None]))


class PortraitEncoder:
    """Reads faces; make it with `load`.

    Args:
        network: trained.
        temperature: of its softmax.
    """

    def __init__(self, network: PortraitNetwork, temperature: float) -> None:
        self.network, self.temperature = network.eval(), temperature

    @classmethod
    def load(cls, folder: str | Path | None = None) -> "PortraitEncoder":
        """Read the shipped network, or that of another folder.

        Raises:
            ModelError: the folder holds none, another version, or a damaged one.
        """
        folder = model_dir("encoders") / "portrait" if folder is None else Path(folder)
        try:
            config = json.loads((folder / CONFIG).read_text("utf-8"))
            network = PortraitNetwork()
            network.load_state_dict(unpacked(load_file(folder / WEIGHTS)))
            if config["format"] != FORMAT:
                raise ValueError(f"format {config['format']!r}")
            return cls(network.requires_grad_(requires_grad=False), float(config["temperature"]))
        except (OSError, KeyError, TypeError, ValueError, RuntimeError, SafetensorError) as error:
            reason = (str(error) or repr(error)).splitlines()[0]
            raise ModelError(
                f"expected a portrait encoder of format {FORMAT} in {folder}, got: {reason};"
                " reinstall emogen or name another folder"
            ) from error

    @torch.inference_mode()
    def probabilities(self, pictures: np.ndarray) -> np.ndarray:
        """Return a distribution over the categories [B, 9] of prepared pictures [B, P, P]."""
        logits = self.network(torch.from_numpy(pictures)) / self.temperature
        return logits.double().softmax(-1).numpy()

    def read(self, portrait: Portrait, *, seconds: float) -> Readings:
        """Return the expression of a face, which holds for the length of the sound."""
        if portrait.box is None:
            return Readings.absent("portrait", "no face is marked in the picture")
        left, top, right, bottom = portrait.box
        if min(right - left, bottom - top) < SMALLEST_FACE:
            return Readings.absent(
                "portrait", f"the face is smaller than {SMALLEST_FACE} pixels a side"
            )
        shares = self.probabilities(prepared(portrait.image, portrait.box)[None])  # (1, 9)
        trust = 1.0 if portrait.drawn else PHOTO_TRUST
        notes = () if portrait.drawn else ("learned from drawings: weak on photographs",)
        return Readings(
            source="portrait", seconds=np.array([seconds / 2]), spans=np.array([seconds]),
            distribution=shares, vectors=(STRENGTH * shares @ _POINTS).astype(np.float32),
            confidence=trust * shares.max(1), notes=notes,
        )  # fmt: skip


@lru_cache(maxsize=1)
def load_default() -> PortraitEncoder:
    """Return the shipped encoder, read once."""
    return PortraitEncoder.load()
