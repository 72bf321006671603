"""What a command answers: results in; a few lines, or one JSON object, on stdout out."""

import json
import sys
from typing import Any

from emogen.cli.render import Rendered
from emogen.emotion import EmotionPoint


def print_json(document: dict[str, Any] | list[Any]) -> None:
    """Print one JSON document on one line."""
    print(json.dumps(document, ensure_ascii=False, allow_nan=False))


def print_rendered(rendered: Rendered, *, as_json: bool) -> None:
    """Print where a clip lies and what it was made from; warnings go to stderr."""
    for note in rendered.warnings:
        print(f"emogen: warning: {note}", file=sys.stderr)
    if as_json:
        print_json(document(rendered))
        return
    print(rendered.place.video)
    if rendered.place.sheet is not None:
        print(rendered.place.sheet)
    print(f"  {summary(rendered)}")
    choice = rendered.record.choice
    if choice is not None:
        pairs = zip(choice.seeds, choice.scores, strict=True)
        shown = ", ".join(f"{seed}: {score:.2f}" for seed, score in pairs)
        print(f"  best of {len(choice.seeds)} by how much of the emotion is read ({shown})")


def document(rendered: Rendered) -> dict[str, Any]:
    """Return everything about a clip on disk as plain JSON values."""
    place, record = rendered.place, rendered.record.parameters()
    size = f"{record.pop('width')}x{record.pop('height')}"
    seconds = {name: round(value, 3) for name, value in rendered.seconds.items()}
    return {
        "path": str(place.video),
        "sidecar": str(place.sidecar),
        "sheet": None if place.sheet is None else str(place.sheet),
        **record,
        "size": size,
        "seconds": {**seconds, "total": round(sum(rendered.seconds.values()), 3)},
        "warnings": rendered.warnings,
    }


def summary(rendered: Rendered) -> str:
    """Return one line of what was resolved."""
    record = rendered.record
    emotion = "no emotion" if record.emotion is None else record.emotion.notation
    if record.emotion is not None and len(record.emotion.keyframes) == 1:
        emotion += f" ({vad(record.emotion.trajectory().keyframes[0].point)})"
    return (
        f"{emotion}, {record.width}x{record.height}, {record.frames} frames at {record.fps:g} fps,"
        f" {record.steps} steps, seed {record.seed}, {sum(rendered.seconds.values()):.1f} s"
    )


def vad(point: EmotionPoint) -> str:
    """Return valence, arousal and dominance as felt, at the point's intensity.

    >>> vad(EmotionPoint.from_category("fear", 0.5))
    'v -0.30 a +0.30 d -0.20'
    """
    values = zip("vad", point.exact()[8:11], strict=True)
    return " ".join(f"{name} {value:+.2f}" for name, value in values)
