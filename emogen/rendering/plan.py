"""What a run will take: prepared jobs in; how many, how long and how much out, nothing touched."""

import shutil
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from emogen.rendering.identity import bin_of
from emogen.rendering.prepare import Prepared
from emogen.rendering.rates import Basis, Rates, machine_name, shipped_rates
from emogen.rendering.store import State, Store, store_path

LOAD_S = 5.0
"""Seconds a worker of the embedded model needs before its first clip; larger models need more."""
SPARE = 1.1
"""Free disk space asked for, in parts of what is expected."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is ahead.

    Attributes:
        name: of the manifest.
        jobs: all of it.
        kinds: jobs by kind.
        bins: groups of jobs that may share a forward.
        states: those the output folder knows already, by state.
        ahead: jobs that a run would make.
        workers: at once.
        basis: jobs ahead by where their estimate comes from.
        seconds: of the whole run; what is unknown is not in it.
        memory_bytes: most at once, None where unknown.
        disk_bytes: of the clips.
        free_bytes: on that disk.
        machine: this one.
        rates_of: the machine behind shipped rates, where those were used.
        notes: what a person should know.
    """

    name: str
    jobs: int
    kinds: dict[str, int]
    bins: int
    states: dict[State, int]
    ahead: int
    workers: int
    basis: dict[Basis, int]
    seconds: float
    memory_bytes: int | None
    disk_bytes: int
    free_bytes: int
    machine: str
    rates_of: str | None
    notes: tuple[str, ...]

    @property
    def fits(self) -> bool:
        """Whether the disk has room for the clips."""
        return self.free_bytes >= self.disk_bytes * SPARE

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {**asdict(self), "notes": list(self.notes), "fits": self.fits}


def make_plan(
    prepared: Prepared, *, folder: Path, device: str = "cpu", workers: int = 1
) -> Plan:
    """Return what a run would do and take.

    Args:
        prepared: a manifest's jobs.
        folder: where the clips would go; need not be there.
        device: "cpu" or "cuda".
        workers: that work at once.
    """
    states = known_states(folder)
    ahead = [
        job for identity, job in prepared.entries
        if states.get(identity, "queued") in {"queued", "running"}
    ]
    rates = Rates.load(device=device)
    costs = [rates.cost(job) for job in ahead]
    basis = Counter(cost.basis for cost in costs)
    memory = max((cost.memory_bytes for cost in costs), default=0) * workers
    seconds = sum(cost.seconds for cost in costs) / workers
    disk = round(sum(cost.file_bytes for cost in costs))
    known = Counter(states[identity] for identity, _ in prepared.entries if identity in states)
    return Plan(
        name=prepared.name, jobs=len(prepared.entries),
        kinds=dict(Counter(job.kind for _, job in prepared.entries)),
        bins=len({bin_of(job) for job in ahead}), states=dict(known), ahead=len(ahead),
        workers=workers, basis=dict(basis), seconds=round(seconds + LOAD_S * bool(seconds), 1),
        memory_bytes=memory or None, disk_bytes=disk, free_bytes=_free(folder),
        machine=machine_name(),
        rates_of=shipped_rates()[0].machine if basis["shipped"] else None,
        notes=prepared.notes + _notes(basis, known),
    )


def known_states(folder: Path) -> dict[str, State]:
    """Return the state of every job in a folder's store, none where there is no store."""
    if not store_path(folder).is_file():
        return {}
    with Store.open(folder, create=False) as store:
        return store.states()


def _free(folder: Path) -> int:
    """Return the free bytes where a folder is or would be."""
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    return shutil.disk_usage(place).free


def _notes(basis: Counter, known: Counter) -> tuple[str, ...]:
    found = []
    if basis["scaled"]:
        found.append(
            f"the time of {basis['scaled']} jobs is scaled from another size and may be too short"
        )
    if basis["unknown"]:
        found.append(
            f"the time of {basis['unknown']} jobs is not known and not in the estimate; the first"
            " run measures it"
        )
    stuck = known["failed"] + known["quarantined"]
    if stuck:
        found.append(
            f"{stuck} jobs failed before and are left out; emogen render retry brings them back"
        )
    return tuple(found)
