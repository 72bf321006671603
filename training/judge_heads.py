"""Drawn heads for the judge to learn on: a seed and what is felt in, pictures and their truth out.

The heads are those of `emogen.motion.rig`, in styles that nobody else has (`judge_head_styles`).
What a face does to show a feeling differs from person to person: each mixes `emogen.motion`'s
prototypes with other published patterns, leaves units out, exaggerates some, has a resting face of
its own, and may speak, which hides what the mood does with the mouth. No audio-to-motion model is
involved. Tears, sweat and colour are drawn for three in four; the others show by the face alone.

Shapes: T pictures, N frames (25 a second), K channels of `emogen.motion.schema`.
"""

from dataclasses import dataclass

import numpy as np
from judge_head_styles import painter, vivid
from PIL import Image

from emogen.emotion import CATEGORIES, MIKELS
from emogen.evaluation.recogniser.shots import FIRST_SEED, FPS, SIZE, Shot
from emogen.evaluation.recogniser.vision_networks import ACTION_UNITS
from emogen.motion import schema
from emogen.motion.expression import POSTURES, PROTOTYPES
from emogen.motion.head import smooth
from emogen.motion.phones import PHONES, SILENCE, PhoneSpan
from emogen.motion.rig.camera import HEAD_SIZE, head_camera
from emogen.motion.rig.pose import Pose, shown
from emogen.motion.rig.vector import Painter
from emogen.motion.rig.wardrobe import backdrop
from emogen.motion.visemes import COLUMNS as MOUTH
from emogen.motion.visemes import mouth_targets

