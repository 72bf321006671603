"""Writing a video while it is made: frames and sound as they come in, a whole, checked file out.

An hour takes the memory of a second: a frame is encoded when it comes, sound is taken from its
iterator up to the end of that frame. What `write_video` promises holds here, too: a temporary name
in the same folder, read back, flushed, renamed.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from emogen.errors import MediaError, suggest
from emogen.media.atomic import atomic_path
from emogen.media.clip import MAX_FPS
from emogen.media.encode import (
    AAC_RATES,
    OPUS_RATES,
    Coding,
    add_sound,
    add_video,
    audio_frame,
    codec_rate,
    repeatable,
    yuv_frame,
)
from emogen.media.metadata import TAG, pack
from emogen.media.probe import probe
from emogen.media.video import count_frames

_BEHIND = 4
"""Frames that wait while another is encoded."""


@dataclass(frozen=True, kw_only=True)
class Sound:
    """Sound that is still to come.

    Attributes:
        blocks: float32 [C, S] of any lengths.
        sample_rate: samples a second.
        channels: C, 1 or 2.
    """

    blocks: Iterable[np.ndarray]
    sample_rate: int
    channels: int


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """What was written: so many frames, so many seconds of sound."""

    num_frames: int
    sound_seconds: float


@dataclass(frozen=True)
class _Kind:
    """A kind of file: its container, how pictures and sound are coded, how tags are written."""

    options: dict[str, str]
    pictures: Callable[[], Coding]
    sound: tuple[str, tuple[int, ...]]
    tags: Callable[[str], dict[str, str]]


def record_video(
    frames: Iterable[np.ndarray],
    path: str | Path,
    *,
    fps: float,
    sound: Sound | None = None,
    parameters: dict[str, Any] | None = None,
    finish: Callable[[Path], None] | None = None,
) -> Recorded:
    """Write frames as ``.mp4`` or ``.webm`` as fast as they come.

    Sound that ends before the picture is followed by silence to the end of the last frame; sound
    that goes on is written to its end.

    Args:
        frames: uint8 [H, W, 3], all of one even size.
        path: the extension chooses the kind of file.
        fps: frames a second.
        sound: what is heard; its first sample belongs to the beginning of the first frame.
        parameters: how the video was made; kept inside the file, see ``read_parameters``.
        finish: as for ``write_video``.

    Raises:
        MediaError: the kind cannot be written while it is made, or a frame is of another size.
        ResourceError: the disk is full or the folder cannot be written.
    """
    path = Path(path)
    kind = _kind_of(path)
    if not 0 < fps <= MAX_FPS:
        raise MediaError(f"expected a frame rate above 0 and at most {MAX_FPS:g}, got {fps}")
    rate = Fraction(fps).limit_denominator(1001)
    tags = {} if parameters is None else kind.tags(pack(parameters))
    with atomic_path(path) as temporary:
        container_name = path.suffix.lower()[1:]
        with _coding_errors(path), av.open(
            str(temporary), "w", format=container_name, options=kind.options
        ) as container:
            container.metadata.update(tags)
            recorded = _Recorder(container, kind, rate, sound).take(frames)
        if finish is not None:
            finish(temporary)
        _verify(recorded, temporary, path, rate)
    return recorded


class _Recorder:
    """Encodes one file frame by frame."""

    def __init__(
        self, container: av.container.OutputContainer, kind: _Kind, rate: Fraction,
        sound: Sound | None,
    ) -> None:  # fmt: skip
        self._container, self._kind, self._rate = container, kind, rate
        self._video: av.video.stream.VideoStream | None = None
        self._size = (0, 0)
        self._sound = None if sound is None else _SoundTrack(container, kind, sound)

    def take(self, frames: Iterable[np.ndarray]) -> Recorded:
        """Encode all frames with their sound, a few behind the one that is being made."""
        count = 0
        with ThreadPoolExecutor(1) as pool:
            waiting: deque[Future[None]] = deque()
            try:
                for pixels in frames:
                    waiting.append(pool.submit(self._encode, pixels, count))
                    count += 1
                    if len(waiting) > _BEHIND:
                        waiting.popleft().result()
                while waiting:
                    waiting.popleft().result()
            finally:
                for future in waiting:
                    future.cancel()
        if self._video is None:
            raise MediaError("expected at least one frame to write, got none")
        self._container.mux(self._video.encode(None))
        seconds = 0.0 if self._sound is None else self._sound.end(count / self._rate)
        return Recorded(num_frames=count, sound_seconds=seconds)

    def _encode(self, pixels: np.ndarray, index: int) -> None:
        if self._video is None:
            self._size = _checked_size(pixels)
            self._video = add_video(
                self._container, self._kind.pictures(), rate=self._rate, size=self._size
            )
        elif pixels.shape[1::-1] != self._size:
            size, got = ("x".join(map(str, one)) for one in (self._size, pixels.shape[1::-1]))
            raise MediaError(f"expected frames of {size}, got one of {got}")
        picture = yuv_frame(pixels, self._video.pix_fmt, index=index, rate=self._rate)
        self._container.mux(self._video.encode(picture))
        if self._sound is not None:
            self._sound.reach((index + 1) / self._rate)


class _SoundTrack:
    """Brings sound to the codec's rate and encodes it up to a moment."""

    def __init__(
        self, container: av.container.OutputContainer, kind: _Kind, sound: Sound
    ) -> None:
        codec, rates = kind.sound
        self._container, self._channels = container, sound.channels
        self._stream = add_sound(
            container, codec, rate=codec_rate(rates, sound.sample_rate), channels=sound.channels
        )
        self._blocks = _resampled(sound, self._stream.rate)
        self._held = np.zeros((sound.channels, 0), np.float32)
        self._written, self._over = 0, False

    def reach(self, seconds: Fraction) -> None:
        """Encode what is heard up to a moment."""
        wanted = round(seconds * self._stream.rate) - self._written
        while self._held.shape[1] < wanted and not self._over:
            block = next(self._blocks, None)
            self._over = block is None
            if block is not None:
                self._held = np.concatenate([self._held, block], axis=1)
        self._write(self._held[:, :wanted])

    def end(self, seconds: Fraction) -> float:
        """Encode the rest, at least up to a moment; return how long the sound is."""
        self.reach(seconds)
        missing = round(seconds * self._stream.rate) - self._written
        if missing > 0:
            self._held = np.zeros((self._channels, missing), np.float32)
        self._write(self._held)
        for block in self._blocks:
            self._held = block
            self._write(block)
        self._container.mux(self._stream.encode(None))
        return self._written / self._stream.rate

    def _write(self, samples: np.ndarray) -> None:
        count = samples.shape[1]
        if count:
            frame = audio_frame(samples, self._stream.rate, self._written)
            self._container.mux(self._stream.encode(frame))
            self._written += count
            self._held = self._held[:, count:]


