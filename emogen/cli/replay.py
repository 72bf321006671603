"""`emogen replay`: a clip or its sidecar in, the same clip made again out."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from emogen.cli.record import FileRecord, Record


def replay(  # noqa: PLR0913 - one argument an option
    source: Annotated[
        Path, typer.Argument(metavar="CLIP|SIDECAR", help="A file that emogen made.")
    ],
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="A .mp4, .gif, .webp or .webm.")
    ],
    image: Annotated[
        Path | None, typer.Option(metavar="PNG", help="The picture, if the clip began with one.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(metavar="NAME|DIR", help="The model, if it was a folder.")
    ] = None,
    adapter: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The adapter, if there was one.")
    ] = None,
    lora: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE[:SCALE]", help="The LoRA files, if there were any, in order."),
    ] = None,
    sheet: Annotated[bool, typer.Option("--sheet", help="Also write a picture of frames.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Answer with a JSON object.")] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", "-y", help="Replace files of the same name.")
    ] = False,
) -> None:
    """Make a clip again from the parameters it carries.

    Files keep the names of their model, adapter and picture without the folder: name those again.
    """
    from emogen.cli import answer, destination
    from emogen.cli.checks import embedded_models
    from emogen.cli.record import read_record
    from emogen.cli.render import render
    from emogen.cli.request import Request
    from emogen.diffusion.backbones import find_backbone

    record = read_record(_parameters(source), source=source)
    known = record.model.name in embedded_models() or find_backbone(record.model.name)
    if model is None and not known:
        _need(record.model, "model", "--model")
    if lora is None and record.loras:
        _need(record.loras[0], "LoRA", "--lora")
    for given, part, name in ((adapter, record.adapter, "adapter"), (image, record.image, "image")):
        if given is None and part is not None:
            _need(part, name, f"--{name}")
    request = Request(
        prompt=record.prompt, negative_prompt=record.negative_prompt,
        emotion=None if record.emotion is None else record.emotion.trajectory(),
        image=image, model=model or record.model.name, adapter=adapter, width=record.width,
        height=record.height, num_frames=record.frames, fps=record.fps, steps=record.steps,
        guidance_scale=record.guidance, emotion_guidance_scale=record.emotion_guidance,
        seed=record.seed, watermark=record.watermark, label=record.label,
        guidance_scale_2=record.guidance_2, flow_shift=record.flow_shift,
        fp8=record.quantizer == "fp8",
        quantizer=None if record.quantizer == "fp8" else record.quantizer,
        loras=tuple(lora or ()),
    )
    place = destination.choose(
        output, prompt=request.prompt, seed=request.seed, sheet=sheet, overwrite=overwrite
    )
    rendered = render(request, place, asked=record.emotion and record.emotion.asked)
    rendered.warnings.extend(_differences(record, rendered.record))
    answer.print_rendered(rendered, as_json=as_json)


def _parameters(source: Path) -> dict:
    """Return the parameters in a clip or, where it has none, beside it."""
    from emogen.errors import MediaError
    from emogen.media import read_parameters, read_sidecar, sidecar_path

    if source.suffix.lower() == ".json":
        return read_sidecar(source)
    parameters = read_parameters(source)
    if parameters is None and sidecar_path(source).is_file():
        return read_sidecar(source)
    if parameters is None:
        raise MediaError(f"no parameters of emogen in {source} or beside it; it was made elsewhere")
    return parameters


def _need(part: "FileRecord", what: str, option: str) -> None:
    from emogen.errors import InputError

    raise InputError(f"the clip was made with the {what} {part.name!r}; name it with {option}")


def _differences(before: "Record", now: "Record") -> list[str]:
    """Return a warning for each thing that is not what it was."""
    parts = ("emogen", "torch", "model", "adapter", "image", "loras")
    changed = [name for name in parts if getattr(before, name) != getattr(now, name)]
    if not changed:
        return []
    return [f"not the same {', '.join(changed)} as then; the clip may differ"]
