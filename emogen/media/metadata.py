"""How a file was made: a dict of parameters in, the same dict out of the file or its sidecar.

Inside MP4 and WEBM the parameters are tags, in GIF a comment, in WebP an EXIF description, in PNG
a text chunk; everywhere they are the JSON text that :func:`pack` makes. The sidecar of
``clip.mp4`` is ``clip.json``. What is read is untrusted: size, shape and version are checked.
"""

import json
from pathlib import Path
from typing import Any

import av
from PIL import Image

from emogen.errors import MediaError
from emogen.media.atomic import write_bytes_atomic
from emogen.media.container import check_file, image_errors, open_media, sniff
from emogen.media.webp import EXIF_DESCRIPTION

VERSION = 1
TAG = "emogen_parameters"
MAX_BYTES = 1 << 20
_ENVELOPE = "emogen"


def pack(parameters: dict[str, Any], *, indent: int | None = None) -> str:
    """Return the parameters as versioned ASCII JSON with sorted keys.

    >>> pack({"seed": 7})
    '{"emogen": 1, "parameters": {"seed": 7}}'

    Raises:
        MediaError: a value is not plain JSON (NaN is not), a key is no string, or it is too long.
    """
    try:
        text = json.dumps(
            {_ENVELOPE: VERSION, "parameters": parameters},
            sort_keys=True,
            allow_nan=False,
            indent=indent,
        )
        same = json.loads(text)["parameters"] == parameters
    except (TypeError, ValueError, RecursionError) as error:
        raise MediaError(
            f"expected parameters of plain JSON values, got {error}; convert them first"
        ) from error
    if not isinstance(parameters, dict) or not same:
        raise MediaError(
            "expected a dict that JSON keeps as it is; use text keys, and lists rather than tuples"
        )
    if len(text) > MAX_BYTES:
        raise MediaError(
            f"expected at most {MAX_BYTES} bytes of parameters, got {len(text)}; leave out "
            "bulky values"
        )
    return text


def unpack(text: str, *, source: str) -> dict[str, Any] | None:
    """Return the dict that :func:`pack` was given, or None if the text is somebody else's.

    Raises:
        MediaError: the text is too long, or was written by a newer version.
    """
    if len(text) > MAX_BYTES:
        raise MediaError(
            f"expected at most {MAX_BYTES} bytes of parameters in {source}, got {len(text)}"
        )
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or not isinstance(document.get("parameters"), dict):
        return None
    version = document.get(_ENVELOPE)
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        return None
    if version > VERSION:
        raise MediaError(
            f"expected parameters of version {VERSION} in {source}, got {version}; update emogen"
        )
    return document["parameters"]


def sidecar_path(path: str | Path) -> Path:
    """Return where the sidecar of a media file lies: ``clip.mp4`` has ``clip.json``."""
    return Path(path).with_suffix(".json")


def write_sidecar(path: str | Path, parameters: dict[str, Any]) -> Path:
    """Write the parameters beside the media file ``path``, whole or not at all; return where."""
    text = pack(parameters, indent=2) + "\n"
    return write_bytes_atomic(sidecar_path(path), text.encode())


def read_sidecar(path: str | Path) -> dict[str, Any]:
    """Return the parameters beside the media file ``path`` (or in the given ``.json`` itself).

    Raises:
        MediaError: there is no sidecar, or it is not one of ours.
    """
    sidecar = check_file(sidecar_path(path))
    if sidecar.stat().st_size > MAX_BYTES:
        raise MediaError(
            f"expected a sidecar of at most {MAX_BYTES} bytes, got {sidecar.stat().st_size}: "
            f"{sidecar}"
        )
    parameters = unpack(sidecar.read_bytes().decode("utf-8", errors="replace"), source=str(sidecar))
    if parameters is None:
        raise MediaError(
            f"expected emogen's parameters in {sidecar}, got something else; remove or replace it"
        )
    return parameters


def read_parameters(path: str | Path) -> dict[str, Any] | None:
    """Return the parameters inside a media file, or None if it holds none of ours.

    Raises:
        MediaError: the file cannot be read, or its parameters come from a newer version.
    """
    path = check_file(path)
    texts = (
        _from_image(path)
        if sniff(path) in {"PNG", "JPEG", "WEBP", "GIF"}
        else _from_container(path)
    )
    for text in texts:
        parameters = unpack(text, source=str(path))
        if parameters is not None:
            return parameters
    return None


def _from_container(path: Path) -> list[str]:
    with open_media(path) as container:
        tags = {key.lower(): value for key, value in _tags(container).items()}
    return [tags[key] for key in (TAG, "comment") if key in tags]


def _tags(container: av.container.InputContainer) -> dict[str, str]:
    return dict(container.metadata)


def _from_image(path: Path) -> list[str]:
    with image_errors(path), Image.open(path, formats=("PNG", "JPEG", "WEBP", "GIF")) as image:
        found = [
            image.info.get(TAG),
            image.info.get("comment"),
            image.getexif().get(EXIF_DESCRIPTION),
        ]
    texts = [
        value.decode("utf-8", errors="replace") if isinstance(value, bytes) else value
        for value in found
    ]
    return [text for text in texts if isinstance(text, str)]
