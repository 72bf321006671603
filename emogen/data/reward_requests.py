"""What a reward is trained and measured on: a seed in, a prompt and an emotion over time out.

Training draws identities of the training split and leaves out `UNSEEN_PAIRS` of emotions; measuring
takes identities of the test split and mixes only those pairs. So neither the words nor the mixtures
that are measured were ever rewarded.
"""

from dataclasses import dataclass

import numpy as np

from emogen.data.captions import caption
from emogen.data.focused import KINDS
from emogen.data.rig.characters import Character
from emogen.data.scenes import PLACES, Scene
from emogen.data.synthetic import held_out, split
from emogen.emotion import MIKELS, EmotionPoint, Keyframe, Trajectory
from emogen.errors import CorpusError

APART = 3
UNSEEN_PAIRS = tuple((name, MIKELS[(place + APART) % 8]) for place, name in enumerate(MIKELS))
"""Mixtures that training never rewards: each emotion with the third after it."""
_MIXTURES, _SINGLES = 0.6, 0.2
_PLAIN_SHARE = 0.3
_TRIES = 1000


@dataclass(frozen=True, kw_only=True)
class RewardRequest:
    """One clip to ask for.

    Attributes:
        prompt: What is seen.
        subject: Kind of the character, as the probe names it.
        emotion: What is felt.
        group: mixture, single or curve.
    """

    prompt: str
    subject: str
    emotion: Trajectory
    group: str


def training_request(rng: np.random.Generator, *, seconds: float) -> RewardRequest:
    """Draw a request: of ten, six mix two emotions, two hold one and two change.

    Args:
        rng: Source of chance; the same state gives the same request.
        seconds: Time of the last frame, at which a curve ends.

    >>> request = training_request(np.random.default_rng(0), seconds=2.0)
    >>> request.prompt, request.group
    ('a drawing of a yellow star with a hat in the mountains, animated', 'mixture')
    """
    character = _of_split(rng, str(rng.choice(KINDS)), "train")
    place = "plain" if rng.random() < _PLAIN_SHARE else str(rng.choice(list(PLACES)))
    prompt = caption(character.phrase, Scene(place=place), rng)
    first, second = _pair(rng, held_out(character.kind))
    strength, share, kind = rng.uniform(0.5, 1.0), rng.uniform(0.3, 0.7), rng.random()
    if kind < _MIXTURES:
        group, emotion = "mixture", mixture(first, second, strength=strength, share=share)
    elif kind < _MIXTURES + _SINGLES:
        group = "single"
        emotion = Trajectory.constant(EmotionPoint.from_category(first, strength))
    else:
        group, emotion = "curve", _curve(first, second, strength=strength, seconds=seconds)
    return RewardRequest(prompt=prompt, subject=character.kind, emotion=emotion, group=group)


def measured_prompts() -> list[tuple[str, str]]:
    """Return (prompt, subject) of each kind: identities of the test split, every place in turn.

    >>> measured_prompts()[0]
    ('a woman in purple with curly black hair on a plain background', 'woman')
    """
    places = list(PLACES.values())
    return [
        (f"{_of_split(np.random.default_rng(index), kind, 'test').phrase}"
         f" {places[index % len(places)]}", kind)
        for index, kind in enumerate(KINDS)
    ]  # fmt: skip


def mixture(first: str, second: str, *, strength: float, share: float) -> Trajectory:
    """Return two emotions at once, the first with a share of the strength.

    >>> mixture("awe", "fear", strength=0.8, share=0.5).at(0).mixture()
    {'awe': 0.5, 'fear': 0.5}
    """
    points = (EmotionPoint.from_category(first), EmotionPoint.from_category(second))
    strengths = (strength * share, strength * (1 - share))
    return Trajectory.constant(EmotionPoint.mix(zip(points, strengths, strict=True)))


def _curve(first: str, second: str, *, strength: float, seconds: float) -> Trajectory:
    return Trajectory(keyframes=tuple(
        Keyframe(seconds=at, point=EmotionPoint.from_category(name, strength))
        for name, at in ((first, 0.0), (second, seconds))
    ))


def _pair(rng: np.random.Generator, exclude: frozenset[str]) -> tuple[str, str]:
    """Draw two emotions that may be mixed in training."""
    names = [name for name in MIKELS if name not in exclude]
    while True:
        first, second = (str(name) for name in rng.choice(names, 2, replace=False))
        if not {(first, second), (second, first)} & set(UNSEEN_PAIRS):
            return first, second


def _of_split(rng: np.random.Generator, kind: str, wanted: str) -> Character:
    for _ in range(_TRIES):
        character = Character.sample(rng, kind=kind)
        if split(f"rig {character.phrase}") == wanted:
            return character
    raise CorpusError(f"no {kind} of split {wanted!r} in {_TRIES} tries")
