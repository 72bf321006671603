"""Does the picture hold: frames, features or readings of a clip in, drift and flicker out.

Shapes: N clips or windows, T frames, H/W pixels, D width of features, C = 9 categories.
"""

from dataclasses import dataclass

import numpy as np

from emogen.emotion import CATEGORIES
from emogen.errors import InputError, MediaError
from emogen.evaluation.metrics.agreement import jensen_shannon
from emogen.evaluation.metrics.inputs import distributions

NEUTRAL = CATEGORIES.index("neutral")


def neutral_drift(emotion: np.ndarray, reference: np.ndarray | None = None) -> float:
    """Return how much emotion shows where none was asked, in [0, 1], lower is better.

    Alone, the mean of 1 - P(neutral): what a judge sees, its own errors included. With readings of
    the same requests made without any emotion control, the mean Jensen-Shannon divergence (base 2)
    between the two: what the control adds. A detached or neutral control that leaves the base
    model's clips as they are scores exactly 0.

    Args:
        emotion: (N, 9) distributions over Mikels' eight and neutral, of clips asked to be neutral.
        reference: (N, 9) of the base model's clips, row by row.

    >>> neutral_drift(np.eye(9)[[8, 0]])
    0.5
    >>> neutral_drift(np.eye(9)[[8, 0]], reference=np.eye(9)[[8, 0]])
    0.0
    """
    rows = distributions(emotion, num_classes=len(CATEGORIES))
    if reference is None:
        return float(np.clip(1 - rows[:, NEUTRAL], 0, 1).mean())
    return float(jensen_shannon(emotion, reference).mean())


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Whether a subject stays itself; cosines in [-1, 1], 1 is the same.

    Attributes:
        reference: mean cosine of each frame and the reference, which is left out where it is the
            first frame.
        adjacent: mean cosine of neighbouring frames; high also for a slow change.
        lowest: the worst frame's cosine with the reference.
    """

    reference: float
    adjacent: float
    lowest: float


def identity(features: np.ndarray, reference: np.ndarray | None = None) -> Identity:
    """Return how well features of the subject hold over the frames of a clip.

    The mean of ``reference`` (first frame) and ``adjacent`` is VBench's subject consistency (Huang
    et al. 2024, CVPR) on whatever features are given; EmoVid's first-frame similarity is
    ``reference``.

    Args:
        features: (T, D), at least two frames, none all zero.
        reference: (D,), for example of a portrait; the first frame's without it.

    >>> turning = np.array([[1, 0], [1, 0], [0, 1]])
    >>> held = identity(turning)
    >>> held.reference, held.adjacent, held.lowest
    (0.5, 0.5, 0.0)
    """
    rows = _directions(features)
    if len(rows) < 2:
        raise InputError("expected features of at least two frames, got one; give a whole clip")
    target = rows[0] if reference is None else _directions(np.atleast_2d(reference))[0]
    if target.shape != rows.shape[1:]:
        raise InputError(f"expected a reference of width {rows.shape[1]}, got {len(target)}")
    cosines = (rows[1:] if reference is None else rows) @ target
    return Identity(
        reference=float(cosines.mean()),
        adjacent=float((rows[1:] * rows[:-1]).sum(axis=1).mean()),
        lowest=float(cosines.min()),
    )


def _directions(features: np.ndarray) -> np.ndarray:
    rows = np.asarray(features, dtype=np.float64)
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    if rows.ndim != 2 or not rows.size or not np.isfinite(rows).all() or not lengths.all():
        raise InputError(
            f"expected finite features [T, D] that are not all zero, got shape {list(rows.shape)}; "
            "leave out frames without a subject"
        )
    return rows / lengths


@dataclass(frozen=True, kw_only=True)
class Flicker:
    """How restless a clip is; each in [0, 1], lower is calmer.

    Attributes:
        change: mean |x_t - x_(t-1)| over pixels, channels and neighbouring frames. Motion counts.
        jitter: mean |x_t - (x_(t-1) + x_(t+1)) / 2|: what neither a fade nor steady change
            explains; 0 for fewer than three frames.
        brightness: mean |change of the mean over a frame|: pumping light, blind to motion that
            leaves the mean as it is.
    """

    change: float
    jitter: float
    brightness: float


def flicker(frames: np.ndarray) -> Flicker:
    """Return how restless a clip is, without optical flow or warping; values over 255.

    ``change`` is the mean absolute difference that VBench's temporal flickering (Huang et al. 2024,
    CVPR: 1 - change, on still scenes) rests on. EmoVid states no formula for its flicker: compare
    with its table in size only. Compare clips of one frame rate, asked to move alike. Frames are
    taken three at a time, so memory does not grow with length.

    Args:
        frames: uint8 [T, H, W, 3], at least two.

    >>> blinking = np.zeros((3, 2, 2, 3), np.uint8)
    >>> blinking[1] = 255
    >>> flicker(blinking)
    Flicker(change=1.0, jitter=1.0, brightness=1.0)
    """
    frames = np.asarray(frames)
    shaped = frames.ndim == 4 and frames.shape[-1] == 3 and frames.size and len(frames) > 1
    if not shaped or frames.dtype != np.uint8:
        raise MediaError(
            f"expected at least two uint8 frames [T, H, W, 3], got {frames.dtype} "
            f"{list(frames.shape)}; decode the clip to RGB first"
        )
    steps, bends, means = [], [], [float(frames[0].mean())]
    for index in range(1, len(frames)):
        now, before = frames[index].astype(np.int16), frames[index - 1].astype(np.int16)
        steps.append(float(np.abs(now - before).mean()))
        means.append(float(now.mean()))
        if index + 1 < len(frames):
            bend = 2 * now - before - frames[index + 1]
            bends.append(float(np.abs(bend).mean()) / 2)
    return Flicker(
        change=float(np.mean(steps)) / 255,
        jitter=float(np.mean(bends)) / 255 if bends else 0.0,
        brightness=float(np.abs(np.diff(means)).mean()) / 255,
    )


def colour_difference(first: dict[str, float], second: dict[str, float]) -> dict[str, float]:
    """Return second - first of EmoVid's colour attributes, hue the short way round.

    Args:
        first: what `emogen.data.attributes.colour_attributes` measured of a clip.
        second: the same of another.

    Returns:
        ``hue`` in (-0.5, 0.5] turns, ``colourfulness`` and ``brightness`` in [-1, 1].

    >>> red = {"hue": 0.95, "colourfulness": 1.0, "brightness": 1.0}
    >>> colour_difference(red, red | {"hue": 0.05, "brightness": 0.5})
    {'hue': 0.1, 'colourfulness': 0.0, 'brightness': -0.5}
    """
    difference = {name: second[name] - first[name] for name in first}
    difference["hue"] = 0.5 - (0.5 - difference["hue"]) % 1
    return {name: round(value, 4) for name, value in difference.items()}
