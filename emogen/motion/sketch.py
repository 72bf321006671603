"""The face as a line drawing: a portrait and a track in, sketch frames in fixed colours out.

Outline, brows, eyes, nose and lips lie exactly where the rig draws them, without skin, hair or
light, so a sketch says what a face does and not whose it is. The diffusion head sees its motion as
such frames (`emogen.conditioning`).
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Protocol

import numpy as np

from emogen.motion.close_up import CloseUp
from emogen.motion.rig.cast import PALETTES, PEOPLE
from emogen.motion.rig.creature import Fox
from emogen.motion.rig.person import PersonStyle
from emogen.motion.rig.photo import PhotoPortrait
from emogen.motion.rig.pose import readable
from emogen.motion.rig.vector import VectorPortrait
from emogen.motion.sketch_drawn import DrawnFace, DrawnSketch
from emogen.motion.sketch_photo import PhotoSketch
from emogen.motion.strangers import Stranger
from emogen.motion.track import MotionTrack

Sketched = VectorPortrait | PhotoPortrait | Stranger | CloseUp


class Sketcher(Protocol):
    """Draws the lines of one face."""

    def frame(self, row: np.ndarray) -> np.ndarray:
        """Return the sketch of one row [K] of a track, uint8 [H, W, 3]."""


def sketch(
    face: Sketched,
    track: MotionTrack,
    size: tuple[int, int] | None = None,
    *,
    limit_mood: bool = True,
) -> Iterator[np.ndarray]:
    """Yield the sketch of every frame of a track, uint8 [H, W, 3], aligned with `rig.draw`.

    Args:
        face: who; the sketch has the pixels of its frames.
        track: what the face does.
        size: (width, height) of another frame size, for a portrait that is no close-up.
        limit_mood: as in `emogen.motion.rig.draw`; a track that comes in pieces goes through
            `readable` as a whole first.
    """
    if limit_mood:
        track = readable(track)
    if size is not None and not isinstance(face, CloseUp):
        face = replace(face, size=size)
    lines = sketcher(face)
    for row in track.values:
        yield lines.frame(row)


def sketcher(face: Sketched) -> Sketcher:
    """Return what draws the lines of a face, one row at a time."""
    if isinstance(face, CloseUp):
        return _CutSketch(face)
    if isinstance(face, PhotoPortrait):
        return PhotoSketch(face)
    if isinstance(face, Stranger):
        return DrawnSketch(_of_person(face.style), face.size)
    return DrawnSketch(_drawn(face.character), face.size)


class _CutSketch:
    """The sketch of a close-up."""

    def __init__(self, face: CloseUp) -> None:
        self.face, self.whole = face, sketcher(face.portrait)

    def frame(self, row: np.ndarray) -> np.ndarray:
        """Return the sketch of one row [K] of a track, uint8 [H, W, 3]."""
        return self.face.cut(self.whole.frame(row))


def _drawn(character: str) -> DrawnFace:
    """Return the geometry of a character; colours do not matter."""
    colours = next(iter(PALETTES.values()))
    if character == "robot":
        return DrawnFace.robot()
    if character == "fox":
        fox = Fox(colours)
        return DrawnFace.fox(fox.eyes, fox.brows, fox.mouth)
    return _of_person(PEOPLE[character](colours))


def _of_person(style: PersonStyle) -> DrawnFace:
    return DrawnFace(head=style.head, eyes=style.eyes, brows=style.brows, mouth=style.mouth)
