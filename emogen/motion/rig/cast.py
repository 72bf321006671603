"""The people that can be drawn: a name and a palette in, a person's style out."""

from emogen.motion.rig.colour import Colour, darker, mix
from emogen.motion.rig.lips import Fullness
from emogen.motion.rig.painted_eyes import BrowStyle, EyeStyle
from emogen.motion.rig.painted_mouth import MouthStyle
from emogen.motion.rig.person import PersonStyle
from emogen.motion.rig.skin import HeadStyle

PALETTES: dict[str, dict[str, Colour]] = {
    "day": {"wall": (142, 186, 204), "cloth": (64, 98, 140), "accent": (236, 180, 84)},
    "rose": {"wall": (226, 176, 170), "cloth": (142, 70, 92), "accent": (90, 130, 140)},
    "forest": {"wall": (150, 184, 150), "cloth": (54, 96, 80), "accent": (232, 196, 110)},
    "dusk": {"wall": (134, 122, 170), "cloth": (74, 62, 112), "accent": (240, 160, 120)},
    "sand": {"wall": (228, 200, 158), "cloth": (178, 100, 60), "accent": (70, 110, 120)},
}
"""Colours of wall, cloth and small things, by name."""


def _mouth(skin: Colour, tint: Colour, share: float, **shape: object) -> MouthStyle:
    """Return a mouth whose lips are the skin's colour with a share of a tint."""
    upper = mix(darker(skin, 0.16), tint, share)
    lower = mix(darker(skin, 0.04), tint, share)
    return MouthStyle(upper=darker(upper, 0.12), lower=lower, line=darker(upper, 0.6), **shape)


def woman(palette: dict[str, Colour]) -> PersonStyle:
    """Return a young woman with long dark waves."""
    skin, hair = (240, 192, 164), (74, 44, 38)
    return PersonStyle(
        head=HeadStyle(skin=skin, cheek=0.715, jaw=0.54, chin=0.17, nose_width=0.092),
        eyes=EyeStyle(iris=(70, 120, 112), lid=skin, wing=0.06, lashes=0.036, half_width=0.185,
                      upper=0.12, tilt=0.026, iris_size=0.108),
        brows=BrowStyle(colour=(74, 46, 40), width=0.05, arch=0.07),
        mouth=_mouth(skin, (196, 52, 72), 0.62, half_width=0.235,
                     fullness=Fullness(upper=0.28, lower=0.36, bow=0.36)),
        hair="waves", hair_colour=hair, clothes="sweater", cloth=palette["cloth"],
        ear_rings=palette["accent"], neck=0.3, wall=palette["wall"],
    )  # fmt: skip


def man(palette: dict[str, Colour]) -> PersonStyle:
    """Return a man with swept hair and a trimmed beard."""
    skin, hair = (222, 168, 132), (58, 40, 32)
    return PersonStyle(
        head=HeadStyle(skin=skin, cheek=0.73, jaw=0.645, chin=0.27, length=1.03, nose_width=0.118,
                       nose_length=0.385, rosy=0.12, ears=1.02),
        eyes=EyeStyle(iris=(92, 64, 40), lid=skin, half_width=0.168, upper=0.108, lower=0.075,
                      iris_size=0.096, lashes=0.026),
        brows=BrowStyle(colour=(50, 34, 28), width=0.082, arch=0.035, y=-0.225),
        mouth=_mouth(skin, (186, 84, 80), 0.42, half_width=0.25,
                     fullness=Fullness(upper=0.2, lower=0.3, bow=0.26)),
        hair="quiff", hair_colour=hair, beard="trimmed", moustache=True, clothes="shirt",
        cloth=palette["cloth"], neck=0.43, wall=palette["wall"],
    )  # fmt: skip


