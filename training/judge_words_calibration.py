"""Fits of the words encoder's calibration: what a network says of the dev splits in, numbers out.

Shapes: N texts, K inputs, S sides.
"""

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812

from emogen.data.texts import Texts
from emogen.emotion import GOEMOTIONS
from emogen.evaluation.metrics.accuracy import best_thresholds
from emogen.evaluation.recogniser.calibration import fit_temperature, softmax
from emogen.evaluation.recogniser.words_calibration import (
    SIDES,
    WordsCalibration,
    category_hits,
    category_shares,
    log_odds,
    side_inputs,
    side_of_emotion,
    side_of_valence,
    top_share,
)
from emogen.evaluation.recogniser.words_networks import WordScores

_STEPS = 100
_LEAST_SLOPE = 1e-3  # where shares say nothing of what is right their order is kept all the same


def calibrate(
    labelled: WordScores, labels: np.ndarray, rated: WordScores, ratings: np.ndarray
) -> WordsCalibration:
    """Fit temperature, sides and confidences.

    Args:
        labelled: what the network says of comments.
        labels: zeros and ones, [N, 28].
        rated: what it says of rated sentences.
        ratings: in [-1, 1], [M, 3].
    """
    shares = category_shares(labels)
    warmth = fit_temperature(softmax(labelled.categories.numpy()), shares)
    valence = rated.rated[:, 0].numpy()
    side = side_of_valence(ratings[:, 0])
    inputs = side_inputs(softmax(rated.categories.numpy() / warmth), valence)
    draft = WordsCalibration(
        temperature={"social": warmth, "sentences": warmth},
        confidence={"social": (1.0, 0.0), "sentences": (1.0, 0.0)},
        sides=logistic(inputs, side, classes=len(SIDES)),
    )
    comments = draft.emotion(labelled.categories.numpy(), labelled.rated[:, 0].numpy(), "social")
    sentences = draft.emotion(rated.categories.numpy(), valence, "sentences")
    right = {"social": category_hits(comments, shares),
             "sentences": side_of_emotion(sentences) == side}
    share = {"social": top_share(comments, "social"),
             "sentences": top_share(sentences, "sentences")}
    return WordsCalibration(
        temperature=draft.temperature,
        confidence={name: slope_and_intercept(share[name], right[name]) for name in right},
        sides=draft.sides,
    )


def slope_and_intercept(share: np.ndarray, right: np.ndarray) -> tuple[float, float]:
    """Return the line from the log-odds of shares [N] to those of being right (Platt 1999)."""
    inputs = np.stack([log_odds(share), np.ones(len(share))], axis=1)
    away, towards = logistic(inputs, right.astype(np.int64), classes=2)
    slope, intercept = (towards - away).tolist()
    return max(slope, _LEAST_SLOPE), intercept


def logistic(
    inputs: np.ndarray, classes_of: np.ndarray, *, classes: int, penalty: float = 1e-4
) -> np.ndarray:
    """Return weights [S, K] of a logistic regression from inputs [N, K] to classes [N]."""
    x, y = torch.from_numpy(inputs).double(), torch.from_numpy(classes_of)
    weights = torch.zeros(classes, x.shape[1], dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([weights], max_iter=_STEPS, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        total = F.cross_entropy(x @ weights.T, y) + penalty * weights.square().sum()
        total.backward()
        return total

    optimiser.step(loss)
    return weights.detach().numpy()


def thresholds_of(scores: WordScores, dev: Texts) -> dict[str, float]:
    """Return the probability from which each label counts as given, with the best F1 on dev."""
    best = best_thresholds(dev.targets > 0, scores.labels.sigmoid().numpy())
    return {name: float(least) for name, least in zip(GOEMOTIONS, best, strict=True)}
