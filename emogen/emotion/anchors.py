"""Valence, arousal and dominance of every label: a name in, a point of the [-1, 1] cube out.

The numbers are rounded anchor values, not measurements of ours and not a lexicon. Unless listed
below they are the word's rating in the NRC Valence, Arousal and Dominance Lexicon, version 1
(Mohammad 2018, ACL), mapped from [0, 1] to [-1, 1] and rounded to one decimal. Deliberate
departures, because the rating of the bare word is not the state that the label means:
    Ekman's six and excitement: "angry", "disgusted", "fearful", "happy", "sad", "surprised" and
        "excited" in Russell and Mehrabian 1977, Journal of Research in Personality 11(3), rounded
        to one decimal. They rate felt states; the lexicon cannot tell disgust from fear.
    awe: valence set to +0.5 by hand; Mikels et al. 2005 count awe among the positive emotions,
        the lexicon's word also means dread (-0.1). Arousal and dominance are the lexicon's.
    contentment: arousal set to -0.3 by hand; the circumplex (Russell 1980, Journal of Personality
        and Social Psychology 39(6)) places content below the middle, the lexicon at +0.2.
    neutral: the origin, by definition.
"""

from types import MappingProxyType

import numpy as np

from emogen.emotion.labels import LABELS, MIKELS

_HAPPINESS = (0.8, 0.5, 0.5)
_SURPRISE = (0.4, 0.7, -0.1)
_SADNESS = (-0.6, -0.3, -0.3)
_ANGER = (-0.5, 0.6, 0.3)
_FEAR = (-0.6, 0.6, -0.4)

VAD: MappingProxyType[str, tuple[float, float, float]] = MappingProxyType({
    "amusement": (0.9, 0.7, 0.6),
    "awe": (0.5, 0.5, -0.4),
    "contentment": (0.8, -0.3, 0.6),
    "excitement": (0.6, 0.8, 0.4),
    "anger": _ANGER, "angry": _ANGER,
    "disgust": (-0.6, 0.4, 0.1),
    "fear": _FEAR, "fearful": _FEAR,
    "sadness": _SADNESS, "sad": _SADNESS,
    "neutral": (0.0, 0.0, 0.0),
    "happiness": _HAPPINESS, "happy": _HAPPINESS,
    "surprise": _SURPRISE, "surprised": _SURPRISE,
    "calm": (0.8, -0.8, -0.4),
    "admiration": (0.9, 0.2, 0.5),
    "annoyance": (-0.7, 0.4, -0.3),
    "approval": (0.7, -0.1, 0.8),
    "caring": (0.3, -0.1, 0.0),
    "confusion": (-0.5, 0.3, -0.4),
    "curiosity": (0.5, 0.5, -0.1),
    "desire": (0.8, 0.4, 0.3),
    "disappointment": (-0.8, 0.0, -0.3),
    "disapproval": (-0.8, 0.1, -0.3),
    "embarrassment": (-0.7, 0.4, -0.5),
    "gratitude": (0.8, -0.1, 0.2),
    "grief": (-0.9, 0.3, -0.1),
    "joy": (1.0, 0.6, 0.6),
    "love": (1.0, 0.0, 0.3),
    "nervousness": (-0.7, 0.8, -0.5),
    "optimism": (0.9, 0.1, 0.6),
    "pride": (0.5, 0.3, 0.7),
    "realization": (0.1, 0.0, 0.7),
    "relief": (0.7, -0.4, 0.0),
    "remorse": (-0.8, 0.3, -0.2),
})

MIKELS_VAD = np.array([VAD[label] for label in MIKELS])
"""The anchors of Mikels' eight, float64 (8, 3)."""
MIKELS_VAD.setflags(write=False)

assert set(VAD) == set(LABELS), "every label of every space has one anchor"
