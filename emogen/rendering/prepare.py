"""From a manifest to the queue: a file in, ids and whole jobs out, nothing touched on the way."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from emogen.rendering.engines import require_engines
from emogen.rendering.identity import job_id
from emogen.rendering.job import Job, check_output
from emogen.rendering.manifest import Format, Manifest, ManifestError, ManifestProblem
from emogen.rendering.manifest.reading import read_manifest
from emogen.rendering.outputs import output_of
from emogen.rendering.revisions import Revisions
from emogen.rendering.settle import Settler


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """Jobs that can be put into a store.

    Attributes:
        name: of the manifest.
        entries: ids and jobs; paths are absolute, defaults and outputs filled in.
        notes: what a person should know.
    """

    name: str
    entries: tuple[tuple[str, Job], ...]
    notes: tuple[str, ...] = ()


def prepare(source: str | Path, *, format: Format | None = None) -> Prepared:  # noqa: A002
    """Return the jobs of a manifest, ready for `Store.add`.

    Writes nothing but hashes of large files into the user's cache.

    Args:
        source: a file, or "-" for standard input.
        format: how it is written; None goes by the ending.

    Raises:
        ManifestError: with every problem found.
        InputError: the manifest cannot be read, or a kind of job is not installed.
    """
    return prepare_jobs(read_manifest(source, format=format))


def prepare_jobs(manifest: Manifest) -> Prepared:
    """Return the jobs of a manifest that was read; see :func:`prepare`."""
    require_engines({job.kind for _, job in manifest.jobs})
    with Revisions() as revisions:
        desk = _Desk(Settler(manifest.folder), revisions)
        for index, (line, job) in enumerate(manifest.jobs):
            desk.take(line, job, index=index)
    desk.check_outputs()
    problems = [*manifest.problems, *desk.problems]
    if problems:
        raise ManifestError(manifest.source, problems)
    return Prepared(
        name=manifest.name,
        entries=tuple((identity, job) for identity, (_, job) in desk.found.items()),
        notes=tuple(desk.notes()),
    )


class _Desk:
    """Takes jobs one by one, finishes them and keeps what is wrong."""

    def __init__(self, settler: Settler, revisions: Revisions) -> None:
        self.problems: list[ManifestProblem] = []
        self.found: dict[str, tuple[int, Job]] = {}
        self._settler, self._revisions = settler, revisions
        self._repeated = 0

    def take(self, line: int, job: Job, *, index: int) -> None:
        """Finish a job and keep it, or what is wrong with it."""
        whole, wrong = self._settler.settle(job)
        for field, text in wrong:
            self._tell(line, field, text)
        if wrong:
            return
        try:
            hashes = self._revisions.of(whole, find_model=self._settler.find_model)
        except OSError as error:
            self._tell(line, "", f"cannot read {error.filename} ({error.strerror})")
            return
        identity = job_id(whole, revisions=hashes)
        try:
            output = output_of(whole, identity=identity, index=index)
            if job.output is not None and output != job.output:
                output = check_output(output)
        except ValueError as error:
            self._tell(line, "output", str(error))
            return
        self._keep(line, identity, whole.model_copy(update={"output": output}))

    def _keep(self, line: int, identity: str, job: Job) -> None:
        before = self.found.setdefault(identity, (line, job))
        if before[1] is job:
            return
        self._repeated += 1
        if before[1].output != job.output:
            text = f"the same clip as in line {before[0]} under another name; remove one"
            self._tell(line, "output", text)

    def check_outputs(self) -> None:
        """Tell of different clips under one name; names that differ by case only are one."""
        owners: dict[str, int] = {}
        for line, job in self.found.values():
            name = job.output.casefold()
            if name in owners:
                text = (
                    f"{job.output!r} is the output of line {owners[name]} too; add {{seed}}, {{id}}"
                    " or another field to the name"
                )
                self._tell(line, "output", text)
            owners.setdefault(name, line)

    def notes(self) -> Iterator[str]:
        """Yield what a person should know."""
        if self._repeated:
            yield f"{self._repeated} of the jobs say the same as others; each clip is made once"

    def _tell(self, line: int, field: str, text: str) -> None:
        self.problems.append(ManifestProblem(line, field, text))
