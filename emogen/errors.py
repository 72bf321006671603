"""The exceptions of emogen: bad input in, one clear line and an exit code out.

    EmogenError                 exit code 1
    ├── InputError              exit code 2, also a ValueError: usage or bad input
    │   ├── NotationError       an emotion that cannot be read
    │   ├── MediaError          a picture, sound or video that cannot be read or written as asked
    │   ├── ModelError          a model folder or name that cannot be loaded
    │   └── CorpusError         a corpus or manifest that cannot be read
    └── ResourceError           exit code 3, also an OSError: missing package, memory or disk

Each message says what was expected, what was got and what to do about it.
"""

from difflib import get_close_matches


class EmogenError(Exception):
    """Anything emogen reports to a person instead of a traceback."""

    exit_code = 1


class InputError(EmogenError, ValueError):
    """The request itself is wrong; trying again without a change will not help."""

    exit_code = 2


class NotationError(InputError):
    """An emotion specification that cannot be read."""


class MediaError(InputError):
    """A picture, sound or video that cannot be read, or cannot be written as asked."""


class ModelError(InputError):
    """A model folder, adapter or name that cannot be loaded."""


class CorpusError(InputError):
    """A corpus, table or manifest that cannot be read."""


class ResourceError(EmogenError, OSError):
    """The machine lacks something: a package, memory or disk space."""

    exit_code = 3


def suggest(word: str, known: list[str] | tuple[str, ...]) -> str:
    """Return ``"; did you mean 'x'?"`` for the closest known word, or an empty string.

    >>> suggest("hapy", ["happiness", "anger", "happy"])
    "; did you mean 'happy'?"
    >>> suggest("zzz", ["anger"])
    ''
    """
    close = get_close_matches(word.lower(), known, n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else ""
