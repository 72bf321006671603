"""Where two sources disagree: what each says of the frames in, stretches of disagreement out.

The nine categories are read as six families, since amusement and excitement are hardly a
disagreement. Two sources disagree in a frame where each finds a family likelier than not, the
families differ, and neither is words or a picture that merely show nothing.

Shapes: L frames, S sources, 9 categories.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from emogen.emotion.labels import CATEGORIES
from emogen.encoders.reading import SOURCES

FAMILIES = ("pleasant", "anger", "disgust", "fear", "sadness", "neutral")
_FAMILY_OF = tuple(
    FAMILIES.index(name) if name in FAMILIES else 0 for name in CATEGORIES
)
SURE_FROM = 0.5
"""A source is taken at its word from this probability of its family on."""
SHORTEST = 1.0
"""Seconds that a disagreement lasts at least, to be told."""
_COMPARED = ("words", "voice", "portrait", "request")
_SAYS_NOTHING = ("words", "portrait")
"""Neutral words or a face at rest are no statement about how something is said."""


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """A stretch in which two sources disagree.

    Attributes:
        start: seconds.
        end: seconds.
        between: the two sources.
        says: what each says, one of `FAMILIES`.
        size: how much, the mean total variation between the two distributions, 0 to 1.
        decided_by: the source that the face follows.
    """

    start: float
    end: float
    between: tuple[str, str]
    says: tuple[str, str]
    size: float
    decided_by: str

    def __str__(self) -> str:
        (one, other), (this, that) = self.between, self.says
        return (
            f"{self.start:.1f} to {self.end:.1f} s: {one} says {this}, {other} says {that}"
            f" ({self.size:.0%} apart); {self.decided_by} decides"
        )


def families_of(distribution: np.ndarray) -> np.ndarray:
    """Return the share of each family [..., 6] of a distribution over the categories [..., 9].

    >>> families_of(np.full(9, 1 / 9)).round(2).tolist()
    [0.44, 0.11, 0.11, 0.11, 0.11, 0.11]
    """
    out = np.zeros((*distribution.shape[:-1], len(FAMILIES)))
    for category, family in enumerate(_FAMILY_OF):
        out[..., family] += distribution[..., category]
    return out


def disagreement(
    first: np.ndarray, second: np.ndarray, *, sources: tuple[str, str]
) -> np.ndarray:
    """Return how far two distributions [L, 9] are apart, [L]; 0 where they do not disagree.

    >>> joy, anger = np.eye(9)[[0]], np.eye(9)[[4]]
    >>> disagreement(joy, anger, sources=("words", "voice"))
    array([1.])
    """
    pair = np.stack([families_of(first), families_of(second)])  # (2, L, 6)
    top = pair.argmax(-1)
    apart = (pair.max(-1) >= SURE_FROM).all(0) & (top[0] != top[1])
    for source, family in zip(sources, top, strict=True):
        if source in _SAYS_NOTHING:
            apart &= family != FAMILIES.index("neutral")
    return np.where(apart, 0.5 * np.abs(pair[0] - pair[1]).sum(-1), 0)


def find_conflicts(
    distributions: np.ndarray,
    presence: np.ndarray,
    weights: np.ndarray,
    *,
    fps: float,
    seconds: float = float("inf"),
) -> tuple[Conflict, ...]:
    """Return every stretch in which two sources disagree, in the order of time.

    Args:
        distributions: what each source says, [L, S, 9] in the order of `SOURCES`.
        presence: whether it says anything, bool [L, S].
        weights: how much the face follows each, [L, S].
        fps: frames a second.
        seconds: length of the sound, where everything ends.
    """
    found = []
    for one, other in combinations(_COMPARED, 2):
        columns = [SOURCES.index(one), SOURCES.index(other)]
        size = disagreement(*distributions[:, columns].swapaxes(0, 1), sources=(one, other))
        size = np.where(presence[:, columns].all(1), size, 0)
        for first, last in stretches(size > 0):
            if (last - first) / fps < SHORTEST and last - first < len(size):
                continue
            means = families_of(distributions[first:last, columns].mean(0))
            follows = weights[first:last].mean(0)
            found.append(Conflict(
                start=round(first / fps, 2), end=round(min(last / fps, seconds), 2),
                between=(one, other),
                says=tuple(FAMILIES[index] for index in means.argmax(1)),
                size=float(size[first:last].mean()), decided_by=SOURCES[int(follows.argmax())],
            ))  # fmt: skip
    return tuple(sorted(found, key=lambda conflict: conflict.start))


def stretches(marked: np.ndarray) -> list[tuple[int, int]]:
    """Return where runs of true begin and end, of bool [L].

    >>> stretches(np.array([True, False, True, True]))
    [(0, 1), (2, 4)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], marked, [False]]).astype(int)))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]
