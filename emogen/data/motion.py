"""Emotion to body motion: vectors (T, 12) in, one smooth pose a frame, blinks and gaze out.

Each category is one row of motion parameters; a frame's parameters are the neutral row moved
towards the rows of its categories by their weights. Phases integrate the momentary tempo, so a
curve over time speeds up and slows down without a jump. Neutral is gentle breathing.
"""

from dataclasses import dataclass

import numpy as np

from emogen.emotion.anchors import MIKELS_VAD

TREMBLE_HZ = 4.0

# Rates in Hz, lengths in frame sides, angles in radians.
# fmt: off
_TABLE = {
    #             neutral amuseme     awe content excitem   anger disgust    fear sadness
    "hop_hz":     (   1.5,      2,    0.4,    0.5,   2.67,    1.6,    0.8,      1,    0.4),
    "hop":        (     0,   0.06,      0,      0,   0.13,   0.03,      0,      0,      0),
    "sway_hz":    (   0.4,      1,    0.3,    0.5,   1.33,      1,    0.8,    0.5,   0.25),
    "sway":       (     0,   0.13,   0.03,   0.11,   0.06,      0,   0.05,      0,   0.05),
    "slide":      (     0,      0,      0,   0.04,      0,      0,   0.03,      0,      0),
    "tremble":    (     0,      0,      0,      0,      0,  0.016,      0,  0.012,      0),
    "lift":       (     0,      0,   0.05,      0,      0,  -0.01,  -0.01,  -0.02,  -0.02),
    "size":       (     1,   1.02,   1.04,      1,   0.94,   1.08,   0.93,   0.74,    0.9),
    "squash":     (     0,   0.08,  -0.06,   0.02,   0.13,   0.04,  -0.05,  -0.04,    0.1),
    "lean":       (     0,      0,      0,      0,      0,      0,   0.22,      0,   0.06),
    "arms":       (     0,   0.35,   0.55,    0.1,      1,  -0.35,   0.25,    0.3,   -0.6),
    "head":       (     0,   -0.1,  -0.16,   0.06,      0,   0.06,   0.15,      0,   0.22),
    "breath_hz":  (   0.5,      1,    0.4,    0.4,    1.3,    1.6,    0.8,      2,    0.3),
    "breath":     (   0.5,    0.6,    0.9,    0.8,    0.5,      1,    0.7,    0.8,    0.9),
    "blink_hz":   (  0.35,    0.4,    0.1,    0.3,    0.3,   0.15,   0.45,   0.15,   0.25),
    "gaze_x":     (     0,      0,      0,      0,      0,      0,    0.9,      0,      0),
    "gaze_y":     (     0,      0,   -0.9,      0,   -0.2,    0.2,    0.1,      0,    0.9),
}
# fmt: on
_FIELDS = tuple(_TABLE)
_NEUTRAL, _CATEGORIES = np.split(np.array(list(_TABLE.values())).T, [1])  # (1, 17), (8, 17)
_CHANGES = _CATEGORIES - _NEUTRAL
_UNEXPLAINED, _NEARNESS = 1e-3, 0.1
_BLINK_SECONDS = 0.28


@dataclass(frozen=True, kw_only=True)
class Motion:
    """The body over time; each field is float64 [T] and means what it means in the rig's `Pose`."""

    x: np.ndarray
    y: np.ndarray
    scale: np.ndarray
    tilt: np.ndarray
    squash: np.ndarray
    shake_x: np.ndarray
    arm_raise: np.ndarray
    head_tilt: np.ndarray
    breath: np.ndarray
    blink: np.ndarray
    """0 open to 1 shut."""
    gaze: np.ndarray
    """[T, 2] in [-1, 1]: right and down are positive."""


def category_weights(vectors: np.ndarray) -> np.ndarray:
    """Return how much of each category a frame shows, float64 (T, 8), from vectors (T, 12).

    Intensity that no category holds (an emotion given by valence, arousal and dominance alone) goes
    to the categories whose anchors lie near that point.

    >>> calm = np.array([[0, 0, 0, 0, 0, 0, 0, 0, 0.8, -0.3, 0.6, 1.0]])
    >>> int(category_weights(calm).argmax())
    2
    """
    vectors = np.asarray(vectors, dtype=float)
    weights, affect, intensity = vectors[:, :8].clip(0, 1), vectors[:, 8:11], vectors[:, 11]
    missing = intensity - weights.sum(axis=1)
    if missing.max(initial=0.0) < _UNEXPLAINED:
        return weights
    point = affect / np.maximum(intensity, _UNEXPLAINED)[:, None]
    distance = ((point[:, None] - MIKELS_VAD) ** 2).sum(axis=2)  # (T, 8)
    near = np.exp(-distance / _NEARNESS)
    near /= np.maximum(near.sum(axis=1, keepdims=True), 1e-9)
    return weights + np.where(missing > _UNEXPLAINED, missing, 0.0)[:, None] * near


