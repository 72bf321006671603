"""`emogen generate`: a prompt and an emotion in, a clip on disk out."""

import secrets
from pathlib import Path
from typing import Annotated

import typer

from emogen.diffusion.choices import Attention, Offload, Quantizer

SEEDS = 2**31
"""Random seeds lie below this, short enough to type again."""
EMOTION_HELP = (
    "What is felt: 'fear:0.7', 'awe:0.6+fear:0.4', 'sadness@0s -> joy@2s', 'v=-0.4,a=0.7',"
    " or free words."
)


def generate(  # noqa: PLR0913 - one argument an option
    prompt: Annotated[str, typer.Argument(metavar="PROMPT", help="What is seen.")],
    *,
    emotion: Annotated[
        str | None, typer.Option("--emotion", "-e", metavar="SPEC", help=EMOTION_HELP)
    ] = None,
    image: Annotated[
        Path | None, typer.Option(metavar="PNG", help="Picture the clip begins with.")
    ] = None,
    model: Annotated[
        str, typer.Option(metavar="NAME|DIR", help="'emogen models' lists names; or a Wan folder.")
    ] = "nano",
    adapter: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Emotion adapter, if not the model's own.")
    ] = None,
    lora: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE[:SCALE]", help="A LoRA; :SCALE:2 for a second expert."),
    ] = None,
    size: Annotated[
        str | None, typer.Option(metavar="WxH", help="Pixels, multiples of 16.")
    ] = None,
    frames: Annotated[int | None, typer.Option(metavar="N", help="4k+1 frames.")] = None,
    fps: Annotated[float | None, typer.Option(metavar="F", help="Frames a second.")] = None,
    steps: Annotated[int | None, typer.Option(metavar="N", help="Denoising steps.")] = None,
    guidance: Annotated[
        float | None, typer.Option(metavar="G", help="How closely the prompt is followed.")
    ] = None,
    guidance_2: Annotated[
        float | None,
        typer.Option("--guidance-2", metavar="G", help="The same for the second of two experts."),
    ] = None,
    emotion_guidance: Annotated[
        float | None, typer.Option(metavar="E", help="How strongly the emotion shows.")
    ] = None,
    flow_shift: Annotated[
        float | None, typer.Option(metavar="F", help="How long the steps stay at coarse shapes.")
    ] = None,
    negative_prompt: Annotated[
        str | None, typer.Option(metavar="TEXT", help="What is not seen.")
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(metavar="S", help="Same seed, same clip.", show_default="random"),
    ] = None,
    attention: Annotated[
        Attention, typer.Option(help="Kernel; auto takes the fastest exact one that works.")
    ] = "native",
    offload: Annotated[
        Offload, typer.Option(help="What waits in host memory; slower, for small GPUs.")
    ] = "none",
    fp8: Annotated[
        bool, typer.Option("--fp8", help="Keep weights in eight bits: half the memory.")
    ] = False,
    quantize: Annotated[
        Quantizer | None, typer.Option(help="Keep weights in fewer bits by torchao, bitsandbytes.")
    ] = None,
    vae_tiling: Annotated[
        bool, typer.Option("--vae-tiling", help="Decode in tiles: less memory.")
    ] = False,
    best_of: Annotated[
        int, typer.Option(metavar="N", help="Make N clips, keep the one that shows it best.")
    ] = 1,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="A .mp4, .gif, .webp or .webm.",
            show_default="outputs/PROMPT-SEED.mp4",
        ),
    ] = None,
    label: Annotated[
        bool, typer.Option("--label", help="Show 'AI-generated' in a corner.")
    ] = False,
    no_watermark: Annotated[
        bool, typer.Option("--no-watermark", help="Leave the invisible mark out of the frames.")
    ] = False,
    sheet: Annotated[bool, typer.Option("--sheet", help="Also write a picture of frames.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Answer with a JSON object.")] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", "-y", help="Replace files of the same name.")
    ] = False,
) -> None:
    """Make a clip from words, an emotion and perhaps a picture.

    What is not given takes the model's own default. The clip and the .json beside it say how it was
    made; 'emogen replay' makes it again from either. --best-of N takes the seeds S to S+N-1 and
    keeps the clip in which the shipped probe reads most of the emotion asked for. Every file says
    that it is generated; 'emogen verify' reads that back, see docs/provenance.md.
    """
    from emogen.cli import answer, checks, destination
    from emogen.cli.render import render
    from emogen.cli.request import Request

    width, height = (None, None) if size is None else checks.parse_size(size)
    request = Request(
        prompt=prompt, emotion=emotion, negative_prompt=negative_prompt, image=image, model=model,
        adapter=adapter, width=width, height=height, num_frames=frames, fps=fps, steps=steps,
        guidance_scale=guidance, emotion_guidance_scale=emotion_guidance,
        seed=secrets.randbelow(SEEDS) if seed is None else seed, best_of=best_of,
        watermark=not no_watermark, label=label, guidance_scale_2=guidance_2,
        flow_shift=flow_shift, loras=tuple(lora or ()), attention=attention, offload=offload,
        fp8=fp8, quantizer=quantize, vae_tiling=vae_tiling,
    )
    place = destination.choose(
        output, prompt=request.prompt, seed=request.seed, sheet=sheet, overwrite=overwrite
    )
    rendered = render(request, place, asked=emotion)
    answer.print_rendered(rendered, as_json=as_json)
