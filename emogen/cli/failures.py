"""What went wrong, for a person: an exception in, one line on stderr and an exit code out."""

import errno
import os
import sys
import traceback

from emogen.errors import EmogenError

_NO_SPACE = {errno.ENOSPC, errno.EDQUOT}
_BAD_NAME = {errno.ENAMETOOLONG, errno.EINVAL, errno.ENOTDIR, errno.EISDIR}
_SMALLER = "use a smaller --size or fewer --frames"


def report(error: BaseException) -> int:
    """Print one line about an exception to stderr and return the exit code it stands for.

    With the environment variable EMOGEN_TRACEBACK set, the traceback is printed before it.
    """
    if isinstance(error, BrokenPipeError):  # the reader of our output has left
        return 1
    line, code = explain(error)
    if os.environ.get("EMOGEN_TRACEBACK"):
        traceback.print_exception(error)
    print(f"emogen: {' '.join(line.split())}", file=sys.stderr)
    return code


def explain(error: BaseException) -> tuple[str, int]:
    """Return what to say about an exception and its exit code.

    >>> explain(KeyboardInterrupt())
    ('interrupted', 130)
    >>> explain(MemoryError())[1]
    3
    """
    if isinstance(error, KeyboardInterrupt):
        return "interrupted", 130
    import typer  # not at the top: this must work while typer loads

    if isinstance(error, EmogenError):
        return str(error), error.exit_code
    if isinstance(error, typer.Abort):  # the end of input at a question
        return "interrupted", 130
    if isinstance(error, typer.TyperException):
        return f"{error.format_message()} See 'emogen --help'", 2
    if _is_out_of_memory(error):
        return f"out of memory; {_SMALLER}", 3
    if isinstance(error, ImportError):
        return f"a package is missing or broken ({error}); reinstall emogen", 3
    if isinstance(error, OSError):
        return _explain_os_error(error)
    hint = "set EMOGEN_TRACEBACK=1 to see where"
    return f"unexpected {type(error).__name__}: {error}; {hint}", 1


def _is_out_of_memory(error: BaseException) -> bool:
    """Tell Python's, PyTorch's CPU and PyTorch's GPU way of saying it, without importing torch."""
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ == "OutOfMemoryError"
        or (isinstance(error, RuntimeError) and "can't allocate memory" in str(error))
    )


def _explain_os_error(error: OSError) -> tuple[str, int]:
    where = f" {str(error.filename)[:120]}" if error.filename else ""
    if error.errno in _NO_SPACE:
        return f"no space left{where}; free some disk space or write elsewhere", 3
    if error.errno in _BAD_NAME:
        return f"cannot use{where} ({error.strerror}); choose another name", 2
    if error.errno == errno.ENOMEM:
        return f"out of memory; {_SMALLER}", 3
    reason = error.strerror or str(error)
    return f"the system refused{where} ({reason}); check the path and its rights", 3
