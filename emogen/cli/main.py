"""The command `emogen`: arguments in, an exit code out.

Results go to stdout, everything else to stderr. Exit codes: 0 done, 1 an unexpected failure, 2
usage or bad input, 3 the environment (a package, memory, disk), 130 interrupted.
"""

import os
import signal
import sys

from emogen.cli.failures import report


def main(arguments: list[str] | None = None) -> int:
    """Run one command line and return its exit code; nothing is raised.

    Args:
        arguments: the words after `emogen`; None takes the process's own.
    """
    try:
        from emogen.cli.app import app  # here, so that Ctrl-C is caught while it loads

        code = app(args=arguments, prog_name="emogen", standalone_mode=False)
        sys.stdout.flush()
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the last resort, reported
        return report(error)
    if code == 130:  # Typer's answer to Ctrl-C
        return report(KeyboardInterrupt())
    return code or 0


def run() -> None:
    """Be the process `emogen`: run its arguments and end with the exit code."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy's threads spin while torch's work
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
