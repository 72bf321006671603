"""A clip in memory: frames, a rate and perhaps sound in, checked values that stay together out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from emogen.errors import MediaError

MAX_FPS = 240.0
MAX_SAMPLE_RATE = 384_000


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Audio:
    """Sound as float samples.

    Attributes:
        samples: float32 [C, samples], C = 1 (mono) or 2 (stereo), nominally in [-1, 1], finite.
        sample_rate: samples a second.
    """

    samples: np.ndarray
    sample_rate: int

    def __post_init__(self) -> None:
        """Refuse values that are no sound."""
        samples = self.samples
        if not isinstance(samples, np.ndarray) or samples.dtype != np.float32 or samples.ndim != 2:
            raise MediaError(
                f"expected audio samples float32 [channels, samples], got {_kind(samples)}"
            )
        if samples.shape[0] not in (1, 2) or samples.shape[1] == 0:
            raise MediaError(
                f"expected 1 or 2 channels of at least one sample, got shape {samples.shape}; "
                "the order is [channels, samples]"
            )
        if (
            not 1 <= self.sample_rate <= MAX_SAMPLE_RATE
            or int(self.sample_rate) != self.sample_rate
        ):
            raise MediaError(
                f"expected a whole sample rate of 1 to {MAX_SAMPLE_RATE}, got {self.sample_rate}"
            )
        if not np.isfinite(samples).all():
            raise MediaError(
                "expected finite audio samples, got NaN or infinity; check what produced the sound"
            )

    @property
    def channels(self) -> int:
        """Number of channels, 1 or 2."""
        return self.samples.shape[0]

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.samples.shape[1] / self.sample_rate

    def fitted(self, seconds: float) -> "Audio":
        """Return the sound cut, or continued with silence, to a length (seconds)."""
        wanted = max(1, round(seconds * self.sample_rate))
        missing = max(0, wanted - self.samples.shape[1])
        samples = np.pad(self.samples[:, :wanted], ((0, 0), (0, missing)))
        return replace(self, samples=samples)

    def __repr__(self) -> str:
        """Say what it is."""
        kind = "mono" if self.channels == 1 else "stereo"
        return f"Audio({self.duration:.2f} s, {kind}, {self.sample_rate} Hz)"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Clip:
    """A piece of video in memory.

    >>> Clip(frames=np.zeros((33, 128, 128, 3), np.uint8), fps=16)
    Clip(33 frames, 128x128 RGB, 16 fps, 2.06 s, silent)

    Attributes:
        frames: uint8 [T, H, W, 3] (RGB) or [T, H, W, 4] (RGB and straight alpha).
        fps: frames a second, above 0 and at most 240.
        audio: the sound, or None. It may be longer or shorter than the frames; files that hold
            both must agree within a frame, which :meth:`with_audio` brings about.
    """

    frames: np.ndarray
    fps: float
    audio: Audio | None = None

    def __post_init__(self) -> None:
        """Refuse values that are no clip."""
        frames = self.frames
        if not isinstance(frames, np.ndarray) or frames.dtype != np.uint8 or frames.ndim != 4:
            raise MediaError(f"expected frames uint8 [T, H, W, 3 or 4], got {_kind(frames)}")
        if frames.shape[3] not in (3, 4) or 0 in frames.shape:
            raise MediaError(
                "expected at least one frame of 3 (RGB) or 4 (RGBA) channels, got shape "
                f"{frames.shape}; "
                "the order is [T, H, W, channels]"
            )
        if not (math.isfinite(self.fps) and 0 < self.fps <= MAX_FPS):
            raise MediaError(
                f"expected a frame rate above 0 and at most {MAX_FPS:g}, got {self.fps}"
            )
        if self.audio is not None and not isinstance(self.audio, Audio):
            raise MediaError(
                f"expected audio to be an Audio or None, got {type(self.audio).__name__}"
            )

    @property
    def num_frames(self) -> int:
        """Number of frames T."""
        return self.frames.shape[0]

    @property
    def height(self) -> int:
        """Height in pixels."""
        return self.frames.shape[1]

    @property
    def width(self) -> int:
        """Width in pixels."""
        return self.frames.shape[2]

    @property
    def has_alpha(self) -> bool:
        """Whether the frames carry an alpha channel."""
        return self.frames.shape[3] == 4

    @property
    def duration(self) -> float:
        """Length of the picture in seconds: every frame is shown for 1 / fps."""
        return self.num_frames / self.fps

    @property
    def frame_rate(self) -> Fraction:
        """The frame rate as a fraction that files can hold, 30000/1001 for 29.97003."""
        return Fraction(self.fps).limit_denominator(1001)

    def muted(self) -> "Clip":
        """Return the clip without sound."""
        return replace(self, audio=None)

    def with_audio(self, audio: Audio) -> "Clip":
        """Return the clip with this sound, cut or continued with silence to the clip's length."""
        return replace(self, audio=audio.fitted(self.duration))

    def flattened(self, background: Sequence[int] = (255, 255, 255)) -> "Clip":
        """Return the clip laid over a plain RGB colour, without alpha."""
        return replace(self, frames=flatten(self.frames, background)) if self.has_alpha else self

    def between(self, start: float, end: float) -> "Clip":
        """Return the part from ``start`` to ``end`` (seconds), sound included, on whole frames."""
        first, last = round(start * self.fps), round(min(end, self.duration) * self.fps)
        if not 0 <= first < last:
            raise MediaError(
                f"expected 0 <= start < end within {self.duration:.2f} s, got {start:g} to {end:g}"
            )
        part = Clip(frames=self.frames[first:last], fps=self.fps)
        if self.audio is None:
            return part
        offset = round(first / self.fps * self.audio.sample_rate)
        samples = self.audio.samples[:, offset:]
        if samples.shape[1] == 0:
            samples = np.zeros((self.audio.channels, 1), np.float32)
        return part.with_audio(Audio(samples=samples, sample_rate=self.audio.sample_rate))

    def __repr__(self) -> str:
        """Say what it is."""
        pixels = "RGBA" if self.has_alpha else "RGB"
        sound = "silent" if self.audio is None else repr(self.audio)
        return (
            f"Clip({self.num_frames} frames, {self.width}x{self.height} {pixels}, "
            f"{self.fps:.6g} fps, "
            f"{self.duration:.2f} s, {sound})"
        )


def flatten(pixels: np.ndarray, background: Sequence[int] = (255, 255, 255)) -> np.ndarray:
    """Lay RGBA pixels, uint8 [..., 4], over a plain colour; returns uint8 [..., 3].

    >>> flatten(np.array([[0, 0, 0, 255], [0, 0, 0, 0]], np.uint8)).tolist()
    [[0, 0, 0], [255, 255, 255]]
    """
    alpha = pixels[..., 3:].astype(np.uint16)
    under = np.asarray(background, np.uint16)
    return ((pixels[..., :3] * alpha + under * (255 - alpha) + 127) // 255).astype(np.uint8)


def _kind(value: object) -> str:
    if isinstance(value, np.ndarray):
        return f"{value.dtype} {list(value.shape)}"
    return type(value).__name__
