"""`emogen evaluate`: a protocol, clips or campaigns in; rows, figures, reports and a study out."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from emogen.evaluation.campaign import Contrast
    from emogen.evaluation.study import StudyResult

evaluate = typer.Typer(
    name="evaluate",
    help="Does it come out as asked? Two judges, intervals, reports.",
    no_args_is_help=True,
)
study = typer.Typer(name="study", help="The same question put to people.", no_args_is_help=True)
evaluate.add_typer(study)
_Json = Annotated[bool, typer.Option("--json", help="Answer with a JSON object.")]


@evaluate.command()
def run(  # noqa: PLR0913 - one argument an option
    protocol: Annotated[
        str | None,
        typer.Argument(metavar="[PROTOCOL]", help="quick, full, emovid or a YAML file."),
    ] = None,
    *,
    clips: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Judge these clips instead of making any.")
    ] = None,
    model: Annotated[
        str, typer.Option(metavar="NAME|DIR", help="An embedded model or a Wan folder.")
    ] = "nano",
    adapter: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Emotion adapter, if not the model's own.")
    ] = None,
    steps: Annotated[int | None, typer.Option(metavar="N", help="Denoising steps.")] = None,
    guidance: Annotated[
        float | None, typer.Option(metavar="G", help="How closely the prompt is followed.")
    ] = None,
    emotion_guidance: Annotated[
        float | None, typer.Option(metavar="E", help="How strongly the emotion shows.")
    ] = None,
    ceiling: Annotated[
        str, typer.Option(metavar="auto|drawn|none|DIR", help="Clips that show what is asked.")
    ] = "auto",
    reference: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Real clips, for the Frechet distance.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="DIR", show_default="outputs/PROTOCOL-MODEL"),
    ] = None,
    rejudge: Annotated[
        bool, typer.Option("--rejudge", help="Judge clips that lie there again.")
    ] = False,
    as_json: _Json = False,
) -> None:
    """Make or read the clips of a protocol, have both judges read them, and report.

    A run that was stopped goes on where it was. Without a protocol, --clips takes what is asked
    from each clip's sidecar. Exit code 1: some clips failed.
    """
    from emogen.cli.campaign import Campaigning
    from emogen.cli.checks import check_number

    numbers = {"--steps": steps, "--guidance": guidance, "--emotion-guidance": emotion_guidance}
    for name, value in numbers.items():
        if value is not None:
            check_number(name, value)
    campaigning = Campaigning.plan(
        protocol, clips=clips, model=model, adapter=adapter, output=output, ceiling=ceiling,
        reference=reference, settings={
            "steps": steps, "guidance_scale": guidance, "emotion_guidance_scale": emotion_guidance,
        },
    )
    rows = campaigning.run(rejudge=rejudge)
    failed = sum(not row.is_finished for row in rows)
    _report(campaigning.folder, as_json=as_json)
    if failed:
        raise typer.Exit(1)


@evaluate.command()
def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder of 'evaluate run'.")],
    *,
    as_json: _Json = False,
) -> None:
    """Write summary.json, report.md and report.html of a run again."""
    _report(folder, as_json=as_json)


@evaluate.command()
def compare(
    first: Annotated[Path, typer.Argument(metavar="A", help="A folder of 'evaluate run'.")],
    second: Annotated[Path, typer.Argument(metavar="B", help="Another of the same protocol.")],
    *,
    as_json: _Json = False,
) -> None:
    """Compare two runs clip by clip: differences, tests, and what may be claimed."""
    from emogen.cli.answer import print_json
    from emogen.evaluation.campaign import compare as compared
    from emogen.evaluation.campaign import read_campaign

    contrast = compared(read_campaign(first), read_campaign(second))
    if as_json:
        print_json(contrast.to_dict())
    else:
        _print_contrast(contrast)


@study.command()
def export(  # noqa: PLR0913 - one argument an option
    first: Annotated[Path, typer.Argument(metavar="A", help="A folder of 'evaluate run'.")],
    second: Annotated[Path, typer.Argument(metavar="B", help="Another of the same protocol.")],
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="HTML", help="The page to send to raters.")
    ],
    pairs: Annotated[int, typer.Option(metavar="N", help="Pairs that a rater sees.")] = 40,
    catch: Annotated[int, typer.Option(metavar="N", help="Pairs with an obvious answer.")] = 5,
    seed: Annotated[int, typer.Option(metavar="S", help="Which pairs, sides and order.")] = 0,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", "-y", help="Replace files of the same name.")
    ] = False,
    as_json: _Json = False,
) -> None:
    """Write a blind study as one static page, and its key, which raters must not see."""
    from emogen.cli.answer import print_json
    from emogen.evaluation.campaign import read_campaign
    from emogen.evaluation.study import export_study

    written = export_study(
        read_campaign(first), read_campaign(second), output, pairs=pairs, catch=catch, seed=seed,
        overwrite=overwrite,
    )
    if as_json:
        print_json(written.to_dict())
        return
    print(written.page)
    print(f"  {written.pairs} pairs and {written.catch} catch trials for raters; nothing names the")
    print(f"  systems. Keep {written.key} to read the answers.")


@study.command()
def read(
    answers: Annotated[list[Path], typer.Argument(metavar="ANSWERS...", help="Raters' JSON.")],
    *,
    key: Annotated[
        Path, typer.Option(metavar="JSON", help="The key that was written with the page.")
    ],
    as_json: _Json = False,
) -> None:
    """Read answers back: who passes, who wins, how sure that is, whether raters agree."""
    from emogen.cli.answer import print_json
    from emogen.evaluation.study import read_study

    result = read_study(answers, key=key)
    if as_json:
        print_json(result.to_dict())
    else:
        _print_study(result)


def _report(folder: Path, *, as_json: bool) -> None:
    from emogen.cli.answer import print_json
    from emogen.evaluation.report import words, write_report

    written = write_report(folder)
    if as_json:
        print_json({
            "html": str(written.html), "markdown": str(written.markdown),
            "json": str(written.json), "summary": written.summary,
        })
        return
    for path in (written.html, written.markdown, written.json):
        print(path)
    for sentence in words.headline(written.summary):
        print(f"  {sentence}")
    counts = written.summary["counts"]
    if counts["failed"]:
        print(f"  {counts['failed']} of {counts['asked']} clips failed; the report says why.")


def _print_contrast(contrast: "Contrast") -> None:
    from emogen.evaluation.campaign.claims import is_percent, label, p_text, signed

    for sentence in contrast.claims:
        print(sentence)
    for judge, found in contrast.judges.items():
        rows = [(f"{judge} judge", "A", "B", "B - A, 95 %", "p (Holm)", "only A : only B")]
        for row in found:
            ends = [_shown(value, percent=is_percent(row.metric))
                    for value in (row.first, row.second)]
            split = "" if row.only_first is None else f"{row.only_first} : {row.only_second}"
            rows.append((label(row.metric), *ends, signed(row, unit=""), p_text(row.adjusted),
                         split))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        print()
        for row in rows:
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            print("  ".join(cells).rstrip())
    left = f", {contrast.left_out} clips without a partner" if contrast.left_out else ""
    print(f"\n{contrast.pairs} pairs of the same prompt, emotion and seed{left}.")


def _shown(value: float, *, percent: bool) -> str:
    return f"{100 * value:.1f} %" if percent else f"{value:.3f}"


def _print_study(result: "StudyResult") -> None:
    for sentence in result.sentences():
        print(sentence)
