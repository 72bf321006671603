"""What a run knows of one worker."""

import time

from emogen.rendering.seats import Seat, claims_of
from emogen.rendering.worker.messages import WAITING, Order, Told
from tests.rendering.claims import claim_of
from tests.rendering.jobs import entries_of, job


def order(*numbers, solo=False):
    entries = entries_of([job(seed=number) for number in numbers])
    claims = [claim_of(entry, token=f"{number:016x}")
              for number, entry in zip(numbers, entries, strict=True)]
    return Order(claims=tuple(claims), is_solo=solo)


def told(seat, number, stage):
    return seat.heard(Told(tokens=(f"{number:016x}",), stage=stage, done=0, total=1))


def test_two_orders_at_once_and_a_solo_one_alone():
    seat = Seat(name="w")
    assert not seat.takes()
    seat.is_ready = True
    seat.sent(order(1, 2))
    assert seat.takes()
    assert not seat.takes(order(9, solo=True))
    seat.sent(order(3))
    assert not seat.takes()
    seat.held.clear()
    assert seat.takes(order(9, solo=True))
    seat.sent(order(9, solo=True))
    assert not seat.takes()


def test_only_what_is_worked_on_can_be_stuck():
    seat = Seat(name="w", is_ready=True)
    seat.sent(order(1, 2, 3))
    told(seat, 1, "denoising")
    told(seat, 2, WAITING)
    time.sleep(0.02)
    assert seat.stuck(0.01).claim.job.seed == 1
    assert seat.stuck(10) is None
    told(seat, 1, WAITING)
    assert seat.stuck(0.0) is None
    assert [held.is_active for held in seat.held.values()] == [False, False, False]


def test_a_fresh_process_holds_nothing():
    seat = Seat(name="w", is_ready=True)
    seat.sent(order(1))
    seat.backlog.append(order(2))
    assert len(claims_of([seat])) == 2
    seat.restarted(was_ready=True)
    assert (seat.is_ready, seat.has_run, seat.false_starts) == (False, False, 0)
    assert [claim.job.seed for claim in claims_of([seat])] == [2]
    seat.restarted(was_ready=False)
    assert seat.false_starts == 1