def grandmother(palette: dict[str, Colour]) -> PersonStyle:
    """Return an old woman with a silver bob and glasses."""
    skin = (246, 208, 186)
    return PersonStyle(
        head=HeadStyle(skin=skin, cheek=0.735, jaw=0.58, chin=0.2, age=0.75, rosy=0.34,
                       nose_width=0.108, nose_length=0.385),
        eyes=EyeStyle(iris=(92, 128, 158), lid=skin, half_width=0.16, upper=0.104, lower=0.072,
                      iris_size=0.092, bags=0.45, tilt=-0.004, lashes=0.026),
        brows=BrowStyle(colour=(150, 142, 140), width=0.046, arch=0.055),
        mouth=_mouth(skin, (196, 84, 92), 0.5, half_width=0.225,
                     fullness=Fullness(upper=0.19, lower=0.27, bow=0.24)),
        hair="bob", hair_colour=(196, 196, 204), clothes="cardigan", cloth=palette["cloth"],
        glasses=(150, 84, 60), ear_rings=palette["accent"], neck=0.31, wall=palette["wall"],
    )  # fmt: skip


def grandfather(palette: dict[str, Colour]) -> PersonStyle:
    """Return an old man with a white beard."""
    skin = (236, 186, 156)
    return PersonStyle(
        head=HeadStyle(skin=skin, cheek=0.745, jaw=0.64, chin=0.26, age=0.8, rosy=0.36,
                       nose_width=0.13, nose_length=0.39, ears=1.06),
        eyes=EyeStyle(iris=(84, 104, 92), lid=skin, half_width=0.156, upper=0.1, lower=0.07,
                      iris_size=0.09, bags=0.6, tilt=-0.01, lashes=0.022),
        brows=BrowStyle(colour=(226, 224, 220), width=0.1, arch=0.03, y=-0.22),
        mouth=_mouth(skin, (190, 92, 90), 0.42, half_width=0.235,
                     fullness=Fullness(upper=0.18, lower=0.28, bow=0.2)),
        hair="wreath", hair_colour=(238, 236, 232), beard="long", moustache=True,
        clothes="sweater", cloth=palette["cloth"], neck=0.42, wall=palette["wall"],
    )  # fmt: skip


def student(palette: dict[str, Colour]) -> PersonStyle:
    """Return a young woman with a crown of curls and dark skin."""
    skin = (142, 88, 62)
    return PersonStyle(
        head=HeadStyle(skin=skin, blush=(176, 70, 62), cheek=0.72, jaw=0.56, chin=0.2,
                       nose_width=0.122, rosy=0.2),
        eyes=EyeStyle(iris=(62, 36, 24), lid=skin, wing=0.045, lashes=0.034, half_width=0.182,
                      upper=0.116, lash=(26, 16, 18), iris_size=0.106),
        brows=BrowStyle(colour=(34, 22, 20), width=0.056, arch=0.06),
        mouth=_mouth(skin, (170, 52, 66), 0.5, half_width=0.25,
                     fullness=Fullness(upper=0.34, lower=0.42, bow=0.26)),
        hair="coils", hair_colour=(44, 30, 30), clothes="hoodie", cloth=palette["cloth"],
        ear_rings=palette["accent"], neck=0.3, wall=palette["wall"],
    )  # fmt: skip


def child(palette: dict[str, Colour]) -> PersonStyle:
    """Return a freckled child with a red fringe."""
    skin = (250, 212, 188)
    return PersonStyle(
        head=HeadStyle(skin=skin, cheek=0.755, jaw=0.6, chin=0.19, length=0.95, rosy=0.4,
                       nose_width=0.085, nose_length=0.33, freckles=True),
        eyes=EyeStyle(iris=(76, 132, 88), lid=skin, half_width=0.19, upper=0.136, lower=0.096,
                      at=(0.335, 0.04), iris_size=0.122, lashes=0.03),
        brows=BrowStyle(colour=(164, 88, 44), width=0.05, arch=0.045, y=-0.225),
        mouth=_mouth(skin, (214, 92, 92), 0.5, at=(0.0, 0.56), half_width=0.21,
                     fullness=Fullness(upper=0.2, lower=0.28, bow=0.26)),
        hair="fringe", hair_colour=(196, 104, 50), clothes="hoodie", cloth=palette["cloth"],
        neck=0.27, wall=palette["wall"],
    )  # fmt: skip


PEOPLE = {
    "woman": woman, "man": man, "grandmother": grandmother, "grandfather": grandfather,
    "student": student, "child": child,
}  # fmt: skip
HOME_PALETTE = {
    "woman": "rose", "man": "day", "grandmother": "dusk", "grandfather": "forest",
    "student": "sand", "child": "day", "fox": "forest", "robot": "dusk",
}  # fmt: skip
