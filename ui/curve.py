"""An emotion as the editor draws it: the notation in, keyframes and sampled curves out.

The notation is the one truth: the editor writes it and reads back what it means, so what is drawn
is what will be rendered.
"""

import re
from typing import Any

from emogen.emotion import MIKELS, Trajectory, format, parse  # noqa: A004 - the verb of the field
from emogen.emotion.lexicon import label_of
from emogen.emotion.notation import ARROWS

SAMPLES = 49
_UNQUOTED = r'(?=(?:[^"]*"[^"]*")*[^"]*$)'  # an even number of quotes follows
_ARROW = re.compile(r"\s*(?:->|~>|=>|(?<=\s)o>)\s*" + _UNQUOTED)
_TIME = re.compile(r"\s*@[^@]*$" + _UNQUOTED)
_TERM = re.compile(r"\+" + _UNQUOTED)
MARKS = {way: arrow for arrow, way in ARROWS.items()}


def read_curve(text: str, *, seconds: float) -> dict[str, Any]:
    """Return what an emotion means over a clip, as plain JSON values.

    Args:
        text: the notation; nothing is no emotion.
        seconds: length of the clip, above 0.

    Raises:
        NotationError: the text cannot be read.

    >>> found = read_curve("quiet dread@0s ~> joy:0.5@2s", seconds=2)
    >>> [(frame["text"], frame["arrow"]) for frame in found["keyframes"]]
    [('quiet dread', '~>'), ('joy:0.5', '->')]
    """
    if not text.strip():
        return {"notation": "", "seconds": seconds, "keyframes": [], "samples": None, "words": []}
    trajectory = parse(text, seconds=seconds)
    texts = stages_of(text, trajectory)
    return {
        "notation": format(trajectory), "seconds": seconds,
        "keyframes": [
            {
                "seconds": round(frame.seconds, 4), "text": stage, "way": frame.interpolation,
                "arrow": MARKS[frame.interpolation], **_felt(frame.point.exact().tolist()),
            }
            for frame, stage in zip(trajectory.keyframes, texts, strict=True)
        ],
        "samples": sampled(trajectory, seconds=seconds),
        "words": [word for stage in texts for word in free_words(stage)],
    }


def stages_of(text: str, trajectory: Trajectory) -> list[str]:
    """Return what was written for each keyframe, without its time."""
    plain = text.translate({0x201C: '"', 0x201D: '"'}).strip()
    parts = [_TIME.sub("", part).strip() for part in _ARROW.split(plain)]
    if len(parts) == len(trajectory.keyframes):
        return parts
    return [format(frame.point) for frame in trajectory.keyframes]


def free_words(stage: str) -> list[dict[str, str]]:
    """Return the free words of a stage with what each was read as.

    >>> free_words("fear:0.5"), free_words("v=0.1,a=0.2")
    ([], [])
    """
    if "=" in stage:
        return []
    found = []
    for term in _TERM.split(stage):
        words = term.rpartition(":")[0] if re.search(r":\s*[\d.]+\s*$", term) else term
        words = words.strip()
        if words and label_of(words.strip('"')) is None:
            meant = format(parse(words))
            found.append({"words": words.strip('"'), "notation": meant})
    return found


def sampled(trajectory: Trajectory, *, seconds: float) -> dict[str, Any]:
    """Return a curve at even times as lists: seconds, valence, arousal, intensity, strengths."""
    rows = trajectory.sample(SAMPLES, (SAMPLES - 1) / seconds)  # (T, 12)
    columns = [[round(float(value), 4) for value in column] for column in rows.T]
    return {
        "seconds": [round(index * seconds / (SAMPLES - 1), 4) for index in range(SAMPLES)],
        "valence": columns[8], "arousal": columns[9], "dominance": columns[10],
        "intensity": columns[11],
        "strengths": {name: columns[index] for index, name in enumerate(MIKELS)},
    }


def _felt(vector: list[float]) -> dict[str, Any]:
    """Return a point (12,) by name, everything as felt."""
    values = [round(value, 4) + 0.0 for value in vector]
    return {
        "strengths": dict(zip(MIKELS, values, strict=False)), "valence": values[8],
        "arousal": values[9], "dominance": values[10], "intensity": values[11],
    }
