"""`emogen recognize`: files or a text in; what they express, when and how sure that is out."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from emogen.evaluation.recogniser.recogniser import Recogniser
    from emogen.evaluation.recogniser.recognition import Recognition

_BAR = "█"
_PARTS = " ▏▎▍▌▋▊▉"
_BAR_WIDTH = 24
_LEAST = 0.03
"""Categories with a smaller share are not listed."""
_CONFLICT = 0.5
"""From here on a conflict is said in words."""
_TIER_NOTES = {
    "non-commercial": "weights used: non-commercial (CC BY-NC-SA 4.0: RAVDESS, nEMO)",
    "research-only": "weights used: research only (trained on FER+ photographs)",
}


def recognize(  # noqa: PLR0913 - one argument an option
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE...", help="Videos, sounds, pictures or texts."),
    ] = None,
    *,
    text: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Words to read, instead of a file.")
    ] = None,
    transcript: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What is said: .txt, .srt or .vtt.")
    ] = None,
    modalities: Annotated[
        str | None,
        typer.Option(metavar="LIST", help="Of words,voice,vision.", show_default="all there are"),
    ] = None,
    judge: Annotated[
        str, typer.Option(metavar="NAME", help="main, or second for a cross-check.")
    ] = "main",
    faces: Annotated[
        bool, typer.Option("--faces", help="Also read photographed faces: research-only weights.")
    ] = False,
    backend: Annotated[
        list[str] | None,
        typer.Option(metavar="[SENSE=]NAME", help="A big model for a sense; repeat."),
    ] = None,
    abstain_below: Annotated[
        float | None,
        typer.Option(
            metavar="P", help="Say 'unsure' below this confidence.", show_default="the judge's own"
        ),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="PNG", help="Draw the timeline; with one file.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer with a JSON object.")] = False,
) -> None:
    """Say what a video, sound, picture or text expresses, when, how sure and by which sense.

    Words are read from a text file, --text or --transcript; there is no speech-to-text. See
    docs/recognition.md, for big models docs/backends.md.
    """
    from emogen.cli.answer import print_json
    from emogen.errors import InputError

    paths = list(files or [])
    _check(paths, text, transcript, plot)
    senses = None if modalities is None else [name.strip() for name in modalities.split(",")]
    recogniser = _load(judge, faces=faces, abstain_below=abstain_below, backends=backend or [])
    results: list[dict[str, Any]] = []
    failed: list[InputError] = []
    for source in [text] if text is not None else paths:
        try:
            found = _recognise(recogniser, source, transcript=transcript, modalities=senses)
        except InputError as error:  # one bad file does not stop the others
            if len(paths) < 2:
                raise
            failed.append(error)
            print(f"emogen: {' '.join(str(error).split())}", file=sys.stderr)
            results.append({"source": source.name, "error": str(error)})
            continue
        _notice(found)
        if plot is not None:
            _save_plot(found, plot)
        results.append(found.as_dict())
        if not as_json:
            print("\n".join(describe(found)))
    if as_json:
        print_json({"results": results})
    if failed:
        raise typer.Exit(2 if len(failed) == len(paths) else 1)


def describe(found: "Recognition") -> list[str]:
    """Return a recognition as lines for a person."""
    summary = found.summary
    head = summary.top
    if summary.unsure and summary.confidence > 0:
        head = f"unsure, perhaps {summary.likeliest}"
    facts = f"confidence {summary.confidence:.2f}, intensity {summary.intensity:.2f}"
    lines = [f"{found.source}: {head} ({facts})"]
    if summary.senses:
        felt = _vad(summary.vad)
        evoked = "" if summary.evoked_vad is None else f"   evoked {_vad(summary.evoked_vad)}"
        lines += [*_bars(summary.emotion), f"  expressed   {felt}{evoked}"]
        lines += _senses(found)
        lines += _times(found)
    lines += [f"  note        {note}" for note in found.notes]
    models = ", ".join(found.models.values())
    return [*lines, f"  weights     {found.tier}: {models}"]


def bar(share: float, width: int = _BAR_WIDTH) -> str:
    """Return a bar for a share in [0, 1].

    >>> bar(0.5, 4), bar(0.28125, 4)
    ('██', '█▏')
    """
    eighths = round(share * width * 8)
    return (_BAR * (eighths // 8) + _PARTS[eighths % 8]).rstrip()


def _check(paths: list[Path], text: str | None, transcript: Path | None, plot: Path | None) -> None:
    from emogen.errors import InputError

    if (text is None) == (not paths):
        raise InputError("expected files or --text, one of the two; see 'emogen recognize --help'")
    if len(paths) > 1 and (plot is not None or transcript is not None):
        raise InputError("--plot and --transcript belong to one file; name one")
    if text is not None and not text.strip():
        raise InputError("expected a --text with words in it, got none")
    if plot is not None and plot.suffix.lower() != ".png":
        raise InputError(f"expected a --plot name that ends in .png, got {plot.name!r}")


def _load(
    judge: str, *, faces: bool, abstain_below: float | None, backends: list[str]
) -> "Recogniser":
    from emogen.evaluation.recogniser.recogniser import Recogniser

    chosen = {}
    if backends:
        from emogen.evaluation.backends.names import chosen as chosen_from

        chosen = chosen_from(backends)
    return Recogniser.load(
        judge=judge, faces=faces, abstain_below=abstain_below, backends=chosen
    )


def _recognise(
    recogniser: "Recogniser", source: Path | str, *, transcript: Path | None,
    modalities: list[str] | None,
) -> "Recognition":
    """Run the judge, saying on stderr how far it has come with a file."""
    from emogen.cli.progress import Stages

    if isinstance(source, str):
        return recogniser.recognise(source, transcript=transcript, modalities=modalities)
    with Stages() as stages:
        return recogniser.recognise(
            source, transcript=transcript, modalities=modalities,
            progress=lambda done, total: stages(f"reading {source.name}", done, total),
        )


def _notice(found: "Recognition") -> None:
    """Say on stderr under which licence the weights stand, where it restricts their use."""
    if found.tier in _TIER_NOTES:
        print(f"emogen: {_TIER_NOTES[found.tier]}", file=sys.stderr)


def _save_plot(found: "Recognition", path: Path) -> None:
    from emogen.evaluation.recogniser.plot import plot
    from emogen.media import save_image

    save_image(plot(found), path)


def _bars(emotion: Any) -> list[str]:  # noqa: ANN401 - an array; numpy is not loaded for --help
    from emogen.emotion import CATEGORIES

    pairs = sorted(zip(CATEGORIES, emotion.tolist(), strict=True), key=lambda pair: -pair[1])
    shown = [pair for index, pair in enumerate(pairs) if pair[1] >= _LEAST or index == 0]
    return [f"  {name:<11} {share:.2f} {bar(share)}" for name, share in shown]


def _vad(values: Any) -> str:  # noqa: ANN401 - an array
    return " ".join(f"{name} {value:+.2f}" for name, value in zip("vad", values, strict=True))


def _senses(found: "Recognition") -> list[str]:
    """Return a line for each sense, and one about their conflict."""
    summary = found.summary
    if len(summary.senses) < 2:
        return []
    lines = [
        f"  {name:<11} {sense.top} (confidence {sense.confidence:.2f}, weight {sense.weight:.2f})"
        for name, sense in summary.senses.items()
    ]
    pair = max(summary.pairs, key=summary.pairs.__getitem__)
    if summary.conflict < _CONFLICT:
        return [*lines, f"  conflict    {summary.conflict:.2f}"]
    first, second = pair.split("+")
    views = f"{first} {summary.senses[first].top}, {second} {summary.senses[second].top}"
    return [*lines, f"  conflict    {summary.conflict:.2f}: {views}"]


def _times(found: "Recognition") -> list[str]:
    from emogen.evaluation.recogniser.timeline import STEADY

    moments = found.moments
    if moments is None:
        return []
    unit = " s" if found.unit == "seconds" else ""
    at = "at " if unit else "sentence "

    def when(seconds: float) -> str:
        return f"{at}{seconds:.1f}{unit}" if unit else f"{at}{int(seconds) + 1}"

    onset = "from the start" if moments.onset is None else when(moments.onset)
    peak = f"{moments.peak_emotion} {moments.peak_intensity:.2f}"
    change = f"{moments.first_emotion} to {moments.last_emotion}"
    if moments.first_emotion == moments.last_emotion or moments.drift < STEADY:
        change = "steady" if moments.drift < STEADY else f"within {moments.first_emotion}"
    return [
        f"  onset       {onset}, peak {when(moments.peak)} ({peak})",
        f"  drift       {moments.drift:.2f}, {change}",
    ]
