"""Whom the judge learns heads on: a source of chance in, painters of people nobody has seen out.

`woman`, `man` and `fox` of `emogen.motion.rig` are left to the tests and never drawn here, nor is
anybody with their looks: people have random styles, animals random ears and masks and any fur but
a fox's.
"""

import colorsys

import numpy as np

from emogen.motion.rig.camera import body_camera, head_camera
from emogen.motion.rig.cast import PALETTES, PEOPLE
from emogen.motion.rig.colour import WHITE, Colour, darker, lighter, luminance, mix
from emogen.motion.rig.easel import Easel, mirrored
from emogen.motion.rig.hair import HAIR
from emogen.motion.rig.layers import Layers
from emogen.motion.rig.lips import Fullness, lips
from emogen.motion.rig.mood import paint_mood, skin_in_mood
from emogen.motion.rig.painted_eyes import BrowStyle, EyeStyle, paint_brows, paint_eyes
from emogen.motion.rig.painted_mouth import MouthStyle, paint_mouth
from emogen.motion.rig.person import Person, PersonStyle
from emogen.motion.rig.pose import Pose
from emogen.motion.rig.robot import Robot
from emogen.motion.rig.skin import HeadStyle, chin_bend, head_layers, outline_depth, paint_folds
from emogen.motion.rig.vector import Painter
from emogen.motion.rig.wardrobe import CLOTHES

HELD_OUT = ("woman", "man", "fox")
"""Characters that training never draws."""
CAST = tuple(name for name in PEOPLE if name not in HELD_OUT)
SHARES = {"person": 0.52, "cast": 0.2, "beast": 0.2, "robot": 0.08}
_SKINS: tuple[Colour, ...] = (
    (252, 222, 200), (244, 200, 172), (232, 182, 148), (208, 154, 116), (176, 120, 84),
    (142, 92, 64), (104, 66, 48),
)  # fmt: skip
_HAIRS: tuple[Colour, ...] = (
    (34, 26, 26), (64, 42, 34), (104, 66, 42), (160, 108, 60), (214, 172, 110), (176, 84, 44),
    (150, 148, 150), (224, 222, 220),
)  # fmt: skip
_IRISES: tuple[Colour, ...] = (
    (92, 64, 44), (58, 36, 26), (84, 120, 150), (86, 124, 90), (120, 108, 70), (110, 116, 124),
)  # fmt: skip
_FOX: Colour = (226, 122, 54)


def painter(rng: np.random.Generator) -> tuple[Painter, str]:
    """Return somebody who paints themselves, and who it is."""
    kind = str(rng.choice(list(SHARES), p=list(SHARES.values())))
    if kind == "cast":
        name = str(rng.choice(CAST))
        return Person(PEOPLE[name](palette(rng))), name
    if kind == "robot":
        return Robot(palette(rng)), kind
    return (Person(stranger(rng)) if kind == "person" else Beast(rng)), kind


def palette(rng: np.random.Generator) -> dict[str, Colour]:
    """Return a known palette or colours of any hue."""
    if rng.random() < 0.3:
        return PALETTES[str(rng.choice(list(PALETTES)))]
    return {name: vivid(rng) for name in ("wall", "cloth", "accent")}


def vivid(rng: np.random.Generator) -> Colour:
    """Return any colour, most of them muted."""
    parts = colorsys.hsv_to_rgb(rng.random(), rng.uniform(0.05, 0.75), rng.uniform(0.3, 0.97))
    return tuple(round(255 * part) for part in parts)


def _foxy(colour: Colour) -> bool:
    """Return whether a colour is a bright orange."""
    hue, depth, value = colorsys.rgb_to_hsv(*(part / 255 for part in colour))
    return 0.03 < hue < 0.11 and depth > 0.45 and value > 0.6


def near(rng: np.random.Generator, colours: tuple[Colour, ...], spread: float = 9) -> Colour:
    """Return a colour near one of a table's, between two neighbours."""
    at = rng.uniform(0, len(colours) - 1)
    one, other = colours[int(at)], colours[min(int(at) + 1, len(colours) - 1)]
    drawn = np.array(mix(one, other, at % 1)) + rng.normal(0, spread, 3)
    return tuple(int(part) for part in drawn.clip(12, 254))


def stranger(rng: np.random.Generator) -> PersonStyle:
    """Return anybody but those who wear what a held-out character wears."""
    while True:
        style = person_style(rng)
        worn = (style.hair, style.beard) == ("quiff", "trimmed")
        if not worn and (style.hair, style.clothes) != ("waves", "sweater"):
            return style


