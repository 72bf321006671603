"""Do the lips speak: an opening over time and the sound or its phones in, how well they match out.

All are free of trained weights. An opening is any curve that grows as the lips part: of a motion
track, of a rig, or measured in a video; only its shape counts, not its unit. Scoring what follows
the envelope by the envelope is circular: closure and real video are the independent checks.

Shapes: T frames, S samples, N phones.
"""

from dataclasses import dataclass

import numpy as np

from emogen.errors import InputError
from emogen.evaluation.metrics.inputs import Numbers
from emogen.evaluation.statistics import finite_column, pearson

SYLLABLES = (2.0, 7.0)
"""The band in Hz in which mouths and speech envelopes move (Chandrasekaran et al. 2009)."""
MAX_SHIFT = 15
"""Frames to either side at which lips and sound are compared."""
CLOSED = 0.1
"""Lips are closed below this share of the opening that is exceeded in 5 % of the frames."""
TOLERANCE = 0.04
"""Seconds by which a closure may be early or late."""
SILENCE_SECONDS, SETTLING_SECONDS = 0.3, 0.2


@dataclass(frozen=True, kw_only=True)
class Match:
    """How well two curves match when one is shifted.

    Attributes:
        correlation: the highest Pearson correlation over the shifts, in [-1, 1].
        lag: seconds by which the first curve is late there; negative: early.
        confidence: the highest minus the median correlation, 0 up.
    """

    correlation: float
    lag: float
    confidence: float


def speech_envelope(samples: np.ndarray, *, sample_rate: int, fps: float) -> np.ndarray:
    """Return the loudness of speech in the band of syllables at each video frame, [T].

    The magnitude of the sound in steps of 10 ms, its cube root as ears have it, kept between 2 and
    7 Hz, at the moments i / fps.

    Args:
        samples: mono [S].
        sample_rate: samples a second.
        fps: frames a second.
    """
    sound = finite_column(samples)
    hop = max(1, round(sample_rate / 100))
    steps = np.abs(np.pad(sound, (0, -len(sound) % hop))).reshape(-1, hop).mean(1)
    band = band_passed(np.cbrt(steps), fps=sample_rate / hop)
    count = max(1, round(len(sound) / sample_rate * fps))
    middles = (np.arange(len(band)) + 0.5) * hop / sample_rate
    return np.interp(np.arange(count) / fps, middles, band)


def band_passed(
    curve: Numbers, *, fps: float, band: tuple[float, float] = SYLLABLES
) -> np.ndarray:
    """Return what of a curve lies in a band of frequencies (Fourier transform, zero phase), [T].

    >>> slow = np.sin(2 * np.pi * 0.5 * np.arange(100) / 25)
    >>> bool(np.abs(band_passed(slow, fps=25)).max() < 0.01)
    True
    """
    values = finite_column(curve)
    spectrum = np.fft.rfft(values - values.mean())
    hertz = np.fft.rfftfreq(len(values), 1 / fps)
    spectrum[(hertz < band[0]) | (hertz > band[1])] = 0
    return np.fft.irfft(spectrum, len(values))


def best_match(
    first: Numbers, second: Numbers, *, fps: float, max_shift: int = MAX_SHIFT
) -> Match:
    """Return the best correlation of two curves over shifts of whole frames.

    Args:
        first: (T,) for example the opening of the lips.
        second: (T,) for example the speech envelope, or the opening of a real mouth.
        fps: frames a second.
        max_shift: most frames of shift to either side.

    Raises:
        InputError: different lengths, or fewer than three frames beside the longest shift.

    >>> wave = np.sin(np.arange(60) / 3)
    >>> best_match(np.roll(wave, 2), wave, fps=25, max_shift=4).lag
    0.08
    """
    x, y = finite_column(first), finite_column(second)
    if len(x) != len(y) or len(x) < max_shift + 3:
        raise InputError(
            f"expected two curves of one length, at least {max_shift + 3} frames,"
            f" got {len(x)} and {len(y)}; cut both to the same frames"
        )
    shifts = np.arange(-max_shift, max_shift + 1)
    found = np.array([_at_shift(x, y, int(shift)) for shift in shifts])
    best = int(found.argmax())
    return Match(correlation=float(found[best]), lag=float(shifts[best] / fps),
                 confidence=float(found[best] - np.median(found)))  # fmt: skip


def _at_shift(x: np.ndarray, y: np.ndarray, shift: int) -> float:
    late = x[max(0, shift) : len(x) + min(0, shift)]
    return pearson(late, y[max(0, -shift) : len(y) - max(0, shift)])


