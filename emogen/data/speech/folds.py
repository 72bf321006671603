"""Speaker-independent folds: the utterances of a corpus in, one group of speakers a fold out."""

from collections.abc import Sequence

import numpy as np

from emogen.data.speech.reader import Utterance
from emogen.errors import InputError


def speaker_folds(
    utterances: Sequence[Utterance], *, folds: int = 5, seed: int = 0
) -> tuple[tuple[str, ...], ...]:
    """Deal the speakers out into groups, one sex after the other, so that each group has both.

    Args:
        utterances: of one corpus.
        folds: number of groups, at most as many as there are speakers.
        seed: decides the order in which the speakers are dealt out.

    Returns:
        For each fold the sorted names of its speakers; every speaker is in exactly one.

    Raises:
        InputError: fewer than two folds, or more than speakers.
    """
    sexes = {utterance.speaker: utterance.sex for utterance in utterances}
    if not 2 <= folds <= len(sexes):
        raise InputError(f"expected 2 to {len(sexes)} folds, got {folds}; use fewer")
    shuffled = np.random.default_rng(seed).permutation(sorted(sexes)).tolist()
    dealt = sorted(shuffled, key=lambda speaker: sexes[speaker])  # keeps the order of each
    return tuple(tuple(sorted(dealt[fold::folds])) for fold in range(folds))
