"""One job: named settings in, a frozen and checked request for one clip or one judgement out.

The names are those of `emogen generate`. What is None takes the model's own default; planning
fills it in (see `emogen.rendering.settle`), so a stored job says everything.
"""

import re
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from emogen.rendering.values import (
    AUTO,
    Emotion,
    Frames,
    PathText,
    Size,
    Text,
    TextOrEmpty,
    a_number,
)

JobKind = Literal["text2video", "image2video", "talk", "evaluate"]
Engine = Literal["diffusion", "rig"]
KINDS: tuple[str, ...] = get_args(JobKind)
VIDEO_SUFFIXES = (".gif", ".mp4", ".webm", ".webp")
MAX_VOXELS = 1280 * 720 * 161
"""Most pixels times frames of one clip: twice the longest clip of the largest Wan."""

NEEDED: dict[str, tuple[str, ...]] = {
    "text2video": ("prompt",),
    "image2video": ("image",),
    "talk": ("portrait", "audio"),
    "evaluate": ("clip",),
}
"""What a job of a kind cannot be without; shots stand in for a prompt."""
_SAMPLED = frozenset({
    "prompt", "negative_prompt", "emotion", "model", "adapter", "size", "frames", "fps", "steps",
    "guidance", "emotion_guidance", "seed", "label", "score", "allow_smaller",
})
_EVERY = frozenset({"kind", "output", "priority", "name"})
USED: dict[str, frozenset[str]] = {
    "text2video": _EVERY | _SAMPLED | {"best_of", "shots", "audio"},
    "image2video": _EVERY | _SAMPLED | {"image", "best_of", "shots", "audio"},
    "talk": _EVERY | {"prompt", "emotion", "size", "fps", "seed", "label", "portrait", "audio",
                      "transcript", "engine", "model"},
    "evaluate": _EVERY | {"clip", "asked"},
}
"""What a job of a kind heeds; a setting it would not heed is an error, not a surprise."""

NUMBER = BeforeValidator(a_number)
Flag = Annotated[bool, Field(strict=True)]


def check_output(text: str) -> str:
    """Return a path inside the output folder, or a template of one.

    Raises:
        ValueError: it leads elsewhere, is hidden, or ends in no kind of file that is made.
    """
    path = PurePosixPath(text)
    if not text or path.is_absolute() or ".." in path.parts or "\\" in text or "\0" in text:
        raise ValueError("expected a path inside the output folder such as 'cats/{id}.mp4'")
    if any(part.startswith(".") for part in path.parts):
        raise ValueError("expected no part that begins with a dot; hidden names are the store's")
    if path.suffix.lower() not in (*VIDEO_SUFFIXES, ".json"):
        raise ValueError(f"expected a name that ends in {', '.join(VIDEO_SUFFIXES)} or .json")
    if len(path.name.encode()) > 200:
        raise ValueError("expected a file name of at most 200 bytes")
    return path.as_posix()


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Shot(_Strict):
    """One shot of a clip of several.

    Attributes:
        prompt: what is seen.
        emotion: what is felt, in the notation; None takes the job's.
        negative_prompt: what guidance moves away from; None takes the job's.
        frames: 4k+1; None takes the job's.
        seconds: length instead of frames; the next 4k+1 frames at or above it are made.
        seed: None takes the job's seed plus the shot's place (0, 1, ...).
        crossfade_s: seconds in which the shot before it fades into this one.
        subtitle: text shown over this shot.
    """

    prompt: Text
    emotion: Emotion | None = None
    negative_prompt: TextOrEmpty | None = None
    frames: Frames | None = None
    seconds: Annotated[float, Field(gt=0, le=120), NUMBER] | None = None
    seed: Annotated[int, Field(ge=0, lt=2**63), NUMBER] | None = None
    crossfade_s: Annotated[float, Field(ge=0, le=10), NUMBER] = 0.0
    subtitle: Annotated[str, Field(max_length=500)] | None = None

    @model_validator(mode="after")
    def _one_length(self) -> Self:
        if self.frames is not None and self.seconds is not None:
            raise ValueError("expected frames or seconds, got both; remove one")
        return self


