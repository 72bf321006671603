"""Speech sounds: the 39 phones of CMUdict and silence, and stretches of time that hold one.

Shapes: N spans, T frames, P = 40 phones.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emogen.errors import InputError

SILENCE = "SIL"
VOWELS = ("AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW")
CONSONANTS = (
    "B", "CH", "D", "DH", "F", "G", "HH", "JH", "K", "L", "M", "N", "NG", "P", "R", "S", "SH", "T",
    "TH", "V", "W", "Y", "Z", "ZH",
)  # fmt: skip
PHONES = (SILENCE, *VOWELS, *CONSONANTS)
"""The phones in the order of the ear's outputs (ARPAbet without stress)."""
BILABIALS = ("B", "M", "P")
"""Phones for which the lips must meet."""
INDEX = {phone: position for position, phone in enumerate(PHONES)}


@dataclass(frozen=True, kw_only=True)
class PhoneSpan:
    """A phone and when it sounds, in seconds.

    >>> PhoneSpan(phone="M", start=0.1, end=0.2).seconds
    0.1
    """

    phone: str
    start: float
    end: float

    def __post_init__(self) -> None:
        """Refuse unknown phones and times that run backwards."""
        if self.phone not in INDEX:
            raise InputError(
                f"expected a phone of {', '.join(PHONES)}, got {self.phone!r}; drop stress digits"
            )
        if not 0 <= self.start <= self.end < float("inf"):
            raise InputError(f"expected 0 <= start <= end, got {self.start} to {self.end} seconds")

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.end - self.start


def phone_frames(
    spans: Sequence[PhoneSpan], *, num_frames: int, frames_a_second: float = 50.0
) -> np.ndarray:
    """Return the phone of each frame, int64 [T]; frame i is at i / frames_a_second seconds.

    Frames that no span covers are silence.

    >>> phone_frames([PhoneSpan(phone="AA", start=0.02, end=0.06)], num_frames=4).tolist()
    [0, 1, 1, 0]
    """
    labels = np.zeros(num_frames, np.int64)
    for span in spans:
        first, last = (
            int(np.ceil(second * frames_a_second - 1e-6)) for second in (span.start, span.end)
        )
        labels[first:last] = INDEX[span.phone]
    return labels
