"""Stickers: a clip in, a file that a messenger accepts out, as fine as its limits allow.

Limits are those of https://core.telegram.org/stickers (video stickers) and of WhatsApp's
https://github.com/WhatsApp/stickers (animated stickers).
"""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from emogen.errors import MediaError, suggest
from emogen.media import webp
from emogen.media.atomic import atomic_path
from emogen.media.clip import Clip
from emogen.media.encode import encode_webm
from emogen.media.probe import VideoStream, probe

SIDE = 512
LOWEST_RATE = 6.0
Target = Literal["telegram", "whatsapp"]


@dataclass(frozen=True, kw_only=True)
class StickerRules:
    """What a messenger demands of an animated sticker, and how to encode one.

    Attributes:
        extension: of the file.
        codec: ffmpeg's name of the codec.
        max_bytes: largest file.
        max_seconds: longest animation.
        max_fps: highest frame rate.
        square: whether both sides must be 512, or only the longer one.
        encode: function of (clip, level) to bytes.
        levels: quality levels from fine to coarse.
        poor: place in ``levels`` from which on a lower frame rate is tried first.
    """

    extension: str
    codec: str
    max_bytes: int
    max_seconds: float
    max_fps: float
    square: bool
    encode: Callable[[Clip, int], bytes]
    levels: range
    poor: int


@dataclass(frozen=True, kw_only=True)
class Sticker:
    """A written sticker and what the search settled on; ``level`` is the crf or WebP quality."""

    path: Path
    target: Target
    size_bytes: int
    width: int
    height: int
    fps: float
    level: int


def export_sticker(clip: Clip, path: str | Path, *, target: Target = "telegram") -> Sticker:
    """Write a clip as a sticker: no sound, scaled to 512 pixels, as fine as the limit allows.

    Quality is bisected at the clip's frame rate first; where only a poor one fits, every second
    frame is shown, then every third, down to 6 a second. The file is read back and checked.

    Args:
        clip: at most 3 s for Telegram, 10 s for WhatsApp; alpha is kept.
        path: ends in ``.webm`` for Telegram, ``.webp`` for WhatsApp.
        target: the messenger.

    Raises:
        MediaError: the clip is too long, or does not fit however coarse it is made.
        ResourceError: the disk is full or the folder cannot be written.
    """
    rules, path = _rules(target), Path(path)
    if path.suffix.lower() != rules.extension:
        raise MediaError(f"expected a {target} sticker named *{rules.extension}, got {path.name!r}")
    if clip.duration > rules.max_seconds + 1e-6:
        raise MediaError(
            f"expected a {target} sticker of at most {rules.max_seconds:g} s, got "
            f"{clip.duration:.2f} s; "
            f"use clip.between(0, {rules.max_seconds:g})"
        )
    if clip.num_frames < 2:
        raise MediaError(
            f"expected an animation for a {target} sticker, got one frame; give at least two"
        )
    fitted = _fit_canvas(clip.muted(), square=rules.square)
    shown, level, data = _search(fitted, rules, target)
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)
        problems = check_sticker(temporary, target)
        if problems:
            raise MediaError(
                f"the {target} sticker came out wrong and was discarded: {'; '.join(problems)}"
            )
    return Sticker(
        path=path,
        target=target,
        size_bytes=len(data),
        width=shown.width,
        height=shown.height,
        fps=shown.fps,
        level=level,
    )


def check_sticker(path: str | Path, target: Target) -> list[str]:
    """Return what a messenger would object to in a file, one line each; none means it fits."""
    rules = _rules(target)
    try:
        info = probe(path)
    except MediaError as error:
        return [str(error)]
    if info.video is None:
        return ["expected a picture, got sound only"]
    problems = _objections(info.video, rules)
    size = Path(path).stat().st_size
    if size > rules.max_bytes:
        problems.append(f"expected at most {rules.max_bytes} bytes, got {size}")
    if info.audio is not None:
        problems.append("expected no sound, got some")
    return problems


