"""JSON as language models write it: a text that begins with an object in, the object out.

Only slips that leave no doubt about the meaning are mended, and each one is named.
"""

import ast
import json
import re
from collections.abc import Callable
from typing import Any

from emogen.errors import EmogenError

_CONSTANTS = ((r"\bTrue\b", "true"), (r"\bFalse\b", "false"), (r"\bNone\b", "null"))


class AnswerError(EmogenError):
    """An answer that is no judgement; the message says to the model what is wrong."""


def read_json(text: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the JSON object a text begins with, and what had to be mended.

    Raises:
        AnswerError: no mending makes it one.

    >>> read_json('{"a": [1, 2')
    ({'a': [1, 2]}, ('a missing end',))
    """
    body, mended = _whole_object(text)
    for name, mend in (("", str), *_MENDINGS):
        mended_body = mend(body)
        if name and mended_body == body:
            continue
        body, mended = mended_body, (*mended, name) if name else mended
        value = _parsed(body)
        if value is not None:
            return value, mended
    raise AnswerError("the answer is no valid JSON; check quotes, commas and brackets")


def _parsed(body: str) -> dict[str, Any] | None:
    try:
        value = json.loads(body)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _whole_object(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the first balanced object; where the text breaks off, with its brackets closed."""
    stack, quoted, escaped = [], False, False
    for place, sign in enumerate(text):
        if escaped:
            escaped = False
        elif quoted and sign == "\\":
            escaped = True
        elif sign == '"':
            quoted = not quoted
        elif not quoted and sign in "{[":
            stack.append("}" if sign == "{" else "]")
        elif not quoted and sign in "}]":
            if not stack or stack.pop() != sign:
                break
            if not stack:
                return text[: place + 1], ()
    open_text = text.rstrip().rstrip("`").rstrip() + ('"' if quoted else "")
    return re.sub(r"[,:]\s*$", "", open_text) + "".join(reversed(stack)), ("a missing end",)


def _python_object(body: str) -> str:
    """Turn a Python literal, single quotes and all, into JSON."""
    try:
        return json.dumps(ast.literal_eval(body))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return body


def _constants(body: str) -> str:
    for pattern, value in _CONSTANTS:
        body = re.sub(pattern, value, body)
    return body


_MENDINGS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("a trailing comma", lambda body: re.sub(r",(\s*[}\]])", r"\1", body)),
    ("comments", lambda body: re.sub(r"(?m)(?<![:\"])//.*$", "", body)),
    ("curly quotes", lambda body: body.translate(str.maketrans("\u201c\u201d", '""'))),
    ("Python's quotes", _python_object),
    ("Python's constants", _constants),
)
"""Slips by name and what puts them right, tried one after the other."""
