"""Colour attributes as EmoVid defines them: frames in, hue, colourfulness and brightness out."""

import numpy as np

from emogen.errors import MediaError

FRAME_STEP = 20
"""EmoVid (arXiv 2511.11002) measures every 20th frame."""


def rgb_to_hsv(frames: np.ndarray) -> np.ndarray:
    """Convert uint8 [..., 3] RGB to float32 [..., 3] HSV, each in [0, 1] (as `colorsys` does).

    >>> rgb_to_hsv(np.array([255, 0, 0], np.uint8)).tolist()
    [0.0, 1.0, 1.0]
    """
    rgb = np.asarray(frames, dtype=np.float32) / 255
    red, green, blue = np.moveaxis(rgb, -1, 0)
    value = rgb.max(axis=-1)
    spread = value - rgb.min(axis=-1)
    safe = np.where(spread > 0, spread, 1)
    hue = np.select(
        [red == value, green == value],
        [(green - blue) / safe, 2 + (blue - red) / safe],
        default=4 + (red - green) / safe,
    )
    saturation = np.where(value > 0, spread / np.where(value > 0, value, 1), 0)
    return np.stack([np.where(spread > 0, hue / 6 % 1, 0), saturation, value], axis=-1)


def colour_attributes(frames: np.ndarray, *, step: int = FRAME_STEP) -> dict[str, float]:
    """Measure hue (circular mean of h), colourfulness (mean s) and brightness (mean v).

    Args:
        frames: uint8 [T, H, W, 3].
        step: every which frame is measured.

    Returns:
        ``hue``, ``colourfulness`` and ``brightness``, each in [0, 1].

    Raises:
        MediaError: the frames are not uint8 [T, H, W, 3] or there are none.

    >>> colour_attributes(np.full((1, 2, 2, 3), (0, 255, 0), np.uint8))
    {'hue': 0.3333, 'colourfulness': 1.0, 'brightness': 1.0}
    """
    frames = np.asarray(frames)
    if frames.ndim != 4 or frames.shape[-1] != 3 or frames.dtype != np.uint8 or not frames.size:
        raise MediaError(
            f"expected uint8 frames [T, H, W, 3], got {frames.dtype} {list(frames.shape)}; "
            "decode the clip to RGB first"
        )
    hue, saturation, value = np.moveaxis(rgb_to_hsv(frames[::step]), -1, 0)
    angle = 2 * np.pi * hue.astype(np.float64)
    mean_hue = np.arctan2(np.sin(angle).mean(), np.cos(angle).mean()) / (2 * np.pi) % 1
    return {
        "hue": round(float(mean_hue), 4),
        "colourfulness": round(float(saturation.mean()), 4),
        "brightness": round(float(value.mean()), 4),
    }
