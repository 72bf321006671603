"""Who does the work: a function and tasks in, results as they come out.

Tasks know where they write, so a result is small, the order does not matter, and what was done
before a kill stays done. On this machine each worker is a process of its own; a file that ends its
process (decoders are large, files are untrusted) is found and named. On a cluster Ray Data spreads
the same function over its nodes.
"""

import multiprocessing
import os
import pickle
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from emogen.errors import InputError, ResourceError

Task = TypeVar("Task")
Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class Crew:
    """How many work, and where.

    Attributes:
        executor: ``local``, or ``ray``.
        workers: processes; 0 works in this one, None takes one a core.
        address: of the Ray cluster; None is RAY_ADDRESS, else one on this machine.
        gpus: GPUs of each Ray worker.
    """

    executor: Literal["local", "ray"] = "local"
    workers: int | None = None
    address: str | None = None
    gpus: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if self.workers is not None and self.workers < 0:
            raise InputError(f"expected --workers of 0 or more, got {self.workers}")
        if self.executor not in ("local", "ray"):
            raise InputError(f"expected the executor local or ray, got {self.executor!r}")

    def run(
        self, function: Callable[[Task], Result], tasks: Sequence[Task]
    ) -> Iterator[tuple[Task, Result | None]]:
        """Yield each task with its result as it comes; None where its process was killed.

        Args:
            function: of a module, so that other processes can find it.
            tasks: values that can be pickled.
        """
        if not tasks:
            return
        if self.executor == "ray":
            yield from _on_ray(function, tasks, self)
        elif self.workers == 0:
            for task in tasks:
                yield task, function(task)
        else:
            yield from _in_processes(function, tasks, self.workers or os.cpu_count() or 1)


def _in_processes(
    function: Callable[[Task], Result], tasks: Sequence[Task], workers: int
) -> Iterator[tuple[Task, Result | None]]:
    """Run tasks in a pool; those whose pool broke are run again, each in a process of its own."""
    left, before = dict(enumerate(tasks)), set(multiprocessing.active_children())
    with _pool(min(workers, len(tasks))) as pool:
        waiting = {pool.submit(function, task): number for number, task in left.items()}
        try:
            for future in as_completed(waiting):
                result = future.result()
                number = waiting[future]
                yield left.pop(number), result
        except BrokenProcessPool:
            pass  # one of those that ran did it; which one shows below
        except BaseException:  # interrupted, or nobody wants the rest: wait for no one
            pool.shutdown(wait=False, cancel_futures=True)
            for process in set(multiprocessing.active_children()) - before:
                process.kill()
            raise
    for task in left.values():
        yield task, alone(function, task)


def alone(function: Callable[[Task], Result], task: Task) -> Result | None:
    """Run a task in a process of its own; None where that process was killed."""
    with _pool(1) as pool:
        try:
            return pool.submit(function, task).result()
        except BrokenProcessPool:
            return None


def _pool(workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(
        workers, mp_context=multiprocessing.get_context("spawn"), initializer=_quiet
    )


def _quiet() -> None:
    """Leave Ctrl-C to the parent, and one thread to each of many processes."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.setdefault("OMP_NUM_THREADS", "1")


class _Caller:
    """Ray Data's callable: a row with a pickled task in, a row with a pickled result out."""

    def __init__(self, function: bytes) -> None:
        self._function = pickle.loads(function)

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        result = self._function(pickle.loads(row["task"]))
        return {"number": row["number"], "result": pickle.dumps(result)}


def _on_ray(
    function: Callable[[Task], Result], tasks: Sequence[Task], crew: Crew
) -> Iterator[tuple[Task, Result]]:
    """Map tasks over a Ray dataset of one row a block."""
    ray = _joined(crew.address)
    rows = [{"number": number, "task": pickle.dumps(task)} for number, task in enumerate(tasks)]
    slots = int(ray.cluster_resources().get("CPU", 1))
    count = min(len(tasks), crew.workers or slots)
    dataset = ray.data.from_items(rows, override_num_blocks=len(rows)).map(
        _Caller, fn_constructor_args=[pickle.dumps(function)],
        compute=ray.data.ActorPoolStrategy(min_size=1, max_size=count),
        num_cpus=1, num_gpus=crew.gpus,
    )
    try:
        for row in dataset.iter_rows():
            yield tasks[row["number"]], pickle.loads(row["result"])
    except ray.exceptions.RayError as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        raise ResourceError(
            f"a Ray worker failed: {lines[-1][:300] if lines else type(error).__name__}; what is "
            "done stays done, prepare again to go on"
        ) from error


def _joined(address: str | None) -> Any:  # noqa: ANN401 - the module
    """Return ray, joined to a cluster, with Ray Data there and quiet."""
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise ResourceError(
            f"the Ray executor needs Ray Data ({error}); install it: pip install 'emogen[cluster]'"
        ) from error
    if not ray.is_initialized():
        where = address or os.environ.get("RAY_ADDRESS")
        try:
            ray.init(address=where, log_to_driver=False, logging_level="ERROR")
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise ResourceError(
                f"cannot join a Ray cluster at {where or 'this machine'} ({error}); start one with "
                "'ray start --head' or give its --ray-address"
            ) from error
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    return ray
