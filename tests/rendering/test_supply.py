"""Orders of a size that suits: what goes together, what goes alone, what is left for others."""

import pytest

from emogen.rendering.ladder import Problem
from emogen.rendering.store import Store
from emogen.rendering.supply import Supply
from tests.rendering.jobs import entries_of, job


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path) as store:
        yield store


def sizes(orders):
    return [len(order.claims) for order in orders]


def test_as_many_as_share_a_forward(store):
    entries = entries_of([job(size="128x128", frames=33, seed=seed) for seed in range(40)])
    store.add(entries, run="a")
    supply = Supply(store, None, 0)
    assert [sizes(supply.orders("w", 1)) for _ in range(3)] == [[7], [7], [7]]


def test_a_number_that_is_given(store):
    store.add(entries_of([job(seed=seed) for seed in range(20)]), run="a")
    assert sizes(Supply(store, None, 3).orders("w", 1)) == [3]


def test_nobody_takes_more_than_a_fair_part(store):
    store.add(entries_of([job(seed=seed) for seed in range(8)]), run="a")
    assert sizes(Supply(store, None, 0).orders("w", 4)) == [1]
    assert sizes(Supply(store, None, 0).orders("w", 1)) == [3]


def test_bins_are_not_mixed(store):
    store.add(entries_of([job(seed=s, steps=2 + s % 2) for s in range(12)]), run="a")
    orders = Supply(store, None, 0).orders("w", 1)
    assert {claim.job.steps for order in orders for claim in order.claims} == {2}


def test_what_failed_by_a_crash_goes_alone(store):
    store.add(entries_of([job(seed=seed) for seed in range(3)]), run="a")
    for claim in store.claim("w", count=3):
        store.fail(claim, problem=Problem(kind="crash", message="gone"))
    supply, orders = Supply(store, None, 0), []
    while found := supply.orders("w", 1):
        orders += found
    assert sizes(orders) == [1, 1, 1]
    assert all(order.is_solo and order.claims[0].measures.fresh for order in orders)


def test_a_shard_ends_with_its_own_part(store):
    store.add(entries_of([job(seed=seed) for seed in range(20)]), run="a")
    supply, count = Supply(store, (0, 2), 0), 0
    while supply.due() is not None:
        count += sum(sizes(supply.orders("w", 1)))
    assert 0 < count < 20
    assert store.counts()["queued"] == 20 - count
