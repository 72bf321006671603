"""How the words encoder's networks learn: texts' targets in, a loss and a descent along it out.

Shapes: N comments, M rated sentences.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from emogen.data.texts import Texts
from emogen.emotion import GOEMOTIONS, VAD
from emogen.evaluation.recogniser.words_calibration import category_shares
from emogen.evaluation.recogniser.words_networks import WordScores

_ANCHORS = np.array([VAD[name] for name in GOEMOTIONS])


class Targets:
    """What each head should say: of comments, and of sentences.

    Args:
        comments: GoEmotions.
        ratings: EmoBank in [-1, 1], [M, 9]: over both views, of the reader, of the writer.
    """

    def __init__(self, comments: Texts, ratings: np.ndarray) -> None:
        felt = comments.targets @ _ANCHORS / comments.targets.sum(1, keepdims=True)
        self.labels = torch.from_numpy(comments.targets)
        self.shares = torch.from_numpy(category_shares(comments.targets)).float()
        self.felt_scale = (felt.mean(0), felt.std(0))
        self.felt = torch.from_numpy((felt - felt.mean(0)) / felt.std(0)).float()
        self.rated_scale = (ratings.mean(0), ratings.std(0))
        self.ratings = torch.from_numpy((ratings - ratings.mean(0)) / ratings.std(0)).float()

    def loss(self, comments: WordScores, rows: Tensor, rated: WordScores, picks: Tensor) -> Tensor:
        """Return the loss of what is said of some comments and of some sentences."""
        labels = F.binary_cross_entropy_with_logits(comments.labels, self.labels[rows])
        shares = F.cross_entropy(comments.categories, self.shares[rows])
        felt = F.mse_loss(comments.felt, self.felt[rows])
        both = torch.cat([rated.rated, rated.evoked], dim=1)
        rating = F.mse_loss(both, self.ratings[picks, :6])
        return 10 * labels + 0.5 * shares + 0.3 * felt + 0.3 * rating

    def in_units(self, output: nn.Linear) -> None:
        """Change the last layer so that it speaks in [-1, 1] instead of standard deviations."""
        mean, spread = (np.concatenate([felt, rated[:6]]) for felt, rated
                        in zip(self.felt_scale, self.rated_scale, strict=True))
        with torch.no_grad():
            spread, mean = torch.from_numpy(spread).float(), torch.from_numpy(mean).float()
            output.weight[-9:] *= spread[:, None]
            output.bias[-9:] = output.bias[-9:] * spread + mean


Order = Callable[[torch.Generator], list[Tensor]]
"""Gives the batches of rows of comments of one epoch."""


@dataclass(frozen=True, kw_only=True)
class Course:
    """How long a network learns.

    Attributes:
        order: of the comments.
        seed: of the order.
        minutes: after which the learning rate has fallen to zero whatever is left.
        epochs: passes over the comments.
        rate: the highest learning rate.
    """

    order: Order
    seed: int
    minutes: float
    epochs: int = 8
    rate: float = 3e-3


def descend(network: nn.Module, targets: Targets, say: tuple, course: Course) -> None:
    """Fit a network by AdamW with a rate that rises briefly and falls to zero.

    Args:
        network: what is trained.
        targets: of all texts.
        say: two functions that give the `WordScores` of some comments, of some sentences.
        course: how long.
    """
    generator = torch.Generator().manual_seed(course.seed)
    optimiser = torch.optim.AdamW(network.parameters(), lr=course.rate, weight_decay=0.01)
    batches, begun, past, step = course.order(generator), time.monotonic(), 0.0, 0
    steps = course.epochs * len(batches)
    network.train()
    while past < 1:
        if step and step % len(batches) == 0:
            batches = course.order(generator)
        rows = batches[step % len(batches)]
        picks = torch.randint(len(targets.ratings), (96,), generator=generator)
        spent = (time.monotonic() - begun) / 60 / course.minutes
        past = max((step + 1) / steps, spent)
        optimiser.param_groups[0]["lr"] = course.rate * min(past / 0.15, (1 - past) / 0.85, 1)
        loss = targets.loss(say[0](rows), rows, say[1](picks), picks)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        step += 1
    print(f"  {step} steps, last loss {loss.item():.3f}", flush=True)
    network.eval()


def shuffled(count: int, *, batch: int = 256) -> Order:
    """Return the order that puts the rows below a count into full batches at random."""
    return lambda generator: list(
        torch.randperm(count, generator=generator).split(batch)[: count // batch]
    )


def of_like_length(lengths: Tensor, *, batch: int = 128) -> Order:
    """Return the order whose batches hold texts of about one length, so that little is padded."""

    def order(generator: torch.Generator) -> list[Tensor]:
        mixed = torch.randperm(len(lengths), generator=generator)
        pieces = [piece[lengths[piece].argsort()] for piece in mixed.split(batch * 20)]
        batches = [rows for piece in pieces for rows in piece.split(batch) if len(rows) == batch]
        return [batches[row] for row in torch.randperm(len(batches), generator=generator).tolist()]

    return order


def start_at_base_rates(output: nn.Linear, labels: Tensor) -> None:
    """Let the untrained last layer say how frequent each label is."""
    rate = labels.mean(0).clamp(1e-4, 1 - 1e-4)
    with torch.no_grad():
        output.bias[: len(GOEMOTIONS)] = (rate / (1 - rate)).log()
