"""Heads that no judge has seen: nothing in, clips of drawn people who feel something out.

`woman`, `man` and `fox` of `emogen.motion.rig` are in no judge's training. They move as the product
makes them: the emotion's face (`emogen.motion.expression`), the teacher of the audio-to-motion
model (`emogen.motion.lessons`), its eyes (`emogen.motion.idle`), the rig's limits on a speaking
mouth. The pictures of one take share a seed of their own.
"""

from collections.abc import Iterator

import numpy as np

from emogen.data.synthetic import emotion_vector
from emogen.emotion import CATEGORIES
from emogen.evaluation.recogniser.shots import FIRST_SEED, FPS
from emogen.evaluation.recogniser.vision_sets import FRAMES, Sample
from emogen.motion import schema
from emogen.motion.idle import COLUMNS as EYES
from emogen.motion.idle import Idle
from emogen.motion.lessons import lesson
from emogen.motion.lexicon import transcribed
from emogen.motion.phones import PhoneSpan
from emogen.motion.rig import VectorPortrait
from emogen.motion.rig.pose import readable
from emogen.motion.track import MotionTrack

UNSEEN = ("woman", "man", "fox")
SEEDS = FIRST_SEED + (5 << 48)
SIDE = 256
SENTENCES = (
    "kids are talking by the door", "dogs are sitting by the door",
    "the boat was there when we came home", "five more people want to leave early",
)  # fmt: skip
_LEAST = 0.5
"""How strongly, at least, something is felt."""


def head_samples(takes: int, *, speaking: bool) -> Iterator[Sample]:
    """Draw every character in every emotion and in none, so many times.

    Args:
        takes: clips of each character and emotion.
        speaking: whether they say a sentence or keep silent.
    """
    for take in range(takes):
        for person, character in enumerate(UNSEEN):
            for name in CATEGORIES:
                seed = [SEEDS, take, person, CATEGORIES.index(name), int(speaking)]
                rng = np.random.default_rng(seed)
                strength = rng.uniform(_LEAST, 1)
                felt = {} if name == "neutral" else {name: strength}
                yield _sample(character, f"head {character} {take}", emotion_vector(felt), rng,
                              speaking=speaking)  # fmt: skip


def _sample(
    character: str, identity: str, vector: np.ndarray, rng: np.random.Generator, *, speaking: bool
) -> Sample:
    track = readable(_track(vector, rng, speaking=speaking))
    portrait = VectorPortrait(
        character=character, seed=int(rng.integers(2**31)), size=(SIDE, SIDE)
    )
    rows = np.round(np.arange(FRAMES) * schema.FPS / FPS).astype(int)
    vectors = np.tile(vector, (FRAMES, 1)).astype(np.float32)
    return Sample(
        frames=np.stack([portrait.frame(track.values[i], track.emotion[i]) for i in rows]),
        seconds=np.arange(FRAMES) / FPS, face=vectors, staging=np.zeros_like(vectors), units=None,
        identity=identity,
    )  # fmt: skip


def _track(vector: np.ndarray, rng: np.random.Generator, *, speaking: bool) -> MotionTrack:
    """Return the motion of one clip."""
    count = round((FRAMES - 1) * schema.FPS / FPS) + 1
    vectors = np.tile(vector, (count, 1))
    spans = _said(rng) if speaking else []
    level = np.full(2 * count, -8.0 if speaking else -60.0)
    level += rng.normal(0, 5, 2 * count)
    pitch = np.where(rng.random(2 * count) < 0.6, rng.uniform(120, 220, 2 * count), 0.0)
    values = lesson(
        spans, decibels=level, pitch=pitch * speaking, habit=np.full(2 * count, 160.0),
        vectors=vectors, rng=rng,
    )  # fmt: skip
    head = values[:, [schema.index("head_yaw"), schema.index("head_pitch")]]
    activity = np.full(count, float(speaking))
    values[:, EYES] = Idle(int(rng.integers(2**31))).move(activity, vectors, head)
    emotion = np.concatenate([vectors[:, :8], 1 - vectors[:, :8].sum(1, keepdims=True)], axis=1)
    return MotionTrack(values=schema.clamp(values), emotion=emotion.astype(np.float32))


def _said(rng: np.random.Generator) -> list[PhoneSpan]:
    """Return a sentence at some pace."""
    phones = [phone for word in transcribed(str(rng.choice(SENTENCES))) for phone in word]
    pace, at, spans = rng.uniform(0.8, 1.25), float(rng.uniform(0, 0.2)), []
    for phone in phones:
        long = pace * rng.uniform(0.055, 0.13)
        spans.append(PhoneSpan(phone=phone, start=at, end=at + long))
        at += long
    return spans
