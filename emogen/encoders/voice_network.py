"""The network of the voice encoder: pictures of speech in, emotion, affect and strength out.

Residual convolutions over rows and frames, then gated convolutions over time with growing reach.
The result is pooled over time with several heads of attention into means and spreads, so that a
short cry counts in a long window.

Shapes: B windows, C channels, R = 96 rows, T frames of 16 ms, D width of the embedding.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from emogen.emotion import RAVDESS
from emogen.encoders.spectrum import ROWS

NEMO = ("angry", "fearful", "happy", "neutral", "sad", "surprised")
"""The labels of nEMO in RAVDESS's words."""
NEMO_COLUMNS = tuple(RAVDESS.index(label) for label in NEMO)


@dataclass(frozen=True, kw_only=True)
class VoiceShape:
    """Sizes of the network.

    Attributes:
        stages: channels of the stem and of each stage over rows and frames.
        width: channels of the layers over time.
        reaches: dilation of each layer over time.
        heads: of the attention that pools.
        embedding: D.
    """

    stages: tuple[int, ...] = (16, 24, 40, 64)
    width: int = 128
    reaches: tuple[int, ...] = (1, 2, 4)
    heads: int = 4
    embedding: int = 96


@dataclass(frozen=True, kw_only=True)
class VoiceOutput:
    """What the heads say.

    Attributes:
        emotion: logits of RAVDESS's eight, [B, 8]; of another corpus with its own bias.
        affect: valence, arousal and dominance in [-1, 1], times strength, [B, 3].
        strong: log-odds that it is shown strongly, [B].
        speech: log-odds that somebody speaks, [B].
    """

    emotion: Tensor
    affect: Tensor
    strong: Tensor
    speech: Tensor


class VoiceNetwork(nn.Module):
    """About 0.28 M numbers.

    Args:
        shape: its sizes.
        dropout: share of the embedding that is dropped in training.
    """

    def __init__(self, shape: VoiceShape | None = None, *, dropout: float = 0.3) -> None:
        """Make an untrained network."""
        super().__init__()
        shape = self.shape = shape or VoiceShape()
        stem, *stages = shape.stages
        self.stem = nn.Sequential(
            nn.Conv2d(1, stem, (7, 5), stride=2, padding=(3, 2), bias=False),
            nn.BatchNorm2d(stem), nn.SiLU(),
        )  # fmt: skip
        self.stages = nn.ModuleList(
            Stage(inputs, outputs, stride=(2, 2 if number == 0 else 1))
            for number, (inputs, outputs) in enumerate(zip(shape.stages, stages, strict=False))
        )
        rows = ROWS // 2 ** len(shape.stages)
        self.flatten = nn.Sequential(
            nn.Conv1d(stages[-1] * rows, shape.width, 1, bias=False),
            nn.BatchNorm1d(shape.width), nn.SiLU(),
        )  # fmt: skip
        self.layers = nn.ModuleList(GatedLayer(shape.width, reach) for reach in shape.reaches)
        self.attend = nn.Sequential(
            nn.Conv1d(shape.width, 64, 1), nn.Tanh(), nn.Conv1d(64, shape.heads, 1)
        )
        self.embed = nn.Sequential(
            nn.LayerNorm(2 * shape.width), nn.Dropout(dropout),
            nn.Linear(2 * shape.width, shape.embedding), nn.SiLU(), nn.Dropout(dropout),
        )  # fmt: skip
        self.emotion = nn.Linear(shape.embedding, len(RAVDESS))
        self.corpus_bias = nn.Parameter(torch.zeros(2, len(RAVDESS)))
        self.affect = nn.Linear(shape.embedding, 3)
        self.strong = nn.Linear(shape.embedding, 1)
        self.speech = nn.Linear(shape.embedding, 1)

    def forward(self, pictures: Tensor, corpus: Tensor | None = None) -> VoiceOutput:
        """Return what is heard in pictures [B, 1, R, T] as of `spectrum.pictures_of`.

        Args:
            pictures: windows.
            corpus: 0 RAVDESS, 1 nEMO, [B]; by default RAVDESS.
        """
        x = self.stem(pictures)  # (B, C, R/2, T/2)
        for stage in self.stages:
            x = stage(x)
        x = self.flatten(x.flatten(1, 2))  # (B, C, T/4)
        for layer in self.layers:
            x = layer(x)
        embedding = self.embed(self._pooled(x.float()))
        bias = self.corpus_bias[0] if corpus is None else self.corpus_bias[corpus]
        return VoiceOutput(
            emotion=self.emotion(embedding).float() + bias,
            affect=torch.tanh(self.affect(embedding).float()),
            strong=self.strong(embedding).float()[:, 0],
            speech=self.speech(embedding).float()[:, 0],
        )

    def _pooled(self, x: Tensor) -> Tensor:
        """Return means and spreads [B, 2 C] of [B, C, T]; each head weighs its own channels."""
        shares = self.attend(x).float().softmax(-1)  # (B, heads, T)
        parts = x.unflatten(1, (shares.shape[1], -1))  # (B, heads, C / heads, T)
        mean = (parts * shares[:, :, None]).sum(-1)
        square = (parts.square() * shares[:, :, None]).sum(-1)
        spread = (square - mean.square()).clamp_min(1e-5).sqrt()
        return torch.cat([mean.flatten(1), spread.flatten(1)], dim=1)


class Stage(nn.Module):
    """Two convolutions over rows and frames and a way past them."""

    def __init__(self, inputs: int, outputs: int, *, stride: tuple[int, int]) -> None:
        """Make a stage that divides rows and frames by its strides."""
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False),
            nn.BatchNorm2d(outputs), nn.SiLU(),
            nn.Conv2d(outputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs),
        )  # fmt: skip
        self.past = nn.Sequential(
            nn.AvgPool2d(stride, ceil_mode=True), nn.Conv2d(inputs, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """Return maps [B, outputs, R', T'] of maps [B, inputs, R, T]."""
        return nn.functional.silu(self.body(x) + self.past(x))


class GatedLayer(nn.Module):
    """A residual gated convolution over time: five frames, ``reach`` apart, each channel alone."""

    def __init__(self, width: int, reach: int) -> None:
        """Make a layer that keeps its shape."""
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv1d(width, width, 5, padding=2 * reach, dilation=reach, groups=width, bias=False),
            nn.BatchNorm1d(width),
            nn.Conv1d(width, 2 * width, 1), nn.GLU(1), nn.Dropout(0.1),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """Return maps [B, C, T] of maps of that shape."""
        return x + self.body(x)
