"""Feeling around a subject: a subject, a scene and emotion vectors in, finished frames out.

The emotion of each frame grades the background, lights the whole picture, closes the vignette,
brings particles and moves the body. All of it grows with the category weights: nothing happens at
neutral, a mixture blends, a curve over time flows.
"""

import dataclasses
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from PIL import Image

from emogen.data import particles
from emogen.data.canvas import Canvas, affine
from emogen.data.grading import grade, light
from emogen.data.motion import Motion, body_motion, category_weights
from emogen.data.rig.characters import Pose, pose_matrix
from emogen.data.scenes import FLOOR, Scene
from emogen.emotion.labels import MIKELS
from emogen.errors import MediaError

Subject = Callable[[Canvas, Pose, int], Canvas | None]
"""Draws frame ``t`` of the subject in a pose, on the canvas given or on a new one it returns."""

_CARRIED = ("tilt", "squash", "shake_x", "arm_raise", "head_tilt", "breath")
_BASE_SCALE = 1.1
_FOOT = 0.31
"""From the middle of a subject of scale 1 down to its feet, in frame sides."""
_FAINTEST, _OPAQUE = 0.02, 64


class _Moment(NamedTuple):
    """What the effects of one frame depend on."""

    weights: np.ndarray
    seconds: float
    random: np.ndarray
    head: particles.Head

    def draw(self, canvas: Canvas, effects: dict[str, particles.Effect]) -> None:
        """Draw the effects of the categories that are felt."""
        for name, amount, random in zip(MIKELS, self.weights, self.random, strict=False):
            if amount > _FAINTEST and name in effects:
                effects[name](canvas, amount, self.seconds, random, self.head)


def stage_subject(
    draw: Subject,
    vectors: np.ndarray,
    scene: Scene,
    motion: Motion,
    *,
    rng: np.random.Generator,
    fps: float = 16.0,
    size: int = 128,
) -> np.ndarray:
    """Stage any subject in a scene under an emotion.

    Args:
        draw: draws the subject of one frame, see `Subject`.
        vectors: emotion vectors (T, 12), one a frame.
        scene: where it happens.
        motion: how the body moves, from `emogen.data.motion.body_motion`.
        rng: decides where particles fly.
        fps: frames a second.
        size: side of the square frame in pixels.

    Returns:
        uint8 [T, size, size, 3].
    """
    weights = category_weights(vectors)
    backdrop = grade(scene.views(len(weights), size), weights)
    random = rng.random((len(MIKELS) + 1, 16, 4))
    poses = place(motion, scene.zoom(len(weights)))
    frames = np.empty((len(weights), size, size, 3), np.uint8)
    for t, pose in enumerate(poses):
        moment = _Moment(weights[t], t / fps, random, (0.5 + pose.x, 0.5 + pose.y, pose.scale))
        canvas = Canvas(backdrop[t])
        moment.draw(canvas, particles.BACKDROP)
        moment.draw(canvas, particles.AROUND)
        if scene.has_floor:
            _shadow(canvas, pose)
        canvas = draw(canvas, pose, t) or canvas
        moment.draw(canvas, particles.IN_FRONT)
        if scene.weather != "none":
            particles.WEATHER[scene.weather](canvas, 1.0, t / fps, random[-1], moment.head)
        frames[t] = canvas.array()
    return light(frames, weights)


def stage_pictures(
    pictures: np.ndarray,
    vectors: np.ndarray,
    scene: Scene,
    *,
    rng: np.random.Generator,
    fps: float = 16.0,
    size: int = 128,
) -> np.ndarray:
    """Stage ready frames with transparency, uint8 [T, h, w, 4], as `stage_subject` does."""
    motion = body_motion(vectors, rng, fps=fps)
    return stage_subject(
        picture_subject(pictures), vectors, scene, motion, rng=rng, fps=fps, size=size
    )


def picture_subject(pictures: np.ndarray) -> Subject:
    """Return a subject that pastes frame ``t`` of the pictures, warped by the pose.

    Args:
        pictures: uint8 [T, h, w, 4] with straight alpha, about 0.7 frames high so that the warp
            needs no filter; their lowest opaque row stands on the floor.
    """
    if pictures.dtype != np.uint8 or pictures.ndim != 4 or pictures.shape[-1] != 4:
        raise MediaError(
            f"expected uint8 pictures [T, h, w, 4], got {pictures.dtype} {list(pictures.shape)}; "
            "render them as RGBA"
        )
    images = [Image.fromarray(picture) for picture in pictures]
    filled = (pictures[..., 3] > _OPAQUE).any(axis=(0, 2))  # (h,)
    lowest = int(np.flatnonzero(filled)[-1]) + 1 if filled.any() else len(filled)

    def draw(canvas: Canvas, pose: Pose, t: int) -> Canvas:
        image = images[t]
        size = canvas.width, canvas.height
        inverse = np.linalg.inv(_picture_matrix(pose, image.size, size, lowest))
        warped = image.transform(
            size, Image.Transform.AFFINE, tuple(inverse[:2].ravel()), Image.Resampling.BILINEAR
        )
        frame = Image.fromarray(canvas.array())
        frame.paste(warped, mask=warped)
        return Canvas(np.asarray(frame))

    return draw


def _picture_matrix(
    pose: Pose, source: tuple[int, int], size: tuple[int, int], lowest: int
) -> np.ndarray:
    """Return the 3x3 matrix from picture pixels to frame pixels; row ``lowest`` is the foot."""
    tall = pose.squash * (1 + 0.015 * pose.breath)
    fit = affine(scale=(2 / source[0], 2 / source[1]), move=(-1.0, 1 - 2 * lowest / source[1]))
    lean = affine(rotate=0.5 * pose.head_tilt)
    whole = dataclasses.replace(pose, squash=tall)
    return np.diag([*size, 1.0]) @ pose_matrix(whole) @ lean @ fit


def place(motion: Motion, zoom: np.ndarray) -> list[Pose]:
    """Put a motion into the frame: one pose each, feet on the floor, magnified by the camera."""
    scale = _BASE_SCALE * motion.scale
    y = FLOOR - 0.5 - _FOOT * scale + motion.y  # a smaller subject stands on the same floor
    columns = {
        "x": motion.x * zoom,
        "y": y * zoom,
        "scale": scale * zoom,
        **{name: getattr(motion, name) for name in _CARRIED},
    }
    return [
        Pose(**dict(zip(columns, row, strict=True)))
        for row in np.stack(list(columns.values()), axis=1).tolist()
    ]


def _shadow(canvas: Canvas, pose: Pose) -> None:
    """Draw the shadow on the floor, smaller the higher the subject leaps."""
    height = max(FLOOR - 0.5 - _FOOT * pose.scale - pose.y, 0.0)
    width = 0.25 * pose.scale * (1 - min(2 * height, 0.6))
    canvas.ellipse((0.5 + pose.x, FLOOR), (width, 0.18 * width), (20, 20, 36), opacity=0.28)
