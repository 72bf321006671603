"""Phones to lips: spans of phones and loudness in, the mouth's channels over time out.

Each phone asks for a shape and insists on it more or less; where phones overlap, the mouth shows
the mean of what they ask, weighted by how much they insist and how near they are (dominance, Cohen
and Massaro 1993). Lip-heavy phones begin early and end late, sounds made by the tongue alone leave
the lips to their neighbours, bilabials close hard (Edwards et al. 2016, JALI).

Shapes: T frames (25 a second), V = 9 mouth channels.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emogen.motion import schema
from emogen.motion.phones import SILENCE, PhoneSpan

MOUTH = ("AU25", "AU26", "AU18", "AU22", "AU20", "AU16", "AU28", "tongue", "closure")
"""The channels that phones move, in the order of a shape."""
COLUMNS = [schema.index(name) for name in MOUTH]
_JAW = MOUTH.index("AU26")
_PARTED = MOUTH.index("AU25")
_CLOSURE = MOUTH.index("closure")


@dataclass(frozen=True, kw_only=True)
class Viseme:
    """The mouth of a phone.

    Attributes:
        shape: what each channel of `MOUTH` is asked to be, 0 to 1.
        lips: how much it insists on the shape of the lips, 0 to 1.
        jaw: how much it insists on the jaw, 0 to 1.
        early: seconds by which its lips are ahead of the sound.
        late: seconds by which they stay after it.
    """

    shape: tuple[float, ...]
    lips: float
    jaw: float
    early: float = 0.07
    late: float = 0.09


def _shape(jaw: float, *, parted: float = 0.5, lips: float = 0.6, insists: float = 0.7,
           early: float = 0.07, late: float = 0.09, **asked: float) -> Viseme:
    values = {"AU25": parted, "AU26": jaw, **asked}
    shape = tuple(values.get(name, 0.0) for name in MOUTH)
    return Viseme(shape=shape, lips=lips, jaw=insists, early=early, late=late)


_ROUND = {"lips": 1.0, "early": 0.13, "late": 0.12}
_CLOSED = {"parted": 0.0, "lips": 1.0, "insists": 0.9, "early": 0.06, "late": 0.05, "closure": 1.0}
_BITE = {"parted": 0.3, "lips": 0.95, "insists": 0.8, "early": 0.06, "late": 0.06, "AU28": 0.9}
_TONGUE = {"parted": 0.45, "lips": 0.25, "insists": 0.35}
_TEETH = {"parted": 0.5, "lips": 0.5, "insists": 0.8, "AU16": 0.25, "AU20": 0.2}
VISEMES: dict[str, Viseme] = {
    SILENCE: _shape(0.0, parted=0.0, lips=0.6, insists=0.6, early=0.02, late=0.02),
    "AA": _shape(0.80, parted=0.8), "AE": _shape(0.70, parted=0.85, AU20=0.35, AU16=0.2),
    "AH": _shape(0.45, parted=0.6), "AO": _shape(0.62, AU22=0.55, lips=0.8),
    "EH": _shape(0.50, parted=0.75, AU20=0.3, AU16=0.15), "IH": _shape(0.30, AU20=0.25),
    "IY": _shape(0.20, AU20=0.5, lips=0.8, parted=0.6),
    "UH": _shape(0.28, AU22=0.4, AU18=0.25, lips=0.8, early=0.1),
    "UW": _shape(0.17, AU18=0.95, **_ROUND), "ER": _shape(0.32, AU22=0.4),
    "EY": _shape(0.42, AU20=0.4, parted=0.65), "AY": _shape(0.68, AU20=0.2, parted=0.75),
    "AW": _shape(0.68, AU22=0.3, parted=0.7), "OW": _shape(0.42, AU18=0.55, AU22=0.3, **_ROUND),
    "OY": _shape(0.48, AU18=0.4, AU22=0.35, **_ROUND),
    "B": _shape(0.05, **_CLOSED), "M": _shape(0.05, **_CLOSED), "P": _shape(0.05, **_CLOSED),
    "F": _shape(0.08, **_BITE), "V": _shape(0.08, **_BITE),
    "W": _shape(0.12, AU18=1.0, **_ROUND), "R": _shape(0.22, AU22=0.45, lips=0.6, insists=0.5),
    "SH": _shape(0.14, AU22=0.8, AU16=0.3, **_ROUND), "ZH": _shape(0.14, AU22=0.8, **_ROUND),
    "CH": _shape(0.13, AU22=0.75, AU16=0.3, **_ROUND), "JH": _shape(0.14, AU22=0.7, **_ROUND),
    "S": _shape(0.10, **_TEETH), "Z": _shape(0.10, **_TEETH),
    "TH": _shape(0.20, tongue=0.9, lips=0.5, insists=0.6),
    "DH": _shape(0.20, tongue=0.8, lips=0.4, insists=0.5),
    "L": _shape(0.28, tongue=0.7, **_TONGUE), "N": _shape(0.20, tongue=0.3, **_TONGUE),
    "T": _shape(0.15, tongue=0.3, **_TONGUE), "D": _shape(0.18, tongue=0.3, **_TONGUE),
    "K": _shape(0.25, **_TONGUE), "G": _shape(0.25, **_TONGUE), "NG": _shape(0.25, **_TONGUE),
    "HH": _shape(0.35, parted=0.5, lips=0.1, insists=0.15), "Y": _shape(0.18, AU20=0.35),
}  # fmt: skip
"""The mouth of each phone; jaw openings follow the order of vowel heights, sizes are hand-set."""

_GLIDES = {"AY": "IY", "AW": "UW", "OY": "IY", "EY": "IY", "OW": "UW"}
"""What the second half of a diphthong sounds like."""


def mouth_targets(
    spans: Sequence[PhoneSpan],
    *,
    num_frames: int,
    effort: np.ndarray | None = None,
    fps: float = schema.FPS,
) -> np.ndarray:
    """Return the mouth that says these phones, float32 [T, V] in the order of `MOUTH`.

    Args:
        spans: phones in order of time; what lies between is silence.
        num_frames: frames wanted; frame i is at i / fps seconds.
        effort: factor of the jaw in each frame [T], such as `jaw_effort` gives; None for 1.
        fps: frames a second.

    >>> mama = [PhoneSpan(phone=p, start=s, end=s + 0.12) for p, s in
    ...         (("M", 0.2), ("AA", 0.32), ("M", 0.44), ("AA", 0.56))]
    >>> mouth_targets(mama, num_frames=25)[[6, 9, 12, 15, 24], 8].round(1).tolist()
    [1.0, 0.0, 1.0, 0.0, 0.0]
    """
    asked = np.zeros((num_frames, len(MOUTH)))
    weight = np.full((num_frames, len(MOUTH)), 1e-6)
    closure = np.zeros(num_frames)
    for span in _halved(_with_pauses(spans, num_frames / fps)):
        viseme = VISEMES[span.phone]
        first = max(0, int((span.start - 0.35) * fps))
        last = min(num_frames, int((span.end + 0.35) * fps) + 2)
        if first >= last:
            continue
        seconds = np.arange(first, last) / fps
        near = _nearness(seconds, span, viseme)[:, None]
        insists = np.where(np.arange(len(MOUTH)) == _JAW, viseme.jaw, viseme.lips)
        asked[first:last] += near * insists * viseme.shape
        weight[first:last] += near * insists
        if viseme.shape[_CLOSURE]:
            closure[first:last] = np.maximum(closure[first:last], sealed(seconds, span, fps=fps))
    mouth = asked / weight
    if effort is not None:
        mouth[:, [_JAW, _PARTED]] *= np.asarray(effort)[:, None]
    mouth[:, _CLOSURE] = closure
    return mouth.clip(0, 1).astype(np.float32)


def sealed(seconds: np.ndarray, span: PhoneSpan, *, fps: float) -> np.ndarray:
    """Return how closed the lips are at some moments for one bilabial, [T] in [0, 1].

    Fully while it lasts and never less than one frame, half at the borders: they close over 60 ms
    and burst open within 30 ms.
    """
    middle, half = (span.start + span.end) / 2, max(span.seconds, 1.01 / fps) / 2
    before = (seconds - (middle - half)) / 0.06 + 1
    after = (middle + half - seconds) / 0.03 + 1
    return np.minimum(before, after).clip(0, 1)


def jaw_effort(decibels: np.ndarray) -> np.ndarray:
    """Return how far loud and soft speech moves the jaw, [T] about 1.

    Args:
        decibels: loudness against the level of the speech, about 0 in stressed vowels.

    >>> jaw_effort(np.array([0.0, -10.0, -40.0])).round(2).tolist()
    [1.15, 0.9, 0.65]
    """
    return (1.15 + 0.025 * np.asarray(decibels, float)).clip(0.65, 1.25)


def _with_pauses(spans: Sequence[PhoneSpan], seconds: float) -> list[PhoneSpan]:
    """Fill what no phone covers with silence."""
    filled, over = [], 0.0
    for span in spans:
        if span.start > over + 0.02:
            filled.append(PhoneSpan(phone=SILENCE, start=over, end=span.start))
        filled.append(span)
        over = max(over, span.end)
    if seconds > over:
        filled.append(PhoneSpan(phone=SILENCE, start=over, end=seconds))
    return filled


def _halved(spans: Sequence[PhoneSpan]) -> list[PhoneSpan]:
    """Split diphthongs into the two vowels they glide between."""
    parts: list[PhoneSpan] = []
    for span in spans:
        if span.phone in _GLIDES:
            middle = span.start + 0.6 * span.seconds
            parts += [
                PhoneSpan(phone=span.phone, start=span.start, end=middle),
                PhoneSpan(phone=_GLIDES[span.phone], start=middle, end=span.end),
            ]
        else:
            parts.append(span)
    return parts


def _nearness(seconds: np.ndarray, span: PhoneSpan, viseme: Viseme) -> np.ndarray:
    """Return 1 inside a span, falling off exponentially to both sides."""
    before = np.maximum(span.start + 0.01 - seconds, 0) / viseme.early
    after = np.maximum(seconds - (span.end - 0.01), 0) / viseme.late
    return np.exp(-1.5 * (before + after))
