"""The store: each job once, claims with tokens, failures down the ladder, history of it all."""

import os
import sqlite3
import subprocess
import sys

import pytest

from emogen.errors import InputError, ResourceError
from emogen.rendering.identity import job_id
from emogen.rendering.job import Job
from emogen.rendering.ladder import Measures, Problem
from emogen.rendering.store import LeaseLostError, Store, store_path
from emogen.rendering.store.schema import VERSION


def entries(count, **settings):
    """Ids and jobs that differ by seed."""
    found = []
    for seed in range(count):
        job = Job(**({"prompt": "a cat", "seed": seed} | settings))
        identity = job_id(job, revisions={"model": "1f"})
        found.append((identity, job.model_copy(update={"output": f"{identity}.mp4"})))
    return found


def finish(store, claim):
    store.finish(claim, output=claim.output, digest="1f", seconds={"denoising": 1.0})


def problem(kind):
    return Problem(kind=kind, message=f"a {kind} of the test")


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path) as opened:
        yield opened


def test_adding_again_changes_nothing(store) -> None:
    jobs = entries(5)
    first = store.add(jobs, run="night")
    finish(store, store.claim("w")[0])
    again = store.add(jobs, run="night")
    assert (first.new, first.known, first.done) == (5, 0, 0)
    assert (again.new, again.known, again.done) == (0, 4, 1)
    assert store.counts()["queued"] == 4


def test_claims_come_in_order_and_only_once(store) -> None:
    jobs = entries(6)
    store.add(jobs, run="night")
    claimed = [claim.id for _ in range(4) for claim in store.claim("w", count=2)]
    assert claimed == [identity for identity, _ in jobs]
    assert store.claim("w") == []


def test_a_claim_carries_the_job_and_counts_the_attempt_first(store) -> None:
    [(identity, job)] = entries(1, emotion="fear:0.8", steps=4)
    store.add([(identity, job)], run="night")
    [claim] = store.claim("w")
    assert (claim.id, claim.job, claim.attempt, claim.output) == (identity, job, 1, job.output)
    assert store.record(identity).attempts == 1
    assert [entry.event for entry in store.history(identity)] == ["claimed"]


def test_higher_priority_goes_first_and_follows_the_manifest(store) -> None:
    low, high = entries(1)[0], entries(1, prompt="a dog", priority=5)[0]
    store.add([low, high], run="night")
    assert store.claim("w")[0].id == high[0]
    raised = low[0], low[1].model_copy(update={"priority": 9})
    other = entries(1, prompt="a fox", priority=7)[0]
    store.add([raised, other], run="night")
    assert store.claim("w")[0].id == low[0]


def test_a_worker_stays_with_its_bin(store) -> None:
    four, eight = entries(2, steps=4), entries(2, steps=8)
    store.add([four[0], eight[0], four[1], eight[1]], run="night")
    assert [claim.id for claim in store.claim("a", count=4)] == [four[0][0], four[1][0]]
    assert store.claim("b")[0].id == eight[0][0]
    store.add(entries(3, steps=4), run="night")
    assert store.claim("b")[0].id == eight[1][0]
    assert store.claim("b")[0].job.steps == 4


def test_a_bin_can_be_asked_for(store) -> None:
    store.add([*entries(1, steps=4), *entries(1, steps=8)], run="night")
    [last] = [record for record in store.jobs() if record.job.steps == 8]
    assert store.claim("w", bin=last.bin)[0].id == last.id
    assert store.claim("w", bin=last.bin) == []
    assert store.claim("w", bin="unknown") == []


def test_shards_divide_all_jobs(store) -> None:
    jobs = entries(30)
    store.add(jobs, run="night")
    parts = [{claim.id for claim in store.claim("w", count=30, shard=(i, 3))} for i in range(3)]
    assert set.union(*parts) == {identity for identity, _ in jobs}
    assert sum(map(len, parts)) == 30
    assert all(parts)


def test_next_due_of_a_shard_ignores_the_others(store) -> None:
    jobs = entries(8)
    store.add(jobs, run="night")
    while store.claim("w", shard=(0, 2)):
        pass
    assert store.next_due(shard=(0, 2)) is None
    assert store.next_due(shard=(1, 2)) == 0.0


