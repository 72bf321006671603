"""A checked request and a destination in; the clip, its sidecar and what was resolved out."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from emogen.assets import model_dir
from emogen.cli.checks import check_volume, locate_model
from emogen.cli.destination import Destination, check_space
from emogen.cli.progress import Stages
from emogen.cli.record import (
    ChoiceRecord,
    EmotionRecord,
    LoraRecord,
    Record,
    file_record,
    folder_record,
    torch_version,
)
from emogen.cli.request import Request
from emogen.diffusion.backbones import find_backbone
from emogen.media import (
    Clip,
    contact_sheet,
    image_to_frame,
    read_image,
    save_image,
    write_sidecar,
    write_video,
)
from emogen.provenance import Seal, marked, sealed

if TYPE_CHECKING:
    from emogen.pipelines import EmotionalVideoPipeline


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """A clip that lies on disk.

    Attributes:
        place: where.
        record: what it was made from.
        seconds: how long each stage took.
        warnings: what a person should know.
    """

    place: Destination
    record: Record
    seconds: dict[str, float]
    warnings: list[str]


def render(request: Request, place: Destination, *, asked: str | None = None) -> Rendered:
    """Make the clip of a request and write it with its sidecar.

    Args:
        request: what to make.
        place: where to write.
        asked: the emotion in the words of the person, for the record.

    Raises:
        EmogenError: something does not fit, cannot be read or cannot be written.
    """
    notes: list[str] = []
    image = None if request.image is None else read_image(request.image)
    with Stages() as stages, _own_warnings(notes):
        stages("loading")
        pipeline = _load(request)
        request = _settle(request, pipeline)
        check_volume(request.width, request.height, request.num_frames)
        check_space(place, request.width * request.height * request.num_frames * 3)
        record = _record(request, asked)
        notes += _notes(request, pipeline)
        image = _first_frame(request, image, notes)
        if request.best_of == 1:
            clip = _sample(pipeline, request, image, stages)
        else:
            clip, choice = _choose(pipeline, request, image, stages)
            record = record.model_copy(update={"seed": _best(choice), "choice": choice})
        stages("writing")
        notes += _write(clip, place, record)
    return Rendered(place=place, record=record, seconds=stages.seconds, warnings=notes)


def _load(request: Request) -> "EmotionalVideoPipeline":
    for name in ("TRANSFORMERS_VERBOSITY", "DIFFUSERS_VERBOSITY"):
        os.environ.setdefault(name, "error")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    from emogen.pipelines import LoadOptions, load_pipeline

    options = LoadOptions(
        offload=request.offload, fp8=request.fp8, quantizer=request.quantizer,
        vae_tiling=request.vae_tiling, attention=request.attention, loras=request.lora_files(),
    )
    adapter = None if request.adapter is None else str(request.adapter)
    return load_pipeline(request.model, adapter=adapter, options=options)


def _settle(request: Request, pipeline: "EmotionalVideoPipeline") -> Request:
    """Return the request with the model's defaults and the emotion over the clip's own length."""
    names = ("width", "height", "num_frames", "fps", "steps", "guidance_scale",
             "emotion_guidance_scale")
    missing = {
        name: getattr(pipeline.defaults, name) for name in names if getattr(request, name) is None
    }
    settled = replace(request, **missing)
    return replace(settled, emotion=settled.trajectory(settled.length))


def _record(request: Request, asked: str | None) -> Record:
    adapter, image = request.adapter, request.image
    folder = locate_model(request.model)
    published = find_backbone(request.model)
    if published is not None and folder != Path(request.model):
        name = published.name
    else:
        name = request.model if folder.name == request.model else folder.resolve().name
    return Record(
        torch=torch_version(),
        prompt=request.prompt,
        negative_prompt=request.negative_prompt,
        emotion=None if request.emotion is None else EmotionRecord.of(request.emotion, asked),
        model=folder_record(folder, name=name),
        adapter=None if adapter is None else folder_record(adapter, name=adapter.resolve().name),
        image=None if image is None else file_record(image),
        width=request.width, height=request.height, frames=request.num_frames, fps=request.fps,
        steps=request.steps, guidance=request.guidance_scale,
        emotion_guidance=request.emotion_guidance_scale, seed=request.seed,
        watermark=request.watermark, label=request.label, guidance_2=request.guidance_scale_2,
        flow_shift=request.flow_shift, quantizer="fp8" if request.fp8 else request.quantizer,
        loras=tuple(
            LoraRecord(**file_record(lora.path).model_dump(), scale=lora.scale, second=lora.second)
            for lora in request.lora_files()
        ),
    )


def _notes(request: Request, pipeline: "EmotionalVideoPipeline") -> Iterator[str]:
    """Yield what is worth knowing before the clip is made."""
    texts = (request.prompt, request.negative_prompt or "")
    unknown = dict.fromkeys(word for text in texts for word in pipeline.unknown_words(text))
    if unknown:
        words = ", ".join(map(repr, unknown))
        yield f"the model has never seen {words}; it cannot draw that, use other words"
    if request.best_of > 1 and request.model != "nano":
        yield "--best-of reads drawn characters only; choose clips of other models by eye"
    if request.emotion is not None and request.emotion.seconds > request.length + 1 / request.fps:
        yield (
            f"the emotion goes on until {request.emotion.seconds:g} s, the clip ends at"
            f" {request.length:.2f} s; what comes later is not seen"
        )


def _first_frame(
    request: Request, image: np.ndarray | None, notes: list[str]
) -> np.ndarray | None:
    if image is None:
        return None
    height, width = image.shape[:2]
    if abs(width / height / (request.width / request.height) - 1) > 0.01:
        notes.append(
            f"the picture of {width}x{height} was cropped to the shape of"
            f" {request.width}x{request.height}; --size sets another"
        )
    return image_to_frame(image, (request.width, request.height))


def _sample(
    pipeline: "EmotionalVideoPipeline", request: Request, image: np.ndarray | None, stages: Stages
) -> Clip:
    names = ("emotion", "width", "height", "num_frames", "fps", "steps", "guidance_scale",
             "emotion_guidance_scale", "negative_prompt", "seed", "guidance_scale_2", "flow_shift")
    options: dict[str, Any] = {name: getattr(request, name) for name in names}
    return pipeline(request.prompt, image=image, progress=stages, **options)


def _choose(
    pipeline: "EmotionalVideoPipeline", request: Request, image: np.ndarray | None, stages: Stages
) -> tuple[Clip, ChoiceRecord]:
    """Return the clip of several seeds that shows the emotion best, and how all of them did."""
    from emogen.evaluation.probe import Probe
    from emogen.evaluation.selection import score

    probe, best = Probe.load(), None
    seeds = tuple(range(request.seed, request.seed + request.best_of))
    scores: list[float] = []
    for seed in seeds:
        clip = _sample(pipeline, replace(request, seed=seed), image, stages)
        scores.append(round(score(clip, request.emotion, probe), 4))
        if best is None or scores[-1] > max(scores[:-1]):
            best = clip
    scorer = folder_record(model_dir("probe"), name="probe")
    return best, ChoiceRecord(scorer=scorer, seeds=seeds, scores=tuple(scores))


def _best(choice: ChoiceRecord) -> int:
    return choice.seeds[choice.scores.index(max(choice.scores))]


def _write(clip: Clip, place: Destination, record: Record) -> Iterator[str]:
    """Mark and write a clip with what lies beside it; yield what a person should know."""
    parameters = record.parameters()
    clip = marked(clip, parameters, watermark=record.watermark, label=record.label)
    seals: list[Seal] = []
    kind = place.video.suffix.lower()
    write_video(
        clip, place.video, parameters=parameters,
        finish=lambda written: seals.append(sealed(written, parameters, kind=kind)),
    )
    write_sidecar(place.video, parameters)
    if place.sheet is not None:
        notation = "no emotion" if record.emotion is None else record.emotion.notation
        sheet = contact_sheet([clip], prompts=[record.prompt], emotions=[notation])
        save_image(sheet, place.sheet, parameters=parameters)
        sealed(place.sheet, parameters)
    for seal in seals:
        yield from seal.warnings


@contextmanager
def _own_warnings(notes: list[str]) -> Iterator[None]:
    """Collect emogen's own warnings and drop those of libraries, which speak to programmers."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    package = str(Path(__file__).parents[1])
    notes += [str(entry.message) for entry in caught if entry.filename.startswith(package)]
