"""What a head performs: motion, sketch, audio features and emotion in, streams to cut chunks from.

Shapes: T frames, F frames of a chunk, Y layers and V width of the audio features.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from emogen.emotion import Trajectory
from emogen.errors import InputError
from emogen.motion.track import MotionTrack
from emogen.motion.windows import vectors_of
from emogen.pipelines.talking.chunks import Chunk
from emogen.pipelines.talking.rolling import Rolling

_SPARE = 2
"""Frames by which features may be shorter or longer than the motion."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Performance:
    """What a head performs, as streams.

    Attributes:
        motion: Values [n, channels] of the schema.
        sketch: Frames uint8 [n, H, W, 3].
        features: Audio features [n, Y, V].
        emotion: Vectors [T, 12], the last one stays; None for none.
    """

    motion: Rolling
    sketch: Rolling
    features: Rolling
    emotion: np.ndarray | None

    def chunk(self, first: int, num_frames: int, *, seed: int) -> Chunk:
        """Return what the chunk from a frame on is made from."""
        emotion = None
        if self.emotion is not None:
            places = np.arange(first, first + num_frames)
            emotion = self.emotion[places.clip(0, len(self.emotion) - 1)]
        return Chunk(
            values=self.motion.window(first, first + num_frames),
            sketch=self.sketch.window(first, first + num_frames),
            features=self.features.window(first - 2, first + num_frames + 2),
            emotion=emotion,
            seed=(seed * 1_000_003 + first) % 2**63,
        )

    def check_ends(self) -> None:
        """Raise an InputError where sketch or features do not last as long as the motion."""
        total = self.motion.count
        for name, rows, spare in (("sketch", self.sketch, 0), ("features", self.features, _SPARE)):
            rows.reaches(total + spare + 1)
            if not total - spare <= rows.count <= total + spare:
                more = "" if rows.ended else "at least "
                raise InputError(
                    f"expected the {name} of {total} frames of motion, got {more}{rows.count};"
                    " make them from the same sound and track"
                )


def performance_of(
    reference: np.ndarray,
    track: MotionTrack | Iterable[MotionTrack],
    sketch: Iterable[np.ndarray],
    features: Iterable[np.ndarray],
    emotion: Trajectory | np.ndarray | None,
) -> Performance:
    """Return the streams of a performance; what does not fit raises when it comes up.

    Args:
        reference: The portrait, uint8 [H, W, 3].
        track: Motion at 25 frames a second.
        sketch: Frames uint8 [H, W, 3].
        features: Blocks [n, Y, V].
        emotion: What is felt over time, or vectors [T, 12]; neutral counts as none.
    """
    return Performance(
        motion=Rolling(_values(track), name="motion"),
        sketch=Rolling((_like(frame, reference)[None] for frame in sketch), name="sketch frames"),
        features=Rolling(features, name="audio features"),
        emotion=_vectors(emotion),
    )


def checked_portrait(reference: np.ndarray) -> tuple[int, int]:
    """Return height and width of a portrait, or raise an InputError if it is none."""
    right = reference.ndim == 3 and reference.shape[2] == 3 and reference.dtype == np.uint8
    if not right or reference.shape[0] % 16 or reference.shape[1] % 16 or not reference.size:
        raise InputError(
            "expected a portrait uint8 [H, W, 3] with sides that are multiples of 16, got"
            f" {reference.dtype} {list(reference.shape)}; resize it"
        )
    return reference.shape[0], reference.shape[1]


def _like(frame: np.ndarray, reference: np.ndarray) -> np.ndarray:
    if frame.shape != reference.shape or frame.dtype != np.uint8:
        raise InputError(
            f"expected sketch frames like the portrait, uint8 {list(reference.shape)}, got"
            f" {frame.dtype} {list(frame.shape)}; draw them at its size"
        )
    return frame


def _values(track: MotionTrack | Iterable[MotionTrack]) -> Iterator[np.ndarray]:
    for piece in [track] if isinstance(track, MotionTrack) else track:
        if piece.fps != 25:
            raise InputError(f"expected motion at 25 frames a second, got {piece.fps:g}; resample")
        yield piece.values


def _vectors(emotion: Trajectory | np.ndarray | None) -> np.ndarray | None:
    vectors = None if emotion is None else vectors_of(emotion)
    return vectors if vectors is not None and vectors.any() else None
