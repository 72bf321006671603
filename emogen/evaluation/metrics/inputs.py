"""What metrics accept: labels, distributions and frames in, the same as checked arrays out.

Shapes: N rows, C classes, K labels of a multi-label task, T frames, H/W pixels, D width.
"""

from collections.abc import Sequence

import numpy as np

from emogen.errors import InputError, suggest

Numbers = Sequence[float] | np.ndarray

SUM_TOLERANCE = 0.01
"""How far a distribution may sum from 1: half precision and rounded rows stay within."""


def class_labels(values: Sequence[int] | np.ndarray, *, num_classes: int) -> np.ndarray:
    """Return labels as int64 (N,), each from 0 to C - 1.

    >>> class_labels([0, 2], num_classes=3).tolist()
    [0, 2]
    """
    labels = np.asarray(values)
    whole = labels.ndim == 1 and len(labels) and labels.dtype.kind in "biu"
    if not whole or labels.min() < 0 or labels.max() >= num_classes:
        raise InputError(
            f"expected at least one whole number from 0 to {num_classes - 1}, got "
            f"{labels.dtype} {list(labels.shape)}; number the classes from 0"
        )
    return labels.astype(np.int64)


def places(names: Sequence[str], known: Sequence[str]) -> np.ndarray:
    """Return where each name stands among the known ones, int64 (N,).

    >>> places(["b", "a"], ("a", "b")).tolist()
    [1, 0]
    """
    order = {name: place for place, name in enumerate(known)}
    for name in names:
        if name not in order:
            hint = suggest(str(name), tuple(known)) or ";"
            raise InputError(f"unknown label {name!r}{hint} expected one of {', '.join(known)}")
    return class_labels([order[name] for name in names], num_classes=len(known))


def distributions(values: np.ndarray, *, num_classes: int | None = None) -> np.ndarray:
    """Return rows that are distributions as float64 (N, C), rounding of their sums taken out.

    >>> distributions([[0.2, 0.8], [0.333, 0.666]]).sum(axis=1).tolist()
    [1.0, 1.0]
    """
    rows = np.asarray(values, dtype=np.float64)
    shaped = rows.ndim == 2 and rows.size and num_classes in (None, rows.shape[1])
    if not shaped or not np.isfinite(rows).all() or rows.min() < 0:
        raise InputError(
            f"expected probabilities [N, {num_classes or 'C'}], finite and not below 0, got shape "
            f"{list(rows.shape)}; leave out rows without a reading"
        )
    total = rows.sum(axis=1, keepdims=True)
    if np.abs(total - 1).max() > SUM_TOLERANCE:
        raise InputError("expected rows that sum to 1, got others; apply softmax first")
    return rows / total


def shares(values: Numbers) -> np.ndarray:
    """Return numbers from 0 to 1 as float64 (N,).

    >>> shares([0, 0.5]).tolist()
    [0.0, 0.5]
    """
    column = np.asarray(values, dtype=np.float64)
    inside = column.ndim == 1 and len(column) and (column >= 0).all() and (column <= 1).all()
    if not inside:
        raise InputError(
            f"expected at least one number from 0 to 1, got shape {list(column.shape)}; "
            "give probabilities, not logits"
        )
    return column


def truths(values: Sequence[bool] | np.ndarray) -> np.ndarray:
    """Return what is so and what is not as bool (N,); 0 and 1 are taken too.

    >>> truths([1, 0]).tolist()
    [True, False]
    """
    column = np.asarray(values)
    if column.ndim != 1 or not len(column) or not np.isin(column, (0, 1)).all():
        raise InputError(
            f"expected true or false in each row, got {column.dtype} {list(column.shape)}; "
            "compare labels first"
        )
    return column.astype(bool)


def require_same_length(*columns: np.ndarray) -> None:
    """Refuse columns of different lengths.

    Raises:
        InputError: they differ.
    """
    if len({len(column) for column in columns}) > 1:
        lengths = ", ".join(str(len(column)) for column in columns)
        raise InputError(f"expected as many rows in each column, got {lengths}; align them")
