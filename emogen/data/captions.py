"""Words for a clip: a subject and a scene in, a caption out; emotion vectors in, a phrase out."""

import numpy as np

from emogen.data.motion import category_weights
from emogen.data.scenes import Scene
from emogen.emotion.labels import MIKELS

_TEMPLATES = (
    "{}",
    "{}",
    "{}",
    "a video of {}",
    "a cartoon of {}",
    "an animation of {}",
    "{}, cartoon",
    "a short clip of {}",
    "a drawing of {}, animated",
)
_SCENE_SHARE = {"place": 0.85, "weather": 0.9, "camera": 0.85}
_PLAIN_SHARE = 0.35

_LOOKS = {
    "amusement": ("amused", "tickled", "playful"),
    "awe": ("awestruck", "full of wonder", "amazed"),
    "contentment": ("content", "peaceful", "happy and calm"),
    "excitement": ("excited", "thrilled", "overjoyed"),
    "anger": ("angry", "furious", "enraged"),
    "disgust": ("disgusted", "grossed out", "repelled"),
    "fear": ("afraid", "scared", "frightened"),
    "sadness": ("sad", "sorrowful", "downcast"),
}
_FAINT, _STRONG, _SEEN = 0.4, 0.8, 0.1


def caption(subject: str, scene: Scene, rng: np.random.Generator) -> str:
    """Say what is seen in lower case, now and then without the place, the weather or the camera.

    >>> caption("a cat", Scene(place="forest"), np.random.default_rng(0))
    'a short clip of a cat in a forest'
    """
    template = _TEMPLATES[rng.integers(len(_TEMPLATES))]
    said = {}
    for name, phrase in scene.phrases.items():
        share = _PLAIN_SHARE if phrase.endswith("plain background") else _SCENE_SHARE[name]
        said[name] = phrase if rng.random() < share else ""
    where = f"{subject} {said['place']}".strip()
    parts = (template.format(where), said["weather"], said["camera"])
    return ", ".join(part for part in parts if part).lower()


def describe_emotion(vectors: np.ndarray, rng: np.random.Generator) -> str:
    """Say the emotion of vectors (T, 12) in words, empty if neutral throughout.

    >>> still = np.zeros((5, 12))
    >>> describe_emotion(still, np.random.default_rng(0))
    ''
    """
    words = {name: str(rng.choice(_LOOKS[name])) for name in MIKELS}
    first, last = _look(vectors[0], words), _look(vectors[-1], words)
    if not (first or last):
        return ""
    if np.allclose(vectors[0], vectors[-1], atol=0.05):
        return f"looking {first}"
    return f"looking {first or 'calm'}, then {last or 'calm'}"


def _look(vector: np.ndarray, words: dict[str, str]) -> str:
    """Name the two strongest categories of one frame and how strong they are."""
    weights = category_weights(vector[None])[0]
    strongest = np.argsort(-weights, kind="stable")[:2]
    shown = [words[MIKELS[i]] for i in strongest if weights[i] > _SEEN]
    if not shown:
        return ""
    total = float(weights.sum())
    degree = "slightly " if total < _FAINT else "very " if total > _STRONG else ""
    return degree + " and ".join(shown)
