"""Characters: a seed or a few words in, a noun phrase and a drawing out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from emogen.data.canvas import Canvas, Colour, affine
from emogen.data.rig import costumed, fantasy, furry, garden, legends, people, things, wild
from emogen.data.rig.accessories import ACCESSORIES, AROUND_HEAD, AT_NECK, ON_FACE, ON_HEAD
from emogen.data.rig.casting import DEFAULT_COLOURS, HAIR, IRISES, SKINS, UNWORN, phrase
from emogen.data.rig.face import ActionUnits, FaceStyle, draw_face, named
from emogen.data.rig.hair import HAIR_STYLES
from emogen.data.rig.painter import Paint, Painter, Place
from emogen.data.rig.sketch import COLOURS, Look, Sketch, darker, lighter, luminance, mix
from emogen.errors import InputError, suggest

_FAMILIES = {
    "portrait": people.PAINTERS,
    "animal": furry.PAINTERS | wild.PAINTERS,
    "fantasy": fantasy.PAINTERS | legends.PAINTERS | costumed.PAINTERS,
    "object": things.PAINTERS | garden.PAINTERS,
}
_PAINTERS: dict[str, Painter] = {k: p for family in _FAMILIES.values() for k, p in family.items()}
FAMILIES: dict[str, str] = {k: name for name, family in _FAMILIES.items() for k in family}
KINDS: tuple[str, ...] = tuple(_PAINTERS)


@dataclass(frozen=True, kw_only=True)
class Pose:
    """How a character stands in one frame; the default is at rest in the middle."""

    x: float = 0.0
    """Offset from the centre in frame widths, to the right."""
    y: float = 0.0
    """Offset from the centre in frame heights, downwards."""
    scale: float = 1.0
    tilt: float = 0.0
    """Radians, clockwise."""
    squash: float = 1.0
    """Above 1 stretched up, below 1 flattened; the area stays the same."""
    shake_x: float = 0.0
    """A second horizontal offset in frame widths."""
    arm_raise: float = 0.0
    """Arms, ears or wings from -1 (drooping) to 1 (raised)."""
    head_tilt: float = 0.0
    """Radians, clockwise."""
    breath: float = 0.0
    """Chest from -1 (out) to 1 (in)."""


@dataclass(frozen=True, kw_only=True)
class Character:
    """One character: what it is, which colour, what it wears and what sets it apart."""

    kind: str
    colour: str
    accessory: str | None = None
    skin: Colour = SKINS[1]
    hair_name: str = "brown"
    hair_style: str = "short"
    iris: Colour = IRISES[0]
    variant: int = 0
    eye_scale: float = 1.0
    head_width: float = 1.0

    def __post_init__(self) -> None:
        """Check the names."""
        _known("kind", self.kind, KINDS)
        _known("colour", self.colour, tuple(COLOURS))
        if self.accessory is not None:
            _known("accessory", self.accessory, ACCESSORIES)

    @classmethod
    def sample(
        cls,
        rng: np.random.Generator,
        kind: str | None = None,
        colour: str | None = None,
        accessory: str | None = None,
    ) -> "Character":
        """Draw a character at random; what is named is kept, the rest is drawn.

        Args:
            rng: source of chance; the same state gives the same character.
            kind: one of `KINDS`.
            colour: one of `COLOURS`.
            accessory: one of `ACCESSORIES`; "" for none.
        """
        drawn_kind = KINDS[rng.integers(len(KINDS))]
        kind = kind or drawn_kind
        usual = DEFAULT_COLOURS.get(kind, tuple(COLOURS)) if rng.random() < 0.6 else tuple(COLOURS)
        drawn_colour = usual[rng.integers(len(usual))]
        wearable = [name for name in ACCESSORIES if name not in UNWORN.get(kind, ())]
        worn = wearable[rng.integers(len(wearable))] if rng.random() < 0.45 else ""
        styles = HAIR_STYLES.get(kind, ("short",))
        hairs = ("grey", "white") if kind.startswith("grand") else tuple(HAIR)[:5]
        return cls(
            kind=kind,
            colour=colour or drawn_colour,
            accessory=(worn if accessory is None else accessory) or None,
            skin=SKINS[rng.integers(len(SKINS))],
            hair_name=hairs[rng.integers(len(hairs))],
            hair_style=styles[rng.integers(len(styles))],
            iris=IRISES[rng.integers(len(IRISES))],
            variant=int(rng.integers(3)),
            eye_scale=float(rng.uniform(0.94, 1.1)),
            head_width=float(rng.uniform(0.95, 1.06)),
        )

    @property
    def family(self) -> str:
        """The family of the kind: portrait, animal, fantasy or object."""
        return FAMILIES[self.kind]

    @property
    def phrase(self) -> str:
        """A noun phrase for captions, such as ``a red robot with glasses``."""
        return phrase(self)

    @property
    def attributes(self) -> dict[str, str]:
        """What a viewer can name: kind, family, colour, and accessory and hair where shown."""
        shown = {"kind": self.kind, "family": self.family, "colour": self.colour}
        if self.accessory:
            shown["accessory"] = self.accessory
        if self.kind in HAIR_STYLES:
            shown |= {"hair": self.hair_name, "hair_style": self.hair_style}
        return shown


def _known(what: str, name: str, names: tuple[str, ...]) -> None:
    if name not in names:
        raise InputError(
            f"unknown {what} {name!r}{suggest(name, names)}; known: {', '.join(names)}"
        )


def _look(character: Character, units: Mapping[str, float], pose: Pose, t: float) -> Look:
    tint = _tint(units)
    main = COLOURS[character.colour]
    main = main if _PAINTERS[character.kind].clothed else mix(main, tint(main), 0.55)
    dim = luminance(main) < 95
    return Look(
        main=main,
        light=lighter(main, 0.45 if dim else 0.6),
        dark=darker(main, 0.32),
        ink=darker(main, 0.62),
        skin=tint(character.skin),
        hair=HAIR[character.hair_name],
        hair_style=character.hair_style,
        accent=character.iris,
        variant=character.variant,
        arm=pose.arm_raise,
        breath=pose.breath,
        t=t,
    )


def _tint(units: Mapping[str, float]) -> Callable[[Colour], Colour]:
    """Return how feeling changes the colour of the skin: pale, flushed or green."""
    shades = (
        ((206, 222, 240), 0.32 * units["pale"]),
        ((232, 54, 50), 0.22 * min(units["AU7"], units["AU23"])),
        ((150, 190, 90), 0.2 * min(units["AU9"], units["AU10"])),
    )

    def tinted(colour: Colour) -> Colour:
        for shade, share in shades:
            colour = mix(colour, shade, share)
        return colour

    return tinted


def pose_matrix(pose: Pose) -> np.ndarray:
    """Return the 3x3 matrix from the character's [-1, 1] frame to the unit frame."""
    stretch = affine(scale=(1 / pose.squash, pose.squash), about=(0.0, 1.0))
    lean = affine(rotate=pose.tilt, about=(0.0, 0.6))
    place = affine(move=(0.5 + pose.x + pose.shake_x, 0.5 + pose.y), scale=0.31 * pose.scale)
    return place @ lean @ stretch