class Job(_Strict):
    """What one row of the queue asks for.

    Attributes:
        kind: what is made.
        prompt: what is seen.
        negative_prompt: what guidance moves away from.
        image: picture the clip begins with.
        emotion: what is felt, in the notation.
        model: name of an embedded model, or a folder.
        adapter: folder of an emotion adapter.
        size: pixels, "WxH", multiples of 16.
        frames: 4k+1.
        fps: frames a second.
        steps: denoising steps.
        guidance: how closely the prompt is followed.
        emotion_guidance: how strongly the emotion shows.
        seed: same seed, same clip.
        best_of: clips to choose from, of this seed and those after it.
        score: whether the judge reads the clip; changes no pixel.
        label: whether a visible label is drawn into the clip.
        allow_smaller: whether a smaller clip will do where memory is short.
        shots: several shots in one clip.
        audio: sound of the clip, or what a portrait says.
        transcript: text file of what is said.
        portrait: who talks: a picture with its landmarks beside it, or a drawn character's name.
        engine: how a portrait is moved; None is "rig".
        clip: file to be judged.
        asked: emotion that the file should show; None takes it from the file.
        output: path inside the output folder; {id}, {name}, {seed}, {prompt}, {emotion} and
            {index} are filled in; None is "{id}.mp4", for `evaluate` "{id}.json".
        priority: higher goes first.
        name: what a person calls it.
    """

    kind: JobKind = "text2video"
    prompt: Text | None = None
    negative_prompt: TextOrEmpty | None = None
    image: PathText | None = None
    emotion: Emotion | None = None
    model: PathText = "nano"
    adapter: PathText | None = None
    size: Size | None = None
    frames: Frames | None = None
    fps: Annotated[float, Field(ge=1, le=120), NUMBER] | None = None
    steps: Annotated[int, Field(ge=1, le=200), NUMBER] | None = None
    guidance: Annotated[float, Field(ge=0, le=30), NUMBER] | None = None
    emotion_guidance: Annotated[float, Field(ge=0, le=30), NUMBER] | None = None
    seed: Annotated[int, Field(ge=0, lt=2**63), NUMBER] = 0
    best_of: Annotated[int, Field(ge=1, le=64), NUMBER] = 1
    score: Flag = False
    label: Flag = False
    allow_smaller: Flag = False
    shots: Annotated[tuple[Shot, ...], Field(max_length=64)] = ()
    audio: PathText | None = None
    transcript: PathText | None = None
    portrait: PathText | None = None
    engine: Engine | None = None
    clip: PathText | None = None
    asked: Emotion | None = None
    output: Annotated[str, AfterValidator(check_output)] | None = None
    priority: Annotated[int, Field(ge=-1000, le=1000), NUMBER] = 0
    name: Annotated[Text, Field(max_length=200)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _kind_from_what_is_given(cls, values: Any) -> Any:  # noqa: ANN401 - anything may come in
        """Let a job with a picture, a portrait or a clip be of that kind unless it says its own."""
        if isinstance(values, dict) and values.get("kind") is None:
            given = {name for name, value in values.items() if value is not None}
            return {**values, "kind": kind_of(given)}
        return values

    @model_validator(mode="after")
    def _whole(self) -> Self:
        checks = (self._missing, self._unheeded, self._unsaid, self._misnamed, self._too_large)
        for check in checks:
            problem = check()
            if problem:
                raise ValueError(problem)
        return self

    def _missing(self) -> str | None:
        for name in NEEDED[self.kind]:
            if getattr(self, name) is None and not (name == "prompt" and self.shots):
                return f"expected {name} in a job of kind {self.kind}, got none; add it"
        return None

    def _unheeded(self) -> str | None:
        unused = sorted(self.model_fields_set - USED[self.kind])
        given = [name for name in unused if getattr(self, name) != _DEFAULTS[name]]
        if given:
            return f"{given[0]} has no effect in a job of kind {self.kind}; remove it"
        if self.kind == "talk" and self.engine != "diffusion" and self.prompt is not None:
            return "prompt has no effect on the engine rig; remove it, or add engine: diffusion"
        if self.kind == "talk" and self.engine == "diffusion" and self.fps not in {None, 25}:
            return "expected 25 frames a second with the engine diffusion; remove fps"
        if self.shots and self.prompt is not None:
            return "expected prompt or shots, got both; each shot has its own prompt"
        if self.shots and self.best_of > 1:
            return "best_of has no effect on a job of several shots; remove it"
        if self.shots and self.shots[0].crossfade_s:
            return "the first shot has none before it to fade from; remove its crossfade_s"
        return None

    def _unsaid(self) -> str | None:
        asked = [self.asked, *(shot.emotion for shot in self.shots)]
        if self.kind != "talk":
            asked.append(self.emotion)
        if AUTO in asked:
            return "expected an emotion such as 'fear:0.7', got 'auto'; only a voice tells it"
        return None

    def _misnamed(self) -> str | None:
        if self.output is None:
            return None
        if self.kind == "talk" and self.output.lower().endswith((".gif", ".webp")):
            return "expected an output that holds sound for kind talk: .mp4 or .webm"
        is_json = self.output.lower().endswith(".json")
        if is_json != (self.kind == "evaluate"):
            wanted = ".json" if self.kind == "evaluate" else ", ".join(VIDEO_SUFFIXES)
            return f"expected an output that ends in {wanted} for kind {self.kind}"
        return None

    def _too_large(self) -> str | None:
        if self.size is None:
            return None
        width, height = self.pixels
        if width * height * (self.frames or 1) > MAX_VOXELS:
            return f"expected at most {MAX_VOXELS} pixels in a clip; use fewer, or fewer frames"
        return None

    @property
    def pixels(self) -> tuple[int, int]:
        """Width and height of a job whose size is given."""
        width, height = re.findall(r"\d+", self.size)
        return int(width), int(height)

    @property
    def total_frames(self) -> int:
        """Frames sampled for one clip, all shots together; 0 where the job states none."""
        if not self.shots:
            return self.frames or 0
        return sum(shot_frames(self, shot) for shot in self.shots)


_DEFAULTS: dict[str, Any] = {name: field.default for name, field in Job.model_fields.items()}


def kind_of(given: set[str]) -> JobKind:
    """Return the kind that the given settings speak of.

    >>> kind_of({"prompt", "seed"}), kind_of({"prompt", "image"}), kind_of({"clip"})
    ('text2video', 'image2video', 'evaluate')
    """
    marks: dict[str, JobKind] = {"portrait": "talk", "clip": "evaluate", "image": "image2video"}
    return next((kind for name, kind in marks.items() if name in given), "text2video")


def shot_frames(job: Job, shot: Shot) -> int:
    """Return how many frames a shot is sampled with, 4k+1; 0 where nothing states it.

    >>> shot_frames(Job(prompt="a cat", fps=16, frames=33), Shot(prompt="a cat", seconds=1.2))
    21
    """
    if shot.frames is not None:
        return shot.frames
    if shot.seconds is not None and job.fps is not None:
        return -int(-(shot.seconds * job.fps - 1) // 4) * 4 + 1 if shot.seconds * job.fps > 1 else 1
    return job.frames or 0
