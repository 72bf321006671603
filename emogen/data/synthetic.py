"""Synthetic clips: a seed in, a drawn character that lives through an emotion out.

Everything follows from the seed. Some pairs of kind and emotion, `HELD_OUT`, are never drawn, so
that a model can be asked for what it has not seen.
"""

from hashlib import blake2b
from typing import Literal

import numpy as np

from emogen.data.attributes import colour_attributes
from emogen.data.captions import caption, describe_emotion
from emogen.data.example import Example
from emogen.data.motion import Motion, body_motion
from emogen.data.rig.characters import Character, draw_character
from emogen.data.rig.face import ACTION_UNITS, expression
from emogen.data.scenes import Scene
from emogen.data.staging import Subject, stage_subject
from emogen.emotion.anchors import MIKELS_VAD
from emogen.emotion.labels import MIKELS
from emogen.errors import InputError

HELD_OUT = frozenset(
    {
        ("robot", "sadness"),
        ("star", "fear"),
        ("cat", "anger"),
        ("dragon", "contentment"),
        ("woman", "disgust"),
        ("cupcake", "excitement"),
    }
)
"""Kind and emotion that never meet in training."""

_NEUTRAL, _SINGLE, _MIXTURE = 0.15, 0.45, 0.15  # the rest are curves over time
_CURVE_BACK = 0.15
_GAZE = ("gaze_x", "gaze_y")


def held_out(subject: str) -> frozenset[str]:
    """Return the categories a kind of subject never shows in training.

    >>> sorted(held_out("robot"))
    ['sadness']
    """
    return frozenset(category for kind, category in HELD_OUT if kind == subject)


def split(identity: str) -> Literal["train", "val", "test"]:
    """Assign an identity to a split, 90 : 5 : 5, the same on every machine.

    >>> split("robot red glasses") == split("robot red glasses")
    True
    """
    digest = blake2b(identity.encode(), digest_size=8).digest()
    percent = int.from_bytes(digest, "big") % 100
    return "train" if percent < 90 else "val" if percent < 95 else "test"


def emotion_vector(weights: dict[str, float]) -> np.ndarray:
    """Return the vector (12,) of category weights that already carry the intensity."""
    vector = np.zeros(12, np.float32)
    for name, weight in weights.items():
        vector[MIKELS.index(name)] = weight
    vector[8:11] = vector[:8] @ MIKELS_VAD
    vector[11] = sum(weights.values())
    return vector


def sample_emotion(
    rng: np.random.Generator,
    num_frames: int = 33,
    *,
    exclude: frozenset[str] = frozenset(),
) -> np.ndarray:
    """Draw the emotion of a clip, float32 (T, 12).

    Of a hundred clips 15 are neutral, 45 hold one category at an intensity in [0.2, 1], 15 hold a
    mixture of two and 25 change category or intensity on the way.
    """
    kind = rng.random()
    if kind < _NEUTRAL:
        return np.zeros((num_frames, 12), np.float32)
    if kind < _NEUTRAL + _SINGLE:
        return np.tile(_single(rng, exclude), (num_frames, 1))
    if kind < _NEUTRAL + _SINGLE + _MIXTURE:
        return np.tile(_mixture(rng, exclude), (num_frames, 1))
    return _curve(rng, num_frames, exclude)


def _names(exclude: frozenset[str]) -> list[str]:
    return [name for name in MIKELS if name not in exclude]


def _single(rng: np.random.Generator, exclude: frozenset[str]) -> np.ndarray:
    return emotion_vector({str(rng.choice(_names(exclude))): rng.uniform(0.2, 1.0)})


def _mixture(rng: np.random.Generator, exclude: frozenset[str]) -> np.ndarray:
    first, second = rng.choice(_names(exclude), 2, replace=False)
    share, intensity = rng.uniform(0.3, 0.7), rng.uniform(0.4, 1.0)
    return emotion_vector({str(first): share * intensity, str(second): (1 - share) * intensity})


