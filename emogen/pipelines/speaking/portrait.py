"""Who talks: a character's name or a picture in, a likeness that the rig can draw out."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from emogen.encoders.portrait import Portrait as PortraitSource
from emogen.encoders.portrait import face_box
from emogen.errors import InputError, suggest
from emogen.media.image import read_image
from emogen.motion.rig import (
    CHARACTERS,
    Landmarks,
    PhotoPortrait,
    VectorPortrait,
    detect_landmarks,
    load_landmarks,
)
from emogen.motion.rig.render import Portrait

PICTURES = (".png", ".jpg", ".jpeg", ".webp")
MAX_PIXELS = 100_000_000
"""Largest picture that is opened; what is larger than `WORKING_SIDE` is scaled down at once."""
WORKING_SIDE = 2048
BESIDE = ".landmarks.json"
_REMEDY = (
    "mark its 29 points in a JSON (see docs/rig.md) and name that with --landmarks; or name"
    " MediaPipe's face_landmarker.task there, which finds them (pip install mediapipe);"
    " a drawn character needs none, for example --portrait woman"
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Likeness:
    """Somebody who can be drawn.

    Attributes:
        portrait: draws the frames.
        character: name and palette of a drawn character, None for a picture.
        picture: the file of a picture, None for a character.
        landmarks: the file that marks or finds the face, None where none took part.
        source: the picture as the emotion encoders look at it; None for a character, whose face
            at rest says nothing.
        notes: what a person should know.
    """

    portrait: Portrait
    character: str | None = None
    picture: Path | None = None
    landmarks: Path | None = None
    source: PortraitSource | None = None
    notes: tuple[str, ...] = field(default_factory=tuple)


def open_likeness(
    name: str, *, size: tuple[int, int], landmarks: Path | None = None, seed: int = 0
) -> Likeness:
    """Return who talks.

    Args:
        name: a character such as "woman" or "fox:dusk", or the path of a picture.
        size: (width, height) of the frames in pixels.
        landmarks: of a picture: points as JSON, or MediaPipe's face_landmarker.task. Without it,
            points beside ``me.jpg`` are looked for in ``me.landmarks.json``.
        seed: of a character's background.

    Raises:
        InputError: no such character or picture, no face or several, or a picture too small.
        ResourceError: mediapipe is wanted and not installed.
    """
    character, _, palette = name.partition(":")
    if is_picture(name):
        return _photographed(Path(name), size, landmarks)
    if landmarks is not None:
        raise InputError(
            f"landmarks have no effect on the drawn character {name!r}; leave them out, or name a"
            " picture"
        )
    if character not in CHARACTERS:
        raise InputError(
            f"expected a picture or a drawn character, got {name!r}"
            f"{suggest(character, CHARACTERS)}; characters: {', '.join(CHARACTERS)}"
        )
    portrait = VectorPortrait(character=character, palette=palette, seed=seed, size=size)
    return Likeness(portrait=portrait, character=name)


def is_picture(name: str) -> bool:
    """Tell whether a portrait is named as a file.

    >>> is_picture("me.jpg"), is_picture("fox:dusk"), is_picture("faces/me")
    (True, False, True)
    """
    path = Path(name)
    return path.suffix.lower() in PICTURES or len(path.parts) > 1 or path.is_file()


def _photographed(path: Path, size: tuple[int, int], landmarks: Path | None) -> Likeness:
    image = read_image(path, max_pixels=MAX_PIXELS)
    beside = path.with_name(path.stem + BESIDE)
    notes = []
    if landmarks is None and beside.is_file():
        landmarks = beside
        notes.append(f"the landmarks beside the picture are used: {beside.name}")
    if landmarks is None:
        raise InputError(f"expected landmarks for the picture {path}; {_REMEDY}")
    points, small = _marked(image, landmarks, path)
    if small is not image:
        notes.append(
            f"the picture of {image.shape[1]}x{image.shape[0]} pixels was scaled down to"
            f" {small.shape[1]}x{small.shape[0]}"
        )
    return Likeness(
        portrait=PhotoPortrait(image=small, landmarks=points, size=size),
        picture=path, landmarks=landmarks, notes=tuple(notes),
        source=PortraitSource(image=small, box=face_box(points.points), drawn=False),
    )  # fmt: skip


def _marked(image: np.ndarray, landmarks: Path, path: Path) -> tuple[Landmarks, np.ndarray]:
    """Return the points and the picture, both scaled down where it is huge."""
    longest = max(image.shape[:2])
    scale = min(1.0, WORKING_SIDE / longest)
    small = image
    if scale < 1:
        width, height = (max(1, round(side * scale)) for side in image.shape[1::-1])
        small = np.array(Image.fromarray(image).resize((width, height), Image.Resampling.BOX))
    if landmarks.suffix.lower() == ".task":
        return detect_landmarks(small, model=landmarks), small
    points = load_landmarks(landmarks)
    _check_inside(points, image, path)
    return (points.moved(offset=np.zeros(2), scale=scale) if scale < 1 else points), small


def _check_inside(points: Landmarks, image: np.ndarray, path: Path) -> None:
    """Refuse points of another picture before anything is scaled."""
    height, width = image.shape[:2]
    for name, (x, y) in points.points.items():
        if not (0 <= x <= width and 0 <= y <= height):
            raise InputError(
                f"expected all landmarks inside the picture of {width}x{height} pixels, got"
                f" {name} at {x:g}, {y:g}; they may be of another picture than {path.name}"
            )
