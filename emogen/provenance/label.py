"""The visible label: a clip in, the clip with "AI-generated" in its lower left corner out."""

from dataclasses import replace

import numpy as np
from PIL import Image, ImageDraw

from emogen.media import Clip
from emogen.media.text import load_font, rounded_mask

TEXT = "AI-generated"
_SIZE, _SMALLEST = 0.036, 9
"""Height of the letters as a part of the shorter side, and in pixels at least."""
_MARGIN = 0.025
_SHADE = 0.62


def labelled(clip: Clip, *, text: str = TEXT) -> Clip:
    """Return the clip with a short text on a dark plate over its lower left corner.

    The label is scaled with the frame, opaque also where the clip is clear, and as wide as the
    frame at most.
    """
    plate = _plate(text, clip.height, clip.width)
    height, width = plate.shape[:2]
    margin = round(min(clip.height, clip.width) * _MARGIN)
    top, left = max(0, clip.height - margin - height), min(margin, clip.width - width)
    frames = clip.frames.copy()
    place = frames[:, top : top + height, left : left + width]
    cover = plate[..., 3:].astype(np.float32) / 255
    place[..., :3] = np.rint(place[..., :3] * (1 - cover) + plate[..., :3] * cover)
    if clip.has_alpha:
        place[..., 3] = np.maximum(place[..., 3], plate[..., 3])
    return replace(clip, frames=frames)


def _plate(text: str, height: int, width: int) -> np.ndarray:
    """Return the plate with its letters, uint8 [h, w, 4]."""
    size = max(_SMALLEST, round(min(height, width) * _SIZE))
    font = load_font(size)
    long, high = round(font.getlength(text) + size), round(size * 1.7)
    shade = Image.new("RGB", (long, high), (0, 0, 0))
    white = (255, 255, 255)
    ImageDraw.Draw(shade).text((long / 2, high / 2), text, fill=white, font=font, anchor="mm")
    letters = np.array(shade)
    ground = np.array(rounded_mask((long, high), size * 0.4)).astype(np.float32) * _SHADE
    cover = np.maximum(ground, letters[..., 0]).astype(np.uint8)
    plate = Image.fromarray(np.dstack([letters, cover]))
    if long > width or high > height:
        scale = min(width / long, height / high)
        plate = plate.resize((max(1, int(long * scale)), max(1, int(high * scale))))
    return np.array(plate)
