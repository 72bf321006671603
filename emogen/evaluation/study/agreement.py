"""Do raters agree: answers by trial in, Krippendorff's alpha out."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from emogen.errors import InputError


def krippendorff_alpha(answers: Sequence[Sequence[object]]) -> float:
    """Return Krippendorff's alpha for names, 1 where all agree, 0 where they agree as by chance.

    alpha = 1 - D_observed / D_expected over coincidences of answers within a trial; trials with
    fewer than two answers say nothing. nan where everybody always says the same: then chance is
    undefined. Source: Krippendorff 2004, Content Analysis, chapter 11.

    Args:
        answers: the answers to each trial, any number of raters.

    Raises:
        InputError: no trial has two answers.

    >>> krippendorff_alpha([["a", "a"], ["b", "b"], ["a", "b"]]).__round__(3)
    0.444
    """
    pairable = [list(given) for given in answers if len(given) > 1]
    if not pairable:
        raise InputError("expected a trial with answers by two raters, got none; ask more raters")
    names = sorted({name for given in pairable for name in given}, key=str)
    table = np.array([[Counter(given)[name] for name in names] for given in pairable], dtype=float)
    raters, totals = table.sum(axis=1), table.sum(axis=0)
    agreeing = ((table * (table - 1)).sum(axis=1) / (raters - 1)).sum()
    number = totals.sum()
    expected = 1 - (totals * (totals - 1)).sum() / (number * (number - 1))
    if expected == 0:
        return float("nan")
    return float(1 - (1 - agreeing / number) / expected)


def by_trial(answers: Sequence[tuple[str, str]]) -> Mapping[str, list[str]]:
    """Return the answers of each trial from pairs of a trial and an answer.

    >>> by_trial([("t1", "A"), ("t2", "B"), ("t1", "tie")])
    {'t1': ['A', 'tie'], 't2': ['B']}
    """
    found: dict[str, list[str]] = {}
    for trial, answer in answers:
        found.setdefault(trial, []).append(answer)
    return found
