"""Is it the right one: labels asked and labels read in, accuracies and F1 out.

Shapes: N rows, C classes, K labels of a multi-label task.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from emogen.emotion import CATEGORIES, MIKELS
from emogen.errors import InputError
from emogen.evaluation.metrics.inputs import class_labels, places, require_same_length

NUM_POSITIVE = 4
"""The first four of Mikels' eight are pleasant, the last four unpleasant."""


def emotion_hits(
    asked: Sequence[str], emotion: np.ndarray, *, classes: Literal[2, 8] = 8
) -> np.ndarray:
    """Say of each clip whether it shows what was asked, bool (N,): the rows of EA-8 and EA-2.

    What a clip shows is the strongest of Mikels' eight; neutral does not compete, since it cannot
    be asked. EA-8 wants that one to be the asked one, EA-2 on the asked side of valence (amusement,
    awe, contentment and excitement against anger, disgust, fear and sadness). An EA-8 hit is always
    an EA-2 hit. Chance is 1/8 and 1/2. Source: EmoVid (arXiv 2511.11002).

    Args:
        asked: N names of Mikels' eight.
        emotion: (N, 8) or, with neutral last, (N, 9), not negative; larger is stronger.
        classes: 8 for the category, 2 for the side of valence.

    Raises:
        InputError: an unknown name, another shape, a reading that is missing or all zero.

    >>> read = np.eye(9)[[1, 0]]
    >>> emotion_hits(["awe", "awe"], read).tolist()
    [True, False]
    >>> emotion_hits(["awe", "awe"], read, classes=2).tolist()
    [True, True]
    """
    truth = places(asked, MIKELS)
    weights = np.asarray(emotion, dtype=np.float64)
    if weights.shape not in {(len(truth), len(MIKELS)), (len(truth), len(CATEGORIES))}:
        raise InputError(
            f"expected a reading [{len(truth)}, 8 or 9] for {len(truth)} clips, got "
            f"{list(weights.shape)}; map other label spaces with emogen.emotion.convert"
        )
    weights = weights[:, : len(MIKELS)]
    if not np.isfinite(weights).all() or (weights < 0).any() or not weights.any(axis=1).all():
        raise InputError("expected a finite reading of every clip, got none of some; drop those")
    shown = weights.argmax(axis=1)
    if classes == 2:
        return (shown < NUM_POSITIVE) == (truth < NUM_POSITIVE)
    return shown == truth


def emotion_accuracy(
    asked: Sequence[str], emotion: np.ndarray, *, classes: Literal[2, 8] = 8
) -> float:
    """Return EA-8 or EA-2, the share of clips that show what was asked; see `emotion_hits`.

    >>> emotion_accuracy(["fear", "awe"], np.eye(8)[[6, 4]])
    0.5
    """
    return float(emotion_hits(asked, emotion, classes=classes).mean())


def confusion_matrix(
    truth: Sequence[int] | np.ndarray, predicted: Sequence[int] | np.ndarray, *, num_classes: int
) -> np.ndarray:
    """Count how often each class was taken for each, int64 (C, C): rows are the truth.

    >>> confusion_matrix([0, 0, 1], [0, 1, 1], num_classes=2).tolist()
    [[1, 1], [0, 1]]
    """
    rows = class_labels(truth, num_classes=num_classes)
    columns = class_labels(predicted, num_classes=num_classes)
    require_same_length(rows, columns)
    counts = np.bincount(rows * num_classes + columns, minlength=num_classes**2)
    return counts.reshape(num_classes, num_classes)


def unweighted_average_recall(
    truth: Sequence[int] | np.ndarray, predicted: Sequence[int] | np.ndarray, *, num_classes: int
) -> float:
    """Return UAR, the mean over the classes that occur of the share of each that was found.

    In [0, 1], chance is 1 / (classes that occur) whatever their sizes. Also called balanced
    accuracy. Source: Schuller et al. 2009, The INTERSPEECH 2009 Emotion Challenge.

    >>> unweighted_average_recall([0, 0, 0, 1], [0, 0, 0, 0], num_classes=3)
    0.5
    """
    counts = confusion_matrix(truth, predicted, num_classes=num_classes)
    sizes = counts.sum(axis=1)
    there = sizes > 0
    return float((counts.diagonal()[there] / sizes[there]).mean())


