"""Workers on a Ray cluster: one actor a slot; Ray places them, the run's store stays the truth.

The run's own process claims and marks jobs; actors get orders and answer with messages, as local
workers do by their pipes. A node that is lost takes its actors along: their jobs go back into the
queue, and new actors wait until Ray finds a place for them.
"""

import contextlib
import os
import queue
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

try:
    import ray
    from ray.exceptions import ActorUnavailableError, GetTimeoutError, RayError
except ImportError as error:
    from emogen.errors import ResourceError

    raise ResourceError(
        "the Ray executor needs the package ray; install it: pip install 'emogen[cluster]'"
    ) from error

from emogen.errors import InputError, ResourceError
from emogen.rendering.executors.local import quiet_libraries
from emogen.rendering.worker.messages import Gone, Message, Note
from emogen.rendering.worker.worker import Worker, WorkerOptions

_HEAR_S = 5.0
_MOST = 64


class RenderActor:
    """A worker inside a Ray actor: its own thread works, the actor's methods carry messages."""

    def __init__(self, options: WorkerOptions) -> None:
        quiet_libraries()
        self._outbox: queue.Queue[Message] = queue.Queue()
        self._worker = Worker(options, self._outbox.put)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def hand(self, note: Note) -> None:
        """Pass a note on to the worker."""
        self._worker.hand(note)

    def hear(self) -> list[Message]:
        """Return messages, as soon as there are some or after a few seconds none."""
        found: list[Message] = []
        try:
            found.append(self._outbox.get(timeout=_HEAR_S))
            while len(found) < _MOST:
                found.append(self._outbox.get_nowait())
        except queue.Empty:
            pass
        return found

    def _run(self) -> None:
        try:
            self._worker.run()
        finally:
            self._outbox.put(Gone(reason="its thread ended"))


@dataclass(kw_only=True)
class _Seat:
    actor: Any
    hearing: Any


class RayExecutor:
    """Runs each worker in an actor of a Ray cluster that this process has joined.

    Args:
        workers: names and how each is to work.
        resources: what each actor takes, as Ray counts: num_cpus, num_gpus, and custom ones.
        owns: whether the cluster was begun for this and is to be ended with it; see `connect`.
    """

    kind = "ray"

    def __init__(
        self, workers: Mapping[str, WorkerOptions], *,
        resources: Mapping[str, Any] | None = None, owns: bool = False,
    ) -> None:
        self.names = tuple(workers)
        self._options = dict(workers)
        self._resources = dict(resources or {"num_cpus": 1})
        self._seats: dict[str, _Seat] = {}
        self._owns = owns

    def start(self, name: str) -> None:
        """Ask Ray for an actor; it is ready when Ray has found room for it."""
        self.kill(name)
        actor = ray.remote(RenderActor).options(
            max_concurrency=3, max_restarts=0, **self._resources
        ).remote(self._options[name])
        self._seats[name] = _Seat(actor=actor, hearing=actor.hear.remote())

    def send(self, name: str, note: Note) -> None:
        """Hand a note to an actor."""
        seat = self._seats.get(name)
        if seat is not None:
            seat.actor.hand.remote(note)

    def poll(self, timeout: float) -> list[tuple[str, Message]]:
        """Return messages as they come, at the latest after a time."""
        hearing = {seat.hearing: name for name, seat in self._seats.items()}
        if not hearing:
            time.sleep(timeout)
            return []
        ready, _ = ray.wait(list(hearing), num_returns=1, timeout=timeout)
        more, _ = ray.wait(list(hearing), num_returns=len(hearing), timeout=0)
        found: list[tuple[str, Message]] = []
        for reference in dict.fromkeys([*ready, *more]):
            name = hearing[reference]
            found += [(name, message) for message in self._heard(name, reference)]
        return found

    def kill(self, name: str) -> None:
        """End an actor at once."""
        seat = self._seats.pop(name, None)
        if seat is not None:
            with contextlib.suppress(RayError):
                ray.kill(seat.actor, no_restart=True)

    def close(self) -> None:
        """End all actors, and the cluster if it was begun here."""
        for name in list(self._seats):
            self.kill(name)
        if self._owns:
            ray.shutdown()

    def _heard(self, name: str, reference: Any) -> list[Message]:  # noqa: ANN401 - Ray's own type
        seat = self._seats[name]
        try:
            messages = ray.get(reference, timeout=_HEAR_S)
        except GetTimeoutError:
            return []
        except RayError as error:
            self.kill(name)  # it may only be out of reach
            reason = " ".join(str(error).split())[:200]
            is_machine = isinstance(error, ActorUnavailableError) or "node" in reason.lower()
            return [Gone(reason=f"{type(error).__name__}: {reason}", is_machine=is_machine)]
        seat.hearing = seat.actor.hear.remote()
        return messages


def connect(address: str | None) -> bool:
    """Join a cluster, or begin one on this machine; return whether it was begun here.

    Raises:
        ResourceError: there is none at the address.
    """
    if ray.is_initialized():
        return False
    where = address or os.environ.get("RAY_ADDRESS")
    try:
        ray.init(address=where, log_to_driver=False, logging_level="ERROR")
    except (ConnectionError, RuntimeError, ValueError, RayError) as error:
        reason = " ".join(str(error).split())[:300]
        raise ResourceError(
            f"cannot join a Ray cluster at {where or 'this machine'} ({reason}); start one with"
            " 'ray start --head' or give its --ray-address"
        ) from error
    return where is None


def slots(*, num_gpus: float, num_cpus: float) -> int:
    """Return how many actors of this size the cluster has room for now.

    Raises:
        InputError: not even one.
    """
    total = ray.cluster_resources()
    found = int(total.get("CPU", 0) // max(num_cpus, 1e-9)) if num_cpus else 10**6
    if num_gpus:
        found = min(found, int(total.get("GPU", 0) // num_gpus))
    if found < 1:
        raise InputError(
            f"expected a cluster with room for {num_cpus:g} CPUs and {num_gpus:g} GPUs, got"
            f" {total.get('CPU', 0):g} and {total.get('GPU', 0):g}; ask for less"
        )
    return found