def person_style(rng: np.random.Generator) -> PersonStyle:
    """Return anybody: any skin, age, hair, beard, glasses and clothes."""
    u = rng.uniform
    skin = near(rng, _SKINS) if rng.random() < 0.85 else vivid(rng)
    hair = near(rng, _HAIRS) if rng.random() < 0.85 else vivid(rng)
    age = float(u(0, 0.9)) if rng.random() < 0.3 else 0.0
    bearded = rng.random() < 0.25
    brow = mix(hair, (30, 20, 20), u(0.1, 0.6)) if rng.random() < 0.8 else lighter(hair, 0.3)
    return PersonStyle(
        head=HeadStyle(
            skin=skin, cheek=u(0.69, 0.77), jaw=u(0.5, 0.67), chin=u(0.14, 0.29),
            length=u(0.93, 1.05), nose_width=u(0.08, 0.135), nose_length=u(0.32, 0.4), age=age,
            rosy=u(0.05, 0.42), ears=u(0.95, 1.08), freckles=bool(rng.random() < 0.15),
            blush=mix((232, 112, 104), skin, u(0, 0.35)),
        ),
        eyes=eye_style(rng, skin), brows=brow_style(rng, brow),
        mouth=mouth_style(rng, skin, painted=bool(rng.random() < 0.45)),
        hair=str(rng.choice(list(HAIR))), hair_colour=hair, clothes=str(rng.choice(list(CLOTHES))),
        cloth=vivid(rng), beard=str(rng.choice(["trimmed", "long"])) if bearded else "",
        moustache=bool(bearded and rng.random() < 0.8),
        glasses=vivid(rng) if rng.random() < 0.25 else None,
        ear_rings=vivid(rng) if rng.random() < 0.25 else None, neck=u(0.26, 0.45),
    )  # fmt: skip


def eye_style(rng: np.random.Generator, lid: Colour) -> EyeStyle:
    """Return eyes of any size, height and colour."""
    u = rng.uniform
    return EyeStyle(
        at=(u(0.29, 0.36), u(-0.03, 0.06)), half_width=u(0.145, 0.2), upper=u(0.095, 0.145),
        lower=u(0.066, 0.1), tilt=u(-0.025, 0.05), iris=near(rng, _IRISES, 14),
        iris_size=u(0.085, 0.13), lash=mix((30, 20, 24), lid, u(0, 0.35)), lashes=u(0.018, 0.046),
        wing=u(0, 0.07) if rng.random() < 0.4 else 0.0, lid=lid, crease=u(0.03, 0.06),
        bags=u(0, 0.6) if rng.random() < 0.3 else 0.0,
    )  # fmt: skip


def brow_style(rng: np.random.Generator, colour: Colour) -> BrowStyle:
    """Return brows of any height, arch and thickness."""
    u = rng.uniform
    return BrowStyle(
        y=u(-0.28, -0.21), inner=u(0.11, 0.17), outer=u(0.47, 0.56),
        arch=u(0.02, 0.085), width=u(0.036, 0.105), colour=colour,
    )  # fmt: skip


def mouth_style(rng: np.random.Generator, skin: Colour, *, painted: bool) -> MouthStyle:
    """Return lips from thin to full, bare or painted."""
    u = rng.uniform
    tint = near(rng, ((214, 96, 92), (196, 52, 72), (150, 44, 62)), 14)
    share = u(0.45, 0.85) if painted else u(0.15, 0.5)
    upper, lower = (mix(darker(skin, depth), tint, share) for depth in (0.16, 0.04))
    return MouthStyle(
        at=(0.0, u(0.55, 0.635)), half_width=u(0.195, 0.27), upper=darker(upper, 0.12),
        lower=lower, line=darker(upper, 0.6), fangs=u(0.1, 0.3) if rng.random() < 0.1 else 0.0,
        fullness=Fullness(upper=u(0.12, 0.38), lower=u(0.18, 0.46), bow=u(0.1, 0.42),
                          cheer=u(0.03, 0.1)),
    )  # fmt: skip


