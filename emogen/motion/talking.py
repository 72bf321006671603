"""Somebody says something in a mood: utterances of a shelf in, a motion track and its sound out.

What the diffusion head learns from: the lessons of the flow (`emogen.motion.lessons`) with eyes and
breath, and beside them what the ear would hear.

Shapes: J phone frames (50 a second), T = J / 2 motion frames, M = 64 bands.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from emogen.motion import features, schema
from emogen.motion.hearing import Around
from emogen.motion.idle import COLUMNS as IDLE
from emogen.motion.idle import Idle
from emogen.motion.lessons import lesson
from emogen.motion.phones import PhoneSpan, phone_frames
from emogen.motion.rig.pose import readable
from emogen.motion.shelf import SpeechShelf
from emogen.motion.track import MotionTrack

SOUND_WIDTH = features.BANDS + 3
"""Numbers of a row of packed sound."""
_HEAD = [schema.index("head_yaw"), schema.index("head_pitch")]
_NO_VOICE = -60.0


@dataclass
class Speech:
    """Speech in the making, all in phone frames but mel, which has twice as many."""

    mel: list[np.ndarray] = field(default_factory=list)
    decibels: list[np.ndarray] = field(default_factory=list)
    pitch: list[np.ndarray] = field(default_factory=list)
    habit: list[np.ndarray] = field(default_factory=list)
    spans: list[PhoneSpan] = field(default_factory=list)
    count: int = 0

    def pause(self, count: int, rng: np.random.Generator) -> None:
        """Append quiet phone frames; mel is relative to the level, as the ear likes it."""
        floor = rng.uniform(-70, -42)
        mel = rng.normal(floor, 2, (2 * count, features.BANDS)).astype(np.float32)
        self.mel.append(features.scaled(mel, np.zeros(2 * count)))
        self.decibels.append(np.full(count, _NO_VOICE))
        for column in (self.pitch, self.habit):
            column.append(np.zeros(count))
        self.count += count

    def say(self, shelf: SpeechShelf, utterance: int) -> None:
        """Append an utterance whose phones are known."""
        where = shelf.frames(utterance)
        mel = shelf.mel[where].astype(np.float32)
        pitch = shelf.pitch[where.start // 2 : where.stop // 2].astype(np.float32)
        mel, level = mel[: 2 * len(pitch)], float(shelf.level[where].max())
        start = self.count / 50
        self.mel.append(features.scaled(mel, np.full(len(mel), level)))
        self.decibels.append(features.loudness(mel)[::2] - level)
        self.pitch.append(pitch)
        self.habit.append(np.full(len(pitch), features.usual_pitch(pitch, 0.0)))
        self.spans += [
            replace(span, start=start + span.start, end=start + span.end)
            for span in shelf.spans[utterance]
        ]
        self.count += len(pitch)

    def column(self, name: str) -> np.ndarray:
        """Return one of decibels, pitch and habit, [J], J even."""
        return np.concatenate(getattr(self, name))[: self.count // 2 * 2]

    def packed(self) -> np.ndarray:
        """Return the sound at mel rate, float32 [2 J, 67]: mel, decibels, pitch, habit."""
        columns = [
            np.repeat(self.column(name), 2) for name in ("decibels", "pitch", "habit")
        ]
        mel = np.concatenate(self.mel)[: len(columns[0])]
        return np.column_stack([mel, *columns]).astype(np.float32)


def around_of(packed: np.ndarray, *, margin: int) -> Around:
    """Return packed sound, with a margin of mel frames, as what lies around a stretch."""
    bands = features.BANDS
    inner = packed[margin : len(packed) - margin : 2]
    return Around(
        mel=np.ascontiguousarray(packed[:, :bands]), loudness=inner[:, bands],
        level=np.zeros(len(inner), np.float32), pitch=inner[:, bands + 1],
        habit=inner[:, bands + 2],
    )  # fmt: skip


def random_speech(
    shelf: SpeechShelf, utterances: Sequence[int], *, count: int, rng: np.random.Generator
) -> Speech:
    """Return at least ``count`` phone frames of utterances with pauses between them."""
    speech = Speech()
    speech.pause(int(rng.integers(6, 60)), rng)
    while speech.count < count:
        utterance = int(rng.choice(utterances))
        if shelf.spans[utterance]:
            speech.say(shelf, utterance)
        speech.pause(int(rng.integers(5, 45)), rng)
    return speech


def performed(speech: Speech, vectors: np.ndarray, rng: np.random.Generator) -> MotionTrack:
    """Return how a face moves that says it in a mood, [T]; fit for drawing.

    Args:
        speech: what is said.
        vectors: emotion [T, 12].
        rng: draws the person and the motion.
    """
    count = len(vectors)
    values = lesson(
        speech.spans, decibels=speech.column("decibels"), pitch=speech.column("pitch"),
        habit=speech.column("habit"), vectors=vectors, rng=rng,
    )  # fmt: skip
    said = phone_frames(speech.spans, num_frames=2 * count)[::2] != 0
    idle = Idle(int(rng.integers(2**31)))
    values[:, IDLE] = idle.move(said.astype(float), vectors, values[:, _HEAD])
    neutral = 1 - vectors[:, :8].sum(axis=1, keepdims=True)
    shares = np.concatenate([vectors[:, :8], neutral], axis=1).astype(np.float32)
    return readable(MotionTrack(values=schema.clamp(values), emotion=shares))


def normalised(values: np.ndarray) -> np.ndarray:
    """Return motion values [..., K] divided by the largest value of each channel, in [-1, 1].

    >>> frame = schema.rest(1)
    >>> frame[0, schema.index("head_yaw")] = 9
    >>> round(float(normalised(frame)[0, schema.index("head_yaw")]), 3)
    0.2
    """
    return (np.asarray(values, np.float32) / schema.HIGH).astype(np.float32)
