"""Markup: names, attributes and texts in, HTML or SVG in which every text is escaped out."""

from collections.abc import Iterable, Mapping
from html import escape

VOID = frozenset({"br", "circle", "img", "line", "link", "meta", "path", "rect"})
"""Elements without content."""


class Markup(str):
    """Text that is markup already; anything else is escaped where it is put in."""

    __slots__ = ()


def tag(name: str, attributes: Mapping[str, object] | None = None, *children: object) -> Markup:
    """Return one element.

    Args:
        name: of the element.
        attributes: None and False leave one out, True gives it without a value.
        children: markup, texts, or lists of both; None is left out.

    >>> tag("p", {"class": "a", "hidden": True, "id": None}, "1 < 2", tag("br"))
    '<p class="a" hidden>1 &lt; 2<br></p>'
    """
    pairs = ((key, value) for key, value in (attributes or {}).items())
    shown = "".join(
        f" {key}" if value is True else f' {key}="{escape(_text(value))}"'
        for key, value in pairs if value is not None and value is not False
    )
    if name in VOID and not children:
        return Markup(f"<{name}{shown}>") if name in {"br", "img", "link", "meta"} else Markup(
            f"<{name}{shown}/>"
        )
    return Markup(f"<{name}{shown}>{join(children)}</{name}>")


def join(children: Iterable[object]) -> Markup:
    """Return markup and escaped texts one after the other.

    >>> join(["a & b", None, [tag("b", None, "c")]])
    'a &amp; b<b>c</b>'
    """
    parts = []
    for child in children:
        if child is None:
            continue
        if isinstance(child, Markup):
            parts.append(str(child))
        elif isinstance(child, (list, tuple)):
            parts.append(join(child))
        else:
            parts.append(escape(_text(child), quote=False))
    return Markup("".join(parts))


def _text(value: object) -> str:
    """Return numbers without useless digits, everything else as text."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
