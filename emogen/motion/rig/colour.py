"""Colours of drawn portraits: sRGB triples in, mixed ones out."""

import numpy as np

Colour = tuple[int, int, int]
WHITE: Colour = (255, 255, 255)


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """Return ``one`` with a share of ``other`` in it.

    >>> mix((0, 0, 0), (200, 100, 50), 0.5)
    (100, 50, 25)
    """
    share = min(max(share, 0.0), 1.0)
    return tuple(round(a + (b - a) * share) for a, b in zip(one, other, strict=True))


def darker(colour: Colour, share: float) -> Colour:
    """Return a deeper tone, turned a little to the warm, as shadows on skin are.

    >>> darker((200, 160, 140), 0.5)
    (120, 87, 82)
    """
    return mix(colour, (40, 14, 24), share)


def lighter(colour: Colour, share: float) -> Colour:
    """Return a lighter tone.

    >>> lighter((100, 100, 100), 0.5)
    (178, 176, 172)
    """
    return mix(colour, (255, 252, 245), share)


def luminance(colour: Colour) -> float:
    """Return the perceived brightness, 0 to 255.

    >>> round(luminance((255, 255, 255)))
    255
    """
    return float(np.dot(colour, (0.299, 0.587, 0.114)))
