"""The one way to write an emotion: text in, a trajectory out, and back.

    curve   stage, or stages joined by an arrow that says how to get to the next
            ->  straight line      ~>  ease in and out      =>  hold, then cut      o>  great circle
    stage   point [@ seconds]               sadness:0.8@0s      amusement@2.5s
    point   term + term ... [VAD]           awe:0.6+fear:0.4    joy:0.5[a=0.9]
            coordinates [:strength]         v=-0.4,a=0.7        v=0.5,a=-0.2,d=0.1:0.5
    term    label, synonym, free words or "quoted words", then [:strength]

Strengths lie in [0, 1] and add up to at most 1; what is missing is neutral. Terms without a
strength share what the others leave. Coordinates v (valence), a (arousal) and d (dominance) lie in
[-1, 1]; alone they are what is felt, in square brackets after a mixture they replace the mixture's
own at full strength. `o>` needs a space before it.
"""

import re
from difflib import get_close_matches
from itertools import pairwise

import numpy as np

from emogen.emotion.labels import LABELS, MIKELS
from emogen.emotion.lexicon import KNOWN, label_of
from emogen.emotion.point import EmotionPoint
from emogen.emotion.trajectory import Interpolation, Keyframe, Trajectory
from emogen.emotion.words import load_default, resolve
from emogen.errors import NotationError, suggest

ARROWS: dict[str, Interpolation] = {"->": "linear", "~>": "ease", "=>": "hold", "o>": "arc"}

_UNQUOTED = r'(?=(?:[^"]*"[^"]*")*[^"]*$)'  # an even number of quotes follows
_ARROW = re.compile(r"\s*(->|~>|=>|(?<=\s)o>)\s*" + _UNQUOTED)
_AT = re.compile("@" + _UNQUOTED)
_PLUS = re.compile(r"\+" + _UNQUOTED)
_COLON = re.compile(":" + _UNQUOTED)
_COORDINATES = re.compile(r"\s*[a-zA-Z]+\s*=")
_BRACKET = re.compile(r"\[([^\]\"]*)\]$")
_FREE = re.compile(r"[^\W\d_][\w'\u2019 -]*")
_PRECISION = ".6g"


def parse(text: str, *, seconds: float | None = None, free_words: bool = True) -> Trajectory:
    """Return the trajectory that a text stands for.

    Args:
        text: the notation of this module's docstring.
        seconds: the length of the clip; with it, stages without a time are spread evenly.
        free_words: whether words that are no label may be read by the text model.

    Raises:
        NotationError: the text cannot be read; the message names the part and a remedy.

    >>> parse("sadness:0.8@0s -> amusement@2.5s").at(2.5).dominant
    'amusement'
    >>> parse("awe:0.6+fear:0.4").at(0).mixture()
    {'awe': 0.6, 'fear': 0.4}
    """
    text = text.translate({0x201C: '"', 0x201D: '"'}).strip()
    if not text:
        raise NotationError("expected an emotion, got an empty text; write 'neutral' for none")
    if text.count('"') % 2:
        raise NotationError(f"expected quotes in pairs, got {text!r}; close the quote")
    stages = _ARROW.split(text)
    arrows = [ARROWS[arrow] for arrow in stages[1::2]]
    split = [_stage(stage, whole=text) for stage in stages[::2]]
    times = _times([time for _, time in split], seconds=seconds, whole=text)
    points = [_point(part, free_words=free_words) for part, _ in split]
    return Trajectory(keyframes=tuple(
        Keyframe(seconds=time, point=point, interpolation=way)
        for time, point, way in zip(times, points, [*arrows, "linear"], strict=True)
    ))


def parse_point(text: str, *, free_words: bool = True) -> EmotionPoint:
    """Return the point of a notation without time.

    >>> parse_point("happy:0.5").intensity
    0.5
    """
    trajectory = parse(text, free_words=free_words)
    if len(trajectory.keyframes) > 1:
        raise NotationError(f"expected one emotion without a curve, got {text!r}; remove the arrow")
    return trajectory.keyframes[0].point


