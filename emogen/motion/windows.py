"""One window of motion after the other: what was heard in, fifty frames of every channel out.

Shapes: T frames (25 a second), K channels, N moved channels, P phones.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from emogen.emotion import Trajectory
from emogen.emotion.point import WIDTH as EMOTION_WIDTH
from emogen.errors import InputError
from emogen.motion import schema
from emogen.motion.conditions import conditions
from emogen.motion.expression import condition, expression
from emogen.motion.flow import CHANNELS, KNOWN, NEW, REACH, WINDOW, Guidance, sample
from emogen.motion.hearing import Around, Hearing
from emogen.motion.idle import COLUMNS as IDLE
from emogen.motion.idle import Idle, IdleSettings
from emogen.motion.phones import INDEX, PHONES, PhoneSpan
from emogen.motion.rules import MARGIN, bilabial_closure, obeyed, speech_gate
from emogen.motion.weights import Speaker
from emogen.threads import one_thread

BEFORE = KNOWN + max(REACH, MARGIN)
"""Motion frames before a window that are listened to."""
TRUST = 0.9
"""How far a transcript overrules the ear."""
_SPEECH = set(schema.columns("speech mouth"))
_SLOW = torch.tensor([float(column not in _SPEECH) for column in CHANNELS])
_FADE = 6.0
_HEAD = [schema.index("head_yaw"), schema.index("head_pitch")]


class WindowMaker:
    """Makes the windows of one sound in order.

    Args:
        speaker: the networks.
        seed: decides what is drawn.
        guidance: how the flow is sampled.
        idle: blinks, gaze and breath.
        spans: phones of a transcript with their times; none to trust the ear.
        vectors: emotion [T, 12], the last one stays.
    """

    def __init__(
        self, speaker: Speaker, *, seed: int = 0, guidance: Guidance | None = None,
        idle: IdleSettings | None = None, spans: Sequence[PhoneSpan] = (),
        vectors: np.ndarray | None = None,
    ) -> None:  # fmt: skip
        self.speaker, self.seed = speaker, seed
        self.guidance = guidance or Guidance()
        self.count = 0
        self.margin = -(-2 * (speaker.ear.shape.reach + 1) // 4) * 4
        self.reach = MARGIN * 4 + self.margin
        self._idle = Idle(seed, idle)
        self._spans = _SpanTable(spans)
        self._vectors = vectors_of(None) if vectors is None else vectors
        self._known: Tensor | None = None

    @one_thread()
    def make(self, hearing: Hearing) -> tuple[np.ndarray, np.ndarray]:
        """Return the next window: values [50, K] and the emotion vectors it was made with."""
        first = self.count * NEW
        around = self._around(hearing, first)
        phones = self._sharpened(self._posteriors(around), first - BEFORE)
        rows = conditions(phones, around.loudness - around.level, around.pitch, around.habit)
        vectors = self._at(first - KNOWN, first + NEW)
        moved = self._flow(rows, vectors)
        values = schema.rest(NEW)
        values[:, CHANNELS] = moved[KNOWN:]
        inner = slice(BEFORE, BEFORE + NEW)
        gate = speech_gate(phones, around.loudness, around.level)[inner]
        vectors = vectors[KNOWN:]
        values = obeyed(values, gate=gate, closure=bilabial_closure(phones)[inner],
                        mood=expression(vectors))  # fmt: skip
        values[:, IDLE] = self._idle.move(gate, vectors, values[:, _HEAD])
        self.count += 1
        return values, vectors

    @one_thread()
    def phones(self, hearing: Hearing, window: int) -> np.ndarray:
        """Return how likely each phone is in a window, float32 [100, P]."""
        around = self._around(hearing, window * NEW)
        return self._posteriors(around)[2 * BEFORE : 2 * (BEFORE + NEW)]

    def _around(self, hearing: Hearing, first: int) -> Around:
        return hearing.around(first - BEFORE, first + NEW + MARGIN, margin=self.margin)

    @torch.inference_mode()
    def _posteriors(self, around: Around) -> np.ndarray:
        logits = self.speaker.ear(torch.from_numpy(around.mel)[None])[0]
        inner = logits[self.margin // 2 : len(logits) - self.margin // 2]
        return inner.softmax(-1).numpy()

    def _sharpened(self, phones: np.ndarray, first: int) -> np.ndarray:
        spoken = self._spans.labels(2 * first, 2 * first + len(phones))
        if spoken is None:
            return phones
        return (1 - TRUST) * phones + TRUST * np.eye(len(PHONES), dtype=np.float32)[spoken]

    def _at(self, first: int, last: int) -> np.ndarray:
        return self._vectors[np.arange(first, last).clip(0, len(self._vectors) - 1)]

    def _flow(self, rows: np.ndarray, vectors: np.ndarray) -> np.ndarray:
        speaker = self.speaker
        rng = torch.Generator().manual_seed((self.seed * 1_000_003 + self.count) % 2**63)
        noise = torch.randn(WINDOW, len(CHANNELS), generator=rng)
        begin = BEFORE - KNOWN - REACH
        sound = torch.from_numpy(rows[begin : begin + WINDOW + 2 * REACH])
        emotion = torch.from_numpy(condition(vectors))
        motion = sample(speaker.flow, sound, emotion, self._known, noise, self.guidance)
        if self._known is not None:
            motion = continued(motion)
        self._known = motion[-KNOWN:].clone()
        return (motion * speaker.spread + speaker.mean).numpy()


def continued(motion: Tensor) -> Tensor:
    """Return a window [W, N] whose slow channels leave the known frames without a jerk.

    Where the first new frame is and where the known ones were heading differ by a little; that is
    taken off the new frames, fading over a quarter of a second. The speaking mouth stays as it is.
    """
    heading = 2 * motion[KNOWN - 1] - motion[KNOWN - 2]
    missed = (motion[KNOWN] - heading) * _SLOW
    fade = torch.exp(-((torch.arange(NEW) / _FADE) ** 2))[:, None]
    return torch.cat([motion[:KNOWN], motion[KNOWN:] - fade * missed])


class _SpanTable:
    """Looks phones up by time."""

    def __init__(self, spans: Sequence[PhoneSpan]) -> None:
        self.starts = np.array([span.start for span in spans])
        self.phones = np.array([INDEX[span.phone] for span in spans], np.int64)
        self.end = spans[-1].end if spans else 0.0

    def labels(self, first: int, last: int) -> np.ndarray | None:
        """Return the phone of each phone frame, silence outside; None without any span."""
        if not len(self.starts):
            return None
        seconds = np.arange(first, last) / 50
        place = np.searchsorted(self.starts, seconds + 1e-6, side="right") - 1
        outside = (place < 0) | (seconds >= self.end)
        return np.where(outside, 0, self.phones[place.clip(0)])


def vectors_of(emotion: Trajectory | np.ndarray | None) -> np.ndarray:
    """Return emotion vectors [T, 12] at 25 a second, up to where they stop changing.

    Raises:
        InputError: an array of another shape, or with numbers that are not finite.
    """
    if emotion is None:
        return np.zeros((1, EMOTION_WIDTH), np.float32)
    if isinstance(emotion, Trajectory):
        return emotion.sample(int(np.ceil(emotion.seconds * schema.FPS)) + 1, schema.FPS)
    vectors = np.asarray(emotion, np.float32)
    if vectors.ndim != 2 or vectors.shape[1] != EMOTION_WIDTH or not len(vectors):
        raise InputError(
            f"expected emotion vectors [frames, {EMOTION_WIDTH}], got {list(vectors.shape)};"
            " use Trajectory.sample(frames, 25)"
        )
    if not np.isfinite(vectors).all():
        raise InputError("expected finite emotion vectors, got nan or inf")
    return vectors
