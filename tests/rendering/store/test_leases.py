"""Leases: dead owners are found, live ones never lose a job, whatever any clock says."""

import os
import subprocess
import sys
import threading
from collections import Counter

import pytest

from emogen.rendering.job import Job
from emogen.rendering.ladder import TRIES, Problem
from emogen.rendering.store import LeaseLostError, Store
from emogen.rendering.store.leases import Owner, Watch, born, this_host

CLAIM_AND_DIE = """
import os, signal, sys
from emogen.rendering.store import Store
store = Store.open(sys.argv[1], create=False)
print(store.claim("doomed", count=2)[0].id, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
DRAIN = """
import sys
from emogen.rendering.store import Store
with Store.open(sys.argv[1], create=False) as store:
    print("ready", flush=True)
    sys.stdin.readline()
    while claims := store.claim(sys.argv[2], count=int(sys.argv[3])):
        for claim in claims:
            store.finish(claim, output=claim.output, digest="1f", seconds={})
            print(claim.id)
"""


class Clocks:
    """A wall clock and a steady one, both set by hand."""

    def __init__(self):
        self.wall, self.steady = 1e9, 50.0

    def open(self, folder, **options):
        return Store.open(
            folder, lease_seconds=60, now=lambda: self.wall, monotonic=lambda: self.steady,
            **options,
        )


def add(store, count):
    jobs = [Job(prompt="a cat", seed=seed, output=f"{seed}.mp4") for seed in range(count)]
    store.add([(f"{job.seed:020x}", job) for job in jobs], run="night")


def elsewhere(store):
    """Let what is claimed look like the work of another machine, where no process can be seen."""
    store._owner = Owner(host="another machine", pid=1, born="1")


def drain(folder, worker, count):
    return subprocess.Popen(
        [sys.executable, "-c", DRAIN, str(folder), worker, str(count)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )


def test_a_killed_process_is_found_at_once(tmp_path) -> None:
    with Store.open(tmp_path) as store:
        add(store, 3)
        found = subprocess.run(
            [sys.executable, "-c", CLAIM_AND_DIE, tmp_path], capture_output=True, check=False
        )
        assert found.returncode == -9
        assert store.counts()["running"] == 2
        assert found.stdout.decode().strip() in store.reclaim()
        assert store.counts()["queued"] == 3
        assert [record.attempts for record in store.jobs()] == [1, 1, 0]
        assert next(store.jobs()).failures == {"lost": 1}


def test_a_living_process_keeps_its_jobs(tmp_path) -> None:
    with Store.open(tmp_path) as store:
        add(store, 1)
        [claim] = store.claim("w")
        assert store.reclaim() == []
        assert store.heartbeat([claim]) == [claim]


def test_lost_jobs_go_behind_the_others(tmp_path) -> None:
    with Store.open(tmp_path) as store:
        add(store, 3)
        subprocess.run([sys.executable, "-c", CLAIM_AND_DIE, tmp_path], capture_output=True,
                       check=False)
        store.reclaim()
        assert [claim.job.seed for claim in store.claim("w", count=3)] == [2, 0, 1]


def test_a_job_that_loses_every_owner_is_quarantined(tmp_path) -> None:
    clocks = Clocks()
    with clocks.open(tmp_path) as store:
        add(store, 1)
        elsewhere(store)
        for attempt in range(1, TRIES["lost"] + 1):
            assert store.claim("w")[0].attempt == attempt
            store.reclaim()
            clocks.steady += 61
            assert len(store.reclaim()) == 1
        assert store.counts()["quarantined"] == 1


@pytest.mark.parametrize("jump", [-1e9, -3600.0, 3600.0, 1e9])
def test_a_clock_jump_frees_no_live_job(tmp_path, jump) -> None:
    clocks = Clocks()
    with clocks.open(tmp_path) as owner, clocks.open(tmp_path) as other:
        add(owner, 1)
        elsewhere(owner)
        [claim] = owner.claim("w")
        assert other.reclaim() == []
        clocks.wall += jump
        for _ in range(10):
            clocks.steady += 30
            assert owner.heartbeat([claim]) == [claim]
            assert other.reclaim() == []
        owner.finish(claim, output="0.mp4", digest="1f", seconds={})


@pytest.mark.parametrize("jump", [-1e9, -3600.0, 0.0, 3600.0, 1e9])
def test_a_clock_jump_keeps_no_dead_job(tmp_path, jump) -> None:
    clocks = Clocks()
    with clocks.open(tmp_path) as owner, clocks.open(tmp_path) as other:
        add(owner, 1)
        elsewhere(owner)
        [claim] = owner.claim("w")
        assert other.reclaim() == []
        clocks.wall += jump
        clocks.steady += 59
        assert other.reclaim() == []
        clocks.steady += 2
        assert other.reclaim() == [claim.id]
        [second] = other.claim("x")
        with pytest.raises(LeaseLostError):
            owner.finish(claim, output="0.mp4", digest="1f", seconds={})
        other.finish(second, output="0.mp4", digest="1f", seconds={})


@pytest.mark.parametrize("jump", [-1e9, -3.0, -1.0, 0.0, 1e9])
def test_a_clock_jump_holds_a_delay_at_most_twice_as_long(tmp_path, jump) -> None:
    clocks = Clocks()
    with clocks.open(tmp_path) as store:
        add(store, 1)
        store.fail(store.claim("w")[0], problem=Problem(kind="transient", message="x"))
        assert store.claim("w") == []
        clocks.wall += 1.0 + jump
        due = store.next_due()
        assert due <= 2.0
        clocks.wall += due
        assert len(store.claim("w")) == 1


def test_a_store_that_begins_to_watch_gives_the_whole_lease() -> None:
    now = [0.0]
    watch = Watch(60.0, lambda: now[0])
    now[0] = 1e6
    assert watch.silent([("a", 5)]) == set()
    now[0] += 59
    assert watch.silent([("a", 5), ("b", 0)]) == set()
    now[0] += 1
    assert watch.silent([("a", 5), ("b", 0)]) == {"a"}
    assert watch.silent([("a", 6), ("b", 0)]) == set()


def test_a_process_number_used_again_is_another_process() -> None:
    me = Owner.me()
    assert not me.is_gone
    assert Owner(host=me.host, pid=me.pid, born="1").is_gone is bool(me.born)
    assert not Owner(host="elsewhere", pid=me.pid, born="1").is_gone


def test_a_zombie_is_gone() -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)
    owner = Owner(host=this_host(), pid=child, born="1")
    while born(child) not in ("dead", None):
        pass
    assert owner.is_gone
    os.waitpid(child, 0)
    assert owner.is_gone


def test_processes_that_claim_at_once_share_without_overlap(tmp_path) -> None:
    with Store.open(tmp_path) as store:
        add(store, 4000)
        workers = [drain(tmp_path, name, count) for name, count in (("a", 1), ("b", 3), ("c", 7))]
        for worker in workers:
            assert worker.stdout.readline() == "ready\n"
        for worker in workers:
            worker.stdin.write("go\n")
            worker.stdin.flush()
        taken = [worker.communicate()[0].split() for worker in workers]
        assert [worker.returncode for worker in workers] == [0, 0, 0]
        times = Counter(identity for part in taken for identity in part)
        assert len(times) == 4000
        assert set(times.values()) == {1}
        assert sum(bool(part) for part in taken) > 1, "one process took all; the test shows nothing"
        assert {record.attempts for record in store.jobs("done")} == {1}
        assert store.counts()["done"] == 4000


def test_threads_share_one_store(tmp_path) -> None:
    with Store.open(tmp_path) as store:
        add(store, 60)
        taken: list[str] = []

        def work(name):
            while claims := store.claim(name):
                store.heartbeat(claims)
                store.finish(claims[0], output=claims[0].output, digest="1f", seconds={})
                taken.append(claims[0].id)

        threads = [threading.Thread(target=work, args=(f"w{number}",)) for number in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(taken) == [f"{seed:020x}" for seed in range(60)]