def test_a_finished_job_says_everything(store) -> None:
    store.add(entries(1), run="night")
    [claim] = store.claim("w")
    store.finish(
        claim, output="cat.mp4", digest="1f", seconds={"denoising": 2.5}, scores={"fear": 0.9},
        warnings=["dark"],
    )
    record = store.record(claim.id)
    assert (record.state, record.output, record.digest) == ("done", "cat.mp4", "1f")
    assert (record.seconds, record.scores) == ({"denoising": 2.5}, {"fear": 0.9})
    assert record.warnings == ("dark",)
    assert record.problem is None


def test_a_token_is_good_once(store) -> None:
    store.add(entries(1), run="night")
    [claim] = store.claim("w")
    finish(store, claim)
    for late in (
        lambda: finish(store, claim),
        lambda: store.release(claim),
        lambda: store.fail(claim, problem=problem("bug")),
    ):
        with pytest.raises(LeaseLostError, match="drop the result"):
            late()
    assert store.heartbeat([claim]) == []


def test_a_released_job_has_no_failure(store) -> None:
    store.add(entries(1), run="night")
    for _ in range(20):
        store.release(store.claim("w")[0])
    [record] = store.jobs()
    assert (record.state, record.attempts, record.failures) == ("queued", 20, {})


@pytest.mark.parametrize(
    ("kind", "tries", "state"),
    [("input", 1, "failed"), ("bug", 2, "failed"), ("crash", 3, "quarantined"),
     ("hang", 2, "quarantined"), ("memory", 4, "failed")],
)
def test_failures_end(store, kind, tries, state) -> None:
    store.add(entries(1), run="night")
    for attempt in range(1, tries + 1):
        [claim] = store.claim("w")
        assert claim.attempt == attempt
        verdict = store.fail(claim, problem=problem(kind))
        assert verdict.state == (state if attempt == tries else "queued")
    assert store.claim("w") == []
    record = store.record(claim.id)
    assert (record.state, record.failures) == (state, {kind: tries})
    assert record.problem == problem(kind)


def test_memory_goes_down_the_ladder(store) -> None:
    store.add(entries(1, allow_smaller=True), run="night")
    measures = []
    while claims := store.claim("w"):
        measures.append(claims[0].measures)
        store.fail(claims[0], problem=problem("memory"))
    tiled = Measures(alone=True, tiling=True)
    offloaded = Measures(alone=True, tiling=True, offload=True)
    assert measures[:4] == [Measures(), Measures(alone=True), tiled, offloaded]
    assert [one.smaller for one in measures[4:]] == [1, 2]


def test_a_full_disk_is_not_the_jobs_fault(store) -> None:
    store.add(entries(1), run="night")
    for _ in range(10):
        verdict = store.fail(store.claim("w")[0], problem=problem("disk"))
        assert (verdict.state, verdict.counted) == ("queued", False)
    assert next(store.jobs()).failures == {}


def test_jobs_that_run_alone_are_not_batched(store) -> None:
    jobs = entries(4)
    store.add(jobs, run="night")
    first = store.claim("w", count=4)
    store.fail(first[1], problem=problem("crash"))
    for claim in (first[0], first[2], first[3]):
        store.release(claim)
    groups = []
    while claims := store.claim("w", count=4):
        groups.append([jobs.index((claim.id, claim.job)) for claim in claims])
    assert groups == [[0], [1], [2, 3]]


def test_transient_failures_wait(tmp_path) -> None:
    clock = [1000.0]
    with Store.open(tmp_path, now=lambda: clock[0]) as store:
        store.add(entries(1), run="night")
        for delay in (2.0, 4.0, 8.0, 16.0):
            assert store.fail(store.claim("w")[0], problem=problem("transient")).delay_s == delay
            assert store.claim("w") == []
            assert store.next_due() == delay
            clock[0] += delay
        assert store.fail(store.claim("w")[0], problem=problem("transient")).state == "failed"


def test_retry_forgets_failures(store) -> None:
    store.add(entries(2), run="night")
    claims = store.claim("w", count=2)
    store.fail(claims[0], problem=problem("input"))
    assert store.retry() == [claims[0].id]
    assert store.retry([claims[1].id]) == []  # it is running
    record = store.record(claims[0].id)
    assert (record.state, record.failures, record.problem) == ("queued", {}, None)
    assert record.measures == Measures()


def test_a_done_job_is_made_again_only_by_name(store) -> None:
    store.add(entries(1), run="night")
    [claim] = store.claim("w")
    finish(store, claim)
    assert store.retry() == []
    assert store.retry([claim.id]) == [claim.id]