class Beast:
    """Paints an animal: any ears, a pale muzzle or a face of two tones, a dark nose.

    Args:
        rng: decides all of its looks.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        u, coat = rng.uniform, _FOX
        while _foxy(coat):
            coat = near(rng, _HAIRS, 16) if rng.random() < 0.5 else vivid(rng)
        self.coat, self.dark = coat, darker(coat, u(0.6, 0.9))
        self.pale = lighter(coat, u(0.4, 0.9))
        self.eyes = eye_style(rng, coat)
        pale_brows = luminance(coat) < 85
        self.brows = brow_style(rng, lighter(coat, u(0.3, 0.7)) if pale_brows else self.dark)
        self.mouth = MouthStyle(
            at=(0.0, u(0.6, 0.68)), half_width=u(0.19, 0.28), line=self.dark,
            upper=mix(self.pale, self.dark, u(0.3, 0.9)), lift=u(0.03, 0.2),
            lower=mix(self.pale, self.dark, u(0.2, 0.7)), fangs=u(0, 0.35),
            fullness=Fullness(upper=u(0.06, 0.2), lower=u(0.1, 0.24), bow=u(0.2, 0.5)),
        )  # fmt: skip
        self.style = HeadStyle(skin=coat, cheek=u(0.74, 0.95), jaw=u(0.6, 0.8), chin=u(0.2, 0.4),
                               blush=mix((232, 112, 104), coat, 0.3))  # fmt: skip
        self.nose = (u(0.08, 0.15), u(0.06, 0.1), u(0.28, 0.38))
        self.blushes, self.folds = bool(rng.random() < 0.5), bool(rng.random() < 0.5)
        self.head, self.ears = head_layers(self.style), self._ears(rng)
        self.clothes = CLOTHES[str(rng.choice(list(CLOTHES)))](vivid(rng), coat)
        self.muzzle = (u(0.2, 0.42), u(0.2, 0.32))
        self.mask = self._mask(rng) if rng.random() < 0.65 else None
        self.philtrum = bool(rng.random() < 0.6)

    def _mask(self, rng: np.random.Generator) -> Layers:
        """Return a pale or dark lower face, as of cats, wolves and badgers, with any edge."""
        layers, wide, low = Layers(surface=outline_depth), self.style.cheek, 0.95
        tone = self.pale if rng.random() < 0.75 else mix(self.coat, self.dark, 0.4)
        edge = [
            (0.0, rng.uniform(-0.1, 0.45)),
            (wide * 0.4, rng.uniform(0.0, 0.5)),
            (wide * 0.72, rng.uniform(0.0, 0.6)),
            (wide * 0.95, rng.uniform(0.1, 0.6)),
        ]
        tuft = rng.uniform(0.9, 1.25) * wide
        under = [(tuft, rng.uniform(0.35, 0.65)), (wide * 0.8, 0.68), (0.32, 0.88), (0.0, low)]
        layers.smooth(mirrored([*edge, *under]), tone)
        if rng.random() < 0.4:
            blaze = [(0.0, -0.8), (rng.uniform(0.05, 0.2), -0.3), (0.12, 0.2), (0.0, 0.35)]
            layers.smooth(mirrored(blaze), mix(self.coat, tone, 0.7))
        return layers

    def _ears(self, rng: np.random.Generator) -> Layers:
        layers = Layers(surface=lambda points: np.full(len(points), -0.1))
        x, y = rng.uniform(0.4, 0.72), rng.uniform(-1.0, -0.72)
        wide, tall = rng.uniform(0.14, 0.34), rng.uniform(0.2, 0.6)
        if rng.random() < 0.5:
            return _pointed(layers, rng, self.coat, mix(self.coat, self.pale, 0.6))
        lean = rng.uniform(0.0, 0.5)
        tones = ((1.0, darker(self.coat, 0.15)), (0.6, mix(self.coat, self.pale, 0.6)))
        for side in (-1, 1):
            for size, tone in tones:
                radii = (wide * size, tall * size)
                layers.oval((side * x, y), radii, tone, angle=-side * lean)
        return layers

    def paint(self, wall: np.ndarray, pose: Pose, moods: dict[str, float]) -> np.ndarray:
        """Return one frame, uint8 [H, W, 3]."""
        head, body = head_camera(pose, wall.shape[:2]), body_camera(pose, wall.shape[:2])
        easel = Easel(wall, head)
        self.clothes.paint(easel, body)
        self.ears.paint(easel, head)
        jaw = lips(pose, self.mouth.fullness).jaw * self.mouth.half_width
        self.head.paint(easel, head, bend=chin_bend(0.75 * jaw))
        if self.mask:
            self.mask.paint(easel, head, bend=chin_bend(0.75 * jaw))
        else:
            easel.glow((0, 0.55), self.muzzle, self.pale, 0.85, steps=6)
        if self.blushes:
            skin_in_mood(easel, moods, self.style)
        if self.folds:
            paint_folds(easel, pose, self.style)
        paint_mouth(easel, pose, self.mouth)
        self._nose(easel, pose)
        paint_eyes(easel, pose, self.eyes)
        paint_brows(easel, pose, self.brows)
        paint_mood(easel, pose, moods)
        return easel.array()

    def _nose(self, easel: Easel, pose: Pose) -> None:
        wide, tall, top = self.nose
        top -= 0.05 * pose["AU9"] + 0.03 * pose["AU10"]
        easel.oval((0, top), (wide, tall), self.dark, lift=0.25)
        light = (-0.3 * wide, top - 0.3 * tall), (0.3 * wide, 0.25 * tall)
        easel.oval(*light, WHITE, opacity=0.6, lift=0.25)
        if self.philtrum:
            lip = lips(pose, self.mouth.fullness).upper_outer[16]
            foot = lip * self.mouth.half_width + self.mouth.at
            line = np.array([(0, top + 0.8 * tall), (0, (top + tall + foot[1]) / 2), foot])
            easel.ribbon(line, [0.03, 0.03], self.dark, lift=0.2)


def _pointed(layers: Layers, rng: np.random.Generator, coat: Colour, inside: Colour) -> Layers:
    """Lay pointed ears down, small as a cat's or tall as a wolf's."""
    inner, outer, tip = rng.uniform(0.1, 0.3), rng.uniform(0.7, 0.9), rng.uniform(-1.55, -1.1)
    ear = np.array([(inner, -0.72), (rng.uniform(0.4, 0.8), tip), (outer, -0.4)])
    for side in (-1, 1):
        for size, tone in ((1.0, darker(coat, 0.15)), (0.58, inside)):
            points = (ear - ear.mean(0)) * size + ear.mean(0)
            layers.fill(points * (side, 1), tone)
    return layers
