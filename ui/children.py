"""Work that may be hostile or heavy: a module and arguments in, its answer or one clear line out.

Every piece runs in a process of its own, which can be killed with all that it began.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from emogen.errors import InputError, MediaError

ROOT = Path(__file__).resolve().parent.parent


def ask_child(
    arguments: Sequence[str], *, seconds: float, broken: str,
    stopping: threading.Event | None = None,
) -> str:
    """Run `python ARGUMENTS` to its end and return what it prints.

    Args:
        arguments: for Python, such as -m and a module.
        seconds: after which it is killed.
        broken: what to say where it dies: "expected ..., got ...; remedy".
        stopping: ends it early when set.

    Raises:
        MediaError: it says that its input is wrong, takes too long, or dies.
        InputError: it was stopped.
    """
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    child = subprocess.Popen(
        [sys.executable, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, errors="replace", start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
    )
    try:
        out, err = _wait(child, seconds, stopping)
    finally:
        _kill(child)
    if child.returncode == 0:
        return out
    last = next((line for line in reversed(err.splitlines()) if line.strip()), "")
    if child.returncode == 2 and last:
        raise MediaError(last.removeprefix("emogen: "))
    raise MediaError(broken)


def _wait(
    child: "subprocess.Popen[str]", seconds: float, stopping: threading.Event | None
) -> tuple[str, str]:
    step, left = 0.25, seconds
    while True:
        try:
            return child.communicate(timeout=min(step, left))
        except subprocess.TimeoutExpired as error:
            left -= step
            if stopping is not None and stopping.is_set():
                raise InputError("it was stopped; start it again if you want it") from error
            if left <= 0:
                raise MediaError(
                    f"expected an answer within {seconds:g} s, got none; use a shorter or smaller"
                    " file"
                ) from error


def _kill(child: "subprocess.Popen[str]") -> None:
    """End a process and all it began."""
    if child.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
