"""People drawn by chance: a seed in, a portrait with looks of its own out.

A network that learns portraits from eight characters learns eight portraits. Strangers have any
skin, hair, eyes, mouth, clothes and wall, so that it has to look at the picture it is given.
"""

import colorsys
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from emogen.emotion import CATEGORIES
from emogen.motion.rig.colour import Colour, darker, mix
from emogen.motion.rig.hair import HAIR
from emogen.motion.rig.lips import Fullness
from emogen.motion.rig.painted_eyes import BrowStyle, EyeStyle
from emogen.motion.rig.painted_mouth import MouthStyle
from emogen.motion.rig.person import Person, PersonStyle
from emogen.motion.rig.pose import shown
from emogen.motion.rig.skin import HeadStyle
from emogen.motion.rig.vector import check_size
from emogen.motion.rig.wardrobe import CLOTHES, backdrop

_SKINS = ((252, 220, 200), (240, 192, 164), (222, 168, 132), (186, 128, 94), (132, 84, 60),
          (92, 58, 44))  # fmt: skip
"""Between neighbours of these every skin lies."""
_NATURAL_HAIR = 0.75
_BEARDS = ("trimmed", "long")


@dataclass(frozen=True, kw_only=True)
class Stranger:
    """A portrait of somebody drawn by chance; it is drawn like any portrait of the rig.

    Attributes:
        seed: decides all looks.
        size: (width, height) of the frames in pixels.
    """

    seed: int
    size: tuple[int, int] = (512, 512)

    def __post_init__(self) -> None:
        """Check the size."""
        check_size(self.size)

    @cached_property
    def style(self) -> PersonStyle:
        """What the person looks like."""
        return random_person(np.random.default_rng([self.seed, 29]))

    @cached_property
    def _painter(self) -> Person:
        return Person(self.style)

    @cached_property
    def _wall(self) -> np.ndarray:
        return backdrop(self.style.wall, self.size[::-1], self.seed)

    def frame(self, row: np.ndarray, emotion: np.ndarray | None = None) -> np.ndarray:
        """Return the face of one row [K] of a track, uint8 [H, W, 3].

        Args:
            row: one value a channel.
            emotion: float [9], shares of `emogen.emotion.CATEGORIES`.
        """
        shares = np.zeros(len(CATEGORIES)) if emotion is None else np.asarray(emotion, float)
        moods = dict(zip(CATEGORIES, shares.tolist(), strict=True))
        return self._painter.paint(self._wall, shown(row), moods)


def random_person(rng: np.random.Generator) -> PersonStyle:
    """Return a person whose every trait is drawn.

    >>> random_person(np.random.default_rng(3)).hair in HAIR
    True
    """
    low, share = rng.integers(len(_SKINS) - 1), rng.random()
    skin = mix(_SKINS[low], _SKINS[low + 1], share)
    hair = _hair_colour(rng)
    bearded = rng.random() < 0.25
    return PersonStyle(
        head=_head(skin, rng),
        eyes=_eyes(skin, rng),
        brows=BrowStyle(
            colour=darker(hair, rng.uniform(0, 0.5)), width=rng.uniform(0.045, 0.1),
            arch=rng.uniform(0.03, 0.075), y=rng.uniform(-0.255, -0.215),
        ),
        mouth=_mouth(skin, rng),
        hair=str(rng.choice(list(HAIR))), hair_colour=hair,
        clothes=str(rng.choice(list(CLOTHES))), cloth=_any_colour(rng),
        beard=str(rng.choice(_BEARDS)) if bearded else "", moustache=bearded,
        glasses=_any_colour(rng) if rng.random() < 0.15 else None,
        ear_rings=_any_colour(rng) if rng.random() < 0.4 else None,
        neck=rng.uniform(0.27, 0.43), wall=_any_colour(rng, bright=(0.55, 0.95)),
    )  # fmt: skip


def _head(skin: Colour, rng: np.random.Generator) -> HeadStyle:
    return HeadStyle(
        skin=skin, blush=mix(skin, (220, 70, 70), 0.6), rosy=rng.uniform(0.1, 0.4),
        cheek=rng.uniform(0.7, 0.76), jaw=rng.uniform(0.53, 0.65), chin=rng.uniform(0.16, 0.27),
        length=rng.uniform(0.95, 1.04), ears=rng.uniform(0.98, 1.06),
        nose_width=rng.uniform(0.085, 0.13), nose_length=rng.uniform(0.33, 0.39),
        age=rng.uniform(0.5, 0.8) if rng.random() < 0.25 else 0.0, freckles=rng.random() < 0.15,
    )  # fmt: skip


def _eyes(skin: Colour, rng: np.random.Generator) -> EyeStyle:
    upper = rng.uniform(0.1, 0.14)
    return EyeStyle(
        at=(rng.uniform(0.31, 0.34), rng.uniform(0.0, 0.04)), lid=skin, upper=upper,
        lower=0.7 * upper, half_width=rng.uniform(0.155, 0.19), tilt=rng.uniform(-0.01, 0.04),
        iris=_any_colour(rng, bright=(0.25, 0.65)), iris_size=0.88 * upper,
        lashes=rng.uniform(0.022, 0.038), wing=0.05 if rng.random() < 0.35 else 0.0,
    )  # fmt: skip


def _mouth(skin: Colour, rng: np.random.Generator) -> MouthStyle:
    tint, share = (int(rng.uniform(165, 215)), int(rng.uniform(48, 95)), 80), rng.uniform(0.35, 0.7)
    upper = mix(darker(skin, 0.16), tint, share)
    return MouthStyle(
        at=(0.0, rng.uniform(0.56, 0.61)), half_width=rng.uniform(0.21, 0.26),
        upper=darker(upper, 0.12), lower=mix(darker(skin, 0.04), tint, share),
        line=darker(upper, 0.6),
        fullness=Fullness(upper=rng.uniform(0.17, 0.35), lower=rng.uniform(0.26, 0.43),
                          bow=rng.uniform(0.2, 0.38)),
    )  # fmt: skip


def _hair_colour(rng: np.random.Generator) -> Colour:
    """Return a colour of hair: mostly one that grows, now and then a dyed one."""
    if rng.random() > _NATURAL_HAIR:
        return _any_colour(rng)
    natural = ((40, 28, 26), (78, 48, 36), (130, 84, 48), (206, 160, 92), (184, 88, 44),
               (176, 176, 182), (236, 234, 230))  # fmt: skip
    low = rng.integers(len(natural) - 1)
    return mix(natural[low], natural[low + 1], rng.random())


def _any_colour(
    rng: np.random.Generator, *, bright: tuple[float, float] = (0.3, 0.85)
) -> Colour:
    red, green, blue = colorsys.hsv_to_rgb(
        rng.random(), rng.uniform(0.05, 0.7), rng.uniform(*bright)
    )
    return (round(255 * red), round(255 * green), round(255 * blue))
