"""Where a clip goes: a name or none in, checked paths of the video, its sidecar and sheet out."""

import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from emogen.errors import InputError, MediaError, ResourceError, suggest

SUFFIXES = (".gif", ".mp4", ".webm", ".webp")
FOLDER = Path("outputs")


@dataclass(frozen=True, kw_only=True)
class Destination:
    """Paths that may be written.

    Attributes:
        video: the clip.
        sidecar: how it was made, JSON.
        sheet: a picture of its frames, or None.
    """

    video: Path
    sidecar: Path
    sheet: Path | None


def slug(prompt: str) -> str:
    """Return a short file name for a prompt.

    >>> slug("A red robot, in a forest!"), slug("?!")
    ('a-red-robot-in-a-forest', 'clip')
    """
    words = re.sub(r"[\W_]+", "-", prompt.lower()).strip("-")
    return words[:40].strip("-") or "clip"


def choose(
    output: Path | None, *, prompt: str, seed: int, sheet: bool, overwrite: bool
) -> Destination:
    """Return where a clip goes, `outputs/<prompt>-<seed>.mp4` where no name is given.

    Raises:
        InputError: the name, its kind or its folder cannot be used, or something is there already.
        ResourceError: the folder cannot be written.
    """
    if output is None:
        FOLDER.mkdir(exist_ok=True)
        output = FOLDER / f"{slug(prompt)}-{seed}.mp4"
    if output.suffix.lower() not in SUFFIXES:
        hint = suggest(output.suffix, SUFFIXES)
        raise InputError(
            f"expected -o to end in {', '.join(SUFFIXES)}, got {str(output)!r}{hint}"
        )
    _check_folder(output)
    place = Destination(
        video=output,
        sidecar=output.with_suffix(".json"),
        sheet=output.with_name(f"{output.stem}-sheet.png") if sheet else None,
    )
    _check_free(place, overwrite=overwrite)
    return place


def check_space(place: Destination, num_bytes: int) -> None:
    """Raise a ResourceError where the disk has less room than the frames take unpacked."""
    free = shutil.disk_usage(place.video.parent).free
    if free < num_bytes:
        raise ResourceError(
            f"expected {num_bytes >> 20} MiB free in {place.video.parent}, got {free >> 20} MiB;"
            " free some disk space or write elsewhere"
        )


def _check_folder(output: Path) -> None:
    folder = output.parent
    if not folder.is_dir():
        raise InputError(f"no folder {str(folder)!r} for -o; create it first: mkdir -p {folder}")
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ResourceError(
            f"cannot write in {str(folder)!r} ({error.strerror}); choose another folder with -o"
        ) from error


def _check_free(place: Destination, *, overwrite: bool) -> None:
    for path in (place.video, place.sidecar, place.sheet):
        if path is None or not path.exists():
            continue
        if path.is_dir():
            raise InputError(f"expected a file name for -o, got the folder {str(path)!r}")
        if not overwrite:
            raise InputError(
                f"{str(path)!r} exists; choose another name with -o, or add --overwrite"
            )
    if place.sidecar.exists():
        _check_own(place.sidecar)


def _check_own(sidecar: Path) -> None:
    """Refuse to replace a JSON file that emogen did not write."""
    from emogen.media import read_sidecar

    try:
        read_sidecar(sidecar)
    except MediaError as error:
        raise InputError(
            f"{str(sidecar)!r} is not emogen's and would be replaced; choose another name with -o"
        ) from error
