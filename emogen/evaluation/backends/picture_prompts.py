"""What a picture-and-text model is asked: a category in, the sentences that stand for it out."""

from emogen.emotion import CATEGORIES
from emogen.evaluation.backends.options import Target

_SHOWN = {
    "amusement": "laughing and having fun", "awe": "struck with wonder, mouth open",
    "contentment": "calm, content and at peace", "excitement": "excited and full of energy",
    "anger": "angry, shouting", "disgust": "disgusted", "fear": "frightened, in terror",
    "sadness": "sad, crying", "neutral": "with a neutral, blank expression",
}
_FELT = {
    "amusement": "funny", "awe": "awe-inspiring and majestic",
    "contentment": "peaceful and cosy", "excitement": "thrilling", "anger": "infuriating",
    "disgust": "disgusting", "fear": "scary", "sadness": "sad", "neutral": "plain and ordinary",
}
_TEMPLATES: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "expressed": (("a photo of someone who is {}", "a drawing of a character who is {}",
                   "a face that is {}"), _SHOWN),
    "evoked": (("this picture is {}", "a scene that is {}", "this looks {}"), _FELT),
}


def prompts(target: Target = "expressed") -> dict[str, list[str]]:
    """Return the sentences that stand for each category in zero-shot reading.

    >>> prompts("evoked")["fear"][0]
    'this picture is scary'
    """
    templates, words = _TEMPLATES[target]
    return {name: [line.format(words[name]) for line in templates] for name in CATEGORIES}
