"""How long clips take here: finished jobs in, seconds, memory and bytes of the next ones out.

A rate is what one clip of one model, size and length cost on one machine: seconds a denoising step,
seconds of everything else, bytes on disk, and how much memory the worker held at most. Finished
runs write theirs into the user's cache; until then the shipped ones, measured on the machine they
name, give an idea. For another size a rate is scaled by pixels times frames, which is too little
where attention dominates; the estimate says how it came about.
"""

import json
import os
import platform
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal, Self

from emogen.rendering.cache import read_cache, write_cache
from emogen.rendering.job import Job
from emogen.rendering.store.records import JobRecord
from emogen.rendering.store.store import Store

FILE = "rates.json"
SHIPPED = "shipped_rates.json"
STEPPED = "denoising"
"""The stage whose time grows with the steps."""
MOST_CLIPS = 500
"""Clips after which older ones begin to count less."""
Basis = Literal["measured", "scaled", "shipped", "unknown"]


@dataclass(frozen=True, kw_only=True)
class Rate:
    """What a clip cost.

    Attributes:
        machine: processor and cores.
        device: "cpu" or "cuda".
        kind: of job.
        model: name or folder.
        size: "WxH", "" for jobs without one.
        frames: of the clip.
        clips: how many were measured.
        step_s: seconds a denoising step.
        rest_s: seconds of all other stages together.
        file_bytes: of the clip.
        memory_bytes: most that a worker held, 0 where it was not measured.
    """

    machine: str
    device: str
    kind: str
    model: str
    size: str
    frames: int
    clips: int
    step_s: float
    rest_s: float
    file_bytes: float
    memory_bytes: int = 0

    @property
    def voxels(self) -> int:
        """Pixels times frames; 1 for jobs without a size."""
        return _voxels(self.size, self.frames)

    def seconds(self, steps: int) -> float:
        """Return how long a clip of so many steps takes."""
        return self.rest_s + self.step_s * steps

    def joined(self, later: "Rate") -> "Rate":
        """Return the mean of two measurements of the same, weighted by clips."""
        mine = min(self.clips, MOST_CLIPS)
        share = later.clips / (mine + later.clips)
        means = {
            name: getattr(self, name) * (1 - share) + getattr(later, name) * share
            for name in ("step_s", "rest_s", "file_bytes")
        }
        memory = max(self.memory_bytes, later.memory_bytes)
        return replace(self, clips=mine + later.clips, memory_bytes=memory, **means)


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one job is expected to take.

    Attributes:
        basis: where that comes from.
        seconds: of one worker.
        file_bytes: on disk.
        memory_bytes: of one worker, 0 where unknown.
    """

    basis: Basis
    seconds: float = 0.0
    file_bytes: float = 0.0
    memory_bytes: int = 0


class Rates:
    """Rates of one machine and device, and the shipped ones.

    Args:
        measured: rates of this machine.
        shipped: rates of the machine they name.
        device: "cpu" or "cuda".
    """

    def __init__(self, measured: Iterable[Rate], shipped: Iterable[Rate], *, device: str) -> None:
        self._groups: dict[tuple[str, str, Basis], list[Rate]] = defaultdict(list)
        for basis, rates in (("measured", measured), ("shipped", shipped)):
            for rate in rates:
                if rate.device == device:
                    self._groups[rate.kind, rate.model, basis].append(rate)
        self._chosen = cache(self._choose)

    @classmethod
    def load(cls, *, device: str) -> Self:
        """Return the rates of this machine."""
        here = machine_name()
        measured = [rate for rate in _read() if rate.machine == here]
        return cls(measured, shipped_rates(), device=device)

    def cost(self, job: Job) -> Cost:
        """Return what a job is expected to take."""
        chosen = self._chosen(job.kind, job.model, job.size or "", job.total_frames)
        if chosen is None:
            return Cost(basis="unknown")
        basis, rate = chosen
        factor = _voxels(job.size or "", job.total_frames) / rate.voxels
        clips = job.best_of
        return Cost(
            basis=basis, seconds=rate.seconds(job.steps or 0) * factor * clips,
            file_bytes=rate.file_bytes * factor, memory_bytes=rate.memory_bytes,
        )

    def _choose(
        self, kind: str, model: str, size: str, frames: int
    ) -> tuple[Basis, Rate] | None:
        """Return the rate nearest in pixels times frames, those of this machine first."""
        wanted = _voxels(size, frames)
        for source in ("measured", "shipped"):
            rates = self._groups.get((kind, model, source))
            if rates:
                near = min(rates, key=lambda rate: abs(rate.voxels / wanted - 1))
                is_same = near.voxels == wanted
                return (source if is_same or source == "shipped" else "scaled"), near
        return None


def record_run(
    store: Store,
    *,
    since: float,
    device: str,
    workers: int = 1,
    memory_bytes: int | None = None,
    folder: Path | None = None,
) -> list[Rate]:
    """Write down what the clips of a run cost, and return that.

    Seconds are those of a worker among so many at once, so they hold for runs of as many.

    Args:
        store: of the run.
        since: when it began, seconds since 1970.
        device: "cpu" or "cuda".
        workers: how many worked at once; with more than one, memory is that of each.
        memory_bytes: most that one of them held.
        folder: where the clips lie, for their size; None is the store's own output folder.
    """
    place = folder or store.path.parent.parent
    done = [record for record in store.jobs("done") if record.updated >= since and record.seconds]
    rates = list(rates_of(
        done, device=device, memory_bytes=memory_bytes or 0,
        sizes={record.id: _file_bytes(place / record.output) for record in done},
    ))
    if not rates or workers < 1:
        return []
    known = {_key(rate): rate for rate in _read()}
    for rate in rates:
        before = known.get(_key(rate))
        known[_key(rate)] = rate if before is None else before.joined(rate)
    write_cache(FILE, {"version": 1, "rates": [asdict(rate) for rate in known.values()]})
    return rates


def rates_of(
    records: Iterable[JobRecord],
    *,
    device: str,
    memory_bytes: int,
    sizes: Mapping[str, int],
) -> Iterable[Rate]:
    """Yield one rate for each model, size and length among finished jobs."""
    groups: dict[tuple[str, str, str, int], list[JobRecord]] = defaultdict(list)
    for record in records:
        job = record.job
        groups[job.kind, job.model, job.size or "", job.total_frames].append(record)
    for (kind, model, size, frames), members in groups.items():
        stepped = rest = steps = clips = 0.0
        for record in members:
            part = record.seconds.get(STEPPED, 0.0)
            stepped += part
            rest += sum(record.seconds.values()) - part
            steps += (record.job.steps or 0) * record.job.best_of
            clips += record.job.best_of
        yield Rate(
            machine=machine_name(), device=device, kind=kind, model=model, size=size,
            frames=frames, clips=len(members), step_s=round(stepped / steps, 6) if steps else 0.0,
            rest_s=round(rest / clips, 6), memory_bytes=memory_bytes,
            file_bytes=round(sum(sizes[one.id] for one in members) / len(members), 1),
        )


@cache
def shipped_rates() -> tuple[Rate, ...]:
    """Return the rates that come with emogen."""
    text = files("emogen.rendering").joinpath(SHIPPED).read_text(encoding="utf-8")
    return tuple(Rate(**values) for values in json.loads(text)["rates"])


@cache
def machine_name() -> str:
    """Return the processor and how many of its cores there are."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(errors="replace").splitlines() if info.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    name = names[0] if names else platform.processor() or platform.machine()
    return f"{name}, {os.cpu_count()} cores"


def _read() -> list[Rate]:
    try:
        return [Rate(**values) for values in read_cache(FILE).get("rates", [])]
    except TypeError:  # of another version: measured again by the next run
        return []


def _key(rate: Rate) -> tuple[str, str, str, str, str, int]:
    return rate.machine, rate.device, rate.kind, rate.model, rate.size, rate.frames


def _voxels(size: str, frames: int) -> int:
    if not size:
        return 1
    width, _, height = size.partition("x")
    return int(width) * int(height) * max(frames, 1)


def _file_bytes(path: Path) -> int:
    sidecar = path.with_suffix(".json")
    return sum(one.stat().st_size for one in {path, sidecar} if one.is_file())
