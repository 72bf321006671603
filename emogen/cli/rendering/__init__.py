"""`emogen render`: many clips from a manifest, each once, however often it is interrupted."""

import typer

from emogen.cli.rendering.asking import cancel, gc, retry
from emogen.cli.rendering.plan import plan
from emogen.cli.rendering.run import run
from emogen.cli.rendering.status import status
from emogen.cli.rendering.watch import watch

render = typer.Typer(
    name="render",
    help="Many clips from a manifest, each once: stopped at any moment, it goes on where it was.",
    no_args_is_help=True,
)
for command in (plan, run, status, watch, retry, cancel, gc):
    render.command()(command)
