"""`emogen emotion`: a specification in, what it resolves to out."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from emogen.emotion import Trajectory

_BARS = " ▁▂▃▄▅▆▇█"


def emotion(
    spec: Annotated[str, typer.Argument(metavar="SPEC", help="For example 'fear:0.7 -> awe'.")],
    *,
    frames: Annotated[int, typer.Option(metavar="N", help="4k+1 frames.")] = 33,
    fps: Annotated[float, typer.Option(metavar="F", help="Frames a second.")] = 16,
    as_json: Annotated[bool, typer.Option("--json", help="Answer with a JSON object.")] = False,
) -> None:
    """Show what an emotion resolves to: categories, valence/arousal/dominance, time.

    The notation: docs/emotion.md.
    """
    from emogen.cli.answer import print_json
    from emogen.cli.checks import check_frames, check_number
    from emogen.emotion import parse

    check_frames(frames)
    check_number("--fps", fps)
    trajectory = parse(spec, seconds=(frames - 1) / fps)
    document = describe(trajectory, spec, frames=frames, fps=fps)
    if as_json:
        print_json(document)
    else:
        _print_table(document)


def describe(trajectory: "Trajectory", spec: str, *, frames: int, fps: float) -> dict[str, Any]:
    """Return an emotion as plain JSON values, each keyframe and the samples of each frame."""
    from emogen.emotion import format  # noqa: A004 - the verb of the field

    keyframes = [
        {
            "seconds": frame.seconds,
            "interpolation": frame.interpolation,
            "dominant": frame.point.dominant,
            "mixture": {name: round(part, 4) for name, part in frame.point.mixture().items()},
            "valence": frame.point.valence,
            "arousal": frame.point.arousal,
            "dominance": frame.point.dominance,
            "intensity": frame.point.intensity,
        }
        for frame in trajectory.keyframes
    ]
    samples = trajectory.sample(frames, fps)  # (T, E)
    return {
        "asked": spec,
        "notation": format(trajectory),
        "keyframes": keyframes,
        "frames": frames,
        "fps": fps,
        "vectors": [[round(value, 6) for value in row] for row in samples.tolist()],
    }


def _print_table(document: dict[str, Any]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    for name, side in (("seconds", "right"), ("way on", "left"), ("categories", "left"),
                       ("V", "right"), ("A", "right"), ("D", "right"), ("intensity", "right")):
        table.add_column(name, justify=side)
    keyframes = document["keyframes"]
    for index, frame in enumerate(keyframes):
        mixture = ", ".join(f"{name} {part:.2f}" for name, part in frame["mixture"].items())
        values = (f"{frame[name]:+.2f}" for name in ("valence", "arousal", "dominance"))
        way = frame["interpolation"] if index < len(keyframes) - 1 else ""
        table.add_row(f"{frame['seconds']:g}", way, mixture or "neutral", *values,
                      f"{frame['intensity']:.2f}")
    console = Console(highlight=False)
    console.print(document["notation"], markup=False)
    console.print(table)
    for line in _curves(document["vectors"]):
        console.print(f"  {line}", markup=False)
    last = (document["frames"] - 1) / document["fps"]
    console.print(f"  {'':<12} 0 s to {last:.2f} s, V/A/D at full strength above", markup=False)


def _curves(vectors: list[list[float]], columns: int = 33) -> list[str]:
    """Return a line of bars for the intensity and each category that is felt at some time."""
    from emogen.emotion import MIKELS

    picks = [vectors[round(i * (len(vectors) - 1) / (columns - 1))] for i in range(columns)]
    rows = [("intensity", 11), *((name, index) for index, name in enumerate(MIKELS))]
    return [
        f"{name:<12} {''.join(_BARS[round(8 * min(1, pick[index]))] for pick in picks)}"
        for name, index in rows
        if index == 11 or any(pick[index] >= 1 / 16 for pick in picks)
    ]
