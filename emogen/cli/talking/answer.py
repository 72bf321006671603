"""What `emogen talk` answers: a video on disk in; a few lines or one JSON object out."""

import sys
from typing import Any

from emogen.cli.answer import print_json
from emogen.cli.talking.making import Made


def print_made(made: Made, *, as_json: bool) -> None:
    """Print where the video lies and what was heard; notes go to stderr."""
    for note in made.notes:
        print(f"emogen: {note}", file=sys.stderr)
    if as_json:
        print_json(document(made))
        return
    print(made.place.video)
    print(f"  {summary(made)}")
    for line in source_lines(made.performed.feeling.sources.to_json()["sources"]):
        print(f"  {line}")


def document(made: Made) -> dict[str, Any]:
    """Return everything about a talking head as plain JSON values."""
    record = made.performed.record.parameters()
    size = f"{record.pop('width')}x{record.pop('height')}"
    seconds = {name: round(value, 3) for name, value in made.seconds.items()}
    total = sum(made.seconds.values())
    motion = made.motion
    return {
        "path": str(made.place.video),
        "sidecar": str(made.place.sidecar),
        "motion": None if motion is None else str(motion),
        **record,
        "size": size,
        "frames": made.performed.delivered.num_frames,
        "duration": round(made.performed.delivered.seconds, 3),
        "speech": round(made.performed.speech, 3),
        "heard": made.performed.feeling.sources.to_json(),
        "seconds": {**seconds, "total": round(total, 3)},
        "times_real_time": round(made.performed.delivered.seconds / total, 2),
        "notes": made.notes,
    }


def summary(made: Made) -> str:
    """Return one line of what was resolved."""
    record, total = made.performed.record, sum(made.seconds.values())
    felt = record.emotion.asked
    if felt == "auto":
        felt = f"as heard ({loudest(made)})"
    delivered = made.performed.delivered
    who = record.character or record.portrait.name
    return (
        f"{who}, {felt}, {record.width}x{record.height}, {delivered.num_frames} frames at"
        f" {record.fps:g} fps, seed {record.seed}, {delivered.seconds:.1f} s in {total:.1f} s"
    )


def loudest(made: Made) -> str:
    """Return the category that the face shows most over time."""
    from emogen.emotion import CATEGORIES

    vectors = made.performed.feeling.vectors.mean(0)
    shares = [*vectors[:8].tolist(), 1 - float(vectors[:8].sum())]
    return f"mostly {CATEGORIES[shares.index(max(shares))]}"


def source_lines(sources: dict[str, dict[str, Any]]) -> list[str]:
    """Return a line a source that said something.

    >>> source_lines({"voice": {"says": "anger", "confidence": 0.8, "weight": 1.0}})
    ['voice    anger       sure 80 %  weight 100 %']
    """
    return [
        f"{name:<8} {found['says']:<11} sure {found['confidence']:.0%}  weight"
        f" {found['weight']:.0%}".replace("%", " %")
        for name, found in sources.items()
        if found["says"] is not None
    ]
