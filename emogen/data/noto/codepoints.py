"""File names of emoji: ``1f3c3_1f3fd_200d_2640_fe0f`` in, base picture, skin tones, name out."""

import unicodedata

from emogen.errors import CorpusError

SKIN_TONES = {
    "1f3fb": "light",
    "1f3fc": "medium-light",
    "1f3fd": "medium",
    "1f3fe": "medium-dark",
    "1f3ff": "dark",
}
_JOINER, _VARIATION = "200d", "fe0f"
_GENDERS = {"2640": "woman", "2642": "man"}
_PEOPLE = {"1f468": "man", "1f469": "woman", "1f9d1": "person"}
_HANDSHAKE = ("1faf1", "1faf2")

_ACTIONS = {
    "1f3c3": "running", "1f3c4": "surfing", "1f3ca": "swimming", "1f3cb": "lifting weights",
    "1f483": "dancing", "1f486": "getting a massage", "1f487": "getting a haircut",
    "1f645": "gesturing no", "1f646": "gesturing ok", "1f647": "bowing", "1f64b": "raising a hand",
    "1f64d": "frowning", "1f64e": "pouting", "1f6a3": "rowing a boat", "1f6b4": "riding a bicycle",
    "1f6b6": "walking", "1f926": "facepalming", "1f937": "shrugging", "1f938": "cartwheeling",
    "1f939": "juggling", "1f9d7": "climbing", "1f9d8": "meditating",
}  # fmt: skip
_PROFESSIONS = {
    "2695": "health worker", "2696": "judge", "2708": "pilot", "1f33e": "farmer", "1f373": "cook",
    "1f393": "student", "1f3a4": "singer", "1f3a8": "artist", "1f3eb": "teacher",
    "1f3ed": "factory worker", "1f4bb": "technologist", "1f4bc": "office worker",
    "1f527": "mechanic", "1f52c": "scientist", "1f680": "astronaut", "1f692": "firefighter",
}  # fmt: skip
_NEWER = {  # named after Unicode 14, which the oldest supported Python knows
    0x1FA75: "LIGHT BLUE HEART", 0x1FA76: "GREY HEART", 0x1FA77: "PINK HEART", 0x1FA87: "MARACAS",
    0x1FA89: "HARP", 0x1FA8F: "SHOVEL", 0x1FAAD: "FOLDING HAND FAN", 0x1FABC: "JELLYFISH",
    0x1FABE: "LEAFLESS TREE", 0x1FABF: "GOOSE", 0x1FAC6: "FINGERPRINT", 0x1FACF: "DONKEY",
    0x1FADC: "ROOT VEGETABLE", 0x1FADF: "SPLATTER", 0x1FAE8: "SHAKING FACE",
    0x1FAE9: "FACE WITH BAGS UNDER EYES", 0x1FAF7: "LEFTWARDS PUSHING HAND",
    0x1FAF8: "RIGHTWARDS PUSHING HAND",
}  # fmt: skip


def skin_tones(identifier: str) -> tuple[str, ...]:
    """Name the skin tones of an emoji, one for each hand or person.

    >>> skin_tones("1faf1_1f3fb_200d_1faf2_1f3ff")
    ('light', 'dark')
    """
    return tuple(SKIN_TONES[code] for code in identifier.split("_") if code in SKIN_TONES)


def base_id(identifier: str) -> str:
    """Return the picture that skin tones and genders are variants of.

    >>> base_id("1f3c3_1f3fd_200d_2640_fe0f"), base_id("1f469_200d_1f680")
    ('1f3c3', '1f9d1_200d_1f680')
    """
    parts = [part for part in _parts(identifier) if part not in _GENDERS]
    if tuple(parts) == _HANDSHAKE:
        return "1f91d"
    if len(parts) > 1 and parts[0] in _PEOPLE:
        parts[0] = "1f9d1"
    return f"_{_JOINER}_".join(parts)


def unicode_name(identifier: str) -> str:
    """Spell the Unicode names of the joined characters, without skin tones and selectors.

    >>> unicode_name("2764_fe0f_200d_1f525")
    'HEAVY BLACK HEART + FIRE'

    Raises:
        CorpusError: if the name is no sequence of known code points.
    """
    return " + ".join(_character_name(part, identifier) for part in _parts(identifier))


def phrase(identifier: str) -> str:
    """Put an emoji that no table knows into words: a lower-case noun phrase with its article.

    >>> phrase("1f3c3_1f3fd_200d_2640_fe0f"), phrase("1f469_200d_1f680"), phrase("1f34e")
    ('a woman running', 'a woman astronaut', 'a red apple')
    """
    parts = _parts(identifier)
    if parts[0] in _ACTIONS:
        genders = [_GENDERS[part] for part in parts if part in _GENDERS]
        return f"a {genders[0] if genders else 'person'} {_ACTIONS[parts[0]]}"
    if len(parts) > 1 and parts[0] in _PEOPLE and parts[1] in _PROFESSIONS:
        profession = _PROFESSIONS[parts[1]]
        who = _PEOPLE[parts[0]]
        return with_article(profession if who == "person" else f"{who} {profession}")
    return with_article(unicode_name(identifier).lower().replace(" + ", " with "))


def with_article(noun: str) -> str:
    """Put the indefinite article before a noun.

    >>> with_article("rocket"), with_article("otter"), with_article("unicorn")
    ('a rocket', 'an otter', 'a unicorn')
    """
    vowel = noun[0] in "aeiou8" and not noun.startswith(("uni", "eu", "one"))
    return f"{'an' if vowel else 'a'} {noun}"


def _parts(identifier: str) -> list[str]:
    dropped = {_JOINER, _VARIATION, *SKIN_TONES}
    parts = [code for code in identifier.split("_") if code not in dropped]
    return parts or identifier.split("_")


def _character_name(code: str, identifier: str) -> str:
    try:
        point = int(code, 16)
        name = unicodedata.name(chr(point), None) or _NEWER.get(point)
    except (ValueError, OverflowError):
        name = None
    if name is None:
        raise CorpusError(
            f"expected an emoji named by its code points like '1f600', got {identifier!r}; "
            "remove or rename that file"
        )
    return name