def test_a_cancelled_job_is_lost_to_its_worker(store) -> None:
    store.add(entries(2), run="night")
    [claim] = store.claim("w")
    assert len(store.cancel()) == 1  # the queued one
    assert store.cancel([claim.id]) == [claim.id]
    assert store.heartbeat([claim]) == []
    with pytest.raises(LeaseLostError):
        finish(store, claim)
    assert store.counts()["cancelled"] == 2


def test_forgetting(store) -> None:
    jobs = entries(3)
    store.add(jobs, run="night")
    [claim] = store.claim("w")
    store.cancel()
    assert len(store.gc(before=0.0)) == 0
    assert len(store.gc()) == 2
    assert [record.id for record in store.jobs()] == [claim.id]
    with pytest.raises(InputError, match="cancel them first"):
        store.gc(states=["running"])
    assert store.add(jobs, run="night").new == 2


def test_an_output_belongs_to_one_job(store) -> None:
    [(first, job)] = entries(1)
    [(second, other)] = entries(1, prompt="a dog")
    named = job.model_copy(update={"output": "x.mp4"})
    store.add([(first, named)], run="night")
    change = [(second, other.model_copy(update={"output": "x.mp4"}))]
    with pytest.raises(InputError, match=f"x.mp4 .job {first}."):
        store.add(change, run="night")
    assert store.counts()["queued"] == 1
    assert store.add(change, run="night", replace=True).replaced == 1
    assert [record.id for record in store.jobs()] == [second]


def test_ids_may_be_cut_short(store) -> None:
    jobs = entries(300)
    store.add(jobs, run="night")
    wanted = jobs[7][0]
    assert store.record(wanted[:12]).id == wanted
    for text, message in (("zz", "at least 4 letters"), ("0" * 20, "no job"), ("", "at least 4")):
        with pytest.raises(InputError, match=message):
            store.record(text)


def test_records_survive_closing(tmp_path) -> None:
    with Store.open(tmp_path) as store:
        store.add(entries(3), run="night")
        finish(store, store.claim("w")[0])
        before = [record.to_dict() for record in store.jobs()]
    with Store.open(tmp_path, create=False) as store:
        assert [record.to_dict() for record in store.jobs()] == before
        assert store.counts("night") == store.counts()
        assert store.counts("day")["queued"] == 0


def test_what_is_no_store_is_refused(tmp_path) -> None:
    with pytest.raises(InputError, match="no store in"):
        Store.open(tmp_path / "none", create=False)
    path = store_path(tmp_path)
    path.parent.mkdir()
    path.write_bytes(b"not a database at all " * 100)
    with pytest.raises(InputError, match="damaged or foreign"):
        Store.open(tmp_path)


def test_a_newer_store_is_refused(tmp_path) -> None:
    Store.open(tmp_path).close()
    with sqlite3.connect(store_path(tmp_path)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()
    with pytest.raises(InputError, match="use the emogen that wrote it"):
        Store.open(tmp_path)


def test_a_file_in_the_way_is_an_error_of_the_place(tmp_path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(ResourceError, match="choose another folder"):
        Store.open(tmp_path / "out")


def test_a_full_disk_leaves_the_store_as_it_was(store) -> None:
    jobs = entries(300)
    store.add(jobs[:10], run="night")
    connection = store._database.connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages + 4}")
    with pytest.raises(ResourceError, match="free some disk space"):
        store.add(jobs, run="night")
    assert store.counts()["queued"] == 10
    connection.execute("PRAGMA max_page_count = 1000000")
    assert store.add(jobs, run="night").new == 290


def test_many_ids_at_once(store) -> None:
    jobs = entries(3)
    store.add(jobs, run="night")
    many = [f"{number:020x}" for number in range(40_000)] + [jobs[1][0]]
    assert [record.id for record in store.jobs(ids=many)] == [jobs[1][0]]
    assert store.cancel(many) == [jobs[1][0]]


def test_a_store_does_not_survive_a_fork(store) -> None:
    child = os.fork()
    if child == 0:
        try:
            store.counts()
        except RuntimeError:
            os._exit(7)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def test_the_store_needs_no_torch() -> None:
    code = "import sys, emogen.rendering.store, emogen.rendering.prepare, emogen.rendering.plan;" \
        "sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
