"""Colour of a feeling: frames and category weights in, graded and lit frames out.

Both steps are one affine colour map a frame, mixed linearly by the weights, and the identity at
neutral.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageChops

from emogen.data.canvas import Colour
from emogen.emotion.labels import MIKELS

_LUMA = np.array([0.299, 0.587, 0.114])


@dataclass(frozen=True, kw_only=True)
class Mood:
    """How one category colours a scene at full intensity.

    Args:
        dark, light: the colours that black and white of the background become.
        strength: how far the background goes there.
        lamp: the colour of the light on everything, the subject too (255 is no change).
        greyness: how much colour the subject loses.
        vignette: how dark the corners get.
    """

    dark: Colour
    light: Colour
    strength: float
    lamp: Colour = (255, 255, 255)
    greyness: float = 0.0
    vignette: float = 0.0


MOODS = {
    "amusement": Mood(dark=(232, 140, 24), light=(255, 236, 120), strength=0.88),
    "awe": Mood(dark=(24, 14, 84), light=(132, 92, 214), strength=0.88, vignette=0.1),
    "contentment": Mood(
        dark=(112, 178, 96), light=(238, 250, 188), strength=0.86, lamp=(255, 252, 240)
    ),
    "excitement": Mood(dark=(214, 16, 120), light=(255, 74, 138), strength=0.9),
    "anger": Mood(
        dark=(60, 0, 8), light=(214, 36, 24), strength=0.92, lamp=(255, 218, 208), vignette=0.35
    ),
    "disgust": Mood(
        dark=(50, 58, 12), light=(150, 158, 62), strength=0.88, lamp=(232, 242, 196), vignette=0.2
    ),
    "fear": Mood(
        dark=(4, 6, 22), light=(44, 58, 108), strength=0.94, lamp=(176, 190, 236), vignette=0.6
    ),
    "sadness": Mood(
        dark=(64, 76, 98),
        light=(158, 172, 192),
        strength=0.88,
        lamp=(208, 220, 238),
        greyness=0.35,
        vignette=0.2,
    ),
}


def grade(views: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Blend the background (T, H, W, 3) towards the two colours of its moods, by luminance."""
    still = bool(views.strides[0] == 0 and np.ptp(weights, axis=0).max() == 0)
    if not weights.any():
        return views
    used = (views[:1], weights[:1]) if still else (views, weights)
    graded = _apply(used[0], *_grade_matrices(used[1]))
    return np.broadcast_to(graded, views.shape)


def _grade_matrices(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return colour matrices (T, 3, 3), for row vectors, and offsets (T, 3)."""
    shares = weights * [MOODS[name].strength for name in MIKELS]  # (T, 8)
    dark = np.array([MOODS[name].dark for name in MIKELS], dtype=float)
    light = np.array([MOODS[name].light for name in MIKELS], dtype=float)
    kept = 1 - shares.sum(axis=1)
    span = shares @ (light - dark) / 255  # (T, 3)
    return kept[:, None, None] * np.eye(3) + _LUMA[:, None] * span[:, None, :], shares @ dark


def light(frames: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Light finished frames: the lamp's colour, the loss of colour and the vignette."""
    lamp = np.array([MOODS[name].lamp for name in MIKELS]) / 255 - 1
    tint = 1 + weights @ lamp  # (T, 3)
    grey = weights @ [MOODS[name].greyness for name in MIKELS]  # (T,)
    corner = weights @ [MOODS[name].vignette for name in MIKELS]
    if not (np.any(tint != 1) or grey.any() or corner.any()):
        return frames
    matrices = (1 - grey)[:, None, None] * np.eye(3) + grey[:, None, None] * _LUMA[:, None]
    lit = _apply(frames, matrices * tint[:, None, :], np.zeros((len(frames), 3)))
    return _vignette(lit, corner) if corner.any() else lit


def _vignette(frames: np.ndarray, corner: np.ndarray) -> np.ndarray:
    """Darken the corners of each frame by a share [T], smoothly towards the middle."""
    axis = np.linspace(-1, 1, frames.shape[1])
    distance = np.sqrt(axis[:, None] ** 2 + axis[None, :] ** 2)
    ramp = ((distance - 0.55) / 0.75).clip(0, 1)
    depth = np.repeat((255 * ramp**2 * (3 - 2 * ramp))[:, :, None], 3, axis=2)
    shaded = np.empty_like(frames)
    for t, share in enumerate(corner):
        if t == 0 or share != corner[t - 1]:
            shade = Image.fromarray((255.5 - share * depth).astype(np.uint8))
        shaded[t] = ImageChops.multiply(Image.fromarray(frames[t]), shade)
    return shaded


def _apply(frames: np.ndarray, matrices: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Apply one affine colour map a frame, for row vectors, to uint8 (T, H, W, 3)."""
    rows = np.concatenate([matrices.transpose(0, 2, 1), offsets[:, :, None]], axis=2)  # (T, 3, 4)
    mapped = np.empty(frames.shape, np.uint8)
    for t, row in enumerate(rows):
        mapped[t] = Image.fromarray(frames[t]).convert("RGB", tuple(row.ravel().tolist()))
    return mapped
