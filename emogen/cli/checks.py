"""Checks that need no model: what a person typed in, a usable value or one clear line out."""

import math
import re
from pathlib import Path

from emogen.assets import asset_roots, model_dir
from emogen.diffusion.backbones import BACKBONES, find_backbone
from emogen.diffusion.choices import Lora, parse_lora
from emogen.errors import InputError, ModelError, suggest

SIDE = (16, 4096)
MAX_VOXELS = 1280 * 720 * 161
"""Most pixels times frames: twice the longest clip of the largest Wan."""
RANGES: dict[str, tuple[float, float]] = {
    "--frames": (1, 1025),
    "--fps": (1, 120),
    "--steps": (1, 200),
    "--guidance": (0, 30),
    "--emotion-guidance": (0, 30),
    "--seed": (0, 2**63 - 1),
    "--best-of": (1, 64),
    "--guidance-2": (0, 30),
    "--flow-shift": (0.1, 100),
}
"""Beyond 200 steps UniPC's rounded time steps begin to coincide."""
MAX_TEXT = 2000
INDEX = "model_index.json"
"""The file that makes a folder a model."""


def check_text(text: str, *, name: str, allow_empty: bool = False) -> str:
    """Return a text without space around it.

    >>> check_text(" a red robot ", name="prompt")
    'a red robot'
    """
    text = text.strip()
    if not text and not allow_empty:
        raise InputError(f"expected a {name}, got an empty text; describe the scene")
    if len(text) > MAX_TEXT:
        raise InputError(f"expected a {name} of at most {MAX_TEXT} letters, got {len(text)}")
    if not text.isprintable():
        raise InputError(f"expected a {name} of one line of plain text, got {text[:60]!r}")
    return text


def parse_size(text: str) -> tuple[int, int]:
    """Return the (width, height) of a text such as 832x480.

    >>> parse_size("128x96")
    (128, 96)
    """
    match = re.fullmatch(r"\s*(\d{1,6})\s*[xX\u00d7]\s*(\d{1,6})\s*", text)
    if match is None:
        raise InputError(f"expected a --size such as 128x128 (width x height), got {text!r}")
    return int(match[1]), int(match[2])


def check_size(width: int, height: int) -> None:
    """Raise an InputError unless both sides are multiples of 16 within reason."""
    low, high = SIDE
    if not (low <= width <= high and low <= height <= high):
        raise InputError(f"expected a --size of {low} to {high} a side, got {width}x{height}")
    if width % 16 or height % 16:
        near = "x".join(str(max(16, round(side / 16) * 16)) for side in (width, height))
        raise InputError(
            f"expected a --size of multiples of 16, got {width}x{height}; the nearest is {near}"
        )


def check_number(name: str, value: float) -> None:
    """Raise an InputError unless an option's number lies in its range of `RANGES`."""
    low, high = RANGES[name]
    if not (math.isfinite(value) and low <= value <= high):
        raise InputError(f"expected {name} of {low} to {high}, got {value}")


def check_frames(num_frames: int) -> None:
    """Raise an InputError unless the number of frames is 4k+1.

    >>> check_frames(32)
    Traceback (most recent call last):
    emogen.errors.InputError: expected --frames of the form 4k+1, got 32; use 29 or 33
    """
    check_number("--frames", num_frames)
    below = (num_frames - 1) // 4 * 4 + 1
    if below != num_frames:
        raise InputError(
            f"expected --frames of the form 4k+1, got {num_frames}; use {below} or {below + 4}"
        )


def check_volume(width: int, height: int, num_frames: int) -> None:
    """Raise an InputError where a clip has more pixels than any machine is asked to make."""
    if width * height * num_frames > MAX_VOXELS:
        raise InputError(
            f"expected at most {MAX_VOXELS} pixels in a clip, got {width}x{height} x {num_frames}"
            " frames; use a smaller --size or fewer --frames"
        )


def embedded_models() -> dict[str, Path]:
    """Return the shipped models, generators and others, by name, in the order of the roots."""
    found: dict[str, Path] = {}
    for root in asset_roots():
        folder = root / "models"
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if path.is_dir():
                found.setdefault(path.name, model_dir(path.name))
    return found


def locate_model(name: str) -> Path:
    """Return the folder of a model: an embedded one, a folder, or a published Wan by name.

    A published Wan that is not on this machine yet is got from the hub.

    Raises:
        ModelError: none of them, or the folder holds no model.
        ResourceError: a published one that cannot be got.
    """
    generators = [known for known, path in embedded_models().items() if (path / INDEX).is_file()]
    if name in generators or name == "nano":
        return model_dir(name)
    folder = Path(name).expanduser()
    if (folder / INDEX).is_file():
        return folder
    if folder.is_dir():
        raise ModelError(f"expected a model folder with {INDEX}, got {name!r} without it")
    published = find_backbone(name)
    if published is not None:
        from emogen.diffusion.hub import fetch

        return fetch(published.hub, backbone=published)
    known = ", ".join(generators) or "none"
    hint = suggest(name, [*generators, *BACKBONES])
    if re.fullmatch(r"[\w.-]+/[\w.-]+", name):
        hint = f"; from the hub: hf download {name} --local-dir FOLDER, then --model FOLDER"
    raise ModelError(
        f"no model {name!r}: expected a folder or an embedded model ({known}) or a published one"
        f" that 'emogen models' lists{hint}"
    )


def check_lora(text: str) -> Lora:
    """Return the LoRA of a text such as style.safetensors:0.8 if there is such a file."""
    lora = parse_lora(text)
    if not lora.path.is_file():
        raise ModelError(f"no LoRA file {str(lora.path)!r}; --lora names a .safetensors file")
    return lora


def check_adapter(folder: Path) -> Path:
    """Return the folder of an emotion adapter if it is one."""
    if not folder.is_dir():
        raise ModelError(f"no adapter folder {str(folder)!r}; --adapter names a folder")
    if not any(folder.glob("*.safetensors")):
        raise ModelError(
            f"expected an adapter with a .safetensors file in {str(folder)!r}, got none"
        )
    return folder
