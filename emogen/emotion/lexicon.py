"""Everyday words for emotions: a word in, a label or a blend of labels out.

Synonyms and inflections of the labels, chosen by hand, are part of the notation. Blends are words
that no single label covers; they are evidence for the text model of `emogen.emotion.words`.
"""

from types import MappingProxyType

from emogen.emotion.labels import LABELS
from emogen.emotion.point import EmotionPoint

_GROUPS = {
    "amusement": "amused amusing fun funny playful laughing laughter humour humor hilarious",
    "awe": "awed wonder wonderstruck awestruck amazement amazed astonished majestic reverence",
    "contentment": "content contented satisfied serene serenity peaceful cosy cozy tender",
    "excitement": "excited exciting thrilled thrill energetic eager exhilarated enthusiasm",
    "anger": "mad furious fury rage raging outraged hostile irate",
    "disgust": "disgusted disgusting revulsion repulsed revolted contempt",
    "fear": "afraid scared scary frightened terrified terror horror dread panic",
    "sadness": "unhappy sorrow sorrowful gloomy miserable melancholy depressed crying lonely",
    "happiness": "happily cheerful glad smiling merry",
    "joy": "joyful joyous delight delighted ecstatic elated",
    "surprise": "surprising shock shocked startled",
    "calm": "relaxed calmness tranquil quiet",
    "admiration": "admiring admire impressed",
    "annoyance": "annoyed irritated irritation frustrated frustration",
    "approval": "approving",
    "caring": "compassion compassionate sympathy sympathetic",
    "confusion": "confused puzzled bewildered",
    "curiosity": "curious interest interested",
    "desire": "longing craving yearning",
    "disappointment": "disappointed",
    "disapproval": "disapproving",
    "embarrassment": "embarrassed ashamed shame",
    "gratitude": "grateful thankful",
    "grief": "grieving mourning heartbroken",
    "love": "loving affection affectionate",
    "nervousness": "nervous anxious anxiety worried worry uneasy tense",
    "optimism": "optimistic hope hopeful",
    "pride": "proud triumphant",
    "realization": "realisation insight",
    "relief": "relieved",
    "remorse": "remorseful guilt guilty regret",
    "neutral": "none expressionless",
}

SYNONYMS = MappingProxyType({
    word: label for label, words in _GROUPS.items() for word in words.split()
})
"""Word to label; labels themselves are not in it."""

_BLENDS = {
    "nostalgia nostalgic wistful bittersweet": ("sadness", "contentment"),
    "homesick homesickness": ("sadness", "desire"),
    "jealous jealousy envy envious": ("anger", "sadness", "fear"),
    "betrayed betrayal bitter bitterness spite spiteful resentment": ("anger", "sadness"),
    "eerie creepy spooky uncanny haunted ominous sinister": ("fear", "disgust"),
    "suspense suspenseful tension thrilling": ("fear", "excitement"),
    "sublime epic heroic": ("awe", "excitement"),
    "bliss blissful euphoria euphoric rapture": ("joy", "excitement"),
    "triumph victory victorious": ("pride", "excitement"),
    "romantic adoring": ("love", "desire"),
    "despair hopeless hopelessness anguish": ("grief", "fear"),
    "bored boredom weary tired": ("sadness", "disappointment", "calm"),
    "whimsical mischievous silly quirky": ("amusement", "excitement"),
    "zen meditative dreamy soothing": ("calm", "contentment"),
    "mystical magical enchanted": ("awe", "joy"),
    "gross nauseous nausea vile": ("disgust",),
    "heartbreak mournful weeping tearful": ("grief", "sadness"),
    "hysterical hysteria frantic": ("nervousness", "excitement"),
    "sarcastic scornful mocking": ("disapproval", "amusement"),
}
BLENDS = MappingProxyType({
    word: labels for words, labels in _BLENDS.items() for word in words.split()
})
"""Word to labels of equal share."""

KNOWN = tuple(sorted({*LABELS, *SYNONYMS}))


def label_of(word: str) -> str | None:
    """Return the label that a word names or stands for, or None.

    >>> label_of("Scared"), label_of("fear"), label_of("table")
    ('fear', 'fear', None)
    """
    word = word.lower()
    return word if word in LABELS else SYNONYMS.get(word)


def point_of(word: str) -> EmotionPoint | None:
    """Return the full-strength emotion of a label, synonym or blend, or None.

    >>> point_of("nostalgia").mixture()
    {'contentment': 0.5, 'sadness': 0.5}
    """
    word = word.lower()
    label = label_of(word)
    labels = (label,) if label else BLENDS.get(word, ())
    if not labels or labels == ("neutral",):
        return None
    return EmotionPoint.mix((EmotionPoint.from_category(name), 1 / len(labels)) for name in labels)
