"""What a language model answered: its text in, a checked judgement or the reason for none out.

The answer has to be one JSON object of a fixed form. Slips that leave no doubt about the meaning
are mended (a code fence, words around the object, trailing commas, Python's quotes and constants,
a missing end), and each is named in the judgement. Anything else is refused: an unknown emotion, no
evidence, evidence from a frame that was not shown. A refusal to judge is an answer of its own.

Shapes: C = 9 categories, U action units.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from emogen.emotion import CATEGORIES, VAD
from emogen.evaluation.backends.json_answer import AnswerError, read_json
from emogen.evaluation.backends.labels import label_shares

ACTION_UNITS = (
    "AU1", "AU2", "AU4", "AU5", "AU6", "AU7", "AU9", "AU10", "AU12", "AU14", "AU15", "AU17",
    "AU20", "AU23", "AU25", "AU26", "AU43", "AU45",
)  # fmt: skip
"""Facial action units that are asked for (Ekman, Friesen and Hager 2002)."""

_ANCHORS = np.array([VAD[name] for name in CATEGORIES])
_REFUSAL = re.compile(
    r"\b(i(?:'| a)m (?:sorry|unable|not able)|i (?:can(?:no|')t|won't|will not)|as an ai\b"
    r"|unable to (?:determine|judge|tell|identify)|cannot (?:determine|judge|tell|identify))",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """One thing that was seen.

    Attributes:
        frame: number of the frame, the first is 1.
        seen: what the model says is to be seen there, in its words.
    """

    frame: int
    seen: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Judgement:
    """What a language model says of one piece of a clip, and why.

    Attributes:
        start: seconds where the piece begins.
        end: seconds where it ends.
        frame_seconds: when the frames were taken that it was shown.
        attributes: what it noticed first: subject, action, place, light, colour.
        action_units: strength in [0, 1] of the facial action units it saw.
        expression: the expression in words.
        emotion: float64 [9], a distribution over the categories; all alike where there is none.
        vad: float64 [3], as felt.
        confidence: in [0, 1], as the model says it.
        evidence: what it quotes.
        refusal: why it would not judge, empty where it did.
        problem: why its answer could not be read, empty where it could.
        mended: slips in the answer that were put right.
        answer: the text as it came.
    """

    start: float = 0.0
    end: float = 0.0
    frame_seconds: tuple[float, ...] = ()
    attributes: tuple[str, ...] = ()
    action_units: dict[str, float] = field(default_factory=dict)
    expression: str = ""
    emotion: np.ndarray = field(default_factory=lambda: np.full(9, 1 / 9))
    vad: np.ndarray = field(default_factory=lambda: np.zeros(3))
    confidence: float = 0.0
    evidence: tuple[Evidence, ...] = ()
    refusal: str = ""
    problem: str = ""
    mended: tuple[str, ...] = ()
    answer: str = ""

    @property
    def is_judged(self) -> bool:
        """Whether there is a judgement at all."""
        return not self.refusal and not self.problem

    @property
    def category(self) -> str:
        """The strongest category."""
        return CATEGORIES[int(np.argmax(self.emotion))]

    def explain(self) -> str:
        """Return the judgement in one sentence, with the evidence quoted."""
        if not self.is_judged:
            return f"no judgement: {self.refusal or self.problem}"
        quotes = "; ".join(
            f'"{item.seen}" at {self.frame_seconds[item.frame - 1]:.1f} s'
            if item.frame <= len(self.frame_seconds) else f'"{item.seen}" in frame {item.frame}'
            for item in self.evidence
        )
        return f"{self.category} ({self.emotion.max():.2f}): {self.expression}; {quotes}"


def read_answer(text: str, *, num_frames: int) -> Judgement:
    """Return the judgement an answer holds.

    Args:
        text: the answer.
        num_frames: how many frames the model was shown.

    Raises:
        AnswerError: it holds none.

    >>> answer = '{"emotion": {"joy": 1}, "confidence": 0.8, "expression": "a broad smile",'
    >>> read = read_answer(answer + '"evidence": [{"frame": 1, "seen": "teeth"}],}', num_frames=2)
    >>> read.category, read.confidence, read.mended
    ('amusement', 0.8, ('a trailing comma',))
    """
    found = re.search(r"\{.*", text, re.DOTALL)
    if found is None:
        if _REFUSAL.search(text):
            return Judgement(refusal=" ".join(text.split()), answer=text)
        raise AnswerError("the answer holds no JSON object; answer with one and nothing else")
    said, mended = read_json(found[0])
    if text[: found.start()].strip(" \n`") not in ("", "json"):
        mended = (*mended, "words before the object")
    if said.get("refusal"):
        return Judgement(refusal=str(said["refusal"]), mended=mended, answer=text)
    emotion = _emotion(said.get("emotion"))
    vad, confidence, more = _numbers(said, emotion)
    return Judgement(
        attributes=_words(said.get("attributes", [])),
        action_units=_action_units(said.get("action_units", {})),
        expression=str(said.get("expression", "")).strip(),
        emotion=emotion, vad=vad, confidence=confidence,
        evidence=_evidence(said.get("evidence"), num_frames),
        mended=(*mended, *more), answer=text,
    )


def _emotion(said: object) -> np.ndarray:
    """Return a distribution [9] from one name or from names with weights."""
    weights = {said: 1.0} if isinstance(said, str) else said
    if not isinstance(weights, Mapping) or not weights:
        raise AnswerError('"emotion" must be an object of names with weights, and not empty')
    total = np.zeros(len(CATEGORIES))
    for name, weight in weights.items():
        row = label_shares(str(name))
        if row is None:
            raise AnswerError(f'"emotion" names {name!r}; use only {", ".join(CATEGORIES)}')
        total += row * _number(weight, f"the weight of {name}", low=0)
    if total.sum() <= 0:
        raise AnswerError('"emotion" has no weight above 0')
    return total / total.sum()


def _numbers(said: dict[str, Any], emotion: np.ndarray) -> tuple[np.ndarray, float, list[str]]:
    mended = []
    confidence = _number(said.get("confidence"), '"confidence"', low=0, high=100)
    if confidence > 1:
        confidence, mended = confidence / 100, ["a confidence in percent"]
    names = ("valence", "arousal", "dominance")
    if not all(name in said for name in names[:2]):
        return emotion @ _ANCHORS, confidence, mended
    usual = emotion @ _ANCHORS
    felt = [_number(said.get(name, usual[place]), f'"{name}"', low=-1, high=1)
            for place, name in enumerate(names)]
    return np.array(felt), confidence, mended


def _number(value: object, what: str, *, low: float, high: float = float("inf")) -> float:
    number = float("nan")
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        try:
            number = float(str(value).rstrip("% "))
        except ValueError:
            number = float("nan")
    if not low <= number <= high:
        raise AnswerError(f"{what} must be a number from {low:g} to {high:g}, not {value!r}")
    return number


def _action_units(said: object) -> dict[str, float]:
    if isinstance(said, list):
        said = dict.fromkeys(map(str, said), 1.0)
    if not isinstance(said, Mapping):
        raise AnswerError('"action_units" must be an object such as {"AU12": 0.8}')
    units = {}
    for name, strength in said.items():
        found = re.match(r"\s*(?:AU)?\s*0*(\d+)", str(name), re.IGNORECASE)
        unit = f"AU{found[1]}" if found else str(name)
        if unit not in ACTION_UNITS:
            raise AnswerError(f'"action_units" names {name!r}; use only {", ".join(ACTION_UNITS)}')
        units[unit] = _number(strength, f"the strength of {unit}", low=0, high=1)
    return units


def _words(said: object) -> tuple[str, ...]:
    if isinstance(said, Mapping):
        said = [f"{name}: {value}" for name, value in said.items()]
    said = [said] if isinstance(said, str) else said
    if not isinstance(said, list):
        raise AnswerError('"attributes" must be a list of short phrases')
    return tuple(str(item).strip() for item in said)


def _evidence(said: object, num_frames: int) -> tuple[Evidence, ...]:
    """Return what is quoted; at least one thing, all of it from frames that were shown."""
    if not isinstance(said, list) or not said:
        raise AnswerError('"evidence" must list at least one {"frame": number, "seen": "..."}')
    items = []
    for item in said:
        seen = str(item.get("seen", "")).strip() if isinstance(item, Mapping) else ""
        frame = item.get("frame") if isinstance(item, Mapping) else None
        if not seen or isinstance(frame, bool) or not isinstance(frame, int):
            raise AnswerError('each of "evidence" must be {"frame": number, "seen": "..."}')
        if not 1 <= frame <= num_frames:
            raise AnswerError(f'"evidence" quotes frame {frame}; frames are 1 to {num_frames}')
        items.append(Evidence(frame=frame, seen=seen))
    return tuple(items)
