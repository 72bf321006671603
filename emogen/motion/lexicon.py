"""Words to phones: an English transcript in, the phones of each word out.

Pronunciations are CMUdict's (Carnegie Mellon University, BSD licence), shipped with the model as
one packed file; a word it lacks is spelled by `letters`, a number is read out by `numbers`.
"""

import lzma
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from emogen.assets import model_dir
from emogen.errors import ModelError
from emogen.motion.letters import spelled
from emogen.motion.numbers import read_out
from emogen.motion.phones import PHONES

FILE = "pronunciations.txt.xz"
_SYMBOLS = "_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN"
_CODE = dict(zip(PHONES, _SYMBOLS, strict=False))
_PHONE = {symbol: phone for phone, symbol in _CODE.items()}
_TOKEN = re.compile(r"[0-9][0-9,]*|[^\W\d_]+(?:'[^\W\d_]+)*", re.UNICODE)


def pack(lines: Iterable[str], path: Path) -> int:
    """Write CMUdict lines (``word P1 P2``) packed; the first pronunciation of each word is kept.

    Returns:
        The number of words.
    """
    entries = {}
    for line in lines:
        word, *phones = line.split("#")[0].split()
        if word[0].isalpha() and "(" not in word:
            entries[word] = "".join(_CODE[phone.rstrip("012")] for phone in phones)
    content = "\n".join(f"{word} {entries[word]}" for word in sorted(entries))
    path.write_bytes(lzma.compress(content.encode(), preset=9 | lzma.PRESET_EXTREME))
    return len(entries)


@cache
def pronunciations() -> dict[str, str]:
    """Return the packed pronunciation of every known word.

    Raises:
        ModelError: the file is missing or damaged.
    """
    path = model_dir("a2m") / FILE
    try:
        content = lzma.decompress(path.read_bytes()).decode()
    except (OSError, lzma.LZMAError, UnicodeDecodeError) as error:
        raise ModelError(
            f"expected the pronunciations at {path}, got: {error}; reinstall emogen"
        ) from error
    return dict(line.split(" ", 1) for line in content.splitlines())


def phones_of(word: str) -> list[str]:
    """Return the phones of one lower-case word, from the dictionary or by its letters.

    >>> phones_of("palm")
    ['P', 'AA', 'M']
    """
    packed = pronunciations().get(word)
    if packed is None and word.endswith("'s"):
        return [*phones_of(word[:-2]), "Z"]
    return [_PHONE[symbol] for symbol in packed] if packed else spelled(word)


def words_of(transcript: str) -> list[str]:
    """Return the lower-case words of a text, numbers read out, marks left out.

    >>> words_of("Bin blue at F 2, now!")
    ['bin', 'blue', 'at', 'f', 'two', 'now']
    """
    words: list[str] = []
    for token in _TOKEN.findall(transcript.replace("\u2019", "'")):
        digits = token.replace(",", "")
        words += read_out(digits) if digits.isascii() and digits.isdigit() else [token.lower()]
    return words


def transcribed(transcript: str) -> list[list[str]]:
    """Return the phones of each word of a transcript.

    >>> transcribed("Mum, 2!")
    [['M', 'AH', 'M'], ['T', 'UW']]
    """
    return [phones for phones in map(phones_of, words_of(transcript)) if phones]