def _resampled(sound: Sound, rate: int) -> Iterator[np.ndarray]:
    """Yield the blocks at another rate."""
    if rate == sound.sample_rate:
        yield from sound.blocks
        return
    layout = "mono" if sound.channels == 1 else "stereo"
    resampler = av.AudioResampler(format="fltp", layout=layout, rate=rate)
    begin = 0
    for block in sound.blocks:
        if block.shape[1]:
            frame = audio_frame(block, sound.sample_rate, begin)
            begin += block.shape[1]
            yield from (part.to_ndarray() for part in resampler.resample(frame))
    yield from (part.to_ndarray() for part in resampler.resample(None))


@contextmanager
def _coding_errors(path: Path) -> Iterator[None]:
    """Turn what an encoder raises inside the block into one clear line."""
    try:
        yield
    except av.FFmpegError as error:
        if isinstance(error, OSError):
            raise
        raise MediaError(
            f"cannot encode {path.name} ({error.strerror}); try another size"
        ) from error


def _checked_size(pixels: np.ndarray) -> tuple[int, int]:
    is_frame = isinstance(pixels, np.ndarray) and pixels.dtype == np.uint8 and pixels.ndim == 3
    if not is_frame or pixels.shape[2] != 3:
        raise MediaError("expected frames uint8 [height, width, 3], got something else")
    height, width = pixels.shape[:2]
    if width % 2 or height % 2 or not width * height:
        raise MediaError(f"expected an even width and height, got {width}x{height}")
    return width, height


def _kind_of(path: Path) -> _Kind:
    extension = path.suffix.lower()
    if extension not in KINDS:
        raise MediaError(
            f"expected a file name ending in {' or '.join(KINDS)}, got {path.name!r}"
            f"{suggest(extension, tuple(KINDS))}"
        )
    return KINDS[extension]


def _verify(recorded: Recorded, written: Path, path: Path, rate: Fraction) -> None:
    """Read the file back; it must hold every frame and all of the sound."""
    count = count_frames(written)
    if count != recorded.num_frames:
        raise MediaError(
            f"expected {recorded.num_frames} frames in {path}, read back {count}; the file was"
            " discarded"
        )
    audio = probe(written).audio
    seconds = 0.0 if audio is None else audio.seconds
    if abs(seconds - recorded.sound_seconds) > 1 / rate + 0.05:
        raise MediaError(
            f"expected {recorded.sound_seconds:.3f} s of sound in {path}, read back"
            f" {seconds:.3f} s; the file was discarded"
        )


KINDS: dict[str, _Kind] = {
    ".mp4": _Kind(
        {"movflags": "+faststart+use_metadata_tags"},
        lambda: Coding(
            "libx264", "yuv420p", {"crf": "18", "preset": "veryfast", **repeatable()}
        ),
        ("aac", AAC_RATES),
        lambda text: {"comment": text, TAG: text},
    ),
    ".webm": _Kind(
        {"fflags": "+bitexact"},
        lambda: Coding(
            "libvpx-vp9", "yuv420p", {"crf": "24", "b": "0", "deadline": "good", "cpu-used": "6"}
        ),
        ("libopus", OPUS_RATES),
        lambda text: {TAG: text},
    ),
}
