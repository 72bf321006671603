"""Words for an emoji: its item in, noun phrases with or without the expression out."""

from typing import TYPE_CHECKING

from emogen.data.noto.codepoints import with_article

if TYPE_CHECKING:
    from emogen.data.noto.reader import NotoItem

_PLAIN = {
    "smiley": ("a smiley", "a round yellow face", "an emoji face"),
    "devil": ("a devil face", "a purple face with horns"),
    "cat": ("a cat face", "an orange cat"),
    "clown": ("a clown face",),
    "heart": ("a heart",),
    "hearts": ("two hearts",),
    "hand": ("a hand",),
    "hands": ("two hands",),
    "lips": ("red lips",),
    "letter": ("an envelope",),
    "poo": ("a pile of poo",),
    "sign": ("a button",),
    "moon": ("a crescent moon",),
}
"""Subjects whose class word with an article does not do."""


def captions(item: "NotoItem", *, expression: bool = True) -> tuple[str, ...]:
    """Describe an emoji in one to three lower-case noun phrases, the plainest first.

    Args:
        item: the emoji.
        expression: whether the words may say what is felt or gestured. Without it, an item that
            carries an emotion is called by its subject alone ("a smiley", "a cat face"), so that
            the words do not give away what the emotion condition shall say.
    """
    phrases = item.label.captions
    if not expression and item.emotion is not None:
        phrases = _PLAIN.get(item.subject) or (with_article(item.subject),)
    tones = item.skin_tones
    return tuple(_with_tones(words, tones) for words in phrases)


def _with_tones(words: str, tones: tuple[str, ...]) -> str:
    if len(set(tones)) > 1:
        return f"{words}, {' and '.join(tones)} skin tones"
    return f"{words}, {tones[0]} skin tone" if tones else words