def draw_character(
    canvas: Canvas, character: Character, aus: ActionUnits, pose: Pose, t: float
) -> None:
    """Draw a character with a facial expression and a pose.

    Args:
        canvas: the frame; x, y in [0, 1].
        character: who.
        aus: action units of the face, see `emogen.data.rig.face.expression`.
        pose: where and how.
        t: seconds, for what moves by itself.
    """
    units = named(aus)
    painter = _PAINTERS[character.kind]
    look = _look(character, units, pose, t)
    sketch = Sketch(canvas)
    with canvas.transformed(pose_matrix(pose)):
        painter.body(sketch, look)
        neck = AT_NECK.get(character.accessory)
        if neck and not painter.neck_in_front:
            _paint_at(sketch, painter.neck_at, neck, look)
        _draw_head(sketch, painter, character, look, units, pose)
        if neck and painter.neck_in_front:
            _paint_at(sketch, painter.neck_at, neck, look)


def _draw_head(
    sketch: Sketch, painter: Painter, character: Character, look: Look,
    units: dict[str, float], pose: Pose,
) -> None:  # fmt: skip
    x, y, scale = painter.head_at
    turn = affine(rotate=pose.head_tilt, about=(x, y + 0.8 * scale))
    canvas, worn = sketch.canvas, character.accessory
    with canvas.transformed(turn), sketch.within((x, y), scale):
        with canvas.transformed(affine(scale=(character.head_width, 1.0))):
            painter.head(sketch, look)
        fx, fy, fs = painter.face_at
        with sketch.within((fx, fy), fs):
            draw_face(canvas, units, _face_style(painter, character, look), look.t)
        painter.front(sketch, look)
        if worn in ON_FACE:
            _paint_at(sketch, painter.face_at, ON_FACE[worn], look)
        if worn in AROUND_HEAD:
            _paint_at(sketch, painter.ears_at, AROUND_HEAD[worn], look)
        if worn in ON_HEAD:
            place = painter.flower_at if worn == "flower" else painter.hat_at
            _paint_at(sketch, place, ON_HEAD[worn], look)


def _face_style(painter: Painter, character: Character, look: Look) -> FaceStyle:
    style = painter.style(look)
    rx, ry = style.eye_size
    k = character.eye_scale
    return replace(style, eye_size=(rx * k, ry * k))


def _paint_at(sketch: Sketch, place: Place, paint: Paint, look: Look) -> None:
    x, y, scale = place
    with sketch.within((x, y), scale):
        paint(sketch, look)
