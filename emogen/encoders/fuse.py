"""Fusion: what each source says in, tokens, weights, one curve of emotion and conflicts out.

The policy, in full:
1. Where the user asked for an emotion, that is what is shown, with weight 1. The other sources are
   read and told, with weight 0, and so is every disagreement with the request.
2. Otherwise each source weighs `BASE_WEIGHTS` times its confidence; words count only as far as they
   are not neutral, since a neutral sentence can be said in any mood.
3. Where words and voice disagree, the voice decides the face (it is how a thing is said), the words
   weigh nothing, and the voice's own confidence is lowered by up to `DOUBT`.
4. Where nobody says anything, the face is neutral.

Shapes: L frames, S = 5 sources in the order of `SOURCES`, D = 19 numbers of a token, E = 12.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np

from emogen.emotion import WIDTH, EmotionPoint, Keyframe, Trajectory
from emogen.emotion.labels import CATEGORIES
from emogen.encoders.clock import on_frames
from emogen.encoders.conflict import Conflict, disagreement, find_conflicts
from emogen.encoders.reading import DESCRIPTIONS, SOURCES, Readings
from emogen.errors import InputError

DEFAULT_FPS = 25 / 4
"""Latent frames a second of a video autoencoder that shortens 25 frames a second by four."""
TOKEN_WIDTH = WIDTH + 2 + len(SOURCES)
BASE_WEIGHTS: MappingProxyType[str, float] = MappingProxyType(
    {"words": 0.35, "voice": 1.0, "tone": 0.25, "portrait": 0.1, "request": 1.0}
)
"""Fixed, not learned: no corpus has all sources of one moment."""
DOUBT = 0.3
"""How much of its confidence a voice loses to words that say the opposite."""
MOST_MOMENTS = 121
"""Points of a source's curves in `Fusion.to_json`, however long the sound is."""
_NEUTRAL = CATEGORIES.index("neutral")
_WORDS, _VOICE, _REQUEST = (SOURCES.index(name) for name in ("words", "voice", "request"))


