"""`emogen talk`: a portrait and speech in, a video of that portrait speaking out."""

import os
import secrets
from pathlib import Path
from typing import Annotated

import typer

from emogen.cli.generate import SEEDS


def talk(  # noqa: PLR0913 - one argument an option
    *,
    audio: Annotated[
        Path, typer.Option("--audio", "-a", metavar="FILE", help="Speech; a video will do, too.")
    ],
    portrait: Annotated[
        str, typer.Option("--portrait", "-p", metavar="NAME|IMG",
                          help="A character such as 'woman' or 'fox:dusk', or a picture."),
    ] = "woman",
    landmarks: Annotated[
        Path | None, typer.Option(metavar="JSON|TASK", help="Where the face of a picture is.")
    ] = None,
    transcript: Annotated[
        str | None, typer.Option(metavar="TEXT|FILE", help="What is said, in English.")
    ] = None,
    asr: Annotated[
        str | None, typer.Option(metavar="DIR|ID", help="A Whisper model that writes it down.")
    ] = None,
    emotion: Annotated[
        str, typer.Option("--emotion", "-e", metavar="auto|SPEC",
                          help="'auto' feels as the voice does; else as in 'generate'."),
    ] = "auto",
    emotion_scale: Annotated[
        float, typer.Option(metavar="X", help="Stronger or weaker, 0 to 1.5.")
    ] = 1.0,
    engine: Annotated[
        str, typer.Option(metavar="rig|diffusion", help="Drawn, or made by the diffusion model.")
    ] = "rig",
    scene: Annotated[
        str | None, typer.Option(metavar="TEXT", help="What is seen; diffusion only.")
    ] = None,
    size: Annotated[
        str | None,
        typer.Option(metavar="WxH", help="Pixels, even.", show_default="512x512, or the model's"),
    ] = None,
    fps: Annotated[float, typer.Option(metavar="F", help="Frames a second.")] = 25.0,
    head: Annotated[float, typer.Option(metavar="X", help="How the head moves, 0 to 2.")] = 1.0,
    mouth: Annotated[
        float, typer.Option(metavar="X", help="How far it opens, 0.3 to 1.7.")
    ] = 1.0,
    blinks: Annotated[float, typer.Option(metavar="N", help="Blinks a minute, 0 to 60.")] = 17.0,
    gaze: Annotated[float, typer.Option(metavar="X", help="How the eyes roam, 0 to 2.")] = 1.0,
    seed: Annotated[
        int | None, typer.Option(metavar="S", help="Same seed, same video.", show_default="random")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="A .mp4 or .webm.",
                     show_default="outputs/AUDIO-SEED.mp4"),
    ] = None,
    motion_out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also keep the motion: .json or .npz.")
    ] = None,
    label: Annotated[
        bool, typer.Option("--label", help="Show 'AI-generated' in a corner.")
    ] = False,
    no_watermark: Annotated[
        bool, typer.Option("--no-watermark", help="Leave the invisible mark out of the frames.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Answer with a JSON object.")] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", "-y", help="Replace files of the same name.")
    ] = False,
) -> None:
    """Make a portrait speak, with the emotion of the voice or the one asked for.

    Any sound that FFmpeg reads, of any length, in constant memory; the video carries it. A picture
    needs the points of its face, see docs/rig.md. The engine 'rig' draws many times faster than
    'diffusion', which shows the face from near, at the size of its model. Without a transcript or
    --asr the words are not read. The answer says which source told which emotion, and where they
    disagree; see docs/talk.md. Every file says that it is generated; 'emogen verify' reads it back.
    """
    for name in ("TRANSFORMERS_VERBOSITY", "DIFFUSERS_VERBOSITY"):
        os.environ.setdefault(name, "error")
    from emogen.cli import checks
    from emogen.cli.talking.request import TalkRequest, place_of

    width, height = (None, None) if size is None else checks.parse_size(size)
    request = TalkRequest(
        audio=audio, portrait=portrait, landmarks=landmarks, transcript=transcript, asr=asr,
        emotion=emotion, emotion_scale=emotion_scale, engine=engine, scene=scene,
        width=width, height=height, fps=fps, head=head, mouth=mouth, blinks=blinks, gaze=gaze,
        seed=secrets.randbelow(SEEDS) if seed is None else seed, motion_out=motion_out,
        watermark=not no_watermark, label=label,
    )  # fmt: skip
    place = place_of(request, output, overwrite=overwrite)
    from emogen.cli.talking.answer import print_made  # after the checks: it takes seconds
    from emogen.cli.talking.making import make

    print_made(make(request, place), as_json=as_json)
