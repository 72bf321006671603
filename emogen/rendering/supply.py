"""Which jobs go together: the queue in; orders of a size that suits the clips and workers out."""

from collections.abc import Sequence

from emogen.rendering.job import Job
from emogen.rendering.store import Claim, Store
from emogen.rendering.worker.batching import MOST, at_once
from emogen.rendering.worker.messages import Order


class Supply:
    """Claims jobs and makes orders of them.

    Args:
        store: the queue.
        shard: see `Store.claim`.
        batch: most jobs in one order; 0 leaves it to the size of the clips.
    """

    def __init__(self, store: Store, shard: tuple[int, int] | None, batch: int) -> None:
        self._store = store
        self._shard = shard
        self._batch = batch
        self._usual: dict[str, int] = {}
        self._last: dict[str, str] = {}
        self._fair = MOST
        self._age = 0

    def orders(self, worker: str, workers: int) -> list[Order]:
        """Claim jobs for a worker; none where nothing is to be had now.

        As many as share a forward, but not more than one worker's fair part of what is left.
        """
        self._count(workers)
        guess = self._usual.get(self._last.get(worker, ""), 1)
        claims = self._store.claim(worker, count=min(guess, self._fair), shard=self._shard)
        if not claims:
            return []
        size = self._batch or jobs_at_once(claims[0].job)
        self._usual[claims[0].bin], self._last[worker] = size, claims[0].bin
        missing = min(size, self._fair) - len(claims)
        if missing > 0 and not claims[0].measures.alone:
            claims += self._store.claim(
                worker, count=missing, shard=self._shard, bin=claims[0].bin
            )
        return _orders(claims, size)

    def due(self) -> float | None:
        """Return the seconds until something can be claimed, None where nothing is queued."""
        return self._store.next_due(shard=self._shard)

    def _count(self, workers: int) -> None:
        """Now and then, count what is left: that takes longer than a claim."""
        if self._age == 0:
            self._fair = max(1, self._store.counts()["queued"] // max(1, 2 * workers))
        self._age = (self._age + 1) % (1 if self._fair <= 4 * MOST else 32)


def jobs_at_once(job: Job) -> int:
    """Return how many jobs like this one are sampled in one batch.

    >>> jobs_at_once(Job(prompt="a cat", size="128x128", frames=33))
    7
    >>> jobs_at_once(Job(prompt="a cat", size="128x128", frames=33, best_of=4))
    1
    """
    if job.size is None or job.kind not in {"text2video", "image2video"}:
        return 1
    pieces = len(job.shots) or job.best_of
    frames = max(job.total_frames // max(1, len(job.shots)), 1)
    return max(1, at_once(*job.pixels, frames) // pieces)


def _orders(claims: Sequence[Claim], size: int) -> list[Order]:
    """Return orders of at most a size; a job that is to run alone gets one of its own."""
    orders, together = [], []
    for claim in claims:
        if claim.measures.alone:
            orders.append(Order(claims=(claim,), is_solo=True))
        elif together and (len(together) == size or together[0].measures != claim.measures):
            orders.append(Order(claims=tuple(together)))
            together = [claim]
        else:
            together.append(claim)
    return [*orders, Order(claims=tuple(together))] if together else orders
