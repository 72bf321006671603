"""Whatever is asked of the store in whatever order: no job is lost, none is held twice."""

import shutil
import tempfile

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule

from emogen.rendering.job import Job
from emogen.rendering.ladder import PROBLEM_KINDS, TRIES, Problem
from emogen.rendering.store import LeaseLostError, Store
from emogen.rendering.store.leases import Owner
from emogen.rendering.store.states import STATES

LEASE_S = 60.0
STEPS = st.sampled_from([4, 8])


class StoreMachine(RuleBasedStateMachine):
    """Two stores on one file against a model of what each job should be."""

    claims = Bundle("claims")

    def __init__(self):
        super().__init__()
        self.folder = tempfile.mkdtemp()
        self.wall, self.steady = 1e9, 0.0
        self.stores = [
            Store.open(
                self.folder, lease_seconds=LEASE_S, now=lambda: self.wall,
                monotonic=lambda: self.steady,
            )
            for _ in range(2)
        ]
        for store in self.stores:
            store._owner = Owner(host="another machine", pid=1, born="1")
        self.states: dict[str, str] = {}
        self.held: dict[str, str] = {}

    def teardown(self):
        for store in self.stores:
            store.close()
        shutil.rmtree(self.folder)

    @rule(which=st.integers(0, 1), seeds=st.sets(st.integers(0, 7)), steps=STEPS)
    def add(self, which, seeds, steps):
        jobs = [
            (f"{seed:08x}{steps:012x}",
             Job(prompt="a cat", seed=seed, steps=steps, output=f"{seed}-{steps}.mp4"))
            for seed in sorted(seeds)
        ]
        added = self.stores[which].add(jobs, run="night")
        assert added.new == sum(identity not in self.states for identity, _ in jobs)
        for identity, _ in jobs:
            self.states.setdefault(identity, "queued")

    @rule(target=claims, which=st.integers(0, 1), count=st.integers(1, 4))
    def claim(self, which, count):
        found = self.stores[which].claim(f"w{which}", count=count)
        assert len({(one.bin, one.measures) for one in found}) <= 1
        assert len(found) == 1 or not any(one.measures.alone for one in found)
        for one in found:
            assert self.states[one.id] == "queued"
            self.states[one.id], self.held[one.id] = "running", one.token
        return multiple(*found)

    @rule(which=st.integers(0, 1), claim=claims)
    def finish(self, which, claim):
        self._end(claim, "done", lambda: self.stores[which].finish(
            claim, output=claim.output, digest="1f", seconds={}
        ))

    @rule(which=st.integers(0, 1), claim=claims)
    def release(self, which, claim):
        self._end(claim, "queued", lambda: self.stores[which].release(claim))

    @rule(which=st.integers(0, 1), claim=claims, kind=st.sampled_from(PROBLEM_KINDS))
    def fail(self, which, claim, kind):
        problem = Problem(kind=kind, message="of the test")
        verdict = self._end(
            claim, None, lambda: self.stores[which].fail(claim, problem=problem)
        )
        if verdict is not None:
            self.states[claim.id] = verdict.state

    def _end(self, claim, state, call):
        """A claim ends once, and only while its token is the one that holds the job."""
        is_held = self.held.get(claim.id) == claim.token
        try:
            answer = call()
        except LeaseLostError:
            assert not is_held
            return None
        assert is_held
        del self.held[claim.id]
        if state is not None:
            self.states[claim.id] = state
        return answer

    @rule(which=st.integers(0, 1), claim=claims)
    def heartbeat(self, which, claim):
        kept = self.stores[which].heartbeat([claim])
        assert bool(kept) == (self.held.get(claim.id) == claim.token)

    @rule(which=st.integers(0, 1), seconds=st.sampled_from([1.0, 30.0, 61.0]))
    def pass_time(self, which, seconds):
        self.steady += seconds
        self.wall += seconds
        for identity in self.stores[which].reclaim():
            assert self.states[identity] == "running"
            del self.held[identity]
            self.states[identity] = self._state(identity)

    @rule(jump=st.sampled_from([-1e6, -10.0, 10.0, 1e6]))
    def jump(self, jump):
        self.wall += jump

    @rule(which=st.integers(0, 1), claim=claims)
    def cancel(self, which, claim):
        moved = self.stores[which].cancel([claim.id])
        assert bool(moved) == (self.states[claim.id] != "cancelled")
        self.states[claim.id] = "cancelled"
        self.held.pop(claim.id, None)

    @rule(which=st.integers(0, 1), claim=claims)
    def retry(self, which, claim):
        moved = self.stores[which].retry([claim.id])
        assert bool(moved) == (self.states[claim.id] not in ("queued", "running"))
        if moved:
            self.states[claim.id] = "queued"

    def _state(self, identity):
        return self.stores[0].states()[identity]

    @invariant()
    def agree(self):
        assert self.stores[0].states() == self.stores[1].states() == self.states
        assert {one.id: one.token for one in self.stores[1].running()} == self.held
        counts = self.stores[0].counts()
        assert sum(counts.values()) == len(self.states)
        assert set(counts) == set(STATES)

    @invariant()
    def nothing_stays_for_ever(self):
        due = self.stores[0].next_due()
        assert (due is not None) == ("queued" in self.states.values())
        assert due is None or due <= 2.0 * 2 ** TRIES["transient"]


StoreMachine.TestCase.settings = settings(
    max_examples=25, stateful_step_count=30, deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TestStore = StoreMachine.TestCase
