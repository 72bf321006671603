"""The second judge's network for pictures: squares in, the same outputs out, nothing learned alike.

Where the first one learns filters and crops the subject, this one measures: histograms of oriented
gradients (Dalal and Triggs 2005) and mean colours in cells of 4 pixels. Nine cells make a token; a
small transformer reads the tokens and one of its own collects the answer.

Shapes: T frames, K tokens, D width of the embedding.
"""

import math

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from emogen.emotion import CATEGORIES
from emogen.evaluation.recogniser.vision_networks import (
    ACTION_UNITS,
    WIDTH,
    FrameOutput,
    Reader,
)

SIDE, CELL, BINS, TOKEN = 96, 4, 8, 3
LAYERS, HEADS = 3, 4
_GRID = SIDE // CELL // TOKEN
_MEASURED = TOKEN**2 * (BINS + 1 + 3)
_ANGLES = torch.arange(BINS) * 2 * math.pi / BINS


def cell_histograms(squares: Tensor) -> Tensor:
    """Measure each cell: gradients by direction, their energy and the mean colour.

    Args:
        squares: [T, 3, S, S] in [-1, 1], S a multiple of `CELL`.

    Returns:
        [T, BINS + 4, S / CELL, S / CELL]; directions of a cell are shares of its energy.
    """
    grey = F.pad(squares.mean(1, keepdim=True), (1, 1, 1, 1), mode="replicate")
    across = grey[:, :, 1:-1, 2:] - grey[:, :, 1:-1, :-2]
    down = grey[:, :, 2:, 1:-1] - grey[:, :, :-2, 1:-1]
    directions = torch.cat(
        [F.relu(math.cos(a) * across + math.sin(a) * down) for a in _ANGLES.tolist()], dim=1
    )  # (T, BINS, S, S)
    soft = F.avg_pool2d(F.pad(directions, (2, 2, 2, 2)), 2 * CELL, stride=CELL)
    energy = soft.sum(1, keepdim=True)
    colours = F.avg_pool2d(squares, CELL)
    return torch.cat([BINS * soft / (energy + 0.05), energy.sqrt(), colours], dim=1)


class Layer(nn.Module):
    """One layer of a transformer, normalised first."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
        self.mixed, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.wide, self.narrow = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return tokens [T, K, D] that have seen each other."""
        count, length, width = tokens.shape
        mixed = self.mixed(self.first(tokens)).view(count, length, 3, self.heads, -1)
        query, key, value = mixed.permute(2, 0, 3, 1, 4)  # (T, heads, K, D / heads) each
        seen = F.scaled_dot_product_attention(query, key, value).transpose(1, 2)
        tokens = tokens + self.out(seen.reshape(count, length, width))
        return tokens + self.narrow(F.gelu(self.wide(self.second(tokens))))


class CellNetwork(nn.Module):
    """A transformer over measured cells; about 0.28 M numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Linear(_MEASURED, WIDTH)
        self.place = nn.Parameter(0.02 * torch.randn(_GRID**2, WIDTH))
        self.answer = nn.Parameter(0.02 * torch.randn(1, 1, WIDTH))
        self.layers = nn.ModuleList([Layer(WIDTH, HEADS) for _ in range(LAYERS)])
        self.last = nn.LayerNorm(WIDTH)
        self.presence = nn.Linear(WIDTH, 1)
        self.face = nn.Linear(WIDTH, len(CATEGORIES))
        self.units = nn.Linear(WIDTH, len(ACTION_UNITS))
        self.reader = Reader()

    def forward(self, squares: Tensor) -> FrameOutput:
        """Look at frames [T, 3, S, S] in [-1, 1]."""
        if squares.shape[-1] != SIDE:
            squares = F.interpolate(squares, size=(SIDE, SIDE), mode="bilinear", antialias=True)
        tokens = F.pixel_unshuffle(cell_histograms(squares), TOKEN).flatten(2).transpose(1, 2)
        tokens = self.embed(tokens) + self.place
        tokens = torch.cat([self.answer.expand(len(tokens), -1, -1), tokens], dim=1)
        for layer in self.layers:
            tokens = layer(tokens)
        answer = self.last(tokens[:, 0])
        return FrameOutput(
            features=answer,
            presence=self.presence(answer)[:, 0],
            face=self.face(answer),
            units=self.units(answer).tanh(),
        )
