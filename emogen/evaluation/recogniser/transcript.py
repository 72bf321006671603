"""What is said, and when: a text, subtitle file or plain words in, timed lines out.

A line is (start, end, text) with times in seconds. Plain text has no times: its sentences are
numbered, sentence k lasting from k to k + 1, and "seconds" then count sentences.
"""

import html
import re
import unicodedata
from pathlib import Path

from emogen.errors import InputError, MediaError
from emogen.media.container import check_file

Line = tuple[float, float, str]
TEXT_SUFFIXES = (".txt", ".md", ".srt", ".vtt")
MAX_BYTES = 4 << 20
LONGEST = 400
"""Most letters of a sentence; longer ones are cut at spaces."""

_CLOCK = r"(?:(\d+):)?(\d{1,2}):(\d{2})[.,](\d{1,3})"
_TIMING = re.compile(rf"^\s*{_CLOCK}\s*-->\s*{_CLOCK}", re.MULTILINE)
_TAG = re.compile(r"<[^>\n]*>|\{\\[^}\n]*\}")
_END = re.compile(r"(?<=[.!?…])[\"')\]]*\s+(?=[\"'(\[]?[A-Z0-9¿¡À-Þ])|\n+")


def read_text(path: str | Path) -> str:
    """Return the words of a UTF-8 file.

    Raises:
        MediaError: it is missing, no text, empty or longer than 4 MiB.
    """
    path = check_file(path)
    if path.stat().st_size > MAX_BYTES:
        raise MediaError(f"expected a text of at most {MAX_BYTES >> 20} MiB: {path}; split it")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MediaError(f"expected a text in UTF-8, got something else: {path}") from error
    if "\x00" in text or not text.strip():
        raise MediaError(f"expected a text with words in it, got none: {path}")
    return text


def read_transcript(path: str | Path, *, seconds: float) -> list[Line]:
    """Return what is said in a clip of a length in seconds, from SRT, WebVTT or plain text.

    Plain text has no times and is one line over the whole clip.
    """
    text = read_text(path)
    if _TIMING.search(text):
        return subtitles(text)
    return [(0.0, max(seconds, 0.1), " ".join(text.split()))]


def subtitles(text: str) -> list[Line]:
    r"""Return the lines of SRT or WebVTT text in order of time, tags removed.

    Raises:
        InputError: a line ends before it begins, or none has words.

    >>> subtitles("1\n00:00:01,500 --> 00:00:02,000\n<i>Go</i> away!\n")
    [(1.5, 2.0, 'Go away!')]
    """
    lines = []
    matches = list(_TIMING.finditer(text))
    for match, following in zip(matches, [*matches[1:], None], strict=True):
        start, end = _seconds(match.groups()[:4]), _seconds(match.groups()[4:])
        if end < start:
            wrong = match[0].strip()
            raise InputError(f"expected a subtitle to end after it begins, got {wrong!r}; fix it")
        body = text[match.end() : following.start() if following else len(text)]
        _, _, body = body.partition("\n")  # the rest of a WebVTT timing line is layout
        words = " ".join(html.unescape(_TAG.sub("", _without_number(body))).split())
        if words:
            lines.append((start, max(end, start + 0.1), words))
    if not lines:
        raise InputError("expected subtitles with words in them, got none; check the file")
    return sorted(lines)


def sentences(text: str) -> list[Line]:
    """Return the sentences of a plain text, numbered; see this module's docstring.

    >>> sentences("I won! They wept.")
    [(0.0, 1.0, 'I won!'), (1.0, 2.0, 'They wept.')]
    """
    pieces = [" ".join(piece.split()) for piece in _END.split(text)]
    cut = [part for piece in pieces if piece for part in _cut(piece)]
    return [(float(index), index + 1.0, part) for index, part in enumerate(cut)]


def latin_share(text: str) -> float:
    """Return the part of the letters that are Latin; 1 where there are no letters.

    >>> latin_share("straße"), latin_share("привет"), latin_share("42!")
    (1.0, 0.0, 1.0)
    """
    letters = [letter for letter in text if letter.isalpha()]
    latin = sum(unicodedata.name(letter, "").startswith("LATIN") for letter in letters)
    return latin / len(letters) if letters else 1.0


def _seconds(clock: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, rest = clock
    return int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds) + float(f"0.{rest}")


def _without_number(body: str) -> str:
    """Drop what follows the words of a cue: the number or name of the next one, comments."""
    words, _, _ = body.strip("\n").partition("\n\n")
    return words


def _cut(piece: str) -> list[str]:
    parts = []
    while len(piece) > LONGEST:
        at = piece.rfind(" ", 0, LONGEST)
        at = at if at > 0 else LONGEST
        parts.append(piece[:at])
        piece = piece[at:].strip()
    return [*parts, piece]
