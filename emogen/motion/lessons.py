"""What the flow learns: speech with known phones and an emotion in, the motion that shows them out.

No film of a face is used. Mouths follow the visemes, faces the prototypes of the emotion, heads and
brows a random teacher driven by loudness and pitch; every person differs in how much.

Shapes: T frames (25 a second), J = 2 T phone frames, K channels.
"""

from collections.abc import Sequence

import numpy as np

from emogen.emotion import MIKELS, EmotionPoint
from emogen.motion import schema
from emogen.motion.conditions import stress, tone
from emogen.motion.expression import expression
from emogen.motion.head import HEAD, band_noise, brow_flash, head_motion, smooth
from emogen.motion.phones import SILENCE, PhoneSpan
from emogen.motion.visemes import COLUMNS as MOUTH
from emogen.motion.visemes import jaw_effort, mouth_targets

_BROWS = [schema.index("AU1"), schema.index("AU2")]


def random_emotion(count: int, rng: np.random.Generator) -> np.ndarray:
    """Return one course of emotion, float32 [T, 12]: neutral, constant, or from one to another."""
    kind = rng.uniform()
    if kind < 0.25:
        return np.zeros((count, 12), np.float32)
    first, second = (_random_point(rng) for _ in range(2))
    if kind < 0.65:
        second = first
    knots = np.sort(rng.uniform(0, count, 4))
    levels = (0, 1, 1, 0) if rng.uniform() < 0.5 else (0, 0, 1, 1)
    share = np.interp(np.arange(count), knots, levels)
    return (first + share[:, None] * (second - first)).astype(np.float32)


def _random_point(rng: np.random.Generator) -> np.ndarray:
    if rng.uniform() < 0.15:
        return np.zeros(12)
    names = rng.choice(MIKELS, 2, replace=False)
    strength = rng.uniform(0.3, 1)
    share = 1.0 if rng.uniform() < 0.7 else rng.uniform(0.5, 1)
    parts = [(EmotionPoint.from_category(str(names[0])), strength * share),
             (EmotionPoint.from_category(str(names[1])), strength * (1 - share))]  # fmt: skip
    return EmotionPoint.mix([part for part in parts if part[1] > 1e-3]).exact()


def lesson(
    spans: Sequence[PhoneSpan],
    *,
    decibels: np.ndarray,
    pitch: np.ndarray,
    habit: np.ndarray,
    vectors: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return the motion of speech, float32 [T, K]; lids that blink, gaze and breath rest.

    Args:
        spans: every phone and pause with its time.
        decibels: loudness against the level of the speech, [J].
        pitch: Hz, 0 where unvoiced, [J].
        habit: the speaker's usual pitch, [J].
        vectors: emotion [T, 12].
        rng: draws the person and the motion.
    """
    count = len(vectors)
    loud = smooth(np.maximum(decibels, -40), 5)[::2][:count]
    arousal = vectors[:, 9]
    effort = jaw_effort(loud) * rng.uniform(0.85, 1.15) * (1 + 0.12 * arousal)
    values = _face(vectors, rng)
    mouth = mouth_targets(spans, num_frames=count, effort=effort)
    values[:, MOUTH] = _spoken(mouth, values[:, MOUTH], spans)
    rounded = values[:, [schema.index("AU18"), schema.index("AU22")]].max(1)
    for side in ("AU12_left", "AU12_right", "AU20"):
        values[:, schema.index(side)] *= 1 - 0.5 * rounded
    tones = tone(pitch, habit)
    stressed = smooth(stress(decibels, tones), 5)[::2][:count]
    values[:, HEAD] = head_motion(_activity(spans, count), stressed, vectors, rng)
    values[:, _BROWS] += (rng.uniform(0.3, 1.0) * brow_flash(stressed, rng))[:, None]
    return schema.clamp(values)


def _face(vectors: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the emotion's face of one person: stronger or weaker, lopsided, never quite still."""
    face = expression(vectors)
    count = len(face)
    gains = rng.normal(1, 0.12, schema.WIDTH).clip(0.7, 1.25)
    slow = 1 + 0.12 * band_noise(count, 0.05, 0.3, rng, fps=schema.FPS)
    face = face * gains * slow[:, None]
    return np.stack([smooth(channel, 0.25 * schema.FPS) for channel in face.T], axis=1)


def _spoken(mouth: np.ndarray, mood: np.ndarray, spans: Sequence[PhoneSpan]) -> np.ndarray:
    """Return the mouth that speaks in a mood: where it speaks, a third of the mood is left."""
    speaking = smooth(_activity(spans, len(mouth)), 3)[:, None]
    blended = mouth + mood * (1 - 0.67 * speaking)
    return np.where(mouth[:, -1:] > 0.5, mouth, blended)  # closed lips show no mood


def _activity(spans: Sequence[PhoneSpan], count: int) -> np.ndarray:
    """Return 1 where something is said, [T]."""
    said = np.zeros(count)
    for span in spans:
        if span.phone != SILENCE:
            first, last = round(span.start * schema.FPS), round(span.end * schema.FPS)
            said[first : last + 1] = 1
    return said
