"""Compositing with moviepy: clips, words and sounds in, one clip out.

Import this module by its own name; the rest of ``emogen.media`` does without moviepy. Only clips
that are already decoded come in, never a path: moviepy holds Pillow at a version with known decoder
bugs and must not open untrusted files.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import moviepy
import numpy as np
from moviepy.audio.AudioClip import AudioArrayClip
from PIL import Image, ImageDraw

from emogen.errors import MediaError
from emogen.media.clip import Audio, Clip
from emogen.media.text import Colour, draw_lines, line_height, load_font, wrap_text


@dataclass(frozen=True, kw_only=True)
class Caption:
    """Words shown from ``start`` to ``end``, in seconds."""

    text: str
    start: float
    end: float

    def __post_init__(self) -> None:
        """Refuse captions that could not be shown."""
        if not self.text.strip() or not 0 <= self.start < self.end:
            raise MediaError(
                f"expected a caption with words and 0 <= start < end, got {self.text!r} "
                f"from {self.start:g} to {self.end:g} s"
            )


def title_card(
    title: str,
    *,
    size: tuple[int, int],
    fps: float,
    seconds: float = 2.0,
    subtitle: str = "",
    background: Colour = (24, 25, 28),
    font: Path | None = None,
) -> Clip:
    """Return a silent card with centred words that fade in and out over a quarter second.

    Args:
        title: large words, wrapped.
        size: (width, height) in pixels.
        fps: frames a second.
        seconds: how long it is shown.
        subtitle: smaller words below.
        background: the colour of the card; the words are light on dark and dark on light.
        font: a font file, for letters beyond Latin.

    Raises:
        MediaError: the size or length is not positive.
    """
    width, height = size
    if min(size) < 16 or seconds * fps < 1:
        raise MediaError(
            f"expected a card of 16 pixels and one frame at least, got {width}x{height}, "
            f"{seconds:g} s"
        )
    ink = (240, 240, 236) if sum(background) < 384 else (30, 30, 34)
    words = _centred_words(title, subtitle, size, ink, font)
    count, fade = round(seconds * fps), min(0.25, seconds / 4)
    card = moviepy.ColorClip(size, color=background, duration=count / fps)
    faded = moviepy.ImageClip(words, duration=count / fps).with_effects(
        [moviepy.vfx.CrossFadeIn(fade), moviepy.vfx.CrossFadeOut(fade)]
    )
    return Clip(
        frames=_render(moviepy.CompositeVideoClip([card, faded], size=size), count, fps), fps=fps
    )


def add_captions(clip: Clip, captions: Sequence[Caption], *, font: Path | None = None) -> Clip:
    """Return the opaque clip with subtitles near its lower edge; the sound stays as it is.

    Raises:
        MediaError: a caption begins after the end, or the clip has alpha.
    """
    _check_opaque(clip)
    late = next((caption for caption in captions if caption.start >= clip.duration), None)
    if late is not None:
        raise MediaError(
            f"expected captions within {clip.duration:.2f} s, got one at {late.start:g} s: "
            f"{late.text!r}"
        )
    size = (clip.width, clip.height)
    layers = [_moving(clip)]
    for caption in captions:
        shown = moviepy.ImageClip(
            _subtitle(caption.text, size, font), duration=caption.end - caption.start
        )
        layers.append(shown.with_start(caption.start))
    frames = _render(moviepy.CompositeVideoClip(layers, size=size), clip.num_frames, clip.fps)
    return replace(clip, frames=frames)


def crossfade(clips: Sequence[Clip], *, seconds: float = 0.5) -> Clip:
    """Return the clips one after the other, each fading into the next, picture and sound.

    Args:
        clips: opaque, of one size and frame rate.
        seconds: how long two clips overlap, rounded to whole frames; 0 is a hard cut.

    Raises:
        MediaError: sizes or rates differ, or a clip is too short for its fades.
    """
    overlap = _check_fade(clips, seconds)
    fps, starts = clips[0].fps, [0]
    for clip in clips[:-1]:
        starts.append(starts[-1] + clip.num_frames - overlap)
    layers = []
    for index, (clip, start) in enumerate(zip(clips, starts, strict=True)):
        effects = [moviepy.vfx.CrossFadeIn(overlap / fps)] if index and overlap else []
        layers.append(_moving(clip).with_effects(effects).with_start(start / fps))
    total = starts[-1] + clips[-1].num_frames
    size = (clips[0].width, clips[0].height)
    joined = Clip(
        frames=_render(moviepy.CompositeVideoClip(layers, size=size), total, fps), fps=fps
    )
    return _joined_sound(joined, clips, [start / fps for start in starts], overlap / fps)


def mix_audio(
    clip: Clip,
    audio: Audio,
    *,
    start: float = 0.0,
    volume: float = 1.0,
    clip_volume: float = 1.0,
    fade_seconds: float = 0.0,
) -> Clip:
    """Return the clip with a sound laid over its own, cut to the clip's length.

    Args:
        clip: with or without sound of its own.
        audio: what to add, brought to the clip's sample rate.
        start: when it begins, in seconds.
        volume: factor on the added sound.
        clip_volume: factor on the clip's own sound.
        fade_seconds: fade of the added sound at both its ends.

    Raises:
        MediaError: negative values, or a start after the end. Louder than full scale is scaled
            down as a whole, never clipped.
    """
    if min(start, volume, clip_volume, fade_seconds) < 0 or start >= clip.duration:
        raise MediaError(
            f"expected values of 0 or more and a start before {clip.duration:.2f} s, got "
            f"start {start:g}, "
            f"volumes {volume:g} and {clip_volume:g}, fade {fade_seconds:g}"
        )
    rate = audio.sample_rate if clip.audio is None else clip.audio.sample_rate
    added = audio.fitted(min(audio.duration, clip.duration - start))
    fades = (
        [moviepy.afx.AudioFadeIn(fade_seconds), moviepy.afx.AudioFadeOut(fade_seconds)]
        if fade_seconds
        else []
    )
    tracks = [_sounding(added, volume).with_effects(fades).with_start(start)]
    if clip.audio is not None:
        tracks.append(_sounding(clip.audio.fitted(clip.duration), clip_volume))
    channels = max(audio.channels, clip.audio.channels if clip.audio is not None else 1)
    return clip.with_audio(_mixed(tracks, clip.duration, rate, channels))


def _joined_sound(
    joined: Clip, clips: Sequence[Clip], starts: Sequence[float], overlap: float
) -> Clip:
    sounds = [clip.audio for clip in clips if clip.audio is not None]
    if not sounds:
        return joined
    tracks = []
    for index, (clip, start) in enumerate(zip(clips, starts, strict=True)):
        if clip.audio is None:
            continue
        effects = [moviepy.afx.AudioFadeIn(overlap)] if index and overlap else []
        effects += [moviepy.afx.AudioFadeOut(overlap)] if index + 1 < len(clips) and overlap else []
        track = _sounding(clip.audio.fitted(clip.duration), 1.0)
        tracks.append(track.with_effects(effects).with_start(start))
    rate, channels = (
        max(sound.sample_rate for sound in sounds),
        max(sound.channels for sound in sounds),
    )
    return joined.with_audio(_mixed(tracks, joined.duration, rate, channels))


def _moving(clip: Clip) -> moviepy.VideoClip:
    """Wrap frames so that moviepy can ask for them by time."""

    def frame_at(seconds: float) -> np.ndarray:
        return clip.frames[min(clip.num_frames - 1, max(0, int(seconds * clip.fps + 1e-6)))]

    return moviepy.VideoClip(frame_at, duration=clip.duration)


def _render(video: moviepy.VideoClip, count: int, fps: float) -> np.ndarray:
    """Return the frames seen in the middle of each slot, uint8 [T, H, W, 3]."""
    return np.stack(
        [np.asarray(video.get_frame((index + 0.5) / fps), dtype=np.uint8) for index in range(count)]
    )


def _sounding(audio: Audio, volume: float) -> moviepy.AudioClip:
    stereo = np.broadcast_to(audio.samples, (2, audio.samples.shape[1])).T.astype(np.float64)
    return AudioArrayClip(np.ascontiguousarray(stereo) * volume, fps=audio.sample_rate)


def _mixed(tracks: Sequence[moviepy.AudioClip], seconds: float, rate: int, channels: int) -> Audio:
    times = np.arange(round(seconds * rate)) / rate
    samples = np.asarray(
        moviepy.CompositeAudioClip(list(tracks)).get_frame(times), dtype=np.float64
    ).T
    if channels == 1:
        samples = samples.mean(axis=0, keepdims=True)
    peak = np.abs(samples).max()
    return Audio(
        samples=np.ascontiguousarray(samples / max(peak, 1.0), dtype=np.float32), sample_rate=rate
    )


def _check_opaque(clip: Clip) -> None:
    if clip.has_alpha:
        raise MediaError("expected a clip without alpha to compose; use clip.flattened() first")


def _check_fade(clips: Sequence[Clip], seconds: float) -> int:
    """Return the overlap in frames."""
    if not clips or seconds < 0:
        raise MediaError(
            f"expected at least one clip and a fade of 0 s or more, got {len(clips)} and "
            f"{seconds:g} s"
        )
    for clip in clips:
        _check_opaque(clip)
    for first, second in pairwise(clips):
        if (first.width, first.height, first.fps) != (second.width, second.height, second.fps):
            raise MediaError(
                f"expected clips of one size and rate, got {first} and {second}; bring them "
                "to one first"
            )
    overlap, shortest = round(seconds * clips[0].fps), min(clip.num_frames for clip in clips)
    if len(clips) > 1 and 2 * overlap > shortest:
        raise MediaError(
            "expected fades of at most half the shortest clip, "
            f"{shortest / clips[0].fps / 2:.2f} s, "
            f"got {seconds:g} s"
        )
    return overlap


def _centred_words(
    title: str, subtitle: str, size: tuple[int, int], ink: Colour, font: Path | None
) -> np.ndarray:
    width, height = size
    layer = Image.new("RGBA", size, (*ink, 0))
    draw = ImageDraw.Draw(layer)
    large, small = load_font(max(8, height // 9), font), load_font(max(7, height // 15), font)
    first = wrap_text(title, large, width * 0.86)
    second = wrap_text(subtitle, small, width * 0.86) if subtitle else []
    tall = len(first) * line_height(large) + len(second) * line_height(small)
    y = draw_lines(draw, first, large, at=(width / 2, (height - tall) / 2), fill=ink, align="m")
    draw_lines(draw, second, small, at=(width / 2, y), fill=ink, align="m")
    return np.array(layer)


def _subtitle(text: str, size: tuple[int, int], font: Path | None) -> np.ndarray:
    width, height = size
    layer = Image.new("RGBA", size, (0, 0, 0, 0))
    letters = load_font(max(8, height // 14), font)
    lines = wrap_text(text, letters, width * 0.9)
    top = height * 0.95 - len(lines) * line_height(letters)
    draw_lines(
        ImageDraw.Draw(layer),
        lines,
        letters,
        at=(width / 2, top),
        align="m",
        fill=(255, 255, 255),
        outline=(0, 0, 0),
    )
    return np.array(layer)
