"""What characters are likely to look like, and how a caption names them."""

from typing import TYPE_CHECKING

from emogen.data.canvas import Colour

if TYPE_CHECKING:
    from emogen.data.rig.characters import Character

SKINS: tuple[Colour, ...] = (
    (255, 222, 196),
    (246, 200, 164),
    (226, 168, 126),
    (192, 130, 92),
    (166, 108, 76),
    (138, 90, 66),
)
HAIR: dict[str, Colour] = {
    "black": (52, 44, 54),
    "brown": (116, 72, 46),
    "blond": (240, 200, 104),
    "red": (204, 86, 44),
    "dark": (76, 50, 44),
    "grey": (170, 172, 182),
    "white": (238, 238, 242),
}
IRISES: tuple[Colour, ...] = ((84, 52, 36), (60, 120, 190), (76, 140, 84), (52, 40, 44))
DEFAULT_COLOURS: dict[str, tuple[str, ...]] = {
    "cat": ("orange", "grey", "black", "white", "brown"),
    "dog": ("brown", "white", "orange", "grey"),
    "bear": ("brown", "white", "black"),
    "rabbit": ("white", "grey", "pink", "brown"),
    "fox": ("orange", "red"),
    "panda": ("black",),
    "frog": ("green",),
    "pig": ("pink",),
    "lion": ("yellow", "orange"),
    "mouse": ("grey", "white", "brown"),
    "owl": ("brown", "grey", "purple"),
    "penguin": ("black", "blue"),
    "elephant": ("grey", "blue"),
    "monkey": ("brown",),
    "robot": ("grey", "blue", "red", "teal"),
    "ghost": ("white",),
    "alien": ("green", "purple", "teal"),
    "monster": ("purple", "green", "blue", "teal"),
    "dragon": ("green", "red", "purple"),
    "unicorn": ("white", "pink", "purple"),
    "wizard": ("blue", "purple"),
    "vampire": ("red", "black", "purple"),
    "star": ("yellow", "orange"),
    "sun": ("yellow", "orange"),
    "moon": ("yellow", "grey", "white"),
    "cloud": ("white", "grey", "blue"),
    "heart": ("red", "pink"),
    "pumpkin": ("orange",),
    "cupcake": ("pink", "white", "brown"),
    "mushroom": ("red", "brown"),
    "cactus": ("green",),
    "apple": ("red", "green"),
    "snowman": ("white",),
    "flower": ("pink", "yellow", "red", "purple"),
}
UNWORN: dict[str, tuple[str, ...]] = {
    "wizard": ("hat", "crown", "headphones", "flower"),
    "ghost": ("bow tie",),
}
"""Accessories that are never drawn by chance, because the kind has no room for them."""
_CLOTHED = (
    "woman", "man", "girl", "boy", "grandmother", "grandfather", "wizard", "vampire",
)  # fmt: skip


def phrase(character: "Character") -> str:
    """Return a noun phrase that names all a viewer can see of a character."""
    kind, colour = character.kind, character.colour
    with_what = []
    if kind in _CLOTHED:
        noun = f"{_article(kind)} {kind} in {colour}"
        if kind not in ("wizard", "vampire"):
            with_what.append(_hair(character))
    elif kind == "panda":
        noun = f"{_article(colour)} {colour} and white panda"
    else:
        noun = f"{_article(colour)} {colour} {kind}"
    worn = character.accessory
    if worn:
        with_what.append(worn if worn in ("glasses", "headphones") else f"a {worn}")
    return f"{noun} with {' and '.join(with_what)}" if with_what else noun


def _hair(character: "Character") -> str:
    colour, style = character.hair_name, character.hair_style
    if style == "bald":
        return "a bald head"
    if style == "bun":
        return f"{colour} hair in a bun"
    if style == "pigtails":
        return f"{colour} pigtails"
    return f"{ {'bob': 'bobbed', 'quiff': 'swept'}.get(style, style) } {colour} hair"


def _article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"
