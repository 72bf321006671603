"""The door for untrusted files: a path in, an open container or one clear line out.

Only files are opened (no address, device or playlist), only by the demuxers named here, and
whatever the decoders say against a file becomes a :class:`MediaError`.
"""

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from PIL import Image

from emogen.errors import MediaError

DEMUXERS = (
    "mov,matroska,gif,avi,mpegts,mpeg,flv,asf,ogg,wav,w64,flac,mp3,aac,ac3,eac3,aiff,au,caf,amr,"
    "wv,tta,ape,voc,dts,mpc,mpc8,tak,oma"
)
"""What ffmpeg may recognise: real media, no playlists or scripts, nothing that fits any bytes."""

_IMAGE_FAILURES = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    EOFError,
    IndexError,
    KeyError,
    OverflowError,
    MemoryError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)


def check_file(path: str | Path) -> Path:
    """Return the path if it is a file with something in it.

    Raises:
        MediaError: no such file, a folder, a device, an empty file or one that may not be read.
    """
    path = Path(path)
    try:
        exists, is_file = path.exists(), path.is_file()
        size = path.stat().st_size if is_file else 0
    except (
        OSError,
        ValueError,
    ) as error:  # a name too long, a null byte, a folder that may not be entered
        reason = getattr(error, "strerror", None) or str(error)
        raise MediaError(f"cannot open {str(path)[:200]!r}: {reason}; check the path") from error
    if not exists:
        raise MediaError(f"no such file: {path}; check the path")
    if not is_file:
        raise MediaError(f"expected a file, got a folder or device: {path}")
    if size == 0:
        raise MediaError(f"empty file: {path}; it holds no bytes, make or download it again")
    return path


def sniff(path: Path) -> str:
    """Return what the first bytes say: ``PNG``, ``JPEG``, ``WEBP``, ``GIF`` or ``other``."""
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except OSError as error:
        raise MediaError(f"cannot read {path}: {error.strerror}; check its permissions") from error
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    magic = {b"\x89PNG": "PNG", b"\xff\xd8\xff": "JPEG", b"GIF8": "GIF"}
    return next((name for start, name in magic.items() if head.startswith(start)), "other")


@contextmanager
def open_media(path: str | Path) -> Iterator[av.container.InputContainer]:
    """Open a video or sound file for reading; what decoders raise inside the block is turned too.

    Raises:
        MediaError: the file is missing, no media, damaged or of a kind that is not read.
    """
    path = check_file(path)
    options = {"format_whitelist": DEMUXERS, "protocol_whitelist": "file"}
    try:
        with av.open(f"file:{path}", options=options, metadata_errors="replace") as container:
            yield container
    except av.FFmpegError as error:
        if isinstance(error, PermissionError):
            raise MediaError(
                f"cannot read {path}: {error.strerror}; check its permissions"
            ) from error
        raise MediaError(
            f"expected a video or sound file, got one that cannot be decoded: {path} "
            f"({error.strerror}); "
            "it may be damaged, cut short or of another kind"
        ) from error


@contextmanager
def image_errors(path: str | Path) -> Iterator[None]:
    """Turn whatever Pillow raises for a bad picture inside the block into a :class:`MediaError`."""
    try:
        yield
    except MediaError:
        raise
    except _IMAGE_FAILURES as error:
        reason = " ".join(str(error).split())[:160] or type(error).__name__
        raise MediaError(
            f"expected a PNG, JPEG or WebP picture, got one that cannot be decoded: {path} "
            f"({reason}); "
            "it may be damaged, cut short or of another kind"
        ) from error
