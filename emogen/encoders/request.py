"""The explicit request as a source: what a person asked for in, a reading of each frame out."""

import numpy as np

from emogen.emotion import MIKELS, Trajectory
from emogen.encoders.reading import Readings


def read_request(request: Trajectory, *, num_frames: int, fps: float) -> Readings:
    """Return what was asked for, frame by frame; it is always sure.

    >>> from emogen.emotion import parse
    >>> asked = read_request(parse("sadness:0.5"), num_frames=3, fps=6.25)
    >>> asked.distribution[0].round(2).tolist()[-2:]
    [0.5, 0.5]
    """
    vectors = request.sample(num_frames, fps)  # (L, E)
    eight = vectors[:, : len(MIKELS)].astype(np.float64)
    neutral = 1 - eight.sum(1, keepdims=True)
    return Readings(
        source="request", seconds=np.arange(num_frames) / fps,
        spans=np.full(num_frames, 1 / fps),
        distribution=np.concatenate([eight, neutral], axis=1).clip(0, 1), vectors=vectors,
        confidence=np.ones(num_frames),
    )  # fmt: skip
