"""Shots into one clip: silent clips and how they follow in; one clip, words and sound on it, out.

Only clips that are decoded already come near moviepy, and only the frames in which two shots
overlap: the rest is copied, so a long clip takes no longer than its fades.
"""

from collections.abc import Sequence

import numpy as np

from emogen.errors import MediaError
from emogen.media import Audio, Clip
from emogen.media.compose import Caption, add_captions, crossfade, mix_audio
from emogen.rendering.job import Shot


def starts_of(clips: Sequence[Clip], shots: Sequence[Shot]) -> list[float]:
    """Return when each shot begins in the joined clip, in seconds, on whole frames.

    A shot begins where its fade begins, so it overlaps the one before it.

    >>> clips = [Clip(frames=np.zeros((9, 16, 16, 3), np.uint8), fps=8)] * 2
    >>> starts_of(clips, [Shot(prompt="a"), Shot(prompt="b", crossfade_s=0.5)])
    [0.0, 0.625]
    """
    frame, starts = 0, [0.0]
    for before, shot in zip(clips[:-1], shots[1:], strict=True):
        frame += before.num_frames - round(shot.crossfade_s * before.fps)
        starts.append(frame / before.fps)
    return starts


def join(clips: Sequence[Clip], shots: Sequence[Shot]) -> Clip:
    """Return the shots one after the other, each fading in over the one before it.

    Args:
        clips: one a shot, of one size and rate.
        shots: how they follow; the first one's fade does not count.

    Raises:
        MediaError: a fade takes all of one of its shots.
    """
    fps = clips[0].fps
    starts = [round(start * fps) for start in starts_of(clips, shots)]
    total = starts[-1] + clips[-1].num_frames
    joined = np.empty((total, *clips[0].frames.shape[1:]), np.uint8)
    end = 0
    for clip, shot, start in zip(clips, shots, starts, strict=True):
        overlap = end - start
        if not 0 <= overlap < clip.num_frames or start < 0:
            raise MediaError(
                f"expected a crossfade_s shorter than both its shots, got {shot.crossfade_s:g}"
                f" before {shot.prompt[:40]!r}"
            )
        if overlap:
            joined[start:end] = _faded(joined[start:end], clip.frames[:overlap], fps)
        joined[end : start + clip.num_frames] = clip.frames[overlap:]
        end = start + clip.num_frames
    return Clip(frames=joined, fps=fps)


def subtitled(clip: Clip, shots: Sequence[Shot], starts: Sequence[float]) -> Clip:
    """Return the clip with each shot's words over it, changing in the middle of a fade."""
    turns = [
        start + shot.crossfade_s / 2 for start, shot in zip(starts, shots, strict=True)
    ]
    ends = [*turns[1:], clip.duration]
    captions = [
        Caption(text=shot.subtitle, start=begin, end=end)
        for shot, begin, end in zip(shots, turns, ends, strict=True)
        if shot.subtitle and shot.subtitle.strip()
    ]
    return add_captions(clip, captions) if captions else clip


def with_sound(clip: Clip, audio: Audio, warnings: list[str]) -> Clip:
    """Return the clip with one sound from its beginning, and say where lengths differ."""
    if audio.duration > clip.duration + 1 / clip.fps:
        warnings.append(
            f"the sound of {audio.duration:.2f} s was cut to the clip's {clip.duration:.2f} s"
        )
    elif audio.duration < clip.duration - 1 / clip.fps:
        warnings.append(
            f"the sound ends at {audio.duration:.2f} s, the clip at {clip.duration:.2f} s;"
            " the rest is silent"
        )
    return mix_audio(clip, audio)


def _faded(first: np.ndarray, second: np.ndarray, fps: float) -> np.ndarray:
    """Return one sequence of frames [T, H, W, 3] turning into another of the same length."""
    overlap = len(first)
    before = Clip(frames=np.concatenate([first, first]), fps=fps)  # half of each is cut off below
    after = Clip(frames=np.concatenate([second, second]), fps=fps)
    return crossfade([before, after], seconds=overlap / fps).frames[overlap : 2 * overlap]
