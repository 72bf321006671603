"""What of the judge's words models is linear: texts in, tables of evidence and of words out.

Ridge regression from n-grams to every target at once, by conjugate gradients, which are stopped
early (a second, cheap regulariser). What training texts are told of themselves must come from a fit
without them, else the perceptron on top would trust it too much: `held_out_evidence`.

The second judge's words begin as vectors that words of like company share: `word_vectors`.

Shapes: N texts, F n-grams, E = 40 targets, V words, D width of a vector.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import svds

from emogen.evaluation.recogniser.words_text import NgramTable

LEAST_TEXTS = (3, 8)
"""In how many texts an n-gram of words, of letters, has to occur."""
LABEL_FIT = {"strength": 8.0, "steps": 10}
RATING_FIT = {"strength": 3.0, "steps": 25}
JOINT_FIT = {"strength": 4.0, "steps": 30}
JOINT_SHARE = 0.2
"""How much labels weigh beside n-grams where ratings are read from both."""
FOLDS = 4
REACH = 4
"""Words on either side that count as a word's company."""

Counts = Sequence[tuple[Counter[int], Counter[int]]]


def table_of(counts: Counts) -> NgramTable:
    """Return all n-grams that occur in enough texts, with their rarity ln((1 + N) / (1 + n)) + 1.

    A key that both a word and letters have (by chance) counts once.
    """
    found: dict[int, int] = {}
    for block, least in enumerate(LEAST_TEXTS):
        keys = np.concatenate([np.fromiter(text[block], np.uint32) for text in counts])
        unique, texts = np.unique(keys, return_counts=True)
        kept = texts >= least
        found.update(zip(unique[kept].tolist(), texts[kept].tolist(), strict=True))
    keys = np.array(sorted(found), dtype=np.uint32)
    texts = np.array([found[key] for key in keys.tolist()])
    rarity = np.log((1 + len(counts)) / (1 + texts)) + 1
    return NgramTable(keys, rarity.astype(np.float16).astype(np.float32))


def matrix_of(table: NgramTable, counts: Counts) -> sparse.csr_matrix:
    """Return the weights of each text's n-grams, [N, F]."""
    rows, weights = zip(*(table.weights(text) for text in counts), strict=True)
    ends = np.cumsum([0, *map(len, rows)])
    shape = (len(counts), len(table))
    return sparse.csr_matrix((np.concatenate(weights), np.concatenate(rows), ends), shape=shape)


def ridge(
    x: sparse.csr_matrix, y: np.ndarray, *, strength: float, steps: int
) -> np.ndarray:
    """Return weights [F, E] of x @ weights = y with the penalty strength * |weights|**2.

    Args:
        x: [N, F].
        y: [N, E], centred.
        strength: of the penalty.
        steps: of conjugate gradients on the normal equations (Hestenes and Stiefel 1952).
    """
    back = x.T.tocsr()
    weights = np.zeros((x.shape[1], y.shape[1]), dtype=np.float32)
    rest = back @ y.astype(np.float32)
    direction, power = rest.copy(), (rest * rest).sum(0)
    for _ in range(steps):
        image = back @ (x @ direction) + strength * direction
        stride = power / np.maximum((direction * image).sum(0), 1e-12)
        weights += stride * direction
        rest -= stride * image
        power, before = (rest * rest).sum(0), power
        direction = rest + power / np.maximum(before, 1e-12) * direction
    return weights


def fit(
    x: sparse.csr_matrix, labels: np.ndarray, ratings: np.ndarray, *, without: np.ndarray | None
) -> np.ndarray:
    """Return the table of evidence [F, E]: of labels, of ratings, and of ratings through labels.

    The last are fitted from n-grams and from the labels' evidence together, which again is linear
    in the n-grams. Sentences with ratings are few; labels know more words.

    Args:
        x: n-grams of all texts, those with labels first.
        labels: [L, 28], centred.
        ratings: [R, 6], standardised.
        without: bool [L + R], texts that must not be learned from; None for none.
    """
    kept = np.ones(x.shape[0], dtype=bool) if without is None else ~without
    first, second = np.flatnonzero(kept[: len(labels)]), np.flatnonzero(kept[len(labels) :])
    seen, rated = x[second + len(labels)], ratings[second]
    by_label = ridge(x[first], labels[first], **LABEL_FIT)
    said = seen @ by_label
    scale = (JOINT_SHARE / np.maximum(said.std(0), 1e-6)).astype(np.float32)
    both = sparse.hstack([seen, sparse.csr_matrix(said * scale)], format="csr")
    joint = ridge(both, rated, **JOINT_FIT)
    plain, through = joint[: x.shape[1]], joint[x.shape[1] :]
    return np.concatenate([
        by_label, ridge(seen, rated, **RATING_FIT), plain + (by_label * scale) @ through,
    ], axis=1)


def most_important(x: sparse.csr_matrix, table: np.ndarray, *, keep: int) -> np.ndarray:
    """Return the n-grams that move the evidence most, int64 [keep], sorted."""
    energy = np.asarray(x.multiply(x).sum(0)).ravel()
    moved = energy * np.square(table / np.maximum(table.std(0), 1e-9)).sum(1)
    return np.sort(np.argsort(-moved)[:keep])


def held_out_evidence(
    x: sparse.csr_matrix, labels: np.ndarray, ratings: np.ndarray, *, seed: int
) -> np.ndarray:
    """Return the evidence of each text by tables that were fitted without it, [N, E]."""
    fold = np.random.default_rng(seed).integers(FOLDS, size=x.shape[0])
    parts = []
    for number in range(FOLDS):
        away = fold == number
        parts.append(x[away] @ fit(x, labels, ratings, without=away))
    evidence = np.empty((x.shape[0], parts[0].shape[1]), dtype=np.float32)
    for number, part in enumerate(parts):
        evidence[fold == number] = part
    return evidence


def word_vectors(lines: Sequence[np.ndarray], *, words: int, width: int, seed: int) -> np.ndarray:
    """Return a vector for each word from the words around it, float32 [V, D], each of spread 1.

    Positive pointwise mutual information, factored (Levy and Goldberg 2014, NeurIPS).

    Args:
        lines: rows of the words of each text, in order; negative ones are no words.
        words: V.
        width: D.
        seed: of the factorisation.
    """
    gap = np.full(REACH, -1)
    stream = np.concatenate([part for line in lines for part in (line, gap)])
    company = sparse.csr_matrix((words, words))
    for distance in range(1, REACH + 1):
        first, second = stream[:-distance], stream[distance:]
        both = (first >= 0) & (second >= 0)
        counted = np.full(both.sum(), 1 / distance)
        company = company + sparse.csr_matrix((counted, (first[both], second[both])),
                                              shape=(words, words))
    company = (company + company.T).tocoo()
    total = np.asarray(company.sum(1)).ravel() + 1e-9
    common = total**0.75 / (total**0.75).sum()
    mutual = np.log(company.data / (total[company.row] * common[company.col]))
    kept = mutual > 0
    table = sparse.csr_matrix(
        (mutual[kept], (company.row[kept], company.col[kept])), shape=(words, words)
    )
    vectors, strength, _ = svds(table, k=width, random_state=seed)
    vectors = vectors * np.sqrt(np.maximum(strength, 0))
    return (vectors / (vectors.std(0) + 1e-9)).astype(np.float32)