def _curve(rng: np.random.Generator, num_frames: int, exclude: frozenset[str]) -> np.ndarray:
    """Move smoothly between two points, either of which may be neutral or of the same category."""
    start, end = _single(rng, exclude), _single(rng, exclude)
    kind = rng.random()
    if kind < 0.3:
        start = np.zeros(12, np.float32)
    elif kind < 0.5:
        name = MIKELS[int(start[:8].argmax())]
        low, high = rng.uniform(0.1, 0.35), rng.uniform(0.75, 1.0)
        start, end = emotion_vector({name: low}), emotion_vector({name: high})
    if rng.random() < 0.5:
        start, end = end, start
    middle, length = rng.uniform(0.35, 0.65), rng.uniform(0.3, 0.7)
    ramp = ((np.linspace(0, 1, num_frames) - middle) / length + 0.5).clip(0, 1)
    ramp = (ramp**2 * (3 - 2 * ramp))[:, None]
    return (start + (end - start) * ramp).astype(np.float32)


def action_units(vectors: np.ndarray, motion: Motion) -> np.ndarray:
    """Return the face of each frame, float32 (T, A): the expression, then blinks and gaze."""
    units = np.stack([expression(vector) for vector in vectors]).astype(np.float32)
    blink, (x, y) = ACTION_UNITS.index("AU45"), (ACTION_UNITS.index(name) for name in _GAZE)
    units[:, blink] = np.maximum(units[:, blink], motion.blink)
    units[:, x] = (units[:, x] + motion.gaze[:, 0]).clip(-1, 1)
    units[:, y] = (units[:, y] + motion.gaze[:, 1]).clip(-1, 1)
    return units


def character_subject(character: Character, aus: np.ndarray, *, fps: float = 16.0) -> Subject:
    """Return a subject that draws a rig character with the face of each frame."""
    return lambda canvas, pose, t: draw_character(canvas, character, aus[t], pose, t / fps)


def render_example(  # noqa: PLR0913 - one argument a choice, each with a default
    seed: int,
    *,
    kind: str | Character | None = None,
    scene: Scene | None = None,
    emotion_vectors: np.ndarray | None = None,
    course: int | None = None,
    num_frames: int = 33,
    size: int = 128,
    fps: float = 16.0,
) -> Example:
    """Render one example; the same arguments give the same bytes.

    Args:
        seed: decides all that is not given.
        kind: what is drawn, one of `emogen.data.rig.characters.KINDS`, or a whole character.
        scene: where; drawn by chance if None.
        emotion_vectors: (T, 12) and may show a held-out pair; drawn without them if None.
        course: decides body motion and particles in place of the seed, so that examples with the
            same course and emotion move alike.
        num_frames: 4k + 1.
        size: side of the frame in pixels.
        fps: frames a second.
    """
    if num_frames % 4 != 1:
        raise InputError(f"expected 4k+1 frames, got {num_frames}; use {num_frames // 4 * 4 + 1}")
    if emotion_vectors is not None and np.shape(emotion_vectors) != (num_frames, 12):
        raise InputError(
            f"expected emotion vectors ({num_frames}, 12), got {np.shape(emotion_vectors)}; "
            "give one vector a frame"
        )
    casting, setting, feeling, moving, flying, wording = np.random.default_rng(seed).spawn(6)
    if course is not None:
        moving, flying = np.random.default_rng(course).spawn(2)
    character = kind if isinstance(kind, Character) else Character.sample(casting, kind=kind)
    scene = scene or Scene.sample(setting)
    vectors = emotion_vectors
    if vectors is None:
        vectors = sample_emotion(feeling, num_frames, exclude=held_out(character.kind))
    vectors = np.asarray(vectors, np.float32)
    motion = body_motion(vectors, moving, fps=fps)
    aus = action_units(vectors, motion)
    frames = stage_subject(
        character_subject(character, aus, fps=fps),
        vectors,
        scene,
        motion,
        rng=flying,
        fps=fps,
        size=size,
    )
    return Example(
        frames=frames,
        fps=fps,
        caption=caption(character.phrase, scene, wording),
        emotion_phrase=describe_emotion(vectors, wording),
        subject=character.kind,
        vectors=vectors,
        aus=aus,
        attributes=colour_attributes(frames) | character.attributes | scene.attributes,
        identity=f"rig {character.phrase}",
        seed=seed,
        source="rig",
    )
