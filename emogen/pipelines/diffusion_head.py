"""The diffusion engine as a talking head: sound in blocks and an emotion in, frames out.

    blocks -> AudioToMotion -> limited -> motion and sketch --+
           -> the head's own ear -> audio features -----------+-> TalkingHeadPipeline -> frames

It is called like `emogen.pipelines.rig_head.RigHead`. The portrait is seen from near, at the size
that the head was trained at, 25 frames a second; larger frames are scaled up from those.

Shapes: T frames.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import tee

import numpy as np
from PIL import Image

from emogen.emotion import Trajectory
from emogen.errors import InputError
from emogen.motion import schema
from emogen.motion.a2m import AudioToMotion, MotionSettings
from emogen.motion.close_up import Resizable, close_up
from emogen.motion.phones import PhoneSpan
from emogen.motion.sketch import sketcher
from emogen.motion.track import MotionTrack
from emogen.pipelines.rig_head import limited
from emogen.pipelines.sampling import Progress
from emogen.pipelines.talking_head import TalkingHeadPipeline, load_talking_head


class DiffusionHead:
    """A portrait that speaks, drawn by diffusion.

    Args:
        portrait: who; a drawn character or a photograph with landmarks.
        pipeline: the talking head; by default the embedded one.
        a2m: moves the face; by default the shipped model.
        size: (width, height) of the frames; by default those of the talking head.
        scene: what is seen, in words; by default what the talking head states.
    """

    fps = schema.FPS

    def __init__(
        self,
        portrait: Resizable,
        *,
        pipeline: TalkingHeadPipeline | None = None,
        a2m: AudioToMotion | None = None,
        size: tuple[int, int] | None = None,
        scene: str | None = None,
    ) -> None:
        self.pipeline = pipeline or load_talking_head()
        settings = self.pipeline.settings
        self.native = (settings.width, settings.height)
        self.size, self.scene = size or self.native, scene
        self.face = close_up(portrait, size=self.native)
        self.a2m = a2m or AudioToMotion()

    def stream(
        self,
        blocks: Iterable[np.ndarray],
        *,
        emotion: Trajectory | np.ndarray | None = None,
        spans: Sequence[PhoneSpan] = (),
        settings: MotionSettings | None = None,
        watch: Callable[[MotionTrack], None] | None = None,
        progress: Progress | None = None,
    ) -> Iterator[np.ndarray]:
        """Yield frames uint8 [H, W, 3] while the sound arrives; frame i is shown at i / 25.

        Args:
            blocks: float32 [S], mono, 16 kHz, of any lengths.
            emotion: a curve, or vectors [T, 12] at 25 a second.
            spans: phones with their times, which sharpen the mouth.
            settings: seed and how lively.
            watch: called with each stretch of motion before it is drawn.
            progress: called with the stage, steps done and steps in all, for each chunk.

        Raises:
            ModelError: the talking head has no ear.
            InputError: a block is no sound, or there is none at all.
        """
        settings = settings or MotionSettings()
        moving, hearing = tee(blocks)  # holds what one of both is ahead, a few seconds
        tracks = limited(self.a2m.stream(moving, emotion=emotion, spans=spans, settings=settings))
        shown, drawn = tee(tracks if watch is None else _watched(tracks, watch))
        frames = self.pipeline.stream(
            self.face.frame(schema.rest(1)[0]),
            track=shown,
            sketch=self._sketches(drawn),
            features=self.pipeline.listen(hearing),
            emotion=emotion, scene=self.scene, seed=settings.seed, progress=progress,
        )  # fmt: skip
        for frame in frames:
            yield frame if self.size == self.native else enlarged(frame, self.size)

    def _sketches(self, tracks: Iterable[MotionTrack]) -> Iterator[np.ndarray]:
        lines = sketcher(self.face)
        for track in tracks:
            for row in track.values:
                yield lines.frame(row)


def enlarged(frame: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return a frame uint8 [H, W, 3] at another size (width, height), cut to its shape.

    >>> enlarged(np.zeros((8, 8, 3), np.uint8), (32, 16)).shape
    (16, 32, 3)
    """
    height, width = frame.shape[:2]
    if min(size) < 1:
        raise InputError(f"expected a size of at least one pixel, got {size[0]}x{size[1]}")
    scale = max(size[0] / width, size[1] / height)
    across, down = size[0] / scale, size[1] / scale
    left, top = (width - across) / 2, (height - down) / 2
    picture = Image.fromarray(frame)
    box = (left, top, left + across, top + down)
    return np.asarray(picture.resize(size, Image.Resampling.LANCZOS, box=box))


def _watched(
    tracks: Iterable[MotionTrack], watch: Callable[[MotionTrack], None]
) -> Iterator[MotionTrack]:
    for track in tracks:
        watch(track)
        yield track
