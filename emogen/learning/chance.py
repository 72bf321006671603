"""Chance left as it was: a block of code in, the state of every random generator put back after."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


@contextmanager
def untouched_chance() -> Iterator[None]:
    """Put the generators of Python, numpy and torch back as they were when the block ends.

    What happens inside may draw as it likes: what follows draws what it would have drawn.

    >>> _ = torch.manual_seed(0)
    >>> with untouched_chance():
    ...     inside = torch.rand(1)
    >>> bool(torch.rand(1) == inside)
    True
    """
    python, array = random.getstate(), np.random.get_state()
    with torch.random.fork_rng():
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(array)