def parameters(vectors: np.ndarray) -> dict[str, np.ndarray]:
    """Return the motion parameters of emotion vectors (T, 12), each [T].

    >>> float(parameters(np.zeros((1, 12)))["size"][0])
    1.0
    """
    blended = _NEUTRAL + category_weights(vectors) @ _CHANGES  # (T, fields)
    return dict(zip(_FIELDS, blended.T, strict=True))


def body_motion(vectors: np.ndarray, rng: np.random.Generator, *, fps: float = 16.0) -> Motion:
    """Turn emotion vectors (T, 12) into motion; ``rng`` gives phases, side and blinks."""
    p = parameters(vectors)
    start, side = rng.uniform(0, 2 * np.pi, 4), float(rng.choice((-1.0, 1.0)))
    hop = _phase(p["hop_hz"], fps, start[0])
    sway = _phase(p["sway_hz"], fps, start[1])
    breath = _phase(p["breath_hz"], fps, start[2])
    tremble = _phase(np.full(len(hop), TREMBLE_HZ), fps, start[3])
    height = (1 - np.cos(hop)) / 2  # 0 on the ground, 1 at the top
    landing = np.maximum(np.cos(hop), 0.0) ** 2
    airy = np.minimum(p["hop"] / 0.05, 1.0)
    still = p["squash"] * (
        1 - airy
    )  # without hops the squash is a posture, with hops it is the landing
    return Motion(
        x=p["slide"] * np.sin(sway) + 0.25 * side * p["lean"],
        y=-p["hop"] * height - p["lift"] * (1 + 0.25 * np.sin(sway)),
        scale=p["size"],
        tilt=p["sway"] * np.sin(sway) + side * p["lean"] * (0.75 + 0.25 * np.sin(sway)),
        squash=1 - still - p["squash"] * airy * (landing - 0.6 * height),
        shake_x=p["tremble"] * np.sin(tremble),
        arm_raise=p["arms"] + 0.25 * np.abs(p["arms"]) * np.sin(hop) * airy,
        head_tilt=side * p["head"] + 0.5 * p["sway"] * np.sin(sway + 0.8),
        breath=p["breath"] * np.sin(breath),
        blink=_blinks(p["blink_hz"], fps, rng),
        gaze=_gaze(p, side, rng),
    )


def _phase(rate_hz: np.ndarray, fps: float, start: float) -> np.ndarray:
    """Integrate a rate [T] into a phase in radians."""
    turns = np.cumsum(rate_hz) - rate_hz[0]
    return start + 2 * np.pi * turns / fps


def _blinks(rate_hz: np.ndarray, fps: float, rng: np.random.Generator) -> np.ndarray:
    """Return the lid closure [T]: one blink each time the integrated rate passes a whole number."""
    seconds = np.arange(len(rate_hz)) / fps
    turns = rng.uniform() + np.cumsum(rate_hz) / fps
    closure = np.zeros(len(rate_hz))
    for number in range(1, int(turns[-1]) + 1):
        middle = np.interp(number, turns, seconds)
        closure += np.exp(-(((seconds - middle) / (0.42 * _BLINK_SECONDS)) ** 2))
    return closure.clip(0, 1)


def _gaze(p: dict[str, np.ndarray], side: float, rng: np.random.Generator) -> np.ndarray:
    """Return where the eyes look [T, 2]: the category's direction and a slow wander when calm."""
    time = np.linspace(0, 1, len(p["gaze_x"]))
    wander = 0.3 * np.sin(2 * np.pi * (time * rng.uniform(0.3, 0.8) + rng.uniform()))
    away = -side * p["gaze_x"]  # disgust looks back at what it leans away from
    across = away + wander * (1 - np.abs(p["gaze_x"]).clip(0, 1))
    return np.stack([across, p["gaze_y"]], axis=1).clip(-1, 1)
