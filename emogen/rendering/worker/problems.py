"""What an exception means for a job: an exception in, a problem with its class out."""

import errno

from emogen.errors import InputError, ResourceError
from emogen.rendering.ladder import Problem

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_MEMORY_WORDS = ("can't allocate memory", "out of memory", "bad allocation")
_PASSING = (ConnectionError, TimeoutError, InterruptedError, BlockingIOError)


def problem_of(error: BaseException) -> Problem:
    """Return the class of an exception and one line about it.

    >>> problem_of(InputError("expected a picture, got a text")).kind
    'input'
    >>> problem_of(OSError(28, "No space left on device")).kind, problem_of(MemoryError()).kind
    ('disk', 'memory')
    >>> problem_of(KeyError("x"))
    Problem(kind='bug', message="KeyError: 'x'", hint='set EMOGEN_TRACEBACK=1 to see where')
    """
    line = " ".join(str(error).split())[:500]
    if is_full(error):
        return Problem(kind="disk", message=line, hint="free some disk space and run again")
    if is_out_of_memory(error):
        message = f"out of memory ({line})" if line else "out of memory"
        return Problem(kind="memory", message=message[:300], hint="use a smaller size")
    if isinstance(error, InputError):
        return Problem(kind="input", message=line)
    if isinstance(error, _PASSING):
        return Problem(kind="transient", message=f"{type(error).__name__}: {line}")
    if isinstance(error, OSError):  # a ResourceError is one: a folder that is gone or not ours
        return Problem(kind="transient", message=line, hint="check the disk and its rights")
    hint = "set EMOGEN_TRACEBACK=1 to see where"
    return Problem(kind="bug", message=f"{type(error).__name__}: {line}", hint=hint)


def is_full(error: BaseException | None) -> bool:
    """Tell whether a full disk is behind an exception."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in FULL:
            return True
        if isinstance(error, ResourceError) and str(error).startswith("no space left"):
            return True
        error = error.__cause__
    return False


def is_out_of_memory(error: BaseException) -> bool:
    """Tell Python's, PyTorch's CPU and PyTorch's GPU way of saying it, without importing torch."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    if isinstance(error, OSError) and error.errno == errno.ENOMEM:
        return True
    return isinstance(error, RuntimeError) and any(
        words in str(error).lower() for words in _MEMORY_WORDS
    )
