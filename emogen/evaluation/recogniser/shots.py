"""Pictures to learn and test on: a seed in, frames in which face and staging are told apart out.

The corpora stage every emotion twice: the face shows it, and colours, light and particles repeat
it. A judge trained on that alone may read the colours only. Here the face, the staging and the body
each get emotion vectors of their own, so that a face can be read in a neutral scene, a scene behind
a neutral face, and both where they disagree.

Shapes: T frames, S pixels a side, U action units.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from emogen.data.canvas import Canvas, affine
from emogen.data.motion import body_motion
from emogen.data.noto import NotoCorpus, NotoItem
from emogen.data.rig import costumed, fantasy, furry, garden, legends, people, things, wild
from emogen.data.rig.characters import Character, Pose, pose_matrix
from emogen.data.rig.face import ACTION_UNITS
from emogen.data.rig.painter import Painter
from emogen.data.scenes import Scene
from emogen.data.staging import Subject, picture_subject, place, stage_subject
from emogen.data.synthetic import action_units, character_subject, sample_emotion

Condition = Literal["both", "face", "staging", "conflict"]
CONDITIONS: tuple[Condition, ...] = ("both", "face", "staging", "conflict")

FIRST_SEED = 2**50
"""Seeds of the judge start here; those of the generator's corpus lie elsewhere."""
SIZE, FPS = 128, 4.0
_PAINTERS: dict[str, Painter] = {
    kind: painter
    for module in (people, furry, wild, fantasy, legends, costumed, things, garden)
    for kind, painter in module.PAINTERS.items()
}
_FACE_MARGIN = 1.25
"""Half the side of the box around a face, in units of the face: brows, chin and tears are in."""
_PICTURE_SHARE, _OPAQUE = 0.7, 64
_FAINTEST, _PLAIN = 0.05, 0.25
"""Intensities between which neutral becomes a feeling."""


@dataclass(frozen=True, kw_only=True)
class Feelings:
    """What each part of a clip expresses, emotion vectors float32 [T, 12]."""

    face: np.ndarray
    staging: np.ndarray
    body: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Shot:
    """Frames and all that is known about them.

    Attributes:
        frames: uint8 [T, S, S, 3], or 4 channels with straight alpha for a cut-out.
        face: float32 [T, 12], what the face shows.
        staging: float32 [T, 12], what colours, light and particles show.
        units: float32 [T, U] action units, nan where no rig drew the face.
        boxes: float32 [T, 3], x and y of the middle of the face (of the whole subject, where there
            is no rig) and half its side, in sides of the frame; nan without a subject.
        identity: who or what is shown.
    """

    frames: np.ndarray
    face: np.ndarray
    staging: np.ndarray
    units: np.ndarray
    boxes: np.ndarray
    identity: str

    @property
    def vectors(self) -> np.ndarray:
        """What the whole expresses, float32 [T, 12]."""
        return blended(self.face, self.staging)


def blended(face: np.ndarray, staging: np.ndarray) -> np.ndarray:
    """Mix two emotions [T, 12] by their intensities: what is neutral leaves the word to the other.

    >>> sad, calm = np.zeros((1, 12)), np.zeros((1, 12))
    >>> sad[0, [7, 11]] = 0.6
    >>> float(blended(sad, calm)[0, 7]), float(blended(sad, sad)[0, 7])
    (0.6, 0.6)
    """
    first, second = face[:, 11:], staging[:, 11:]
    share = first / np.maximum(first + second, 1e-6)
    return share * face + (1 - share) * staging


def category_shares(vectors: np.ndarray) -> np.ndarray:
    """Return how likely each of the nine categories is the right name for emotions [T, 12].

    The name does not hang on the strength: sadness at .4 is sadness. Only the faintest fades into
    neutral, from an intensity of .25 down to .05.

    >>> faint = np.zeros((1, 12))
    >>> faint[0, [7, 11]] = 0.15
    >>> category_shares(faint)[0, 7:].round(2).tolist()
    [0.5, 0.5]
    """
    weights, intensity = vectors[:, :8], vectors[:, 11:]
    shown = ((intensity - _FAINTEST) / (_PLAIN - _FAINTEST)).clip(0, 1)
    shares = weights / np.maximum(weights.sum(1, keepdims=True), 1e-6) * shown
    return np.concatenate([shares, 1 - shares.sum(1, keepdims=True)], axis=1)


