"""Shipped models made smaller without loss: a packed folder in, the folder as it was out.

The upper bytes of 16-bit weights, sign and exponent, repeat a lot, the lower ones hardly. A file is
laid out as all its even bytes and then all its odd ones, and compressed: bfloat16 weights shrink to
two thirds (the effect that DFloat11 uses, Zhang et al. 2025, arXiv 2504.11651). On first use the
folder is written to the user's cache, bit for bit as it was packed, and everybody else, plain
diffusers too, opens that.
"""

import hashlib
import json
import lzma
import shutil
import tempfile
from pathlib import Path

from emogen.errors import ModelError, ResourceError

INDEX = "packed.json"
"""Holds the SHA-256 of every file as it is unpacked; a folder without it is no packed one."""
SUFFIX = ".planes.xz"
_WORTHWHILE = 0.9


def compressed(content: bytes) -> bytes:
    """Return bytes smaller, the more so where they are 16-bit floating-point numbers.

    >>> restored(compressed(b"odd")) == b"odd"
    True
    """
    return lzma.compress(content[0::2] + content[1::2], preset=6)


def restored(packed: bytes) -> bytes:
    """Return what `compressed` was given.

    Raises:
        ModelError: the bytes are damaged.
    """
    try:
        planes = lzma.decompress(packed)
    except lzma.LZMAError as error:
        raise ModelError(f"a shipped file is damaged ({error}); install emogen again") from error
    half = (len(planes) + 1) // 2
    content = bytearray(len(planes))
    content[0::2], content[1::2] = planes[:half], planes[half:]
    return bytes(content)


def pack_folder(folder: Path) -> None:
    """Pack a model folder where it lies; what is packed already stays, new files take its place."""
    for path in sorted(folder.rglob("*.safetensors")):
        content, packed = path.read_bytes(), path.with_name(path.name + SUFFIX)
        packed.unlink(missing_ok=True)
        small = compressed(content)
        if len(small) < _WORTHWHILE * len(content):
            packed.write_bytes(small)
            path.unlink()
    (folder / INDEX).unlink(missing_ok=True)
    files = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name, content = path.relative_to(folder).as_posix(), path.read_bytes()
        if name.endswith(SUFFIX):
            name, content = name.removesuffix(SUFFIX), restored(content)
        files[name] = hashlib.sha256(content).hexdigest()
    (folder / INDEX).write_text(json.dumps(files, indent=2) + "\n")


def unpacked(folder: Path, cache: Path) -> Path:
    """Return a model folder ready to be opened: itself, or the copy in ``cache`` of a packed one.

    Args:
        folder: a model folder, packed or not.
        cache: where copies lie, each under its name and a hash of its content.

    Raises:
        ModelError: a file is missing or damaged.
        ResourceError: the cache cannot be written.
    """
    if not (folder / INDEX).is_file():
        return folder
    index = (folder / INDEX).read_bytes()
    place = cache / f"{folder.name}-{hashlib.sha256(index).hexdigest()[:16]}"
    if place.is_dir():
        return place
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as temporary:
            made = Path(temporary) / "model"
            _write(folder, made, json.loads(index))
            _move(made, place)
    except OSError as error:
        raise ResourceError(
            f"cannot unpack {folder.name} into {cache} ({error.strerror or error}); make room, or"
            " set EMOGEN_CACHE to a folder that can be written"
        ) from error
    return place


def _write(folder: Path, made: Path, files: dict[str, str]) -> None:
    for name, digest in files.items():
        place, packed = made / name, folder / (name + SUFFIX)
        place.parent.mkdir(parents=True, exist_ok=True)
        if packed.is_file():
            place.write_bytes(restored(packed.read_bytes()))
        elif (folder / name).is_file():
            shutil.copyfile(folder / name, place)
        else:
            raise ModelError(f"the shipped model {folder.name} lacks {name}; install emogen again")
        if hashlib.sha256(place.read_bytes()).hexdigest() != digest:
            raise ModelError(
                f"the shipped file {name} of {folder.name} is damaged; install emogen again"
            )


def _move(made: Path, place: Path) -> None:
    """Put a finished folder in its place; another process may have done so already."""
    try:
        made.replace(place)
    except OSError:
        if not place.is_dir():
            raise