def lip_sync(
    opening: Numbers, samples: np.ndarray, *, sample_rate: int, fps: float
) -> Match:
    """Return how the opening of lips follows the speech envelope, both between 2 and 7 Hz.

    Natural lags lie between -0.02 and 0.07 s. A proxy: it correlates about .4 with people's
    judgement of synchrony.
    """
    envelope = speech_envelope(samples, sample_rate=sample_rate, fps=fps)
    curve = finite_column(opening)
    count = min(len(curve), len(envelope))
    return best_match(band_passed(curve[:count], fps=fps), envelope[:count], fps=fps)


@dataclass(frozen=True, kw_only=True)
class SilentLips:
    """How still lips are where nothing is said.

    Attributes:
        movement: mean change of the opening in a second of silence, as a share of the opening that
            5 % of all frames exceed; 0 is still.
        against_speech: the same divided by that in speech; 0 is still, 1 is chatter.
        seconds: how much silence was looked at.
    """

    movement: float
    against_speech: float
    seconds: float


def silent_lips(opening: Numbers, speaking: Numbers, *, fps: float) -> SilentLips:
    """Return how still lips are in silences of at least 0.3 s, of each without its first 0.2 s.

    Args:
        opening: (T,).
        speaking: (T,) true or 1 where something is said.
        fps: frames a second.

    Raises:
        InputError: there is no such silence, or no speech.

    >>> chatter = np.arange(50) % 2
    >>> silent_lips(chatter, np.arange(50) < 25, fps=25).against_speech
    1.0
    """
    curve, said = finite_column(opening), finite_column(speaking) > 0
    if len(curve) != len(said):
        raise InputError(f"expected as many frames of both, got {len(curve)} and {len(said)}")
    change = np.abs(np.diff(curve)) * fps / max(_wide(curve), 1e-9)
    silent = np.zeros(len(curve), bool)
    edges = np.flatnonzero(np.diff(np.r_[0, ~said, 0]))
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        if end - begin >= SILENCE_SECONDS * fps:
            silent[begin + (round(SETTLING_SECONDS * fps) if begin else 0) : end] = True
    rests, speaks = silent[1:] & silent[:-1], said[1:] & said[:-1]
    if not rests.any() or not speaks.any():
        raise InputError("expected speech and a silence of 0.3 s, got one of them only")
    movement = float(change[rests].mean())
    return SilentLips(movement=movement,
                      against_speech=movement / max(float(change[speaks].mean()), 1e-9),
                      seconds=float(rests.sum() / fps))  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Closures:
    """Whether the lips meet where they must.

    Attributes:
        hits: for each phone whether they met, bool (N,).
        precision: share of the closures in speech that lie at one of the phones; nan without any.
        closed_share: how much of the speech the lips are closed; what a guess would hit.
    """

    hits: np.ndarray
    precision: float
    closed_share: float

    @property
    def recall(self) -> float:
        """Share of the phones at which the lips met."""
        return float(self.hits.mean())


def bilabial_closures(
    opening: Numbers, phones: np.ndarray, speaking: Numbers, *, fps: float,
    tolerance: float = TOLERANCE, closed: float = CLOSED,
) -> Closures:  # fmt: skip
    """Return whether the lips close for p, b and m, within a tolerance of the phone's time.

    Args:
        opening: (T,) frame i is at i / fps seconds.
        phones: (N, 2) start and end of each p, b and m in seconds.
        speaking: (T,) true or 1 where something is said; closures elsewhere do not count as false.
        fps: frames a second.
        tolerance: seconds by which the closure may lie outside the phone.
        closed: see `CLOSED`.

    Raises:
        InputError: no phone was given.

    >>> lips = np.r_[np.ones(5), 0, np.ones(5), 0, np.ones(5)]
    >>> found = bilabial_closures(lips, np.array([[0.2, 0.24]]), np.ones(17), fps=25)
    >>> found.recall, found.precision
    (1.0, 0.5)
    """
    curve, said = finite_column(opening), finite_column(speaking) > 0
    times = np.asarray(phones, float).reshape(-1, 2)
    if not len(times):
        raise InputError("expected at least one p, b or m, got none; take more speech")
    met = curve <= closed * _wide(curve)
    seconds = np.arange(len(curve)) / fps
    allowed = tolerance + 1e-9
    near = (seconds >= times[:, :1] - allowed) & (seconds <= times[:, 1:] + allowed)  # (N, T)
    edges = np.flatnonzero(np.diff(np.r_[0, met, 0]))
    at_phone = near.any(0)
    runs = [slice(begin, end) for begin, end in zip(edges[::2], edges[1::2], strict=True)
            if said[begin:end].all()]  # fmt: skip
    right = [bool(at_phone[run].any()) for run in runs]
    return Closures(hits=(near & met).any(1), precision=float(np.mean(right)) if right else np.nan,
                    closed_share=float(met[said].mean()) if said.any() else np.nan)  # fmt: skip


def _wide(curve: np.ndarray) -> float:
    """Return the opening that 5 % of the frames exceed, above the smallest one allowed for: 0."""
    return float(np.quantile(curve, 0.95))
