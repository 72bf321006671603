"""The command `emogen`: arguments in, an exit code out.

Results go to stdout, everything else to stderr. Exit codes: 0 done, 1 an unexpected failure, 2
usage or bad input, 3 the environment (a package, memory, disk), 130 interrupted.
"""

import os
import signal
import sys
from typing import Annotated

import typer

from emogen import __version__
from emogen.cli.doctor import doctor
from emogen.cli.emotion import emotion
from emogen.cli.failures import report
from emogen.cli.generate import generate
from emogen.cli.models import models
from emogen.cli.replay import replay

app = typer.Typer(
    name="emogen",
    help="Video that feels as asked: a scene and an emotion in, a clip out.",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (generate, replay, emotion, models, doctor):
    app.command()(command)


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


def main(arguments: list[str] | None = None) -> int:
    """Run one command line and return its exit code; nothing is raised.

    Args:
        arguments: the words after `emogen`; None takes the process's own.
    """
    try:
        code = app(args=arguments, prog_name="emogen", standalone_mode=False)
        sys.stdout.flush()
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the last resort, reported
        return report(error)
    if code == 130:  # Typer's answer to Ctrl-C
        return report(KeyboardInterrupt())
    return code or 0


def run() -> None:
    """Be the process `emogen`: run its arguments and end with the exit code."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # clean up as for Ctrl-C
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")
    code = main()
    _close_stdout()
    sys.exit(code)


def _close_stdout() -> None:
    """Flush; where that fails (which was reported), keep Python from trying again."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
