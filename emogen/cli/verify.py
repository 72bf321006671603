"""`emogen verify`: files in; where they say they come from, and whether that holds, out."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from emogen.provenance import Verdict

_STATES = {
    "none": "none",
    "trusted": "whole, signed by {signer}, trusted",
    "valid": "whole, signed by {signer}, whom nobody here vouches for",
    "tampered": "BROKEN",
    "unsupported": "none; this kind of file holds none",
    "unavailable": "not checked; pip install 'emogen[provenance]'",
}


def verify(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Videos or pictures.")],
    *,
    inputs: Annotated[
        list[Path] | None,
        typer.Option("--input", metavar="FILE", help="A picture or sound that took part."),
    ] = None,
    no_frames: Annotated[
        bool, typer.Option("--no-frames", help="Do not look for the watermark.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Answer with a JSON object.")] = False,
) -> None:
    """Say whether files are marked as generated, how they were made and whether that holds.

    Exit code 0: every file is marked and nothing in it contradicts anything else. 1: a file carries
    no mark, or something does not hold. 2: a file cannot be read. See docs/provenance.md.
    """
    from emogen.cli.answer import print_json
    from emogen.errors import InputError

    given = _hashes(inputs or [])
    results: list[dict[str, Any]] = []
    unreadable = 0
    for path in files:
        try:
            result = _examine(path, given, look=not no_frames)
        except InputError as error:  # one bad file does not stop the others
            if len(files) == 1:
                raise
            unreadable += 1
            print(f"emogen: {' '.join(str(error).split())}", file=sys.stderr)
            results.append({"path": str(path), "error": str(error)})
            continue
        results.append(result)
        if not as_json:
            print("\n".join(describe(result)))
    if as_json:
        print_json({"results": results})
    if unreadable == len(files):
        raise typer.Exit(2)
    if not all(result.get("holds") for result in results):
        raise typer.Exit(1)


def _examine(path: Path, given: dict[str, str], *, look: bool) -> dict[str, Any]:
    """Return everything about a file as plain JSON values."""
    from emogen.provenance import verify as examine

    verdict = examine(path, look=look)
    hashes = _compare(verdict.parameters or {}, given)
    problems = [*verdict.problems, *(
        f"{one['part']} {one['name']!r} is not the one it was made with"
        for one in hashes if one["state"] == "differs"
    )]
    return {
        "path": str(path),
        "synthetic": verdict.synthetic,
        "holds": verdict.synthetic and not problems,
        "mark": None if verdict.mark is None else vars(verdict.mark),
        "credentials": {
            "state": verdict.credentials.state, "signer": verdict.credentials.signer,
            "source_type": verdict.credentials.source_type,
            "problems": list(verdict.credentials.problems),
        },
        "watermark": _watermark(verdict),
        "hashes": hashes,
        "parameters": verdict.parameters,
        "parameters_from": verdict.source,
        "problems": problems,
    }


def _watermark(verdict: "Verdict") -> dict[str, Any] | None:
    seen = verdict.watermark
    if seen is None:
        return None
    version, clip = verdict.payload or (None, None)
    return {
        "found": seen.found, "version": version, "clip_id": clip, "z": round(seen.z, 2),
        "false_alarm": float(f"{seen.false_alarm:.2g}"), "place": seen.place,
        "scale": round(seen.scale, 3),
    }


def _hashes(paths: list[Path]) -> dict[str, str]:
    """Return the hash of each file by its name."""
    from emogen.cli.record import file_record
    from emogen.media.container import check_file

    records = [file_record(check_file(path)) for path in paths]
    return {record.name: record.sha256 for record in records}


def _compare(parameters: dict[str, Any], given: dict[str, str]) -> list[dict[str, str]]:
    """Return, for each file or model in the parameters, whether it is the one that is here.

    A part that was given by name, or is a shipped model, ``matches`` or ``differs``; others are
    ``absent``. A given file that took no part differs too.
    """
    compared = []
    parts = {name: one for name, one in parameters.items() if _is_file(one)}
    for part, one in parts.items():
        known = given.get(one["name"]) or (_shipped(one["name"]) if part == "model" else None)
        same = "absent" if known is None else "matches" if known == one["sha256"] else "differs"
        if same != "matches" and one["sha256"] in given.values():
            same = "matches"  # under another name
        compared.append({"part": part, "name": one["name"], "state": same})
    taken = {one["name"] for one in parts.values()}
    hashes = {one["sha256"] for one in parts.values()}
    for name, sha256 in given.items():
        if name not in taken and sha256 not in hashes:
            compared.append({"part": "input", "name": name, "state": "differs"})
    return compared


def _is_file(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(value.get(name), str) for name in ("name", "sha256")
    )


def _shipped(name: str) -> str | None:
    """Return the hash of the embedded model of a name, None where there is none."""
    from emogen.cli.checks import embedded_models
    from emogen.cli.record import folder_record

    folder = embedded_models().get(name)
    return None if folder is None else folder_record(folder, name=name).sha256


def describe(result: dict[str, Any]) -> list[str]:
    """Return what was found in a file as lines for a person."""
    head = "no mark of a generated file was found"
    if result["synthetic"]:
        head = "generated, and what it says holds" if result["holds"] else "generated, BUT:"
    elif result["problems"]:
        head = "no mark of a generated file was found, AND:"
    lines = [f"{result['path']}: {head}", *(f"  ! {line}" for line in result["problems"])]
    mark, parameters = result["mark"], result["parameters"]
    lines.append(f"  mark         {'none' if mark is None else _mark_line(mark)}")
    lines.append("  parameters   " + (
        "none" if parameters is None else f"in the {result['parameters_from']}: "
        + (f"{str(parameters['prompt'])[:60]!r}" if "prompt" in parameters else "no prompt")
        + (f", seed {parameters['seed']}" if "seed" in parameters else "")
    ))
    lines += [f"  {one['part']:<12} {one['name']}: {one['state']}" for one in result["hashes"]]
    credentials = result["credentials"]
    lines.append(f"  credentials  {_STATES[credentials['state']].format(**credentials)}")
    return [*lines, f"  watermark    {_watermark_line(result['watermark'])}"]


def _mark_line(mark: dict[str, str]) -> str:
    maker = f", by {mark['system']}" if mark["system"] else ""
    return f"{mark['source_type']}{maker}"


def _watermark_line(seen: dict[str, Any] | None) -> str:
    if seen is None:
        return "not looked for"
    if not seen["found"]:
        return f"none found (z {seen['z']:.1f})"
    clip = "payload unreadable" if seen["clip_id"] is None else f"clip {seen['clip_id']}"
    cut = f", frame cut to {seen['scale']:.0%} or scaled" if seen["place"] == "crop" else ""
    return f"found, {clip} (z {seen['z']:.1f}, false alarm below {seen['false_alarm']:.0e}){cut}"
