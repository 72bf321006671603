"""Drawn portraits: a character, a palette and a seed in, frames of any size out."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from emogen.emotion import CATEGORIES
from emogen.errors import InputError, suggest
from emogen.motion.rig.cast import HOME_PALETTE, PALETTES, PEOPLE
from emogen.motion.rig.colour import Colour
from emogen.motion.rig.creature import Fox
from emogen.motion.rig.person import Person
from emogen.motion.rig.pose import Pose, shown
from emogen.motion.rig.robot import Robot
from emogen.motion.rig.wardrobe import backdrop

SMALLEST, LARGEST = 64, 4096


class Painter(Protocol):
    """Paints one character."""

    def paint(self, wall: np.ndarray, pose: Pose, moods: dict[str, float]) -> np.ndarray:
        """Return one frame, uint8 [H, W, 3], on a wall of that shape."""


OTHERS: dict[str, Callable[[dict[str, Colour]], Painter]] = {"fox": Fox, "robot": Robot}
CHARACTERS = (*PEOPLE, *OTHERS)
"""The names of everybody that can be drawn."""


@dataclass(frozen=True, kw_only=True)
class VectorPortrait:
    """A character of the rig.

    Attributes:
        character: one of `CHARACTERS`.
        palette: one of `PALETTES`, or an empty string for the character's own.
        seed: places the lights on the wall.
        size: (width, height) of the frames in pixels.
    """

    character: str
    palette: str = ""
    seed: int = 0
    size: tuple[int, int] = (512, 512)

    def __post_init__(self) -> None:
        """Check names and size."""
        if self.character not in CHARACTERS:
            raise InputError(
                f"expected one of the drawn characters, got {self.character!r}"
                f"{suggest(self.character, CHARACTERS)}; known: {', '.join(CHARACTERS)}"
            )
        if self.palette and self.palette not in PALETTES:
            raise InputError(
                f"expected a palette, got {self.palette!r}"
                f"{suggest(self.palette, tuple(PALETTES))}; known: {', '.join(PALETTES)}"
            )
        check_size(self.size)

    @cached_property
    def _painter(self) -> Painter:
        if self.character in OTHERS:
            return OTHERS[self.character](self._colours)
        return Person(PEOPLE[self.character](self._colours))

    @cached_property
    def _wall(self) -> np.ndarray:
        return backdrop(self._colours["wall"], self.size[::-1], self.seed)

    @property
    def _colours(self) -> dict[str, Colour]:
        return PALETTES[self.palette or HOME_PALETTE[self.character]]

    def frame(self, row: np.ndarray, emotion: np.ndarray | None = None) -> np.ndarray:
        """Return the face of one row [K] of a track, uint8 [H, W, 3].

        Args:
            row: one value a channel.
            emotion: float [9], shares of `emogen.emotion.CATEGORIES`; they add tears, sweat and
                blush.
        """
        shares = np.zeros(len(CATEGORIES)) if emotion is None else emotion
        moods = dict(zip(CATEGORIES, np.asarray(shares, float).tolist(), strict=True))
        return self._painter.paint(self._wall, shown(row), moods)


def check_size(size: tuple[int, int]) -> None:
    """Raise an `InputError` unless both sides are 64 to 4096 pixels."""
    if len(size) != 2 or not all(SMALLEST <= side <= LARGEST for side in size):
        raise InputError(
            f"expected a size of {SMALLEST} to {LARGEST} pixels a side,"
            f" got {'x'.join(map(str, size))}"
        )
