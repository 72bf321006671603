"""The commands of `emogen`, gathered; what an option means stands with its command."""

from typing import Annotated

import typer

from emogen import __version__
from emogen.cli.data import data
from emogen.cli.doctor import doctor
from emogen.cli.emotion import emotion
from emogen.cli.evaluate import evaluate
from emogen.cli.generate import generate
from emogen.cli.lora import lora
from emogen.cli.models import models
from emogen.cli.recognize import recognize
from emogen.cli.rendering import render
from emogen.cli.replay import replay
from emogen.cli.schema import schema
from emogen.cli.talk import talk
from emogen.cli.ui import ui
from emogen.cli.verify import verify

app = typer.Typer(
    name="emogen",
    help="Video that feels as asked: a scene and an emotion in, a clip out.",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (generate, talk, replay, emotion, recognize, verify, ui, models, doctor, schema):
    app.command()(command)
app.add_typer(evaluate)
app.add_typer(render)
app.add_typer(data)
app.add_typer(lora)


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,  # noqa: FBT002
) -> None:
    """Print the version, or help where no command is named."""
    if version:
        print(f"emogen {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit
