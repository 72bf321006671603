"""Answers of language models: good ones, slips, nonsense and refusals."""

import contextlib
import json

import numpy as np
import pytest

from emogen.emotion import CATEGORIES, VAD
from emogen.evaluation.backends.answers import read_answer
from emogen.evaluation.backends.json_answer import AnswerError, read_json

GOOD = {
    "attributes": ["a child in a park", "low sun"],
    "action_units": {"AU6": 0.6, "AU12": 0.9},
    "expression": "a broad smile",
    "emotion": {"amusement": 0.6, "contentment": 0.4},
    "valence": 0.7, "arousal": 0.3, "dominance": 0.2,
    "evidence": [{"frame": 1, "seen": "teeth show"}, {"frame": 3, "seen": "arms raised"}],
    "confidence": 0.7,
}  # fmt: skip


def said(**changes):
    return json.dumps({name: value for name, value in (GOOD | changes).items() if value is not ...})


def read(text):
    return read_answer(text, num_frames=4)


def test_a_good_answer():
    judgement = read(said())
    assert judgement.is_judged
    assert judgement.category == "amusement"
    assert judgement.emotion[:3].tolist() == pytest.approx([0.6, 0, 0.4])
    assert judgement.vad.tolist() == [0.7, 0.3, 0.2]
    assert judgement.action_units == {"AU6": 0.6, "AU12": 0.9}
    assert judgement.evidence[1].seen == "arms raised"
    assert judgement.mended == ()
    assert '"teeth show" in frame 1' in judgement.explain()


SLIPS = {
    "a fence": (f"```json\n{said()}\n```", ()),
    "words around": (f"Here you are:\n{said()}\nHope this helps!", ("words before the object",)),
    "a trailing comma": (said()[:-1] + ",}", ("a trailing comma",)),
    "python": (repr(GOOD), ("Python's quotes",)),
    "cut off": (said()[:-1], ("a missing end",)),
    "curly quotes": (said().replace('"', "\u201c", 1).replace('"', "\u201d", 1), ("curly quotes",)),
    "a comment": (said().replace("{", "{ // here\n", 1), ("comments",)),
    "percent": (said(confidence=70), ("a confidence in percent",)),
    "percent sign": (said(confidence="70%"), ("a confidence in percent",)),
}


@pytest.mark.parametrize(("text", "mended"), SLIPS.values(), ids=SLIPS)
def test_slips_are_mended_and_named(text, mended):
    judgement = read(text)
    assert judgement.emotion == pytest.approx(read(said()).emotion)
    assert judgement.confidence == pytest.approx(0.7)
    assert judgement.mended == mended


def test_brackets_in_words_are_no_brackets():
    text = said(expression="a } and a { and \\\" too")
    assert read(text + " {").expression.startswith("a } and a {")


WRONG = {
    "no object": ("amusement", "no JSON object"),
    "no json": ("{emotion: amusement; }", "no valid JSON"),
    "a list": ('["amusement"]', "no JSON object"),
    "no emotion": (said(emotion=...), '"emotion" must be an object'),
    "an unknown emotion": (said(emotion={"hungry": 1}), "names 'hungry'; use only amusement"),
    "no weight": (said(emotion={"fear": 0}), "no weight above 0"),
    "a negative weight": (said(emotion={"fear": -1}), "the weight of fear"),
    "a word for a number": (said(confidence="high"), '"confidence" must be a number'),
    "true for a number": (said(confidence=True), '"confidence" must be a number'),
    "not a number": (said(valence=float("nan")), '"valence" must be a number'),
    "out of range": (said(arousal=7), '"arousal" must be a number from -1 to 1'),
    "no confidence": (said(confidence=...), '"confidence" must be a number'),
    "no evidence": (said(evidence=[]), '"evidence" must list at least one'),
    "evidence not shown": (said(evidence=[{"frame": 9, "seen": "x"}]), "frames are 1 to 4"),
    "evidence without words": (said(evidence=[{"frame": 1, "seen": " "}]), "each of"),
    "a strange unit": (said(action_units={"AU99": 1}), "names 'AU99'"),
    "units as text": (said(action_units="AU12"), "must be an object"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG)
def test_anything_else_is_refused_with_the_reason(text, message):
    with pytest.raises(AnswerError, match=message):
        read(text)


def test_emotions_of_other_spaces_come_home_and_one_name_is_enough():
    judgement = read(said(emotion="nervous", valence=...))
    assert judgement.category == "fear"
    assert judgement.vad == pytest.approx(np.array(VAD["fear"]))


def test_units_are_known_however_they_are_written():
    units = {"AU06": 0.5, "12": 0.4, "au25 (lips part)": 1}
    assert read(said(action_units=units)).action_units == {"AU6": 0.5, "AU12": 0.4, "AU25": 1.0}
    assert read(said(action_units=["AU4"])).action_units == {"AU4": 1.0}


@pytest.mark.parametrize(
    "text",
    ["I'm sorry, but I can't identify how people feel.", "As an AI I do not judge people.",
     '{"refusal": "the picture is too dark"}', "It is unable to determine: cannot tell."],
)  # fmt: skip
def test_a_refusal_is_a_refusal(text):
    judgement = read(text)
    assert not judgement.is_judged
    assert judgement.refusal
    assert judgement.confidence == 0
    assert judgement.explain().startswith("no judgement: ")
    assert len(judgement.emotion) == len(CATEGORIES)


@pytest.mark.parametrize("text", ["{", "{" * 5000, '{"a": ', "{]", '{"a": "\\', "{" + "[" * 300])
def test_hostile_text_is_refused_quickly(text):
    with contextlib.suppress(AnswerError):
        assert isinstance(read_json(text)[0], dict)
