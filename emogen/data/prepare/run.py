"""Preparing a corpus from end to end: a corpus and settings in, a folder to train from out.

    prepare.json      what was asked for            statistics.json, figures/, README.md
    index/            what each file holds          manifest.jsonl     the examples
    quarantine.jsonl  damaged files                 left_out.jsonl     what broke a rule
    latents/, text/   caches, where a model is given

Every part is a function of the corpus, the settings and the model: killed and run again, by more
processes or fewer, here or on a cluster, the same bytes come out.
"""

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from emogen.data.corpora import Entry, Place, read_corpus
from emogen.data.prepare import figures
from emogen.data.prepare.card import write_card
from emogen.data.prepare.choose import LeftOut, Planned, choose
from emogen.data.prepare.examine import (
    Finding,
    examine_one,
    examine_shard,
    is_examined,
    plan_examination,
    read_findings,
    write_findings,
)
from emogen.data.prepare.settings import PrepareSettings
from emogen.data.prepare.statistics import summarise
from emogen.data.prepare.work import Crew, alone
from emogen.errors import InputError, ResourceError
from emogen.media import Clip, contact_sheet

Progress = Callable[[str, int, int], None]
_KILLED = ("the process that decoded it was killed: the file is damaged on purpose or by accident, "
           "or it needs more memory than there is")
_TILE = 108


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """What came of it.

    Attributes:
        output: the root of the folder.
        statistics: see `emogen.data.prepare.statistics`.
        quarantined: files that cannot be read.
        left_out: entries that broke a rule.
        caches: what the caches hold, None where none were asked for.
    """

    output: str
    statistics: dict[str, Any]
    quarantined: tuple[LeftOut, ...]
    left_out: tuple[LeftOut, ...]
    caches: dict[str, Any] | None = None


def prepare(  # noqa: PLR0913 - what is prepared, into what, and by whom
    kind: str, source: str, output: str, *, settings: PrepareSettings, layout: Path | None = None,
    crew: Crew | None = None, model: str | None = None, device: str | None = None,
    condition: bool = False, progress: Progress = lambda *_: None,
) -> Prepared:
    """Bring a corpus into training shape.

    Args:
        kind: of corpus, a key of `CORPORA`.
        source: its folder or an fsspec URL.
        output: a folder or URL; what is done there already is kept.
        settings: rates, lengths, sizes and rules.
        layout: see `emogen.data.corpora.layout`.
        crew: who works; by default one process a core.
        model: whose autoencoder and text encoder make the caches; None makes none.
        device: that encodes.
        condition: also cache what image-to-video models are shown.
        progress: called with stage, done, total.

    Raises:
        CorpusError: the corpus cannot be read.
        InputError: the settings do not fit the model, or one place lies in the other.
        ResourceError: packages, memory or disk are missing.
    """
    here, there, crew = Place(source), Place(output), crew or Crew()
    _check_apart(here, there)
    folder = None
    if model is not None:
        from emogen.data.prepare.encoders import model_folder, pick_device

        folder = model_folder(model)
        elsewhere = crew.executor == "ray" and crew.gpus > 0  # this machine need have no GPU
        device = device or "cuda" if elsewhere else pick_device(device)
        check_fit(folder, settings)
    progress("reading the corpus", 0, 1)
    entries = read_corpus(kind, here, layout=layout)
    there.write("prepare.json", _json({"corpus": kind, "source": source, "model": model,
                                       "settings": settings.to_dict()}))
    findings = _examined(here, there, entries, settings, crew, progress)
    examples, out = choose(entries, findings, settings)
    found = summarise(entries, findings, examples, out)
    progress("writing the report", 0, 1)
    _write_lists(there, examples, out)
    _write_report(here, there, examples, found, findings)
    there.write("README.md", write_card(kind, settings, found, None).encode())
    caches = None
    if folder is not None:
        caches = _cached(here, there, examples, folder, device or "cpu", crew, progress,
                         condition=condition)
        there.write("README.md", write_card(kind, settings, found, caches).encode())
    return Prepared(
        output=there.root, statistics=found, caches=caches,
        quarantined=tuple(one for one in out if one.rule == "damaged"),
        left_out=tuple(one for one in out if one.rule != "damaged"),
    )


def check_fit(folder: Path, settings: PrepareSettings) -> None:
    """Refuse sizes that a model cannot work with.

    Raises:
        InputError: a side is no multiple of what the model divides it by.
    """
    config = json.loads((folder / "vae" / "config.json").read_text())
    step = 2 * int(config.get("scale_factor_spatial") or 8)
    for width, height in settings.sizes:
        if width % step or height % step:
            raise InputError(f"expected sizes of multiples of {step} for {folder.name}, got "
                             f"{width}x{height}; set --sizes")