FIRST_HEAD = FIRST_SEED + (3 << 48)
"""Seeds of the heads start here."""
PATTERNS: dict[str, tuple[str, ...]] = {
    "amusement": ("6 12", "6 7 12 25 26", "6 12 25", "7 12 25 26"),
    "awe": ("1 2 5 26", "1 2 5", "1 5 25 26", "1 2 25 26"),
    "contentment": ("12 43", "12 43 1"),
    "excitement": ("1 2 5 12 25 26", "2 5 12 25", "1 2 5 6 12", "1 2 12 25 26"),
    "anger": ("4 5 7 23", "4 7 24", "4 5 7 10 25", "4 7 17 23"),
    "disgust": ("9 15 16", "9 10 17", "4 7 9 10", "9 10 25"),
    "fear": ("1 2 4 5 20 26", "1 4 5 25", "1 2 4 5 20 25", "1 4 5 20"),
    "sadness": ("1 4 15", "1 4 15 17", "1 15 43", "1 4 17 43"),
}
"""Action units by which a category is shown, after Ekman, Friesen and Hager (2002), Keltner and
Cordaro (2017), Cordaro et al. (2018) and Du, Tao and Martinez (2014)."""
AWAY = {"awe": (0.0, -0.5), "disgust": (0.6, 0.0), "sadness": (0.1, 0.6), "fear": (0.2, -0.1)}
MARKED = 0.75
"""Share of the heads with tears, sweat and colour."""
_WALL_ONLY, _REACH, _LARGE = 0.25, 0.9, 208


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How one person shows what they feel.

    Attributes:
        table: float [8, K], the channels of each category at full strength.
        rest: float [K], the face at rest.
        speaks: how much of the mood's mouth speech takes away; None for somebody silent.
        effort: how far speech opens the mouth.
    """

    table: np.ndarray
    rest: np.ndarray
    speaks: float | None
    effort: float


def manner(rng: np.random.Generator) -> Manner:
    """Draw a person."""
    rest = np.zeros(schema.WIDTH)
    for name, size in (("AU4", 0.1), ("AU1", 0.06), ("AU43", 0.1), ("AU15", 0.06), ("AU7", 0.08)):
        rest[schema.index(name)] = max(0.0, rng.normal(0, size))
    rest[[schema.index("AU12_left"), schema.index("AU12_right")]] = max(0.0, rng.normal(0, 0.06))
    table = np.stack([_shown_by(name, rng) for name in MIKELS])
    return Manner(
        table=table, rest=rest, effort=float(rng.uniform(0.6, 1.3)),
        speaks=float(rng.uniform(0.4, 1.0)) if rng.random() < 0.6 else None,
    )  # fmt: skip


def _shown_by(name: str, rng: np.random.Generator) -> np.ndarray:
    """Return the channels [K] of a category as one person shows it."""
    pattern = str(rng.choice(PATTERNS[name])).split()
    other, own = np.zeros(schema.WIDTH), np.zeros(schema.WIDTH)
    for channel, value in PROTOTYPES[name].items():
        own[schema.index(channel)] = value
    usual = {"AU26": 0.3, "AU43": 0.6}
    if name == "contentment":  # a gentle smile
        usual |= {"AU12_left": 0.6, "AU12_right": 0.6, "AU1": 0.3}
    for index, channel in enumerate(schema.NAMES):
        if channel.split("_")[0].removeprefix("AU") in pattern:
            other[index] = usual.get(channel, 0.85)
    share = rng.choice([rng.uniform(0, 0.35), rng.uniform(0.35, 1)])
    face = own + share * (other - own)
    face *= np.exp(rng.normal(0, 0.18, schema.WIDTH)) * rng.uniform(0.75, 1.15)
    core = np.flatnonzero(face > 0.25)
    if rng.random() < 0.35 and len(core) > 3:  # a partial prototype
        face[rng.choice(core)] *= rng.uniform(0, 0.5)
    lean = rng.uniform(0.75, 1) if rng.random() < 0.3 else 1.0
    side, other_side = rng.permutation(["AU12_left", "AU12_right"])
    face[schema.index(side)] = lean * face[schema.index(other_side)]
    for channel, value in POSTURES[name].items():
        face[schema.index(channel)] = value * rng.normal(0.6, 0.7)
    return face


def spoken(count: int, rng: np.random.Generator, *, effort: float) -> tuple[np.ndarray, np.ndarray]:
    """Return a mouth that says random phones, [N, V], and how much it speaks, [N]."""
    spans, said, at = [], np.zeros(count), -0.5
    while at < count / schema.FPS + 0.5:
        pause = rng.random() < 0.06
        long = rng.uniform(0.15, 0.6) if pause else rng.uniform(0.05, 0.16)
        phone = SILENCE if pause else str(rng.choice(PHONES[1:]))
        if at >= 0:
            spans.append(PhoneSpan(phone=phone, start=at, end=at + long))
        if not pause:
            said[max(0, round(at * 25)) : max(0, round((at + long) * 25)) + 1] = 1
        at += long
    mouth = mouth_targets(spans, num_frames=count, effort=np.full(count, effort))
    return mouth, smooth(said, 3)


def performed(vectors: np.ndarray, person: Manner, rng: np.random.Generator) -> np.ndarray:
    """Return what a face does while it feels vectors [N, 12], float32 [N, K]."""
    count = len(vectors)
    values = vectors[:, :8] @ person.table + person.rest
    values += 0.03 * rng.standard_normal(schema.WIDTH) * (values > 0)
    if person.speaks is not None:
        mouth, said = spoken(count, rng, effort=person.effort)
        mood = schema.columns("mood mouth")
        values[:, mood] *= 1 - 0.5 * person.speaks * said[:, None]
        values[:, MOUTH] = mouth + values[:, MOUTH] * (1 - person.speaks * said[:, None])
        if rng.random() < 0.35:
            flash = rng.uniform(0.1, 0.4) * (np.sin(np.arange(count) / 4 + rng.uniform(0, 6)) > 0.4)
            values[:, [schema.index("AU1"), schema.index("AU2")]] += smooth(flash, 5)[:, None]
    elif rng.random() < 0.1:
        values[:, schema.index("AU25")] += rng.uniform(0.2, 0.7)
        values[:, schema.index("AU26")] += rng.uniform(0, 0.35)
    _look(values, vectors, rng)
    return schema.clamp(values)


def _look(values: np.ndarray, vectors: np.ndarray, rng: np.random.Generator) -> None:
    """Add gaze, blinks and the head's own pose and sway."""
    count = len(values)
    drift = np.sin(np.arange(count)[:, None] / 25 * rng.uniform(0.5, 3, 8) + rng.uniform(0, 6, 8))
    for column, (name, size) in enumerate((
        ("head_yaw", 8.0), ("head_pitch", 5.0), ("head_roll", 5.0), ("head_x", 0.03),
        ("head_y", 0.03), ("head_scale", 0.05), ("gaze_x", 0.2), ("gaze_y", 0.12),
    )):  # fmt: skip
        moved = rng.normal(0, size) + 0.25 * size * drift[:, column]
        values[:, schema.index(name)] += moved
    if rng.random() < 0.6:
        for name, way in AWAY.items():
            felt = vectors[:, MIKELS.index(name)] * rng.uniform(0.3, 1.3)
            values[:, schema.index("gaze_x")] += way[0] * felt * rng.choice((-1, 1))
            values[:, schema.index("gaze_y")] += way[1] * felt
    lids = [schema.index("AU45_left"), schema.index("AU45_right")]
    for start in np.flatnonzero(rng.random(count) < 0.35 / 25):
        values[start : start + 5, lids] = np.array([0.5, 1, 0.8, 0.4, 0.15])[: count - start, None]
    values[:, schema.index("shoulder")] = 0.25 + 0.25 * drift[:, 0]