@dataclass(frozen=True, kw_only=True)
class Fusion:
    """What all sources say together, frame by frame.

    Attributes:
        fps: frames a second; frame k is at k / fps seconds.
        seconds: length of the sound.
        distributions: what each source says, float64 [L, S, 9].
        source_vectors: the same as emotion vectors, float32 [L, S, 12].
        presence: whether a source says anything, bool [L, S].
        confidence: how likely each is right, float64 [L, S], 0 where absent.
        weights: how much the face follows each, float64 [L, S]; rows add up to 1 or are all 0.
        conflicts: where sources disagree.
        notes: what there is to know, by source.
        sound: facts about the sound: ``peak``, ``clipped`` and ``speech`` shares.
    """

    fps: float
    seconds: float
    distributions: np.ndarray
    source_vectors: np.ndarray
    presence: np.ndarray
    confidence: np.ndarray
    weights: np.ndarray
    conflicts: tuple[Conflict, ...] = ()
    notes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sound: Mapping[str, float] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Show the size and who is heard."""
        heard = [name for name, here in zip(SOURCES, self.presence.any(0), strict=True) if here]
        return f"Fusion({len(self.presence)} frames at {self.fps:g} fps: {', '.join(heard) or '-'})"

    @cached_property
    def tokens(self) -> np.ndarray:
        """Return tokens float32 [L, S, D]: emotion vector, neutral's share, confidence, source.

        Absent tokens are zeros; the last five numbers are 1 at the source's own place.
        """
        place = np.broadcast_to(np.eye(len(SOURCES)), (len(self.presence), *[len(SOURCES)] * 2))
        neutral = self.distributions[..., _NEUTRAL, None]
        parts = [self.source_vectors, neutral, self.confidence[..., None], place]
        tokens = np.concatenate(parts, axis=-1) * self.presence[..., None]
        return tokens.astype(np.float32)

    @cached_property
    def vectors(self) -> np.ndarray:
        """Return the emotion to show, float32 [L, 12]."""
        mixed = np.einsum("ls,lse->le", self.weights, self.source_vectors)
        return mixed.astype(np.float32)

    @property
    def trajectory(self) -> Trajectory:
        """Return the same as a curve, with two keyframes a second at most.

        Hours of sound are better served by `sample`, which needs no keyframes.
        """
        step = max(1, round(self.fps / 2))
        rows = range(0, len(self.vectors), step)
        return Trajectory(keyframes=tuple(
            Keyframe(seconds=row / self.fps, point=EmotionPoint.from_vector(self.vectors[row]))
            for row in rows
        ))

    def sample(self, num_frames: int, fps: float) -> np.ndarray:
        """Return the emotion of each frame of a video, float32 [T, 12], as `Trajectory.sample`.

        Raises:
            InputError: there are no frames, or the rate is not above 0.
        """
        if num_frames < 1 or not fps > 0:
            raise InputError(
                f"expected at least one frame and fps above 0, got {num_frames} frames at {fps} fps"
            )
        known = np.arange(len(self.vectors)) / self.fps
        wanted = np.arange(num_frames) / fps
        columns = [np.interp(wanted, known, column) for column in self.vectors.T]
        return np.stack(columns, axis=1).astype(np.float32)

    def latent(self, num_frames: int, fps: float, stride: int = 4) -> np.ndarray:
        """Return one vector per latent frame, float32 [L, 12], as `Trajectory.latent`.

        Raises:
            InputError: the number of frames is not a multiple of the stride plus one.
        """
        if (num_frames - 1) % stride:
            raise InputError(
                f"expected a number of frames of the form {stride}k+1, got {num_frames}"
            )
        frames = self.sample(num_frames, fps)
        groups = frames[1:].reshape(-1, stride, WIDTH).mean(1)
        return np.concatenate([frames[:1], groups]).astype(np.float32)

    def to_json(self) -> dict[str, Any]:
        """Return plain values: each source with its weight, the conflicts, the curve by seconds.

        A source's ``curves`` are at the ``moments``, None where it says nothing.
        """
        per_second = self.sample(max(1, round(self.seconds)), 1.0)
        return {
            "seconds": round(self.seconds, 3),
            "sound": {name: round(value, 4) for name, value in self.sound.items()},
            "moments": [round(row / self.fps, 3) for row in self._moments],
            "sources": {name: self._source(row) for row, name in enumerate(SOURCES)},
            "conflicts": [
                {"start": found.start, "end": found.end, "between": list(found.between),
                 "says": list(found.says), "size": round(found.size, 3),
                 "decided_by": found.decided_by}
                for found in self.conflicts
            ],
            "emotion": [_told(row) for row in per_second],
        }  # fmt: skip

    @cached_property
    def _moments(self) -> list[int]:
        """Frames whose curves are told."""
        last = len(self.presence) - 1
        rows = np.linspace(0, last, min(last + 1, MOST_MOMENTS)).round().astype(int)
        return rows.tolist()

    def _curves(self, row: int) -> dict[str, list[float | None]]:
        columns = {"valence": self.source_vectors[:, row, 8],
                   "arousal": self.source_vectors[:, row, 9], "weight": self.weights[:, row]}
        return {
            name: [round(float(column[at]), 3) if self.presence[at, row] else None
                   for at in self._moments]
            for name, column in columns.items()
        }  # fmt: skip

    def _source(self, row: int) -> dict[str, Any]:
        here, notes = self.presence[:, row], list(self.notes.get(SOURCES[row], ()))
        if not here.any():
            return {"what": DESCRIPTIONS[SOURCES[row]], "present": 0.0, "weight": 0.0,
                    "confidence": 0.0, "says": None, "notes": notes}  # fmt: skip
        sure = self.confidence[here, row]
        mean = np.average(self.distributions[here, row], axis=0, weights=sure)
        vector = np.average(self.source_vectors[here, row], axis=0, weights=sure)
        return {
            "what": DESCRIPTIONS[SOURCES[row]],
            "present": round(float(here.mean()), 3),
            "weight": round(float(self.weights[:, row].mean()), 3),
            "confidence": round(float(sure.mean()), 3),
            "says": CATEGORIES[int(mean.argmax())],
            "distribution": {name: round(float(share), 3)
                             for name, share in zip(CATEGORIES, mean, strict=True)},
            "vad": [round(float(value), 3) for value in vector[8:11]],
            "curves": self._curves(row),
            "notes": notes,
        }  # fmt: skip


def fuse(
    readings: Mapping[str, Readings],
    *,
    seconds: float,
    fps: float = DEFAULT_FPS,
    sound: Mapping[str, float] | None = None,
) -> Fusion:
    """Bring sources to one clock and weigh them; the policy is this module's docstring.

    Args:
        readings: by source; those that are missing are absent.
        seconds: length of the sound.
        fps: frames a second.
        sound: facts about the sound that are passed on.

    Raises:
        InputError: the length or the rate is not above 0, or a reading is under another's name.
    """
    if not 0 < seconds < float("inf") or not 0 < fps <= 1000:
        raise InputError(f"expected a length and a rate above 0, got {seconds} s at {fps} fps")
    wrong = [name for name, found in readings.items() if found.source != name]
    if wrong:
        raise InputError(f"expected readings under the name of their source, got {wrong}")
    num_frames = int(np.ceil(round(seconds * fps, 6))) + 1
    distributions = np.zeros((num_frames, len(SOURCES), len(CATEGORIES)))
    vectors = np.zeros((num_frames, len(SOURCES), WIDTH), np.float32)
    confidence = np.zeros((num_frames, len(SOURCES)))
    for name, found in readings.items():
        row = SOURCES.index(name)
        exact = name == "request" and len(found) == num_frames  # a person's curve is not smoothed
        values, confidence[:, row] = (
            (np.concatenate([found.distribution, found.vectors], axis=1), found.confidence)
            if exact else on_frames(found, num_frames=num_frames, fps=fps)
        )  # fmt: skip
        distributions[:, row] = values[:, : len(CATEGORIES)]
        vectors[:, row] = values[:, len(CATEGORIES) :]
    presence = confidence > 0
    confidence = doubted(distributions, presence, confidence)
    weights = weights_of(distributions, presence, confidence)
    return Fusion(
        fps=fps, seconds=seconds, distributions=distributions, source_vectors=vectors,
        presence=presence, confidence=confidence, weights=weights,
        conflicts=find_conflicts(
            distributions, presence, weights, fps=fps, seconds=seconds),
        notes={name: found.notes for name, found in readings.items()},
        sound=dict(sound or {}),
    )  # fmt: skip


def doubted(
    distributions: np.ndarray, presence: np.ndarray, confidence: np.ndarray
) -> np.ndarray:
    """Return confidence [L, S], the voice's lowered where words say the opposite."""
    out = confidence.copy()
    out[:, _VOICE] *= 1 - DOUBT * _words_against_voice(distributions, presence)
    return out


