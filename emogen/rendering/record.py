"""How a clip was made: settings in, a record that files carry and that renders again out."""

import hashlib
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError

import emogen
from emogen.emotion import EmotionPoint, Keyframe, Trajectory, format  # noqa: A004
from emogen.errors import MediaError

_SAMPLE = 65536


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class KeyframeRecord(_Strict):
    """A keyframe in full precision, see `emogen.emotion.Keyframe` and `EmotionPoint`."""

    seconds: float
    interpolation: Literal["linear", "ease", "hold", "arc"]
    weights: tuple[float, float, float, float, float, float, float, float]
    valence: float
    arousal: float
    dominance: float
    intensity: float


class EmotionRecord(_Strict):
    """An emotion: as it was asked for, in the shortest notation, and exactly."""

    asked: str
    notation: str
    keyframes: tuple[KeyframeRecord, ...]

    @classmethod
    def of(cls, trajectory: Trajectory, asked: str | None = None) -> Self:
        """Return the record of a trajectory."""
        notation = format(trajectory)
        frames = tuple(
            KeyframeRecord(
                seconds=frame.seconds, interpolation=frame.interpolation, **asdict(frame.point)
            )
            for frame in trajectory.keyframes
        )
        return cls(asked=asked or notation, notation=notation, keyframes=frames)

    def trajectory(self) -> Trajectory:
        """Return the trajectory, exactly as it was."""
        return Trajectory(keyframes=tuple(
            Keyframe(
                seconds=frame.seconds,
                interpolation=frame.interpolation,
                point=EmotionPoint(**frame.model_dump(exclude={"seconds", "interpolation"})),
            )
            for frame in self.keyframes
        ))


class FileRecord(_Strict):
    """A file or folder that took part: its name without the path, and a hash of what it held."""

    name: str
    sha256: str


class LoraRecord(FileRecord):
    """A LoRA that took part: how strongly, and on which of two experts."""

    scale: float
    second: bool = False


class ChoiceRecord(_Strict):
    """The clips that one was chosen from: who chose, their seeds and how well each scored."""

    scorer: FileRecord
    seeds: tuple[int, ...]
    scores: tuple[float, ...]


class Record(_Strict):
    """Everything a clip was made from."""

    kind: Literal["generate"] = "generate"
    emogen: str = emogen.__version__
    torch: str = ""
    prompt: str
    negative_prompt: str | None
    emotion: EmotionRecord | None
    model: FileRecord
    adapter: FileRecord | None
    image: FileRecord | None
    width: int
    height: int
    frames: int
    fps: float
    steps: int
    guidance: float
    emotion_guidance: float
    seed: int
    choice: ChoiceRecord | None = None
    watermark: bool = True
    label: bool = False
    guidance_2: float | None = None
    flow_shift: float | None = None
    quantizer: str | None = None
    loras: tuple[LoraRecord, ...] = ()

    def parameters(self) -> dict[str, Any]:
        """Return the record as plain JSON values."""
        return self.model_dump(mode="json")


class ShotRecord(_Strict):
    """One shot of a clip of several."""

    prompt: str
    negative_prompt: str | None
    emotion: EmotionRecord | None
    frames: int
    seed: int
    start_s: float
    crossfade_s: float
    subtitle: str | None


class ShotsRecord(_Strict):
    """Everything a clip of several shots, or of one with a sound, was made from."""

    kind: Literal["shots"] = "shots"
    emogen: str = emogen.__version__
    torch: str = ""
    model: FileRecord
    adapter: FileRecord | None
    image: FileRecord | None
    audio: FileRecord | None
    width: int
    height: int
    fps: float
    steps: int
    guidance: float
    emotion_guidance: float
    shots: tuple[ShotRecord, ...]
    choice: ChoiceRecord | None = None
    watermark: bool = True
    label: bool = False

    def parameters(self) -> dict[str, Any]:
        """Return the record as plain JSON values."""
        return self.model_dump(mode="json")


class TalkRecord(_Strict):
    """Everything a talking head was made from; a heard emotion is kept as a thin curve."""

    kind: Literal["talk"] = "talk"
    emogen: str = emogen.__version__
    torch: str = ""
    engine: str = "rig"
    prompt: str = ""
    model: FileRecord
    encoders: FileRecord
    character: str | None
    portrait: FileRecord | None
    landmarks: FileRecord | None
    audio: FileRecord
    transcript: bool
    asr: str | None
    emotion: EmotionRecord
    emotion_scale: float
    width: int
    height: int
    fps: float
    head: float
    mouth: float
    blinks: float
    gaze: float
    seed: int
    watermark: bool = True
    label: bool = False

    def parameters(self) -> dict[str, Any]:
        """Return the record as plain JSON values."""
        return self.model_dump(mode="json")


def read_record(parameters: dict[str, Any], *, source: Path) -> Record:
    """Return the record of parameters found in a file, which are not to be trusted.

    Raises:
        MediaError: they are no record, or of a version that this one does not know.
    """
    try:
        return Record.model_validate(parameters)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise MediaError(
            f"expected the parameters of 'emogen generate' in {source}, got a wrong {where!r}"
            f" ({first['msg']}); it was made by something else or another version"
        ) from error


def file_record(path: Path) -> FileRecord:
    """Return the record of a file, hashed as a whole."""
    with path.open("rb") as file:
        return FileRecord(name=path.name, sha256=hashlib.file_digest(file, "sha256").hexdigest())


def folder_record(folder: Path, *, name: str) -> FileRecord:
    """Return the record of a model folder under a name.

    Weights can be of many gigabytes, so each file counts with its name, its size and 64 KiB from
    its beginning, middle and end: enough to tell two trainings apart, no proof against forgery.
    """
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in {".json", ".safetensors"}:
            size = path.stat().st_size
            digest.update(f"{path.relative_to(folder).as_posix()} {size}\n".encode())
            with path.open("rb") as file:
                for start in (0, size // 2, max(0, size - _SAMPLE)):
                    file.seek(start)
                    digest.update(file.read(_SAMPLE))
    return FileRecord(name=name, sha256=digest.hexdigest())


def torch_version() -> str:
    """Return the version of torch without importing it."""
    return version("torch")
