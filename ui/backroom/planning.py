"""What jobs would be and take: the text of a manifest in; ids, whole jobs and a plan out.

A manifest from a browser may name only files that were handed in with it and models that the studio
offers: it comes from outside.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from emogen.rendering.identity import INPUTS
from emogen.rendering.job import Job
from emogen.rendering.manifest import ManifestError, ManifestProblem
from emogen.rendering.manifest.reading import Format, parse_manifest
from emogen.rendering.plan import make_plan
from emogen.rendering.prepare import Prepared, prepare_jobs


def planned(
    text: str, *, format: Format, name: str, inputs: Path, folder: Path,  # noqa: A002
    models: Mapping[str, str], device: str,
) -> dict[str, Any]:
    """Return the jobs of a manifest, ready for the store, and the plan for them.

    Args:
        text: the manifest.
        format: how it is written.
        name: what it is called.
        inputs: the folder with the files that it may name.
        folder: where the clips would go.
        models: where those lie that may be named, by their names.
        device: "cpu" or "cuda".

    Raises:
        ManifestError: with every problem.
    """
    manifest = parse_manifest(text, format=format, name=name, source=name, folder=inputs).checked()
    problems = [problem for line, job in manifest.jobs
                for problem in foreign(line, job, inputs=inputs, models=models)]
    if problems:
        raise ManifestError(name, problems)
    jobs = tuple((line, located(job, models)) for line, job in manifest.jobs)
    prepared = prepare_jobs(replace(manifest, jobs=jobs))
    plan = make_plan(prepared, folder=folder, device=device).to_dict()
    return {"entries": entries_of(prepared), "plan": plan}


def foreign(
    line: int, job: Job, *, inputs: Path, models: Collection[str]
) -> Iterator[ManifestProblem]:
    """Yield what a job names that a browser may not name.

    >>> job = Job(prompt="a cat", image="../secret.png")
    >>> [str(one) for one in foreign(2, job, inputs=Path("in"), models=["nano"])]
    ["line 2, image: expected the name of an uploaded file, got 'secret.png'"]
    """
    for field in INPUTS:
        value = getattr(job, field)
        if value is not None and not is_inside(value, inputs):
            name = PurePosixPath(value).name
            text = f"expected the name of an uploaded file, got {name!r}"
            yield ManifestProblem(line, field, text)
    if job.adapter is not None:
        yield ManifestProblem(line, "adapter", "expected none; the studio offers no others")
    if job.kind != "evaluate" and job.model not in models:
        text = f"expected one of {', '.join(sorted(models))}, got {job.model[:60]!r}"
        yield ManifestProblem(line, "model", text)


def located(job: Job, models: Mapping[str, str]) -> Job:
    """Return a job with the place of its model instead of its name.

    >>> located(Job(prompt="a cat", model="tiny"), {"tiny": "/models/tiny"}).model
    '/models/tiny'
    """
    return job.model_copy(update={"model": models.get(job.model, job.model)})


def is_inside(value: str, inputs: Path) -> bool:
    """Tell whether a value is the plain name of a file in the folder, not a link out of it."""
    path = PurePosixPath(value)
    if len(path.parts) != 1 or path.is_absolute() or value.startswith((".", "~")):
        return False
    return (inputs / value).is_file() and not (inputs / value).is_symlink()


def entries_of(prepared: Prepared) -> list[dict[str, Any]]:
    """Return ids and jobs as plain JSON values."""
    return [
        {"id": identity, "job": job.model_dump(mode="json", exclude_defaults=True)}
        for identity, job in prepared.entries
    ]
