"""The network that hears: pictures of speech in, logits of two label spaces and of strength out.

Three stages of two-dimensional convolutions (a voice a little higher is the same picture moved up),
then three residual layers over time with growing reach. Every layer, the input among them, is
pooled over time with attention into mean and spread; a learned weighted sum over all layers feeds
the heads (the idea of HiCMAE). Shared logits of RAVDESS's eight serve both corpora, and each corpus
adds logits of its own, so that what is common to their speakers is learned once.

Shapes: B windows, C channels, R = 64 rows, T frames of 20 ms, D width of the embedding.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from emogen.emotion import RAVDESS
from emogen.evaluation.recogniser.spectrum import ROWS

NEMO = ("anger", "fear", "happiness", "neutral", "sadness", "surprised")
_SHARED = tuple(RAVDESS.index(label) for label in (
    "angry", "fearful", "happy", "neutral", "sad", "surprised",
))  # fmt: skip
"""Where nEMO's labels lie among RAVDESS's."""


@dataclass(frozen=True, kw_only=True)
class VoiceShape:
    """Sizes of the network.

    Attributes:
        stages: channels of the two-dimensional stages.
        width: channels of the layers over time.
        reaches: dilation of each layer over time.
        pooled: channels into which every layer is pooled.
        embedding: D.
    """

    stages: tuple[int, ...] = (16, 32, 48)
    width: int = 144
    reaches: tuple[int, ...] = (1, 2, 3)
    pooled: int = 64
    embedding: int = 128


@dataclass(frozen=True, kw_only=True)
class VoiceLogits:
    """What the heads say.

    Attributes:
        ravdess: [B, 8].
        nemo: [B, 6].
        strong: [B], log-odds that the emotion is shown strongly.
        embedding: [B, D].
    """

    ravdess: Tensor
    nemo: Tensor
    strong: Tensor
    embedding: Tensor


class VoiceNetwork(nn.Module):
    """About 0.53 M numbers.

    Args:
        shape: its sizes.
        dropout: share of the embedding that is dropped in training.
    """

    def __init__(self, shape: VoiceShape = VoiceShape(), *, dropout: float = 0.3) -> None:
        """Make an untrained network."""
        super().__init__()
        self.shape = shape
        stem, *stages = shape.stages
        self.stem = nn.Sequential(
            nn.Conv2d(3, stem, 5, stride=2, padding=2, bias=False), nn.BatchNorm2d(stem), nn.ReLU()
        )
        strides = ((2, 1), *[(2, 2)] * (len(stages) - 1))
        self.stages = nn.ModuleList(
            Residual(inputs, outputs, stride=stride)
            for inputs, outputs, stride in zip(shape.stages, stages, strides, strict=False)
        )
        rows = [ROWS // 2 ** (depth + 2) for depth in range(len(stages))]
        self.flatten = nn.Sequential(
            nn.Conv2d(stages[-1] * rows[-1], shape.width, 1, bias=False),
            nn.BatchNorm2d(shape.width), nn.ReLU(),
        )
        self.layers = nn.ModuleList(OverTime(shape.width, reach) for reach in shape.reaches)
        channels = [3 * ROWS, *(a * b for a, b in zip(stages, rows, strict=True))]
        channels += [shape.width] * (1 + len(shape.reaches))
        self.pools = nn.ModuleList(Pool(inputs, shape.pooled) for inputs in channels)
        self.weights = nn.Parameter(torch.zeros(len(channels)))
        self.embed = nn.Sequential(
            nn.Linear(2 * shape.pooled, shape.embedding), nn.SiLU(), nn.Dropout(dropout)
        )
        self.shared = nn.Linear(shape.embedding, len(RAVDESS))
        self.ravdess = nn.Linear(shape.embedding, len(RAVDESS))
        self.nemo = nn.Linear(shape.embedding, len(NEMO))
        self.strong = nn.Linear(shape.embedding, 1)

    def forward(self, pictures: Tensor) -> VoiceLogits:
        """Return the logits of pictures [B, 2, R, T] as of `pictures_of`."""
        x = with_relative(pictures)
        pooled = [self.pools[0](x)]
        x = self.stem(x)  # (B, C, R/2, T/2)
        for stage, pool in zip(self.stages, self.pools[1:], strict=False):
            x = stage(x)
            pooled.append(pool(x))
        x = self.flatten(x.flatten(1, 2)[:, :, None])  # (B, C, 1, T/4)
        later = self.pools[1 + len(self.stages) :]
        pooled.append(later[0](x))
        for layer, pool in zip(self.layers, later[1:], strict=True):
            x = layer(x)
            pooled.append(pool(x))
        shares = self.weights.softmax(0)
        embedding = self.embed(torch.einsum("l,lbd->bd", shares, torch.stack(pooled).float()))
        shared = self.shared(embedding)
        return VoiceLogits(
            ravdess=shared + self.ravdess(embedding),
            nemo=shared[:, _SHARED] + self.nemo(embedding),
            strong=self.strong(embedding)[:, 0],
            embedding=embedding,
        )


class Residual(nn.Module):
    """Two convolutions and a way past them."""

    def __init__(self, inputs: int, outputs: int, *, stride: tuple[int, int]) -> None:
        """Make a layer that divides rows and frames by its strides."""
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False),
            nn.BatchNorm2d(outputs), nn.ReLU(),
            nn.Conv2d(outputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs),
        )
        self.past = nn.Sequential(
            nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False), nn.BatchNorm2d(outputs)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return maps [B, outputs, R', T'] of maps [B, inputs, R, T]."""
        return torch.relu(self.body(x) + self.past(x))


