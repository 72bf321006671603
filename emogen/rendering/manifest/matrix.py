"""One line, many jobs: settings and lists of values in, every combination out."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from math import prod
from typing import Any

_RANGE = re.compile(r"\s*(-?\d{1,18})\s*\.\.\s*(-?\d{1,18})\s*")
MAX_VALUES = 1_000_000
"""Most values of one setting, and most jobs of one manifest."""


def read_values(values: Any) -> Sequence[Any]:  # noqa: ANN401 - anything may come in
    """Return the values of one setting: a list, or the whole numbers of "0..9".

    >>> list(read_values("0..3"))
    [0, 1, 2, 3]

    Raises:
        ValueError: it is neither, or empty, or holds a value twice.
    """
    if isinstance(values, str) and (match := _RANGE.fullmatch(values)):
        first, last = int(match[1]), int(match[2])
        if not 0 <= last - first < MAX_VALUES:
            raise ValueError(f"expected a growing range of at most {MAX_VALUES}, got {values}")
        return range(first, last + 1)
    if not isinstance(values, list) or not values:
        raise ValueError(
            f"expected a list of values, or a range such as '0..9', got {str(values)[:40]!r}"
        )
    seen = [repr(value) for value in values]
    if len(set(seen)) < len(seen):
        twice = next(value for value in seen if seen.count(value) > 1)
        raise ValueError(f"expected different values, got {twice[:40]} twice; remove one")
    return values


def size_of(matrix: Mapping[str, Sequence[Any]]) -> int:
    """Return how many jobs a matrix makes of one.

    >>> size_of({"seed": range(3), "emotion": ["fear", "awe"]}), size_of({})
    (6, 1)
    """
    return prod(len(values) for values in matrix.values())


def combinations(matrix: Mapping[str, Sequence[Any]]) -> Iterator[dict[str, Any]]:
    """Yield every combination, the last setting changing fastest.

    >>> list(combinations({"emotion": ["fear", "awe"], "seed": range(2)}))[1]
    {'emotion': 'fear', 'seed': 1}
    """
    for values in product(*matrix.values()):
        yield dict(zip(matrix, values, strict=True))
