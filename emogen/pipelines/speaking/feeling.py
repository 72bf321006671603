"""What the face shows: a sound, perhaps its words, and what was asked in; a curve and why out.

Shapes: T frames at 25 a second, L frames of the encoders' clock, E = 12.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emogen.emotion import EmotionPoint, Keyframe, Trajectory, parse
from emogen.encoders import SOURCES, Fusion, Portrait, read_sources
from emogen.encoders.sources import CLIPPED_FROM
from emogen.errors import InputError
from emogen.media import probe
from emogen.media.stream import iterate_samples
from emogen.motion import FPS

AUTO = "auto"
SHARPNESS = 3.0
"""Power of the shares of what was heard before a face shows them.

Chosen on RAVDESS's actors 19 and 20.
"""
SILENT_PEAK = 10 ** (-60 / 20)
"""A sound that never rises above this is silence."""
MOST_KEYFRAMES = 200
_TOLD = 3
Line = tuple[float, float, str]


@dataclass(frozen=True, kw_only=True, eq=False)
class Feeling:
    """The emotion of a talking head.

    Attributes:
        asked: "auto", or the notation.
        vectors: what is shown, float32 [T, 12], 25 a second.
        curve: the same as a curve; of what was heard, thinned to few keyframes.
        sources: what each source said and how much it weighs.
        notes: what a person should know.
    """

    asked: str
    vectors: np.ndarray
    curve: Trajectory
    sources: Fusion
    notes: tuple[str, ...] = ()


def feel(
    sound: Path,
    *,
    asked: str = AUTO,
    scale: float = 1.0,
    transcript: str | Sequence[Line] | None = None,
    portrait: Portrait | None = None,
    asr: str | None = None,
) -> Feeling:
    """Return what a face shows while a sound is heard.

    Args:
        sound: a file with sound.
        asked: "auto" follows the sources; anything else is a notation, which wins over them.
        scale: factor of the intensity, 0 to 1.5.
        transcript: what is said, whole or in timed lines.
        portrait: the picture of who talks, if it is one.
        asr: a Whisper-class model's folder or hub id, for want of a transcript.

    Raises:
        MediaError: the sound cannot be read.
        NotationError: the emotion cannot be read.
        InputError: the scale is out of range.
    """
    if not 0 <= scale <= 1.5:
        raise InputError(f"expected an emotion scale of 0 to 1.5, got {scale:g}")
    request = None
    if asked != AUTO:
        request = parse(asked, seconds=sound_seconds(sound)).scaled(scale)
    sources = read_sources(
        sound, transcript=transcript, portrait=portrait, request=request, asr=asr
    )
    count = max(1, int(np.ceil(sources.seconds * FPS)))
    if request is None:
        vectors = scaled(decided(sources.sample(count, FPS)), scale)
        curve = thinned(scaled(decided(sources.vectors), scale), sources.fps)
    else:
        vectors, curve = request.sample(count, FPS), request
    notes = _notes(sources, asked=asked, sound=sound, looked=portrait is not None)
    return Feeling(asked=asked, vectors=vectors, curve=curve, sources=sources, notes=tuple(notes))


def spoken_blocks(sound: Path, sources: Fusion) -> Iterator[np.ndarray]:
    """Yield the sound for the mouth, mono, 16 kHz; silence throughout where nobody speaks.

    Music and noise can sound like phones to the mouth's own ear; the voice encoder knows them.
    """
    speaks = sources.sound["speech"] > 0
    for block in iterate_samples(sound):
        yield block if speaks else np.zeros_like(block)


def sound_seconds(sound: Path) -> float:
    """Return how long a sound is: as its file says, or counted where it does not say.

    Raises:
        MediaError: the file cannot be read or has no sound.
    """
    audio = probe(sound).audio
    if audio is not None and audio.seconds:
        return audio.seconds
    return sum(map(len, iterate_samples(sound))) / 16_000


def scaled(vectors: np.ndarray, factor: float) -> np.ndarray:
    """Return emotion vectors [N, 12] times a factor, no intensity above 1.

    >>> point = EmotionPoint.from_category("awe", 0.8).vector()[None]
    >>> scaled(point, 1.5)[0, 11].item()
    1.0
    """
    factors = np.minimum(factor, 1 / np.maximum(vectors[:, 11], 1e-6))
    return (vectors * factors[:, None]).astype(np.float32)


def decided(vectors: np.ndarray, sharpness: float = SHARPNESS) -> np.ndarray:
    """Return emotion vectors [N, 12] as a face shows them: what is likelier stands out more.

    A listener's doubt is no mild emotion: half fear and half neutral from a voice means that one of
    the two is right, while a face with half the fear reads as neutral. The nine shares are raised
    to a power and normalised; valence, arousal and dominance keep their direction.

    >>> doubtful = 0.5 * EmotionPoint.from_category("fear").vector()[None]
    >>> [f"{decided(part * doubtful, 2.0)[0, 11]:.2f}" for part in (1.0, 1.2)]
    ['0.50', '0.69']
    """
    eight = vectors[:, :8].clip(0)
    powers = np.append(eight, 1 - vectors[:, 11:].clip(0, 1), axis=1) ** sharpness
    shares = (powers / powers.sum(1, keepdims=True))[:, :8]
    intensity = shares.sum(1, keepdims=True)
    felt = vectors[:, 8:11] * intensity / np.maximum(vectors[:, 11:], 1e-6)
    return np.concatenate([shares, felt, intensity], axis=1).astype(np.float32)


def thinned(
    vectors: np.ndarray, fps: float, *, tolerance: float = 0.03, most: int = MOST_KEYFRAMES
) -> Trajectory:
    """Return vectors [L, 12] as a curve of few keyframes on straight lines.

    The vector that is farthest from its line becomes a keyframe, until none is farther than the
    tolerance or there are enough (Ramer 1972; Douglas and Peucker 1973).

    >>> ramp = np.linspace(0, 1, 11)[:, None] * EmotionPoint.from_category("awe").vector()
    >>> [round(frame.seconds, 2) for frame in thinned(ramp, 10.0).keyframes]
    [0.0, 1.0]
    """
    last = len(vectors) - 1
    chosen = [0, last] if last else [0]
    times = np.arange(len(vectors))
    while len(chosen) < most:
        lines = np.stack([np.interp(times, chosen, row[chosen]) for row in vectors.T], axis=1)
        away = np.abs(vectors - lines).max(1)
        worst = int(away.argmax())
        if away[worst] <= tolerance:
            break
        chosen = sorted({*chosen, worst})
    return Trajectory(keyframes=tuple(
        Keyframe(seconds=row / fps, point=EmotionPoint.from_vector(vectors[row]))
        for row in chosen
    ))  # fmt: skip


def _notes(sources: Fusion, *, asked: str, sound: Path, looked: bool) -> list[str]:
    """Say what is wrong with the sound and where the sources disagree."""
    found, facts = [], sources.sound
    if facts["peak"] < SILENT_PEAK:
        found.append(f"{sound.name} is silent: the mouth rests")
    elif facts["clipped"] >= CLIPPED_FROM:
        found.append(
            f"{facts['clipped']:.1%} of the sound is at full scale: it is clipped, the voice is"
            " read less surely"
        )
    for name in ("words", "portrait") if looked else ("words",):  # why it says nothing
        silent = not sources.presence[:, SOURCES.index(name)].any()
        found += sources.notes.get(name, ()) if silent else ()
    found += [str(conflict) for conflict in sources.conflicts[:_TOLD]]
    if len(sources.conflicts) > _TOLD:
        found.append(f"{len(sources.conflicts) - _TOLD} more such places; --json names them")
    if asked == AUTO and not sources.weights.any():
        found.append("no source tells an emotion: the face is neutral")
    return found
