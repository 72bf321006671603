"""The values a job may hold: text from a manifest in, the same value checked and tidied out."""

import re
from functools import lru_cache
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from emogen.emotion import Trajectory, parse

MAX_TEXT = 2000
SIDE = (16, 4096)
ANY_LENGTH = 1e6
"""Seconds that let every curve be read while the clip's own length is not known yet."""
AUTO = "auto"
"""The emotion of a talking head that is taken from its voice."""


def a_number(value: Any) -> Any:  # noqa: ANN401 - anything may come in
    """Refuse true and false, and texts, where a number is wanted; pydantic would convert them."""
    if isinstance(value, (bool, str)):
        got = str(value).lower() if isinstance(value, bool) else f"the text {value[:40]!r}"
        raise ValueError(f"expected a number, got {got}")
    return value


def check_text(text: str) -> str:
    """Return a text of one line without space around it.

    >>> check_text(" a red robot ")
    'a red robot'
    """
    tidy = check_text_or_empty(text)
    if not tidy:
        raise ValueError("expected a text, got an empty one; describe what is meant")
    return tidy


def check_text_or_empty(text: str) -> str:
    """Return a text of one line, perhaps an empty one."""
    tidy = text.strip()
    if len(tidy) > MAX_TEXT:
        raise ValueError(f"expected at most {MAX_TEXT} letters, got {len(tidy)}")
    if not tidy.isprintable():
        raise ValueError("expected one line of plain text")
    return tidy


def check_emotion(text: str) -> str:
    """Return an emotion specification that can be read.

    >>> check_emotion("hapy")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    emogen.errors.NotationError: unknown emotion 'hapy'; did you mean 'happy'? Known: ...
    """
    tidy = check_text(text)
    if tidy == AUTO:
        return tidy
    read_emotion(tidy, ANY_LENGTH)
    return tidy


@lru_cache(maxsize=4096)
def read_emotion(text: str, seconds: float) -> Trajectory:
    """Return the trajectory of a notation over a clip of this length in seconds.

    Raises:
        NotationError: it cannot be read.
    """
    return parse(text, seconds=seconds)


@lru_cache(maxsize=1024)
def check_size(text: str) -> str:
    """Return a size as "WxH", multiples of 16 within reason.

    >>> check_size(" 832 X 480 ")
    '832x480'
    >>> check_size("130x96")
    Traceback (most recent call last):
    ValueError: expected multiples of 16, got 130x96; the nearest is 128x96
    """
    match = re.fullmatch(r"\s*(\d{1,6})\s*[xX\u00d7]\s*(\d{1,6})\s*", text)
    if match is None:
        raise ValueError(f"expected a size such as 128x128 (width x height), got {text[:40]!r}")
    sides = int(match[1]), int(match[2])
    low, high = SIDE
    if not all(low <= side <= high for side in sides):
        raise ValueError(f"expected {low} to {high} a side, got {sides[0]}x{sides[1]}")
    if any(side % 16 for side in sides):
        near = "x".join(str(max(16, round(side / 16) * 16)) for side in sides)
        raise ValueError(f"expected multiples of 16, got {text.strip()}; the nearest is {near}")
    return f"{sides[0]}x{sides[1]}"


def is_character(portrait: str) -> bool:
    """Tell whether a portrait is named as a drawn character, not as a file.

    >>> is_character("fox:dusk"), is_character("faces/me"), is_character("me.jpg")
    (True, False, False)
    """
    return re.fullmatch(r"\w+(:\w*)?", portrait) is not None


def check_frames(frames: int) -> int:
    """Return a number of frames of the form 4k+1.

    >>> check_frames(32)
    Traceback (most recent call last):
    ValueError: expected the form 4k+1, got 32; use 29 or 33
    """
    if frames % 4 != 1:
        below = (frames - 1) // 4 * 4 + 1
        raise ValueError(f"expected the form 4k+1, got {frames}; use {below} or {below + 4}")
    return frames


def check_path(text: str) -> str:
    """Return a path or name that a file system can hold."""
    if not text.strip() or "\0" in text or len(text) > 4096:
        raise ValueError("expected a path, got an empty or endless one")
    return text


_LENGTHS = {"minLength": 1, "maxLength": MAX_TEXT}
Text = Annotated[str, AfterValidator(check_text), Field(json_schema_extra=_LENGTHS)]
TextOrEmpty = Annotated[
    str, AfterValidator(check_text_or_empty), Field(json_schema_extra={"maxLength": MAX_TEXT})
]
Emotion = Annotated[str, AfterValidator(check_emotion), Field(json_schema_extra=_LENGTHS)]
PathText = Annotated[
    str, AfterValidator(check_path), Field(json_schema_extra={"minLength": 1, "maxLength": 4096})
]
Size = Annotated[
    str,
    AfterValidator(check_size),
    WithJsonSchema({"type": "string", "pattern": "^\\s*\\d{1,6}\\s*[xX\u00d7]\\s*\\d{1,6}\\s*$"}),
]
Frames = Annotated[
    int, Field(ge=1, le=1025), BeforeValidator(a_number), AfterValidator(check_frames)
]