def sample_feelings(
    rng: np.random.Generator, num_frames: int, *, condition: Condition, moments: bool = False
) -> Feelings:
    """Draw what face, staging and body express.

    Args:
        rng: source of chance.
        num_frames: T.
        condition: which part expresses something; "conflict" draws face and staging apart.
        moments: whether each frame is a moment of its own instead of one of a clip.
    """
    nothing = np.zeros((num_frames, 12), np.float32)
    shown = _drawn(rng, num_frames, moments=moments)
    if condition == "both":
        return Feelings(face=shown, staging=shown, body=shown)
    if condition == "face":
        return Feelings(face=shown, staging=nothing, body=nothing)
    body = shown if rng.random() < 0.6 else nothing
    other = _drawn(rng, num_frames, moments=moments) if condition == "conflict" else nothing
    return Feelings(face=other, staging=shown, body=body)


def _drawn(rng: np.random.Generator, num_frames: int, *, moments: bool) -> np.ndarray:
    if not moments:
        return sample_emotion(rng, num_frames)
    return np.stack([sample_emotion(rng, 5)[rng.integers(5)] for _ in range(num_frames)])


def rig_shot(
    seed: int, feelings: Feelings, *, fps: float = FPS, size: int = SIZE, cutout: bool = False
) -> Shot:
    """Draw a rig character; the same arguments give the same bytes.

    Args:
        seed: decides character, scene, motion and particles.
        feelings: what its face, the staging and its body express.
        fps: frames a second.
        size: side of the frame in pixels.
        cutout: whether the character is drawn without a scene, on transparency.
    """
    casting, setting, moving, looking, flying = np.random.default_rng(seed).spawn(5)
    character, scene = Character.sample(casting), Scene.sample(setting)
    motion = body_motion(feelings.body, moving, fps=fps)
    units = action_units(feelings.face, body_motion(feelings.face, looking, fps=fps))
    subject = character_subject(character, units, fps=fps)
    poses = place(motion, scene.zoom(len(units)))
    staging = np.zeros_like(feelings.staging) if cutout else feelings.staging
    return Shot(
        frames=_cut_out(subject, poses, size)
        if cutout
        else stage_subject(subject, staging, scene, motion, rng=flying, fps=fps, size=size),
        face=feelings.face,
        staging=staging,
        units=units,
        boxes=np.stack([face_box(character, pose) for pose in poses]),
        identity=f"rig {character.phrase}",
    )


def noto_shot(
    noto: NotoCorpus,
    item: NotoItem,
    seed: int,
    feelings: Feelings,
    *,
    fps: float = FPS,
    size: int = SIZE,
) -> Shot:
    """Stage a Noto animation; its own emotion is the face, whatever ``feelings`` say of it."""
    setting, moving, flying, when = np.random.default_rng(seed).spawn(4)
    num_frames, scene = len(feelings.staging), Scene.sample(setting)
    pictures = noto.render(
        item,
        num_frames=num_frames,
        fps=fps,
        size=round(size * _PICTURE_SHARE),
        phase=float(when.random()),
    )
    subject = picture_subject(pictures)
    motion = body_motion(feelings.body, moving, fps=fps)
    poses = place(motion, scene.zoom(num_frames))
    return Shot(
        frames=stage_subject(
            subject, feelings.staging, scene, motion, rng=flying, fps=fps, size=size
        ),
        face=_own_emotion(item, num_frames),
        staging=feelings.staging,
        units=np.full((num_frames, len(ACTION_UNITS)), np.nan, np.float32),
        boxes=_boxes_of(_cut_out(subject, poses, size)),
        identity=item.family,
    )


