"""Words to train with: a caption and an emotion in; the caption alone and with the emotion, out.

EmoVid (arXiv 2511.11002) puts the emotion behind the caption as one fixed sentence. Its wording is
kept as the first, other wordings of the same keep a model from learning the sentence by heart.
"""

import hashlib
from dataclasses import dataclass

import numpy as np

from emogen.data.corpora.entry import read_emotion
from emogen.emotion import MIKELS

EMOVID = 'The video is in the "{}" emotion'
TEMPLATES = (
    "It feels of {}",
    "The mood is {}",
    "A scene of {}",
    "{}, that is what it evokes",
    "Filled with {}",
    "The viewer feels {}",
)
_FAINT = 0.35
TEXT_DROP, EMOTION_DROP, BOTH_DROP = 0.1, 0.1, 0.05


@dataclass(frozen=True, kw_only=True)
class Words:
    """What an example can be told by.

    Attributes:
        plain: the caption.
        emovid: caption and emotion, EmoVid's way.
        told: caption and emotion in one of `TEMPLATES`, always the same one for an example.
        phrase: the emotion alone, EmoVid's way; empty where it is unknown or neutral.
    """

    plain: str
    emovid: str
    told: str
    phrase: str

    @property
    def texts(self) -> tuple[str, ...]:
        """All wordings, each once."""
        return tuple(dict.fromkeys((self.plain, self.emovid, self.told)))


def words_of(caption: str, emotion: str, *, identity: str, seed: int = 0) -> Words:
    """Return the wordings of an example.

    Args:
        caption: what is seen; may be empty.
        emotion: notation; empty where unknown.
        identity: of the example, which chooses the template.
        seed: of the choice.

    >>> words_of("A cat sleeps.", "contentment", identity="a").emovid
    'A cat sleeps. The video is in the "contentment" emotion'
    >>> words_of("", "", identity="a").texts
    ('',)
    """
    plain = " ".join(caption.split())
    name = describe(emotion)
    if not name:
        return Words(plain=plain, emovid=plain, told=plain, phrase="")
    digest = hashlib.sha256(f"{seed} {identity}".encode()).digest()
    template = TEMPLATES[digest[0] % len(TEMPLATES)]
    other = template.format(name)
    phrase = EMOVID.format(name)
    return Words(plain=plain, emovid=_joined(plain, phrase), phrase=phrase,
                 told=_joined(plain, other[0].upper() + other[1:]))


def describe(emotion: str) -> str:
    """Return an emotion in words; empty where it is unknown or neutral.

    >>> describe("sadness:0.3"), describe("awe:0.6+fear:0.4"), describe("anger@0s -> awe@2s")
    ('slight sadness', 'awe and fear', 'anger turning into awe')
    """
    if not emotion:
        return ""
    names: list[str] = []
    for keyframe in read_emotion(emotion, 1e6).keyframes:
        point = keyframe.point
        if point.intensity == 0:
            names.append("calm")
            continue
        main = [name for name, weight in point.mixture().items() if weight >= 0.3][:2]
        degree = "slight " if point.intensity < _FAINT else ""
        names.append(degree + " and ".join(main or [point.dominant]))
    steps = [name for index, name in enumerate(names) if index == 0 or name != names[index - 1]]
    return "" if steps == ["calm"] else " turning into ".join(steps)


def draw(words: Words, rng: np.random.Generator, *, tell: float = 0.5) -> tuple[str, bool]:
    """Draw what a training step is told: a text, and whether the emotion's vector is given.

    One of ten is told nothing, one of ten feels nothing, one of twenty neither; each share is of
    all, so guidance by either works. The rest is told the caption, `tell` of it with the emotion.

    Args:
        words: of the example.
        rng: what draws.
        tell: part of the captions that say the emotion.

    >>> words = words_of("a cat", "awe", identity="a")
    >>> draw(words, np.random.default_rng(0))
    ('a cat. The video is in the "awe" emotion', True)
    """
    chance, telling, which = rng.random(3).tolist()
    if chance < BOTH_DROP:
        return "", False
    if chance < BOTH_DROP + TEXT_DROP:
        return "", True
    felt = chance >= BOTH_DROP + TEXT_DROP + EMOTION_DROP
    if telling >= tell or not felt:
        return words.plain, felt
    return (words.emovid if which < 0.5 else words.told), felt


def is_positive(category: str) -> bool:
    """Tell whether one of Mikels' eight is among the four positive ones.

    >>> is_positive("awe"), is_positive("fear")
    (True, False)
    """
    return category in MIKELS[:4]


def _joined(caption: str, sentence: str) -> str:
    if not caption:
        return sentence
    return f"{caption} {sentence}" if caption[-1] in ".!?" else f"{caption}. {sentence}"
