"""One Lottie file as pictures: JSON text in, straight-alpha RGBA frames at any size out."""

from collections.abc import Sequence
from types import TracebackType

import numpy as np

from emogen.errors import CorpusError, ResourceError

try:
    from rlottie_python import LottieAnimation
except ImportError:
    LottieAnimation = None


class Lottie:
    """An opened animation; use it as a context manager so that the native memory is freed.

    Args:
        text: the Lottie JSON.
        name: what to call it in messages.
    """

    def __init__(self, text: str, *, name: str) -> None:
        if LottieAnimation is None:
            raise ResourceError(
                "rendering Lottie animations needs the package rlottie-python, which is not "
                "installed; run: pip install 'emogen[data]'"
            )
        self._animation = LottieAnimation.from_data(text)
        if not self._animation.animation_p:
            raise CorpusError(
                f"expected a Lottie animation, got a broken file {name!r}; download it again"
            )
        self.fps = float(self._animation.lottie_animation_get_framerate())
        # rlottie counts the end of the last frame as a frame of its own, and draws it empty.
        self.num_frames = max(int(self._animation.lottie_animation_get_totalframe()) - 1, 1)

    def __enter__(self) -> "Lottie":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._animation.lottie_animation_destroy()

    def frame(self, index: int, *, size: int) -> np.ndarray:
        """Render one frame, uint8 [size, size, 4] with straight alpha."""
        raw = self._animation.lottie_animation_render(index, width=size, height=size)
        return straight_alpha(np.frombuffer(raw, np.uint8).reshape(size, size, 4))

    def frames(self, indices: Sequence[int], *, size: int) -> np.ndarray:
        """Render frames, uint8 [T, size, size, 4]; one that is asked for twice is drawn once."""
        distinct, where = np.unique(np.asarray(indices), return_inverse=True)
        return np.stack([self.frame(int(index), size=size) for index in distinct])[where]


def straight_alpha(bgra: np.ndarray) -> np.ndarray:
    """Turn premultiplied BGRA, as rlottie writes it, into straight RGBA; both uint8 [..., 4].

    >>> straight_alpha(np.array([0, 64, 128, 128], np.uint8)).tolist()
    [255, 128, 0, 128]
    """
    alpha = bgra[..., 3:].astype(np.uint16)
    colour = bgra[..., 2::-1].astype(np.uint16) * 255 + alpha // 2  # (..., 3)
    colour = np.minimum(colour // np.maximum(alpha, 1), 255)
    return np.concatenate([np.where(alpha > 0, colour, 0), alpha], axis=-1).astype(np.uint8)


def sample_times(
    num_frames: int, *, period: int, source_fps: float, fps: float, tempo: float, phase: float
) -> np.ndarray:
    """Return which source frame shows at each output frame of an endless loop, int64 [T].

    Args:
        num_frames: T.
        period: source frames in one cycle.
        source_fps: source frames a second.
        fps: output frames a second.
        tempo: speed; 2 plays twice as fast.
        phase: where in the cycle to start, in cycles.

    >>> sample_times(5, period=120, source_fps=60, fps=2, tempo=1.0, phase=0.0).tolist()
    [0, 30, 60, 90, 0]
    """
    seconds = np.arange(num_frames) / fps
    position = phase * period + seconds * source_fps * tempo
    return np.floor(position + 1e-6).astype(np.int64) % period