def macro_f1(
    truth: Sequence[int] | np.ndarray,
    predicted: Sequence[int] | np.ndarray,
    *,
    num_classes: int,
    over: Literal["all", "present"] = "all",
) -> float:
    """Return the mean over classes of F1 = 2 TP / (2 TP + FP + FN), in [0, 1].

    Args:
        truth: (N,) classes from 0 to C - 1.
        predicted: (N,) the same.
        num_classes: C.
        over: ``all`` C classes, where one that neither occurs nor was predicted counts 0, or only
            those ``present`` in the truth, which does not punish a test set that lacks some.

    >>> macro_f1([0, 0, 1], [0, 0, 1], num_classes=4)
    0.5
    >>> macro_f1([0, 0, 1], [0, 0, 1], num_classes=4, over="present")
    1.0
    """
    counts = confusion_matrix(truth, predicted, num_classes=num_classes)
    found, sizes = counts.diagonal(), counts.sum(axis=1)
    scores = _f1(found, predicted=counts.sum(axis=0), actual=sizes)
    return float(scores.mean() if over == "all" else scores[sizes > 0].mean())


def label_f1(
    truth: np.ndarray, scores: np.ndarray, *, thresholds: float | np.ndarray = 0.5
) -> np.ndarray:
    """Return the F1 of each label of a multi-label task, float64 (K,), each in [0, 1].

    Args:
        truth: bool (N, K), which labels a row has.
        scores: (N, K), larger is likelier.
        thresholds: one for all or (K,); a label is given where its score reaches its threshold.

    >>> label_f1(np.array([[1, 0], [0, 1]]), np.array([[0.9, 0.2], [0.1, 0.3]]))
    array([1., 0.])
    """
    actual, given = _multilabel(truth, scores, thresholds)
    both = (actual & given).sum(axis=0)
    return _f1(both, predicted=given.sum(axis=0), actual=actual.sum(axis=0))


def multilabel_f1(
    truth: np.ndarray,
    scores: np.ndarray,
    *,
    thresholds: float | np.ndarray = 0.5,
    average: Literal["macro", "micro"] = "macro",
) -> float:
    """Return the F1 of a multi-label task, in [0, 1]: GoEmotions' figure is macro over 28 labels.

    ``macro`` is the mean of `label_f1`, every label alike; ``micro`` pools all decisions, so that
    frequent labels weigh more. Source: Demszky et al. 2020, ACL (macro-F1 .46 by BERT).

    >>> truth, scores = np.array([[1, 0], [0, 1]]), np.array([[0.9, 0.2], [0.1, 0.3]])
    >>> multilabel_f1(truth, scores), round(multilabel_f1(truth, scores, average="micro"), 3)
    (0.5, 0.667)
    """
    if average == "macro":
        return float(label_f1(truth, scores, thresholds=thresholds).mean())
    actual, given = _multilabel(truth, scores, thresholds)
    both = (actual & given).sum()
    return float(_f1(both, predicted=given.sum(), actual=actual.sum()))


def best_thresholds(truth: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Return the threshold of each label with the best F1 on these rows, float64 (K,).

    Fit them on validation rows, never on the rows that are reported: on those they flatter. Each is
    half way between two scores; of equally good ones the highest. A label that no row has gets one
    above all its scores. Source: exact search over all cuts (Lipton et al. 2014, arXiv 1402.1892).

    >>> best_thresholds(np.array([[1], [0]]), np.array([[0.4], [0.1]]))
    array([0.25])
    """
    actual, _ = _multilabel(truth, scores, 0.5)
    pairs = zip(actual.T, np.asarray(scores, dtype=np.float64).T, strict=True)
    return np.array([_best_threshold(label, score) for label, score in pairs])


def _best_threshold(actual: np.ndarray, scores: np.ndarray) -> float:
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
    found = actual[order].cumsum()[last]
    score = _f1(found, predicted=last + 1, actual=np.full(len(last), actual.sum()))
    if not found[-1]:
        return float(np.nextafter(ranked[0], np.inf))
    best = int(score.argmax())
    cut, below = ranked[last[best]], ranked[min(last[best] + 1, len(ranked) - 1)]
    middle = (cut + below) / 2
    return float(middle if middle > below else cut)  # neighbours in floating point have no middle


def _f1(found: np.ndarray, *, predicted: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """Return 2 TP / (predicted + actual); 0 where there is neither."""
    return 2 * found / np.maximum(predicted + actual, 1)


def _multilabel(
    truth: np.ndarray, scores: np.ndarray, thresholds: float | np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return which labels there are and which are given, both bool (N, K)."""
    actual, likely = np.asarray(truth), np.asarray(scores, dtype=np.float64)
    cuts = np.asarray(thresholds, dtype=np.float64)
    shaped = actual.ndim == 2 and actual.size and actual.shape == likely.shape
    if not shaped or not np.isin(actual, (0, 1)).all() or not np.isfinite(likely).all():
        raise InputError(
            f"expected truth of 0 and 1 and finite scores, both [N, K], got {list(actual.shape)} "
            f"and {list(likely.shape)}; align rows and labels"
        )
    if cuts.shape not in {(), (actual.shape[1],)}:
        raise InputError(
            f"expected one threshold or {actual.shape[1]}, got shape {list(cuts.shape)}; "
            "give one a label"
        )
    return actual.astype(bool), likely >= cuts
