"""A stream seen through a window that moves on: blocks of rows in, the rows of a stretch out."""

from collections.abc import Iterable

import numpy as np

from emogen.errors import InputError


class Rolling:
    """Rows that arrive in blocks; what lies before the last window is forgotten.

    Args:
        blocks: Arrays [n, ...] of any number of rows.
        name: What the rows are called in errors.

    >>> rows = Rolling(np.arange(10.0).reshape(5, 2, 1))
    >>> rows.window(-1, 3)[:, 0].tolist(), rows.reaches(11), rows.count
    ([0.0, 0.0, 1.0, 2.0], False, 10)
    """

    def __init__(self, blocks: Iterable[np.ndarray], *, name: str = "rows") -> None:
        self.name = name
        self._blocks = iter(blocks)
        self._kept: list[np.ndarray] = []
        self._first = 0
        self.ended = False

    @property
    def count(self) -> int:
        """Rows that have arrived so far."""
        return self._first + len(self._kept)

    def reaches(self, count: int) -> bool:
        """Take blocks until there are ``count`` rows; returns whether there are."""
        while self.count < count and not self.ended:
            block = next(self._blocks, None)
            if block is None:
                self.ended = True
            else:
                self._kept.extend(block)
        return self.count >= count

    def window(self, first: int, last: int) -> np.ndarray:
        """Return rows first to last, the outer ones repeated beyond both ends.

        Windows must not go back: rows before ``first`` are forgotten.

        Raises:
            InputError: There are no rows at all.
        """
        if not self.reaches(last) and not self.count:
            raise InputError(f"expected {self.name} to draw from, got none; is the sound empty?")
        places = np.clip(np.arange(first, last), 0, self.count - 1) - self._first
        rows = np.stack([self._kept[place] for place in places])
        useless = min(max(0, first - self._first), len(self._kept) - 1)
        del self._kept[:useless]
        self._first += useless
        return rows
