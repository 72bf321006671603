"""Actors for a run: options and wishes in, a Ray executor with as many slots as fit out."""

from dataclasses import replace

from emogen.errors import InputError
from emogen.rendering.executors.ray import RayExecutor, connect, slots
from emogen.rendering.worker.worker import WorkerOptions


def ray_executor(
    options: WorkerOptions, *, workers: int | None, device: str | None, address: str | None,
    num_gpus: float, num_cpus: float,
) -> RayExecutor:
    """Return an executor with a worker for each slot of the cluster, or as many as were asked for.

    Args:
        options: what all workers have in common.
        workers: how many; None takes all the room there is now.
        device: where models lie in each; None is the GPU that Ray gives, else the CPU.
        address: of the cluster.
        num_gpus: GPUs of each worker.
        num_cpus: CPUs of each worker, also its number of threads.

    Raises:
        ResourceError: there is no cluster.
        InputError: fewer than one worker, or no room for one.
    """
    if workers is not None and workers < 1:
        raise InputError(f"expected --workers of at least 1, got {workers}")
    owns = connect(address)
    count = workers or slots(num_gpus=num_gpus, num_cpus=num_cpus)
    where = device or ("cuda:0" if num_gpus else "cpu")
    common = replace(options, device=where, threads=options.threads or max(1, int(num_cpus)))
    return RayExecutor(
        {f"ray-{index}": common for index in range(count)}, owns=owns,
        resources={"num_gpus": num_gpus, "num_cpus": num_cpus},
    )
