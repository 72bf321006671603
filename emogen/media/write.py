"""Writing video: a clip and a path in, a whole, checked file (its kind by the extension) out."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import av
import numpy as np

from emogen.errors import MediaError, suggest
from emogen.media import gif, webp
from emogen.media.atomic import atomic_path
from emogen.media.clip import Clip
from emogen.media.encode import encode_mp4, encode_webm
from emogen.media.metadata import TAG, pack
from emogen.media.probe import probe
from emogen.media.video import iterate_frames


@dataclass(frozen=True, kw_only=True)
class Format:
    """What a kind of file can hold.

    Attributes:
        encode: function of (clip, path, crf or quality, parameters as text or None).
        quality: name of its quality setting, ``crf``, ``quality`` or None, with its range.
        sound: whether it holds sound.
        alpha: whether it holds transparency.
        even: whether width and height must be even.
    """

    encode: Callable[[Clip, Path, int | None, str | None], None]
    quality: tuple[str, int, int] | None
    sound: bool
    alpha: bool
    even: bool


def write_video(
    clip: Clip,
    path: str | Path,
    *,
    crf: int | None = None,
    quality: int | None = None,
    odd_size: Literal["error", "pad"] = "error",
    parameters: dict[str, Any] | None = None,
    finish: Callable[[Path], None] | None = None,
) -> Path:
    """Write a clip as ``.mp4``, ``.webm``, ``.gif`` or ``.webp``, whole or not at all.

    The file is written under a temporary name in the same folder, read back and compared in frames,
    size, rate and sound, flushed, then renamed. The same clip gives the same bytes.

    Args:
        clip: what to write.
        path: the extension chooses the kind of file.
        crf: MP4 (0-51, default 18) and WEBM (0-63, default 24); lower is finer.
        quality: WebP (0-100, default 85); higher is finer.
        odd_size: MP4 and WEBM need even sizes; ``pad`` repeats the last column or row.
        parameters: how the clip was made; kept inside the file, see ``read_parameters``.
        finish: called with the encoded file under its temporary name, before it is read back; it
            may change what lies around picture and sound.

    Returns:
        The path.

    Raises:
        MediaError: the format cannot hold the clip as it is; nothing is dropped silently.
        ResourceError: the disk is full or the folder cannot be written.
    """
    path = Path(path)
    kind = _format_of(path)
    level = _level(path, kind, crf=crf, quality=quality)
    clip = _fitting(clip, path, kind, odd_size)
    text = None if parameters is None else pack(parameters)
    with atomic_path(path) as temporary:
        try:
            kind.encode(clip, temporary, level, text)
        except av.FFmpegError as error:
            if isinstance(error, OSError):
                raise
            raise MediaError(
                f"cannot encode {clip} as {path.suffix} ({error.strerror}); try another size"
            ) from error
        if finish is not None:
            finish(temporary)
        _verify(clip, temporary, path)
    return path


def pad_to_even(clip: Clip) -> Clip:
    """Return the clip with the last column or row repeated where the size is odd."""
    bottom, right = clip.height % 2, clip.width % 2
    if not bottom and not right:
        return clip
    return replace(
        clip, frames=np.pad(clip.frames, ((0, 0), (0, bottom), (0, right), (0, 0)), mode="edge")
    )


def _format_of(path: Path) -> Format:
    extension = path.suffix.lower()
    if extension not in FORMATS:
        known = ", ".join(sorted(FORMATS))
        raise MediaError(
            f"expected a file name ending in {known}, got "
            f"{path.name!r}{suggest(extension, tuple(FORMATS))}"
        )
    return FORMATS[extension]


def _level(path: Path, kind: Format, *, crf: int | None, quality: int | None) -> int | None:
    given = {"crf": crf, "quality": quality}
    name, low, high = kind.quality or ("", 0, 0)
    for other, value in given.items():
        if value is not None and other != name:
            raise MediaError(
                f"{path.suffix} has no setting {other}"
                + (f"; use {name} ({low}-{high})" if name else "")
            )
    value = given.get(name)
    if value is not None and not low <= value <= high:
        raise MediaError(f"expected {name} of {low} to {high} for {path.suffix}, got {value}")
    return value


def _fitting(clip: Clip, path: Path, kind: Format, odd_size: str) -> Clip:
    if clip.has_alpha and not kind.alpha:
        raise MediaError(
            f"{path.suffix} holds no transparency; write .webm or .webp, or use clip.flattened()"
        )
    if clip.audio is not None and not kind.sound:
        raise MediaError(f"{path.suffix} holds no sound; write .mp4 or .webm, or use clip.muted()")
    if clip.audio is not None and abs(clip.audio.duration - clip.duration) > 1 / clip.fps:
        raise MediaError(
            f"expected sound within a frame of {clip.duration:.3f} s, got "
            f"{clip.audio.duration:.3f} s; "
            "use clip.with_audio(clip.audio) to cut it or add silence"
        )
    if not kind.even or (clip.width % 2 == 0 and clip.height % 2 == 0):
        return clip
    if odd_size == "error":
        raise MediaError(
            f"{path.suffix} needs an even width and height, got {clip.width}x{clip.height}; "
            "use an even size or odd_size='pad'"
        )
    return pad_to_even(clip)


def _verify(clip: Clip, written: Path, path: Path) -> None:
    """Read the file back; it must hold what the clip holds."""
    info = probe(written)
    count = sum(1 for _ in iterate_frames(written, fps=float(clip.frame_rate)))
    got = (info.video.width, info.video.height, count)
    if got != (clip.width, clip.height, clip.num_frames):
        raise MediaError(
            f"expected {clip.num_frames} frames of {clip.width}x{clip.height} in {path}, read back "
            f"{got[2]} of {got[0]}x{got[1]}; the file was discarded"
        )
    if path.suffix.lower() in {".mp4", ".webm"} and abs(info.video.fps / clip.fps - 1) > 0.005:
        raise MediaError(
            f"expected {clip.fps:g} frames a second in {path}, read back {info.video.fps:g}"
        )
    seconds = 0.0 if info.audio is None else info.audio.seconds
    if clip.audio is not None and abs(seconds - clip.duration) > 1 / clip.fps + 0.05:
        raise MediaError(
            f"expected {clip.duration:.3f} s of sound in {path}, read back {seconds:.3f} s"
        )


def _write_mp4(clip: Clip, path: Path, crf: int | None, text: str | None) -> None:
    encode_mp4(
        clip, path, crf=18 if crf is None else crf, tags=text and {"comment": text, TAG: text}
    )


def _write_webm(clip: Clip, path: Path, crf: int | None, text: str | None) -> None:
    encode_webm(clip, path, crf=24 if crf is None else crf, tags=text and {TAG: text})


def _write_webp(clip: Clip, path: Path, quality: int | None, text: str | None) -> None:
    path.write_bytes(
        webp.encode(clip, quality=85 if quality is None else quality, description=text)
    )


def _write_gif(clip: Clip, path: Path, _: int | None, text: str | None) -> None:
    path.write_bytes(gif.encode(clip, comment=text))


FORMATS: dict[str, Format] = {
    ".mp4": Format(encode=_write_mp4, quality=("crf", 0, 51), sound=True, alpha=False, even=True),
    ".webm": Format(encode=_write_webm, quality=("crf", 0, 63), sound=True, alpha=True, even=True),
    ".gif": Format(encode=_write_gif, quality=None, sound=False, alpha=True, even=False),
    ".webp": Format(
        encode=_write_webp, quality=("quality", 0, 100), sound=False, alpha=True, even=False
    ),
}