def format(trajectory: Trajectory | EmotionPoint) -> str:  # noqa: A001 - the verb of the field
    """Return the shortest notation of a trajectory or point, exact to six digits.

    >>> format(parse("sad:0.80@0 ~> fun@2.5"))
    'sadness:0.8@0s ~> amusement@2.5s'
    >>> format(EmotionPoint.from_vad(-0.4, 0.7))
    'v=-0.4,a=0.7'
    """
    if isinstance(trajectory, EmotionPoint):
        return _format_point(trajectory)
    frames = trajectory.keyframes
    if len(frames) == 1 and frames[0].seconds == 0:
        return _format_point(frames[0].point)
    marks = {way: arrow for arrow, way in ARROWS.items()}
    pieces = []
    for frame in frames:
        pieces += [f"{_format_point(frame.point)}@{_number(frame.seconds)}s",
                   f" {marks[frame.interpolation]} "]
    return "".join(pieces[:-1])


def _stage(text: str, *, whole: str) -> tuple[str, float | None]:
    """Split a stage into its point and its time, if given."""
    point, *time = _AT.split(text)
    if not point.strip():
        raise NotationError(f"expected an emotion in every stage, got {whole!r}; remove or fill it")
    if not time:
        return point.strip(), None
    if len(time) > 1:
        raise NotationError(f"expected one time, got {text!r}; join stages with '->'")
    value = time[0].strip().removesuffix("s").strip()
    return point.strip(), _read(value, low=0, high=1e6, what="a time such as 2.5s", where=text)


def _times(times: list[float | None], *, seconds: float | None, whole: str) -> list[float]:
    """Fill the times left out: 0 first, the clip's end last, evenly between."""
    filled = list(times)
    if filled[0] is None:
        filled[0] = 0.0
    if filled[-1] is None:
        filled[-1] = seconds
    if filled[-1] is None or (None in filled and seconds is None):
        raise NotationError(
            f"expected a time in every stage after the first, got {whole!r};"
            " add one, such as '-> amusement@2.5s'"
        )
    given = [index for index, time in enumerate(filled) if time is not None]
    result = np.interp(range(len(filled)), given, [filled[index] for index in given]).tolist()
    if any(later <= earlier for earlier, later in pairwise(result)):
        raise NotationError(f"expected growing times, got {result} s in {whole!r}; reorder them")
    return result


def _point(text: str, *, free_words: bool) -> EmotionPoint:
    if _COORDINATES.match(text):
        return _from_coordinates(text)
    bracket = _BRACKET.search(text)
    mixture = _mixture(text[: bracket.start()] if bracket else text, free_words=free_words)
    if not bracket:
        return mixture
    given = _coordinates(bracket[1], where=text)
    return EmotionPoint(
        weights=mixture.weights, valence=given.get("v", mixture.valence),
        arousal=given.get("a", mixture.arousal), dominance=given.get("d", mixture.dominance),
        intensity=mixture.intensity,
    )


def _from_coordinates(text: str) -> EmotionPoint:
    body, *strength = text.split(":")
    given = _coordinates(body, where=text)
    if not {"v", "a"} <= set(given):
        raise NotationError(f"expected both v= and a=, got {text!r}; write 'v=-0.4,a=0.7'")
    point = EmotionPoint.from_vad(given["v"], given["a"], given.get("d"))
    return point.scaled(_strength(strength[0], where=text)) if strength else point


def _coordinates(text: str, *, where: str) -> dict[str, float]:
    given: dict[str, float] = {}
    for pair in text.split(","):
        name, _, value = (part.strip().lower() for part in pair.partition("="))
        key = {"valence": "v", "arousal": "a", "dominance": "d"}.get(name, name)
        if key not in ("v", "a", "d") or key in given:
            raise NotationError(f"expected v=, a= and d= once each, got {where!r}; fix {pair!r}")
        given[key] = _read(value, low=-1, high=1, what="a number in [-1, 1]", where=where)
    return given


