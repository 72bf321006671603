"""Does the head live: lids, head and frames over time in, blinks, variety, seams and drift out.

Shapes: T frames, D dimensions.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emogen.errors import InputError
from emogen.evaluation.metrics.inputs import Numbers
from emogen.evaluation.statistics import finite_column


@dataclass(frozen=True, kw_only=True)
class Blinks:
    """How somebody blinks.

    Attributes:
        rate: blinks a minute; people make 15 to 20.
        interval: mean seconds from one blink to the next; nan below two blinks.
        variation: standard deviation of the intervals over their mean; 0 is clockwork, people are
            near 1; nan below three blinks.
        duration: mean seconds for which lids are more than half closed; people take 0.1 to 0.4.
    """

    rate: float
    interval: float
    variation: float
    duration: float


def blinks(lids: Numbers, *, fps: float) -> Blinks:
    """Return how often, how regularly and how long lids close.

    Args:
        lids: (T,) 0 open to 1 closed; a blink is a stretch above one half.
        fps: frames a second.

    >>> lids = np.zeros(250)
    >>> lids[[50, 51, 150, 151]] = 1
    >>> blinks(lids, fps=25).rate, blinks(lids, fps=25).interval
    (12.0, 4.0)
    """
    closed = finite_column(lids) > 0.5
    edges = np.flatnonzero(np.diff(np.r_[0, closed, 0]))
    begins, ends = edges[::2], edges[1::2]
    gaps = np.diff(begins) / fps
    return Blinks(
        rate=float(len(begins) * 60 * fps / len(closed)),
        interval=float(gaps.mean()) if len(gaps) else np.nan,
        variation=float(gaps.std() / gaps.mean()) if len(gaps) > 1 else np.nan,
        duration=float((ends - begins).mean() / fps) if len(begins) else np.nan,
    )


@dataclass(frozen=True, kw_only=True)
class HeadVariety:
    """How a head moves.

    Attributes:
        spread: standard deviation of each axis, in its unit, (D,).
        speed: mean speed, units a second.
        range: share of the directions in use, 1 / D (one line) to 1 (all alike): the participation
            ratio of the covariance over D.
    """

    spread: np.ndarray
    speed: float
    range: float


def head_variety(pose: np.ndarray, *, fps: float) -> HeadVariety:
    """Return how much, how fast and in how many directions a head moves, of poses (T, D).

    >>> line = np.outer(np.sin(np.arange(100)), [1.0, 0, 0])
    >>> round(head_variety(line, fps=25).range, 2)
    0.33
    """
    poses = np.asarray(pose, float)
    if poses.ndim != 2 or len(poses) < 2 or not np.isfinite(poses).all():
        raise InputError(f"expected finite poses [T, D] of two frames, got {list(poses.shape)}")
    covariance = np.atleast_2d(np.cov(poses.T))
    total = np.trace(covariance)
    squared = float((covariance**2).sum())
    return HeadVariety(
        spread=poses.std(0),
        speed=float(np.linalg.norm(np.diff(poses, axis=0), axis=1).mean() * fps),
        range=float(total**2 / squared / poses.shape[1]) if squared else 0.0,
    )


def seam_ratio(values: np.ndarray, joins: Sequence[int]) -> float:
    """Return how much more something jerks where chunks were joined than elsewhere; 1 is no seam.

    The mean absolute second difference in time over the two frames around each join, divided by
    that of all other frames; of pixels, latents or motion alike.

    Args:
        values: (T, ...).
        joins: the first frame of each later chunk.

    Raises:
        InputError: fewer than four frames, or a join outside.

    >>> seam_ratio(np.r_[np.sin(np.arange(20)), 5 + np.sin(np.arange(20, 40))], [20]) > 1.5
    True
    """
    frames = np.asarray(values, float).reshape(len(values), -1)
    inside = bool(joins) and min(joins) >= 2 and max(joins) <= len(frames) - 2
    if len(frames) < 4 or not inside:
        raise InputError(
            f"expected joins from 2 to {len(frames) - 2} in {len(frames)} frames, got {list(joins)}"
        )
    jerk = np.abs(np.diff(frames, 2, axis=0)).mean(1)  # of frames 1 to T - 2
    at_join = np.zeros(len(jerk), bool)
    for join in joins:
        at_join[join - 2 : join] = True
    return float(jerk[at_join].mean() / max(jerk[~at_join].mean(), 1e-12))


def colour_drift(colours: np.ndarray, *, fps: float) -> float:
    """Return how fast the mean colour drifts: the steepest channel's slope, its unit a second.

    Args:
        colours: (T, C) mean colour of each frame.
        fps: frames a second.

    >>> round(colour_drift(np.outer(np.arange(50), [0.0, -0.1, 0.0]), fps=25), 3)
    2.5
    """
    means = np.asarray(colours, float)
    if means.ndim != 2 or len(means) < 2 or not np.isfinite(means).all():
        raise InputError(f"expected finite colours [T, C] of two frames, got {list(means.shape)}")
    seconds = np.arange(len(means)) / fps
    return float(np.abs(np.polyfit(seconds, means, 1)[0]).max())