def head_shot(seed: int, vectors: np.ndarray, *, moments: bool = False, size: int = SIZE) -> Shot:
    """Draw a head; the same arguments give the same bytes.

    Args:
        seed: decides who is seen, where, how near and how they show what they feel.
        vectors: what is felt, float32 [T, 12], four times a second.
        moments: whether each row is a moment of its own.
        size: side of the pictures.
    """
    casting, acting, setting = np.random.default_rng(seed).spawn(3)
    who, name = painter(casting)
    person = manner(acting)
    rows = _rows(vectors, person, acting, moments=moments)
    marked = float(acting.random() < MARKED)
    side, wall = _setting(setting, size)
    poses = [shown(row) for row in rows]
    frames = [_paint(who, wall, pose, marked * v) for pose, v in zip(poses, vectors, strict=True)]
    boxes = np.stack([_box(pose, side) for pose in poses])
    frames, boxes = _cropped(frames, boxes, setting, size)
    return Shot(
        frames=frames, face=vectors.astype(np.float32), staging=np.zeros_like(vectors),
        units=np.stack([_units(pose, marked * v) for pose, v in zip(poses, vectors, strict=True)]),
        boxes=boxes, identity=f"head {name} {seed}",
    )  # fmt: skip


def _rows(
    vectors: np.ndarray, person: Manner, rng: np.random.Generator, *, moments: bool
) -> np.ndarray:
    if moments:
        lasting = [np.repeat(vector[None], 24, axis=0) for vector in vectors]
        return np.stack([performed(part, person, rng)[12] for part in lasting])
    at = np.round(np.arange(len(vectors)) * schema.FPS / FPS).astype(int)
    steps = np.arange(at[-1] + 1)
    fine = np.stack([np.interp(steps, at, column) for column in vectors.T], axis=1)
    return performed(fine, person, rng)[at]


def _setting(rng: np.random.Generator, size: int) -> tuple[int, np.ndarray]:
    """Return the side that is painted and a wall of it."""
    side = size if rng.random() < 0.3 else _LARGE
    if rng.random() > _WALL_ONLY:
        return side, backdrop(vivid(rng), (side, side), int(rng.integers(2**31)))
    colour = vivid(rng) if rng.random() < 0.6 else (int(rng.choice((0, 128, 255))),) * 3
    return side, np.full((side, side, 3), colour, np.uint8)


def _paint(who: Painter, wall: np.ndarray, pose: Pose, vector: np.ndarray) -> np.ndarray:
    shares = [*vector[:8].tolist(), 1 - float(vector[:8].sum())]
    return who.paint(wall, pose, dict(zip(CATEGORIES, shares, strict=True)))


def _box(pose: Pose, side: int) -> np.ndarray:
    """Return where the features lie, [3] in sides of the picture, see `Shot`."""
    middle = head_camera(pose, (side, side)).see(np.array([[0.0, 0.2]]), np.array([0.45]))[0]
    half = _REACH * HEAD_SIZE * (1 + pose["head_scale"])
    return np.array([*(middle / side), half], np.float32)


def _cropped(
    frames: list[np.ndarray], boxes: np.ndarray, rng: np.random.Generator, size: int
) -> tuple[np.ndarray, np.ndarray]:
    """Cut one window around the face out of all frames, and scale it to the size."""
    side = len(frames[0])
    span = side if side == size else side * rng.uniform(0.56, 1.0)
    centre = boxes[:, :2].mean(0) * side + rng.normal(0, 0.06, 2) * span
    left, top = np.clip(centre - span / 2, 0, side - span)
    window = (left, top, left + span, top + span)
    small = [
        np.asarray(Image.fromarray(frame).resize((size, size), Image.Resampling.BOX, box=window))
        for frame in frames
    ]
    moved = (boxes * side - (left, top, 0)) / span
    return np.stack(small), moved.astype(np.float32)


def _units(pose: Pose, vector: np.ndarray) -> np.ndarray:
    """Return what is drawn in the judge's own units, float32 [U]."""
    felt = dict(zip(MIKELS, vector[:8].tolist(), strict=True))
    both = {name: (pose[f"{name}_left"] + pose[f"{name}_right"]) / 2 for name in ("AU12", "AU14")}
    gap = pose["gap"]
    drawn = {name: pose[name] for name in ACTION_UNITS if name in pose} | both | {
        "AU25": min(1.0, 3 * gap), "AU26": pose["AU26"] * (1 - pose["closure"]),
        "AU45": max(pose["AU45_left"], pose["AU45_right"]),
        "tears": felt["sadness"] * (felt["sadness"] > 0.35),
        "sweat": felt["fear"] * (felt["fear"] > 0.35), "pale": felt["fear"],
        "blush": max(felt["contentment"], 0.7 * felt["amusement"], 0.6 * felt["excitement"],
                     0.5 * felt["anger"]),
    }  # fmt: skip
    return np.array([drawn[name] for name in ACTION_UNITS], np.float32)
