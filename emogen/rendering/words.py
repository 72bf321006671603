"""What is said: the option --transcript in, timed lines and the plain words out."""

from dataclasses import dataclass
from pathlib import Path

from emogen.evaluation.recogniser.transcript import TEXT_SUFFIXES, Line, read_text, subtitles


@dataclass(frozen=True, kw_only=True)
class Words:
    """A transcript.

    Attributes:
        text: all of it.
        lines: with their times, where it has any.
    """

    text: str
    lines: tuple[Line, ...] = ()


def words_of(option: str | None) -> Words | None:
    """Return the transcript that a text or the name of a file stands for.

    Raises:
        MediaError: the file is missing or no text.

    >>> words_of("Kids are talking.").text
    'Kids are talking.'
    """
    if option is None:
        return None
    path = Path(option)
    is_file = path.suffix.lower() in TEXT_SUFFIXES and len(option.split()) == 1
    if not is_file and not _exists(path):
        return Words(text=option)
    text = read_text(path)
    if "-->" not in text:
        return Words(text=" ".join(text.split()))
    lines = tuple(subtitles(text))
    return Words(text=" ".join(said for _, _, said in lines), lines=lines)


def _exists(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a text too long to be a name
        return False