def _objections(video: VideoStream, rules: StickerRules) -> list[str]:
    width, height = video.width, video.height
    fits = width == height == SIDE if rules.square else max(width, height) == SIDE
    wanted = f"{SIDE}x{SIDE}" if rules.square else f"one side of {SIDE} and none longer"
    tests = [
        (video.codec == rules.codec, f"expected codec {rules.codec}, got {video.codec}"),
        (fits, f"expected {wanted}, got {width}x{height}"),
        (video.num_frames > 1, "expected an animation, got a still"),
        (
            video.seconds <= rules.max_seconds + 1e-3,
            f"expected at most {rules.max_seconds:g} s, got {video.seconds:.2f} s",
        ),
        (
            video.fps <= rules.max_fps * 1.001,
            f"expected at most {rules.max_fps:g} frames a second, got {video.fps:g}",
        ),
    ]
    return [problem for passed, problem in tests if not passed]


def _rules(target: str) -> StickerRules:
    if target not in STICKERS:
        raise MediaError(
            f"expected a sticker for {', '.join(STICKERS)}, got "
            f"{target!r}{suggest(target, (*STICKERS,))}"
        )
    return STICKERS[target]


def _fit_canvas(clip: Clip, *, square: bool) -> Clip:
    """Scale the longer side to 512; the other is rounded to even, or padded with clear pixels."""
    scale = SIDE / max(clip.width, clip.height)
    width, height = (max(2, 2 * round(side * scale / 2)) for side in (clip.width, clip.height))
    frames = np.stack([_resized(frame, width, height) for frame in clip.frames])
    if square and width != height:
        across, down = SIDE - width, SIDE - height
        if frames.shape[3] == 3:
            frames = np.pad(frames, ((0, 0), (0, 0), (0, 0), (0, 1)), constant_values=255)
        margins = (
            (0, 0),
            (down // 2, down - down // 2),
            (across // 2, across - across // 2),
            (0, 0),
        )
        frames = np.pad(frames, margins)
    return replace(clip, frames=frames)


def _resized(frame: np.ndarray, width: int, height: int) -> np.ndarray:
    # Pillow premultiplies RGBA itself when it resamples, so hidden colours do not bleed into edges
    return np.array(Image.fromarray(frame).resize((width, height), Image.Resampling.LANCZOS))


def _rates(clip: Clip, max_fps: float) -> Iterator[Clip]:
    """Yield the clip with every frame, every second, every third ... that the limits allow."""
    for step in range(1, 9):
        fps = clip.fps / step
        if step > 1 and fps < LOWEST_RATE:
            return
        if fps <= max_fps and clip.num_frames > step:
            yield replace(clip, frames=clip.frames[::step], fps=fps)


def _search(clip: Clip, rules: StickerRules, target: str) -> tuple[Clip, int, bytes]:
    """Return the rate, the level and the bytes of the best sticker that fits."""
    spare = None
    for shown in _rates(clip, rules.max_fps):
        place, data = _finest(shown, rules)
        if data is not None and place < rules.poor:
            return shown, rules.levels[place], data
        if data is not None and (spare is None or shown.fps >= spare[0].fps):
            spare = shown, rules.levels[place], data
    if spare is None:
        raise MediaError(
            f"expected a {target} sticker of at most {rules.max_bytes} bytes, got more even "
            "at the coarsest; "
            "use a shorter or calmer clip"
        )
    return spare


def _finest(clip: Clip, rules: StickerRules) -> tuple[int, bytes | None]:
    """Bisect for the finest level that fits: its place in ``levels`` and the bytes, or None."""
    low, high, best = 0, len(rules.levels), None
    while low < high:
        middle = (low + high) // 2
        data = rules.encode(clip, rules.levels[middle])
        if len(data) <= rules.max_bytes:
            high, best = middle, data
        else:
            low = middle + 1
    return high, best


def _webm(clip: Clip, crf: int) -> bytes:
    buffer = io.BytesIO()
    encode_webm(clip, buffer, crf=crf)
    return buffer.getvalue()


def _webp(clip: Clip, quality: int) -> bytes:
    return webp.encode(clip, quality=quality)


STICKERS: dict[str, StickerRules] = {
    "telegram": StickerRules(
        extension=".webm",
        codec="vp9",
        max_bytes=256 * 1024,
        max_seconds=3.0,
        max_fps=30.0,
        square=False,
        encode=_webm,
        levels=range(12, 64, 3),
        poor=13,
    ),
    "whatsapp": StickerRules(
        extension=".webp",
        codec="webp",
        max_bytes=500 * 1024,
        max_seconds=10.0,
        max_fps=125.0,
        square=True,
        encode=_webp,
        levels=range(95, 4, -6),
        poor=11,
    ),
}