def sizes_for(folder: Path, settings: PrepareSettings) -> PrepareSettings:
    """Return settings with the size, lengths and rate that a model folder states as its own."""
    path = folder / "emogen.json"
    if not path.is_file():
        return settings
    stated = json.loads(path.read_text())
    most = int(stated.get("num_frames", settings.frames[-1]))
    return replace(
        settings, fps=float(stated.get("fps", settings.fps)), frames=(most,),
        sizes=((int(stated["width"]), int(stated["height"])),) if "width" in stated
        else settings.sizes,
    )


def _check_apart(source: Place, output: Place) -> None:
    if not (source.is_local and output.is_local):
        inside = f"{output.root}/".startswith(f"{source.root}/")
    else:
        inside = Path(output.root).resolve().is_relative_to(Path(source.root).resolve())
    if inside:
        raise InputError(f"expected an output outside the corpus, got {output.root} in "
                         f"{source.root}; choose another --output")


def _examined(
    source: Place, output: Place, entries: Sequence[Entry], settings: PrepareSettings, crew: Crew,
    progress: Progress,
) -> list[Finding]:
    tasks = plan_examination(source, output, list(entries), settings)
    missing = [task for task in tasks if not is_examined(output, task)]
    done = len(tasks) - len(missing)
    progress("examining", done, len(tasks))
    for task, result in crew.run(examine_shard, missing):
        if result is None:
            singles = [replace(task, entries=(entry,)) for entry in task.entries]
            found = [alone(examine_one, single)
                     or Finding(id=single.entries[0].id, problem=_KILLED) for single in singles]
            write_findings(task, found)
        done += 1
        progress("examining", done, len(tasks))
    return read_findings(output, tasks)


def _cached(  # noqa: PLR0913 - what is encoded, by what and by whom
    source: Place, output: Place, examples: Sequence[Planned], folder: Path, device: str,
    crew: Crew, progress: Progress, *, condition: bool,
) -> dict[str, Any]:
    from emogen.data.prepare.caches import is_cached, plan_caches, remove_stale, write_cache

    tasks = plan_caches(source, output, examples, model=folder, device=device, condition=condition)
    remove_stale(output, tasks)
    missing = [task for task in tasks if not is_cached(output, task)]
    done = len(tasks) - len(missing)
    if device != "cpu" and crew.executor == "local" and crew.workers is None:
        crew = replace(crew, workers=1)  # processes that share a GPU only wait for each other
    progress("encoding", done, len(tasks))
    for task, failed in crew.run(write_cache, missing):
        if failed is None:
            raise ResourceError(
                f"the process that encoded {task.name} was killed, perhaps for want of memory; use "
                "fewer --workers and prepare again"
            )
        done += 1
        progress("encoding", done, len(tasks))
    failures = [row for task in tasks
                for row in json.loads(output.read(f"{task.name}.done.json"))["failed"]]
    return {
        "model": folder.name, "shards": len(tasks), "failed": failures,
        "clips": sum(len(task.clips) for task in tasks) - len(failures),
        "texts": sum(len(task.texts) for task in tasks),
    }


def _write_lists(output: Place, examples: Sequence[Planned], out: Sequence[LeftOut]) -> None:
    output.write("manifest.jsonl", "".join(f"{one.to_line()}\n" for one in examples).encode())
    for name, damaged in (("quarantine.jsonl", True), ("left_out.jsonl", False)):
        rows = [asdict(one) for one in out if (one.rule == "damaged") == damaged]
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        output.write(name, "".join(lines).encode())


def _write_report(
    source: Place, output: Place, examples: Sequence[Planned], found: dict[str, Any],
    findings: Sequence[Finding],
) -> None:
    output.write("statistics.json", _json(found))
    seconds = [one.seconds for one in findings if not one.problem and not one.picture]
    pictures = {
        "emotions": figures.emotions_figure(found), "colours": figures.colours_figure(found),
        "transitions": figures.transitions_figure(found),
        "lengths": figures.lengths_figure(found, seconds),
    }
    if examples:
        pictures["examples"] = _sheet(source, examples)
    for name, pixels in pictures.items():
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "PNG")
        output.write(f"figures/{name}.png", buffer.getvalue())


def _sheet(source: Place, examples: Sequence[Planned]) -> np.ndarray:
    """Return frames of the first example of each emotion, moving ones first."""
    from emogen.data.prepare.frames import read_frames

    shown: dict[str, Planned] = {}
    for one in sorted(examples, key=lambda one: one.picture):
        shown.setdefault(one.category or "unlabelled", one)
    chosen = [shown[name] for name in figures.EMOTIONS if name in shown]
    clips = [Clip(frames=read_frames(source, one), fps=one.fps) for one in chosen]
    return contact_sheet(
        clips, prompts=[one.words.plain or one.kind or "no caption" for one in chosen],
        emotions=[one.emotion or "unlabelled" for one in chosen], tile_height=_TILE,
    )


def _json(value: Any) -> bytes:  # noqa: ANN401 - any JSON
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()
