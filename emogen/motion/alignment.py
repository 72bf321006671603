"""Words to times: the phones of a transcript and what the ear hears in, when each sounds out.

The best path (Viterbi 1967) through the words' phones in order, with a pause allowed around each
word; a consonant takes 40 ms at least, a vowel 60 ms, unless the words are too many for that. The
search looks at a stretch of the transcript that moves on with the sound and settles what lies half
a minute back, so memory does not grow with the length.

Shapes: J phone frames (50 a second), P = 40 phones, S states (the shortest stay in a phone takes as
many states as frames).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emogen.errors import InputError
from emogen.motion.ear import PHONE_RATE
from emogen.motion.phones import INDEX, PHONES, SILENCE, VOWELS, PhoneSpan

WORST_SCORE = -3.2
"""A transcript whose phones the ear finds less likely than this is of something else."""
_BEHIND = -1e30
_BAND = 1200
_SETTLE = 1500
_FLOOR = 1e-3
_PAUSE_START = -1.0
_STAYS = ((2, 3), (1, 2), (1, 1))
"""Frames for which a consonant and a vowel stay at least; the first that leaves room is taken."""
_FULL = 0.7


@dataclass(frozen=True, kw_only=True)
class Alignment:
    """When the phones of a transcript sound.

    Attributes:
        spans: phones and pauses in order, without gaps.
        score: mean log probability of the transcript's phones where they were placed, at most 0.
    """

    spans: tuple[PhoneSpan, ...]
    score: float

    @property
    def plausible(self) -> bool:
        """Whether the transcript is of this sound."""
        return self.score > WORST_SCORE


def align(posteriors: np.ndarray, words: Sequence[Sequence[str]]) -> Alignment:
    """Place the phones of words in time.

    Args:
        posteriors: how likely each phone is in each frame, [J, P].
        words: for each word its phones.

    Raises:
        InputError: there is no phone, or more phones than the sound has room for.

    >>> heard = np.full((6, 40), 0.001)
    >>> heard[[0, 1, 2, 3, 4, 5], [0, 1, 1, 26, 26, 0]] = 0.9
    >>> [span.phone for span in align(heard, [["AA", "M"]]).spans]
    ['SIL', 'AA', 'M', 'SIL']
    """
    needed = sum(map(len, words))
    if not needed or needed > len(posteriors):
        raise InputError(
            f"expected a transcript of 1 to {len(posteriors)} phones for"
            f" {len(posteriors) / PHONE_RATE:.1f} s of sound, got {needed}; give the words spoken"
        )
    logs = np.log(np.maximum(posteriors, _FLOOR))
    for stays in _STAYS:
        states = _states(words, stays)
        if (~states.optional).sum() <= _FULL * len(posteriors):
            break
    path = _Search(logs, states).run()
    return _as_alignment(path, logs, states)


@dataclass(frozen=True, kw_only=True)
class _States:
    """What a path goes through: each state's phone and place in the text, and which are pauses."""

    phones: np.ndarray
    places: np.ndarray
    optional: np.ndarray


def _states(words: Sequence[Sequence[str]], stays: tuple[int, int]) -> _States:
    rows = [(SILENCE, True)]
    for word in words:
        rows += [(phone, False) for phone in word] + [(SILENCE, True)]
    counts = [1 if pause else stays[phone in VOWELS] for phone, pause in rows]
    return _States(
        phones=np.repeat([INDEX[phone] for phone, _ in rows], counts),
        places=np.repeat(np.arange(len(rows)), counts),
        optional=np.repeat([pause for _, pause in rows], counts),
    )


class _Search:
    """The best path, found over a band of states and settled piece by piece."""

    def __init__(self, logs: np.ndarray, states: _States) -> None:
        self.logs, self.states, self.optional = logs, states.phones, states.optional
        self.low = 0  # first state of the band
        self.moves: list[tuple[int, np.ndarray]] = []  # (low, how each state was reached)
        self.path = np.zeros(len(logs), np.int64)
        self.done = 0

    def run(self) -> np.ndarray:
        """Return the state of each frame [J]."""
        width = min(_BAND, len(self.states))
        scores = np.full(width, _BEHIND)
        scores[0] = self.logs[0, self.states[0]]
        scores[1] = self.logs[0, self.states[1]]
        self.moves.append((0, np.zeros(width, np.uint8)))
        for frame in range(1, len(self.logs)):
            scores = self._shifted(scores, frame)
            scores = self._step(scores, frame)
            if len(self.moves) >= 2 * _SETTLE:
                self._settle(self.low + int(scores.argmax()), keep=_SETTLE)
        last = len(self.states) - 1 - self.low
        ends = [end for end in (last, last - 1) if 0 <= end < width]
        best = max(ends, key=lambda end: scores[end]) if ends else int(scores.argmax())
        self._settle(self.low + best, keep=0)
        return self.path

    def _shifted(self, scores: np.ndarray, frame: int) -> np.ndarray:
        """Move the band on so that the best state stays in its middle."""
        if frame % 25 or len(scores) == len(self.states):
            return scores
        wanted = self.low + int(scores.argmax()) - len(scores) // 2
        low = min(max(wanted, self.low), len(self.states) - len(scores))
        shift, self.low = low - self.low, low
        return np.concatenate([scores[shift:], np.full(shift, _BEHIND)])

    def _step(self, scores: np.ndarray, frame: int) -> np.ndarray:
        own = slice(self.low, self.low + len(scores))
        options = np.full((3, len(scores)), _BEHIND)
        options[0] = scores
        options[1, 1:] = scores[:-1] + _PAUSE_START * self.optional[own][1:]
        skip = self.optional[own][1:-1]  # the state in between may be left out
        options[2, 2:] = np.where(skip, scores[:-2], _BEHIND)
        choice = options.argmax(0)
        self.moves.append((self.low, choice.astype(np.uint8)))
        best = np.take_along_axis(options, choice[None], 0)[0]
        return np.maximum(best + self.logs[frame, self.states[own]], _BEHIND)

    def _settle(self, state: int, *, keep: int) -> None:
        """Follow the path back from a state and fix all but the last ``keep`` frames."""
        first = self.done
        for offset in range(len(self.moves) - 1, -1, -1):
            low, choice = self.moves[offset]
            self.path[first + offset] = state
            if offset:
                state -= int(choice[min(max(state - low, 0), len(choice) - 1)])
        fixed = len(self.moves) - keep
        self.done += fixed
        self.moves = self.moves[fixed:]


def _as_alignment(path: np.ndarray, logs: np.ndarray, states: _States) -> Alignment:
    phones, places = states.phones[path], states.places[path]
    edges = np.flatnonzero(np.diff(places)) + 1
    begins, ends = np.r_[0, edges], np.r_[edges, len(path)]
    spans = [
        PhoneSpan(
            phone=PHONES[phones[begin]], start=_edge(begin), end=_edge(end, len(path))
        )
        for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)
    ]
    heard = logs[np.arange(len(path)), phones]
    spoken = phones != INDEX[SILENCE]
    score = float(heard[spoken].mean()) if spoken.any() else _BEHIND
    return Alignment(spans=tuple(spans), score=score)


def _edge(frame: int, count: int | None = None) -> float:
    """Return the seconds of the border before a frame: frames lie around their moment."""
    return frame / PHONE_RATE if frame in (0, count) else (frame - 0.5) / PHONE_RATE