class OverTime(nn.Module):
    """A residual layer over time: three frames, ``reach`` apart, then a mixture of channels."""

    def __init__(self, width: int, reach: int) -> None:
        """Make a layer that keeps its shape."""
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(width, width, (1, 3), padding=(0, reach), dilation=(1, reach), bias=False),
            nn.BatchNorm2d(width), nn.ReLU(),
            nn.Conv2d(width, width, 1, bias=False), nn.BatchNorm2d(width),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return maps [B, width, 1, T] of maps of that shape."""
        return torch.relu(x + self.body(x))


class Pool(nn.Module):
    """Attentive statistics (Okabe 2018): a layer's maps in, weighted mean and spread out."""

    def __init__(self, inputs: int, outputs: int) -> None:
        """Make a pool of maps with ``inputs`` channels times rows."""
        super().__init__()
        self.project = nn.Sequential(
            nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()
        )
        self.attend = nn.Conv2d(outputs, outputs, 1)
        self.norm = nn.LayerNorm(2 * outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, 2 * outputs] of maps [B, C, R, T]."""
        x = self.project(x.flatten(1, 2)[:, :, None])  # (B, outputs, 1, T)
        attention = self.attend(torch.tanh(x)).float()[:, :, 0].softmax(-1)
        values = x.float()[:, :, 0]
        mean = (attention * values).sum(-1)
        spread = ((attention * values.square()).sum(-1) - mean.square()).clamp_min(1e-5).sqrt()
        return self.norm(torch.cat([mean, spread], dim=-1))


def with_relative(pictures: Tensor) -> Tensor:
    """Add a third picture, [B, 3, R, T]: energy relative to its mean over the audible frames.

    A microphone's colour and much of what tells one speaker from another is gone from it.
    """
    energy = pictures[:, 0]
    heard = torch.sigmoid(8 * (energy.mean(1, keepdim=True) + 0.4))  # (B, 1, T)
    mean = (energy * heard).sum(-1, keepdim=True) / heard.sum(-1, keepdim=True).clamp_min(1e-3)
    relative = (energy - mean) * heard
    return torch.cat([pictures, relative[:, None]], dim=1)
