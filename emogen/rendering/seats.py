"""What a run knows of one worker: orders, messages in; who holds what, and what is stuck, out."""

import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from emogen.rendering.store import Claim
from emogen.rendering.worker.messages import WAITING, Order, Told

DEPTH = 2
"""Orders a worker has at once: one at work and one to go on with."""
_SENT = ""


@dataclass(kw_only=True)
class Held:
    """A claim in the hands of a worker.

    Attributes:
        claim: the job.
        order: number of the order it came with.
        stage: what is done with it; empty until it begins.
        since: when it was last heard of, by a steady clock.
        told: when an event about its progress was last sent.
        is_lost: whether the lease is no longer ours.
    """

    claim: Claim
    order: int
    stage: str = _SENT
    since: float = field(default_factory=time.monotonic)
    told: float = 0.0
    is_lost: bool = False

    @property
    def is_active(self) -> bool:
        """Whether something works on it just now."""
        return self.stage not in (_SENT, WAITING)


@dataclass(kw_only=True)
class Seat:
    """One worker as the run sees it.

    Attributes:
        name: of the worker.
        held: by token, what it has.
        backlog: orders for it that are not sent yet.
        is_ready: whether it takes orders.
        has_run: whether its process was given any order.
        since: when its process was begun.
        false_starts: processes that ended before they were ready, in a row.
    """

    name: str
    held: dict[str, Held] = field(default_factory=dict)
    backlog: deque[Order] = field(default_factory=deque)
    is_ready: bool = False
    has_run: bool = False
    since: float = field(default_factory=time.monotonic)
    false_starts: int = 0
    _orders: int = 0
    _solo: int | None = None

    @property
    def under_way(self) -> int:
        """Orders that are sent and not finished."""
        return len({held.order for held in self.held.values()})

    def takes(self, order: Order | None = None) -> bool:
        """Tell whether an order may be sent now, or any one may where none is named."""
        if not self.is_ready or self.under_way >= DEPTH:
            return False
        if self.held and (self._solo in {held.order for held in self.held.values()}):
            return False
        return not (order is not None and order.is_solo and self.held)

    def sent(self, order: Order) -> None:
        """Note that an order went out."""
        self._orders += 1
        self.has_run = True
        if order.is_solo:
            self._solo = self._orders
        for claim in order.claims:
            self.held[claim.token] = Held(claim=claim, order=self._orders)

    def heard(self, told: Told) -> list[Held]:
        """Note a stage; return the jobs it is about, those that began by it included."""
        found = [self.held[token] for token in told.tokens if token in self.held]
        for held in found:
            held.stage, held.since = told.stage, time.monotonic()
        return found

    def stuck(self, seconds: float) -> Held | None:
        """Return a job that is worked on and was not heard of for so long, if any."""
        now = time.monotonic()
        return next(
            (held for held in self.held.values() if held.is_active and now - held.since > seconds),
            None,
        )

    def restarted(self, *, was_ready: bool) -> None:
        """Note that a fresh process takes the place of the last one; what it held is gone."""
        self.held.clear()
        self.false_starts = 0 if was_ready else self.false_starts + 1
        self.is_ready = self.has_run = False
        self.since = time.monotonic()


def claims_of(seats: Iterable[Seat]) -> list[Claim]:
    """Return all claims that are still ours, sent or not."""
    found = []
    for seat in seats:
        found += [held.claim for held in seat.held.values() if not held.is_lost]
        found += [claim for order in seat.backlog for claim in order.claims]
    return found