def noto_cutout(
    noto: NotoCorpus,
    item: NotoItem,
    *,
    num_frames: int,
    phase: float = 0.0,
    fps: float = FPS,
    size: int = SIZE,
) -> Shot:
    """Draw a Noto animation as it is, on transparency."""
    frames = noto.render(item, num_frames=num_frames, fps=fps, size=size, phase=phase)
    return Shot(
        frames=frames,
        face=_own_emotion(item, num_frames),
        staging=np.zeros((num_frames, 12), np.float32),
        units=np.full((num_frames, len(ACTION_UNITS)), np.nan, np.float32),
        boxes=_boxes_of(frames),
        identity=item.family,
    )


def empty_shot(seed: int, staging: np.ndarray, *, fps: float = FPS, size: int = SIZE) -> Shot:
    """Draw a scene in which nobody is."""
    setting, moving, flying = np.random.default_rng(seed).spawn(3)
    num_frames = len(staging)
    frames = stage_subject(
        lambda canvas, _pose, _t: canvas, staging, Scene.sample(setting),
        body_motion(np.zeros_like(staging), moving, fps=fps), rng=flying, fps=fps, size=size,
    )  # fmt: skip
    return Shot(
        frames=frames, face=np.zeros_like(staging), staging=staging,
        units=np.full((num_frames, len(ACTION_UNITS)), np.nan, np.float32),
        boxes=np.full((num_frames, 3), np.nan, np.float32), identity=f"empty {seed}",
    )  # fmt: skip


def on_ground(cutouts: np.ndarray, colour: tuple[int, int, int] = (255, 255, 255)) -> np.ndarray:
    """Lay cut-outs uint8 [T, S, S, 4] on one colour: uint8 [T, S, S, 3].

    >>> on_ground(np.array([[[[10, 20, 30, 0]]]], np.uint8)).tolist()
    [[[[255, 255, 255]]]]
    """
    alpha = cutouts[..., 3:].astype(np.float32) / 255
    mixed = cutouts[..., :3] * alpha + np.asarray(colour, np.float32) * (1 - alpha)
    return mixed.round().astype(np.uint8)


def face_box(character: Character, pose: Pose) -> np.ndarray:
    """Return where a character's face lies, float32 [3]: x, y and half a side, see `Shot`."""
    painter = _PAINTERS[character.kind]
    (x, y, scale), (fx, fy, face) = painter.head_at, painter.face_at
    turn = affine(rotate=pose.head_tilt, about=(x, y + 0.8 * scale))
    head = affine(move=(x, y), scale=scale)
    whole = pose_matrix(pose) @ turn @ head @ affine(move=(fx, fy), scale=face)
    middle = whole @ (0.0, 0.1, 1.0)
    side = np.sqrt(abs(np.linalg.det(whole[:2, :2])))
    return np.array([middle[0], middle[1], _FACE_MARGIN * side], np.float32)


def _own_emotion(item: NotoItem, num_frames: int) -> np.ndarray:
    return np.tile(item.vector().astype(np.float32), (num_frames, 1))


def _cut_out(subject: Subject, poses: list[Pose], size: int) -> np.ndarray:
    """Draw on black and on white, uint8 [T, S, S, 4]: what differs lets the ground through."""
    drawn = []
    for t, pose in enumerate(poses):
        pair = []
        for shade in (0, 255):
            canvas = Canvas(np.full((size, size, 3), shade, np.uint8))
            pair.append((subject(canvas, pose, t) or canvas).array().astype(np.float32))
        alpha = (255 - (pair[1] - pair[0]).mean(-1, keepdims=True)).clip(0, 255)
        colour = pair[0] * 255 / np.maximum(alpha, 1)
        drawn.append(np.concatenate([colour, alpha], axis=-1).clip(0, 255).round())
    return np.stack(drawn).astype(np.uint8)


def _boxes_of(cutouts: np.ndarray) -> np.ndarray:
    """Return the square around what is opaque in each frame, float32 [T, 3]."""
    boxes = np.full((len(cutouts), 3), np.nan, np.float32)
    size = cutouts.shape[1]
    for t, opaque in enumerate(cutouts[..., 3] > _OPAQUE):
        rows, columns = np.flatnonzero(opaque.any(1)), np.flatnonzero(opaque.any(0))
        if len(rows):
            top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
            half = max(bottom - top, right - left) / 2
            boxes[t] = np.array([(left + right) / 2, (top + bottom) / 2, half]) / size
    return boxes