def _mixture(text: str, *, free_words: bool) -> EmotionPoint:
    terms = [_term(term, whole=text) for term in _PLUS.split(text)]
    stated = sum(strength for _, strength in terms if strength is not None)
    bare = sum(strength is None for _, strength in terms)
    if stated > 1 + 1e-3 or (bare and stated >= 1):
        raise NotationError(
            f"expected strengths that add up to at most 1, got {stated:g}"
            f"{' and nothing left for the rest' if bare else ''} in {text!r}; lower them"
        )
    share = (1 - stated) / bare if bare else 0.0
    parts = [(_named(name, free_words=free_words), share if strength is None else strength)
             for name, strength in terms]
    return EmotionPoint.mix(parts)


def _term(text: str, *, whole: str) -> tuple[str, float | None]:
    name, *strength = _COLON.split(text)
    if not name.strip(' "') or len(strength) > 1:
        raise NotationError(f"expected terms like 'awe:0.6' joined by '+', got {whole!r}")
    return name.strip(), _strength(strength[0], where=whole) if strength else None


def _named(name: str, *, free_words: bool) -> EmotionPoint:
    """Return the point of a label, synonym or free words at full strength."""
    words = " ".join(name.strip('"').split())
    label = label_of(words)
    if label is not None:
        return EmotionPoint.from_category(label)
    quoted = name.startswith('"') and name.endswith('"') and len(name) > 1
    if not quoted and not (free_words and _FREE.fullmatch(words)):
        raise _unknown(words)
    if not free_words:
        raise NotationError(f"free words {name} are not allowed here; use one of {_labels()}")
    model = load_default()
    if not quoted and not model.knows(words.lower()) and get_close_matches(
        words.lower(), KNOWN, n=1, cutoff=0.82
    ):
        raise _unknown(words)
    return resolve(words, model=model).point


def _unknown(word: str) -> NotationError:
    quote = "; put free words in double quotes."
    hint = (suggest(word, KNOWN) or quote) if _FREE.fullmatch(word) else quote
    return NotationError(f"unknown emotion {word!r}{hint} Known: {_labels()}")


def _labels() -> str:
    return ", ".join(dict.fromkeys([*MIKELS, *LABELS]))


def _strength(text: str, *, where: str) -> float:
    return _read(text.strip(), low=0, high=1, what="a strength in [0, 1]", where=where)


def _read(text: str, *, low: float, high: float, what: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise NotationError(f"expected {what}, got {text!r} in {where!r}; change the number")
    return value


def _format_point(point: EmotionPoint) -> str:
    if point.intensity == 0:
        return "neutral"
    vad = [value * point.intensity for value in point.vad]
    for label in LABELS:
        if _same(point, EmotionPoint.from_category(label, point.intensity)):
            return label + _suffix(point.intensity)
    for size in (2, 3):
        if _same(point, EmotionPoint.from_vad(*vad[:size])):
            names = "vad"[:size]
            return ",".join(f"{key}={_number(value)}"
                            for key, value in zip(names, vad[:size], strict=True))
    return _format_mixture(point)


def _format_mixture(point: EmotionPoint) -> str:
    parts = [(name, weight * point.intensity) for name, weight in point.mixture().items()]
    parts = [(name, strength) for name, strength in parts if strength > 1e-7]
    text = "+".join(name + _suffix(strength) for name, strength in parts)
    plain = EmotionPoint.mix((EmotionPoint.from_category(name), part) for name, part in parts)
    if _same(point, plain):
        return text
    values = zip("vad", point.vad, strict=True)
    return f"{text}[{','.join(f'{key}={_number(value)}' for key, value in values)}]"


def _same(first: EmotionPoint, second: EmotionPoint) -> bool:
    return bool(np.allclose(first.exact(), second.exact(), rtol=0, atol=1e-6))


def _suffix(strength: float) -> str:
    return "" if strength == 1 else f":{_number(strength)}"


def _number(value: float) -> str:
    return f"{round(value, 9) + 0.0:{_PRECISION}}"