def weights_of(
    distributions: np.ndarray, presence: np.ndarray, confidence: np.ndarray
) -> np.ndarray:
    """Return how much the face follows each source, [L, S], by the policy."""
    weights = np.array([BASE_WEIGHTS[name] for name in SOURCES]) * confidence * presence
    weights[:, _WORDS] *= 1 - distributions[:, _WORDS, _NEUTRAL]
    weights[_words_against_voice(distributions, presence) > 0, _WORDS] = 0
    asked = presence[:, _REQUEST]
    weights[asked] = np.eye(len(SOURCES))[_REQUEST]
    total = weights.sum(1, keepdims=True)
    return np.divide(weights, total, out=np.zeros_like(weights), where=total > 0)


def _words_against_voice(distributions: np.ndarray, presence: np.ndarray) -> np.ndarray:
    apart = disagreement(distributions[:, _WORDS], distributions[:, _VOICE],
                         sources=("words", "voice"))  # fmt: skip
    return apart * (presence[:, _WORDS] & presence[:, _VOICE])


def _told(vector: np.ndarray) -> dict[str, float | str]:
    point = EmotionPoint.from_vector(vector)
    return {
        "label": point.dominant, "intensity": round(point.intensity, 3),
        "valence": round(float(vector[8]), 3), "arousal": round(float(vector[9]), 3),
    }  # fmt: skip
