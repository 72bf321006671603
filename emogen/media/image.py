"""Pictures: an untrusted file in, upright RGB pixels out; pixels in, a PNG or a frame out."""

import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps, PngImagePlugin

from emogen.errors import MediaError
from emogen.media.atomic import write_bytes_atomic
from emogen.media.clip import flatten
from emogen.media.container import check_file, image_errors
from emogen.media.metadata import TAG, pack
from emogen.media.probe import MAX_PIXELS

READABLE = ("PNG", "JPEG", "WEBP")
"""The only decoders an untrusted picture can reach."""


def read_image(path: str | Path, *, max_pixels: int = MAX_PIXELS) -> np.ndarray:
    """Read a PNG, JPEG or WebP picture, turned as its EXIF says, transparency laid over white.

    Returns:
        uint8 [H, W, 3], RGB. Of an animation, the first frame.

    Raises:
        MediaError: missing, damaged, of another kind, or more than ``max_pixels`` (looked up in the
            header, before anything is decoded).
    """
    path = check_file(path)
    with image_errors(path), Image.open(path, formats=READABLE) as image:
        width, height = image.size
        if width * height > max_pixels:
            raise MediaError(
                f"expected a picture of at most {max_pixels} pixels, got {width}x{height}: "
                f"{path}; scale it down first"
            )
        return _rgb(ImageOps.exif_transpose(image))


def save_image(
    image: np.ndarray, path: str | Path, *, parameters: dict[str, Any] | None = None
) -> Path:
    """Write pixels, uint8 [H, W, 3 or 4], as a PNG, whole or not at all, parameters inside.

    Raises:
        MediaError: the pixels or the file name are of another kind.
        ResourceError: the disk is full or the folder cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() != ".png":
        raise MediaError(f"expected a file name ending in .png, got {path.name!r}")
    check_image(image)
    chunks = PngImagePlugin.PngInfo()
    if parameters is not None:
        chunks.add_text(TAG, pack(parameters))
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG", pnginfo=chunks)
    return write_bytes_atomic(path, buffer.getvalue())


def small_jpeg(image: np.ndarray, side: int) -> bytes:
    """Return pixels, uint8 [H, W, 3], as a JPEG with no side longer than ``side``.

    >>> small_jpeg(np.zeros((90, 160, 3), np.uint8), 80)[:3].hex()
    'ffd8ff'
    """
    check_image(image)
    small = Image.fromarray(image)
    small.thumbnail((side, side))
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=75)
    return buffer.getvalue()


def image_to_frame(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Crop a picture around its centre to the shape of ``size`` and resample it (Lanczos).

    >>> image_to_frame(np.zeros((100, 300, 3), np.uint8), (64, 64)).shape
    (64, 64, 3)

    Args:
        image: uint8 [H, W, 3 or 4].
        size: (width, height) wanted.

    Raises:
        MediaError: the pixels are of another kind or the size is not positive.
    """
    check_image(image)
    width, height = size
    if width < 1 or height < 1 or width * height > MAX_PIXELS:
        raise MediaError(f"expected a size of 1 to {MAX_PIXELS} pixels, got {width}x{height}")
    scale = min(image.shape[1] / width, image.shape[0] / height)
    crop_width, crop_height = width * scale, height * scale
    left, top = (image.shape[1] - crop_width) / 2, (image.shape[0] - crop_height) / 2
    box = (left, top, left + crop_width, top + crop_height)
    return np.array(
        Image.fromarray(image).resize((width, height), Image.Resampling.LANCZOS, box=box)
    )


def check_image(image: np.ndarray) -> None:
    """Raise a :class:`MediaError` unless the pixels are uint8 [H, W, 3 or 4]."""
    if (
        not isinstance(image, np.ndarray)
        or image.dtype != np.uint8
        or image.ndim != 3
        or image.shape[2] not in (3, 4)
        or 0 in image.shape
    ):
        got = (
            f"{image.dtype} {list(image.shape)}"
            if isinstance(image, np.ndarray)
            else type(image).__name__
        )
        raise MediaError(f"expected a picture uint8 [H, W, 3 or 4], got {got}")


def _rgb(image: Image.Image) -> np.ndarray:
    if image.mode.startswith("I"):  # 16 bit grey: Pillow would clip it to white, not scale it
        grey = np.clip(np.array(image) >> 8, 0, 255).astype(np.uint8)
        return np.repeat(grey[..., None], 3, axis=2)
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        return flatten(np.array(image.convert("RGBA")))
    return np.array(image.convert("RGB"))
