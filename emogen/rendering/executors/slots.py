"""Which workers a machine gets: devices and wishes in; a name and options for each worker out."""

import os
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from emogen.errors import InputError
from emogen.rendering.worker.worker import WorkerOptions

MOST_WORKERS = 256


def workers_of(
    options: WorkerOptions, *, workers: int | None, devices: str | None
) -> dict[str, WorkerOptions]:
    """Return a name and options for each worker of this machine.

    One worker a GPU where there are GPUs, else one for the CPU; more share a device in turn. The
    CPU's threads are dealt out evenly, so that workers do not press each other off the cores.

    Args:
        options: what all have in common.
        workers: how many; None is one a device.
        devices: names such as "cpu", "cuda" (all of them) or "cuda:0,cuda:2"; None looks.

    Raises:
        InputError: a number below one, or far too many.
    """
    found = _devices(devices)
    count = len(found) if workers is None else workers
    if not 1 <= count <= MOST_WORKERS:
        raise InputError(f"expected --workers of 1 to {MOST_WORKERS}, got {count}")
    threads = max(1, cores() // count)
    names = [found[index % len(found)] for index in range(count)]
    return {
        f"{name.replace(':', '')}-{index}": replace(
            options, device=name, threads=options.threads or threads
        )
        for index, name in enumerate(names)
    }


def cores() -> int:
    """Return the processor cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS and Windows
        return os.cpu_count() or 1


def gpus() -> int:
    """Return how many NVIDIA GPUs torch could use here, without importing it."""
    if version("torch").endswith("+cpu"):
        return 0
    present = len(list(Path("/dev").glob("nvidia[0-9]*")))
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return present
    named = [part for part in visible.split(",") if part.strip() not in {"", "-1"}]
    return min(present, len(named))


def _devices(wished: str | None) -> list[str]:
    if wished is None or wished == "cuda":
        found = [f"cuda:{index}" for index in range(gpus())]
        if wished == "cuda" and not found:
            raise InputError("expected a GPU for --device cuda, found none; leave it out")
        return found or ["cpu"]
    names = [name.strip() for name in wished.split(",") if name.strip()]
    if not names:
        raise InputError(f"expected --device such as cpu or cuda:0, got {wished!r}")
    return names
