"""Settings of a recipe: a dataclass, a TOML preset and KEY=VALUE overrides in, one out."""

import tomllib
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from emogen.errors import InputError, suggest

T = TypeVar("T")


def read_settings(defaults: T, preset: Path | None, overrides: list[str]) -> T:
    """Merge a TOML preset and ``key=value`` overrides into a dataclass.

    Args:
        defaults: what holds where nothing is said; may hold other dataclasses.
        preset: TOML file, or None.
        overrides: such as ``loop.lr=1e-3``; the value is TOML, or a plain word.

    Raises:
        InputError: no such file, an unknown name, or a value of another kind.
    """
    settings = defaults
    if preset:
        if not preset.is_file():
            raise InputError(f"no preset at {preset}; see training/presets")
        try:
            settings = merged(settings, tomllib.loads(preset.read_text("utf-8")))
        except tomllib.TOMLDecodeError as error:
            raise InputError(f"expected a TOML preset, got {preset}: {error}") from error
    for override in overrides:
        key, equals, text = override.partition("=")
        if not equals:
            raise InputError(f"expected KEY=VALUE, got {override!r}; for example loop.lr=1e-3")
        values: Any = _value(text)
        for part in reversed(key.split(".")):
            values = {part: values}
        settings = merged(settings, values)
    return settings


def merged(settings: T, values: dict[str, Any]) -> T:
    """Return settings with some values replaced; unknown names and wrong kinds are errors.

    >>> from emogen.learning.loop import LoopConfig
    >>> merged(LoopConfig(), {"max_steps": 5}).max_steps
    5
    """
    known = {field.name for field in fields(settings)}
    changes = {}
    for key, value in values.items():
        if key not in known:
            raise InputError(
                f"unknown setting {key!r}{suggest(key, sorted(known))}; "
                f"known: {', '.join(sorted(known))}"
            )
        old = getattr(settings, key)
        inner = is_dataclass(old) and isinstance(value, dict)
        changes[key] = merged(old, value) if inner else _checked(key, value, old)
    return replace(settings, **changes)


def _value(text: str) -> Any:  # noqa: ANN401
    """Read a TOML value; what is not one is a plain word."""
    try:
        return tomllib.loads(f"x = {text}")["x"]
    except tomllib.TOMLDecodeError:
        return text


def _checked(key: str, value: Any, old: Any) -> Any:  # noqa: ANN401
    """Return a value of the kind the setting has, or say what was expected."""
    if isinstance(old, tuple) and isinstance(value, list):
        return tuple(value)
    if isinstance(old, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if old is None and isinstance(value, int | float):
        return float(value)
    if type(value) is not type(old):
        raise InputError(
            f"expected {type(old).__name__} for {key!r}, got {value!r}; the default is {old!r}"
        )
    return value
