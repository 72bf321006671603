"""Spelling to phones: an English word that no dictionary knows in, a fair guess out.

Rules are tried in order at each place of the word: letters, what must follow, phones. They were
written for mouths, not for dictations: what matters is which lips move when.
"""

import re
import unicodedata

NAMES = {
    "a": "EY", "b": "B IY", "c": "S IY", "d": "D IY", "e": "IY", "f": "EH F", "g": "JH IY",
    "h": "EY CH", "i": "AY", "j": "JH EY", "k": "K EY", "l": "EH L", "m": "EH M", "n": "EH N",
    "o": "OW", "p": "P IY", "q": "K Y UW", "r": "AA R", "s": "EH S", "t": "T IY", "u": "Y UW",
    "v": "V IY", "w": "D AH B AH L Y UW", "x": "EH K S", "y": "W AY", "z": "Z IY",
}  # fmt: skip
"""How single letters are called."""

_RULES = (
    (r"^kn", "N"), (r"^gn", "N"), (r"^wr", "R"), (r"^ps", "S"), (r"^x", "Z"), (r"^y", "Y"),
    (r"tch", "CH"), (r"sch", "SH"), (r"tion", "SH AH N"), (r"sion", "ZH AH N"), (r"ch", "CH"),
    (r"ck", "K"), (r"sh", "SH"), (r"ph", "F"), (r"th", "TH"), (r"wh", "W"), (r"gh(?=t)", ""),
    (r"igh", "AY"), (r"ough", "AO"), (r"augh", "AO"), (r"gh", "G"), (r"ng$", "NG"),
    (r"ng(?=[^aeiouy])", "NG"), (r"nk", "NG K"), (r"qu", "K W"), (r"q", "K"), (r"x", "K S"),
    (r"dge", "JH"), (r"mb$", "M"), (r"c(?=[eiy])", "S"),
    (r"c", "K"), (r"g(?=[eiy])", "JH"), (r"g", "G"),
    (r"ee|ea|ie(?=.)", "IY"), (r"oo", "UW"), (r"ou|ow(?=[nld])", "AW"), (r"ow", "OW"),
    (r"oa|oe", "OW"), (r"oi|oy", "OY"), (r"ai|ay|ei|ey(?=.)", "EY"), (r"ey$|ie$", "IY"),
    (r"au|aw", "AO"), (r"eu|ew|ue", "UW"),
    (r"ar(?![aeiou])", "AA R"), (r"or(?![aeiou])", "AO R"), (r"[eiu]r(?![aeiou])", "ER"),
    (r"a(?=[^aeiouwxyr]e$)", "EY"), (r"e(?=[^aeiouwxyr]e$)", "IY"),
    (r"i(?=[^aeiouwxyr]e$)", "AY"), (r"o(?=[^aeiouwxyr]e$)", "OW"),
    (r"u(?=[^aeiouwxyr]e$)", "UW"), (r"(?<=[^aeiou])e$", ""), (r"e(?=s$)", "AH"),
    (r"a$", "AH"), (r"o$", "OW"), (r"i$", "IY"), (r"u$", "UW"), (r"(?<=.)y$", "IY"),
    (r"a", "AE"), (r"e", "EH"), (r"i", "IH"), (r"o", "AA"), (r"u", "AH"), (r"y", "IH"),
    (r"b", "B"), (r"d", "D"), (r"f", "F"), (r"h", "HH"), (r"j", "JH"), (r"k", "K"), (r"l", "L"),
    (r"m", "M"), (r"n", "N"), (r"p", "P"), (r"r", "R"), (r"s$", "Z"), (r"s", "S"), (r"t", "T"),
    (r"v", "V"), (r"w", "W"), (r"z", "Z"),
)  # fmt: skip
_COMPILED = tuple((re.compile(pattern), phones.split()) for pattern, phones in _RULES)


def spelled(word: str) -> list[str]:
    """Return the phones of a word by its letters; accents are dropped, other scripts give none.

    >>> spelled("blorptish"), spelled("wame"), spelled("x")
    (['B', 'L', 'AO', 'R', 'P', 'T', 'IH', 'SH'], ['W', 'EY', 'M'], ['EH', 'K', 'S'])
    """
    plain = unicodedata.normalize("NFKD", word.lower())
    plain = "".join(letter for letter in plain if "a" <= letter <= "z")
    if len(plain) == 1:
        return NAMES[plain].split()
    if plain and not re.search("[aeiouy]", plain):
        return [phone for letter in plain for phone in NAMES[letter].split()]
    phones: list[str] = []
    place = 0
    while place < len(plain):
        length, found = _rule_at(plain, place)
        if found[:1] != phones[-1:] or not found:  # double letters sound once
            phones += found
        place += length
    return phones


def _rule_at(word: str, place: int) -> tuple[int, list[str]]:
    for pattern, phones in _COMPILED:
        match = pattern.match(word, place)
        if match and not (pattern.pattern.startswith("^") and place):
            return match.end() - place, phones
    raise AssertionError(f"no rule for the letter {word[place]!r}")
