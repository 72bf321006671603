"""Jobs as written in, jobs that say everything out: absolute paths and the model's defaults.

What is wrong only now, when the model and its defaults are known, is told by field.
"""

from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emogen.errors import EmogenError, NotationError
from emogen.rendering.identity import INPUTS
from emogen.rendering.job import MAX_VOXELS, Job, shot_frames
from emogen.rendering.values import AUTO, is_character, read_emotion

if TYPE_CHECKING:
    from emogen.pipelines.loading import Defaults

_FROM_DEFAULTS = {
    "frames": "num_frames", "fps": "fps", "steps": "steps", "guidance": "guidance_scale",
    "emotion_guidance": "emotion_guidance_scale",
}
SAMPLED = frozenset({"text2video", "image2video"})
Wrong = tuple[str, str]
"""A field and what is wrong with it."""


class Settler:
    """Fills in what jobs of one manifest leave open.

    Args:
        folder: what relative paths are relative to.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.absolute = lru_cache(maxsize=65536)(self._absolute)
        self.find_model = lru_cache(maxsize=None)(self._find_model)
        self.find_name = lru_cache(maxsize=65536)(self._find_name)
        self._is_file = lru_cache(maxsize=65536)(_is_file)

    def settle(self, job: Job) -> tuple[Job, list[Wrong]]:
        """Return the whole job and what is wrong with it; the job is None where that is much."""
        paths = {
            name: self.absolute(value)
            for name in (*INPUTS, "adapter") if (value := getattr(job, name)) is not None
            and not (name == "portrait" and is_character(value))
        }
        wrong = [(name, f"no such file: {path}") for name, path in paths.items()
                 if name in INPUTS and not self._is_file(path)]
        changes: dict[str, Any] = dict(paths)
        if job.kind != "evaluate":
            changes["model"] = self.find_name(job.model)
            try:
                folder = self.find_model(changes["model"])
                changes |= _missing(job, self.defaults(folder))
            except EmogenError as error:
                return job, [*wrong, ("model", str(error))]
            wrong += _check_adapter(job, folder, paths.get("adapter"))
        whole = job.model_copy(update=changes)
        return whole, [*wrong, *_check_whole(whole)]

    def _find_name(self, model: str) -> str:
        """Return the name of an embedded model as it is, a folder's path as an absolute one."""
        path = self.absolute(model)
        return path if Path(path, "model_index.json").is_file() else model

    def _absolute(self, path: str) -> str:
        return str((self._folder / Path(path).expanduser()).absolute())

    def _find_model(self, name: str) -> Path:
        from emogen.pipelines.loading import find_folder  # late: it loads diffusers

        return find_folder(name)

    @staticmethod
    @cache
    def defaults(folder: Path) -> "Defaults":
        """Return what the model of a folder takes where nothing is said."""
        from emogen.pipelines.loading import read_defaults  # late: it loads diffusers

        return read_defaults(folder)


def _missing(job: Job, defaults: "Defaults") -> dict[str, Any]:
    """Return the settings that a job leaves open, from its model's defaults."""
    if job.kind == "talk":
        return {"engine": job.engine or "rig", "fps": job.fps or 25.0}
    found = {
        name: getattr(defaults, theirs)
        for name, theirs in _FROM_DEFAULTS.items() if getattr(job, name) is None
    }
    if job.size is None:
        found["size"] = f"{defaults.width}x{defaults.height}"
    return found


def _check_adapter(job: Job, folder: Path, adapter: str | None) -> Iterator[Wrong]:
    emotions = [job.emotion, *(shot.emotion for shot in job.shots)]
    if adapter is not None:
        if not any(Path(adapter).glob("*.safetensors")):
            yield "adapter", f"expected a folder with a .safetensors file, got {adapter}"
    elif any(emotions) and job.kind in SAMPLED and not (folder / "emotion_adapter").is_dir():
        yield "emotion", f"the model {job.model!r} has no emotion adapter; give one as adapter"


def _check_whole(job: Job) -> Iterator[Wrong]:
    if job.kind not in SAMPLED:
        return
    width, height = job.pixels
    voxels = width * height * job.total_frames
    if voxels > MAX_VOXELS:
        yield "size", (
            f"expected at most {MAX_VOXELS} pixels in a clip, got {job.size} x {job.total_frames}"
            " frames; use a smaller size or fewer frames"
        )
    yield from _check_emotion("emotion", job.emotion, frames=job.frames, fps=job.fps)
    for place, shot in enumerate(job.shots):
        field, frames = f"shots[{place}]", shot_frames(job, shot)
        if frames > 1025:
            yield f"{field}.seconds", f"expected at most 1025 frames in a shot, got {frames}"
        yield from _check_emotion(f"{field}.emotion", shot.emotion, frames=frames, fps=job.fps)
        if shot.crossfade_s * job.fps >= min(
            frames, shot_frames(job, job.shots[place - 1]) if place else frames
        ):
            yield f"{field}.crossfade_s", "expected less than the length of both shots"


def _check_emotion(
    field: str, emotion: str | None, *, frames: int, fps: float
) -> Iterator[Wrong]:
    """Yield what is wrong with an emotion over a clip of this length."""
    if emotion is None or emotion == AUTO:
        return
    try:
        read_emotion(emotion, (frames - 1) / fps)
    except NotationError as error:
        yield field, str(error)


def _is_file(path: str) -> bool:
    return Path(path).is_file()
