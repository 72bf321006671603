"""Plans and rates: what was measured is what is expected, and planning touches nothing."""

import json
from dataclasses import replace

import pytest

from emogen.rendering.identity import job_id
from emogen.rendering.job import Job
from emogen.rendering.plan import LOAD_S, make_plan
from emogen.rendering.prepare import Prepared
from emogen.rendering.rates import Rate, Rates, machine_name, record_run, shipped_rates
from emogen.rendering.store import Store

SHAPE = {"size": "64x64", "frames": 9, "fps": 8.0, "steps": 10}
RATE = Rate(
    machine="here", device="cpu", kind="text2video", model="nano", size="64x64", frames=9,
    clips=4, step_s=0.1, rest_s=0.5, file_bytes=1000.0, memory_bytes=1 << 20,
)  # fmt: skip


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOGEN_CACHE", str(tmp_path / "cache"))


def prepared(count, **settings):
    entries = []
    for seed in range(count):
        job = Job(**({"prompt": "a cat", "seed": seed} | SHAPE | settings))
        identity = job_id(job, revisions={"model": "1f"})
        entries.append((identity, job.model_copy(update={"output": f"{identity}.mp4"})))
    return Prepared(name="night", entries=tuple(entries))


def test_the_same_shape_costs_what_was_measured() -> None:
    cost = Rates([RATE], [], device="cpu").cost(Job(prompt="a", **SHAPE))
    assert (cost.basis, cost.seconds, cost.file_bytes) == ("measured", 1.5, 1000.0)


def test_steps_count_for_denoising_only() -> None:
    rates = Rates([RATE], [], device="cpu")
    assert rates.cost(Job(prompt="a", **SHAPE | {"steps": 20})).seconds == pytest.approx(2.5)
    assert rates.cost(Job(prompt="a", best_of=3, **SHAPE)).seconds == pytest.approx(4.5)


def test_another_size_is_scaled_from_the_nearest() -> None:
    far = replace(RATE, size="512x512", step_s=99.0)
    cost = Rates([RATE, far], [], device="cpu").cost(Job(prompt="a", **SHAPE | {"size": "128x64"}))
    assert (cost.basis, cost.seconds) == ("scaled", pytest.approx(3.0))


def test_what_was_never_measured_is_unknown() -> None:
    rates = Rates([RATE], [RATE], device="cpu")
    assert rates.cost(Job(prompt="a", model="other", **SHAPE)).basis == "unknown"
    assert rates.cost(Job(clip="a.mp4")).basis == "unknown"
    assert Rates([RATE], [], device="cuda").cost(Job(prompt="a", **SHAPE)).basis == "unknown"


def test_shipped_rates_serve_until_something_was_measured() -> None:
    job = Job(prompt="a", **SHAPE)
    shipped = replace(RATE, step_s=9.0, machine="there")
    assert Rates([], [shipped], device="cpu").cost(job).basis == "shipped"
    assert Rates([RATE], [shipped], device="cpu").cost(job).seconds == 1.5


def test_shipped_rates_name_their_machine() -> None:
    assert shipped_rates()
    for rate in shipped_rates():
        assert rate.machine
        assert rate.model == "nano"
        assert 0 < rate.step_s < rate.seconds(20) < 600
        assert rate.memory_bytes > 100 << 20


def test_measurements_join_by_clips() -> None:
    joined = RATE.joined(replace(RATE, clips=12, step_s=0.5, memory_bytes=5))
    assert (joined.clips, joined.step_s) == (16, pytest.approx(0.4))
    assert joined.memory_bytes == RATE.memory_bytes
    assert RATE.joined(RATE) == replace(RATE, clips=8)


def test_finished_runs_write_rates_that_plans_read(tmp_path) -> None:
    jobs = prepared(4)
    with Store.open(tmp_path / "out") as store:
        store.add(jobs.entries, run="night")
        for claim in store.claim("w", count=3):
            (tmp_path / "out" / claim.output).write_bytes(b"x" * 500)
            store.finish(claim, output=claim.output, digest="1f",
                         seconds={"denoising": 2.0, "decoding": 0.5, "writing": 0.5})
        [rate] = record_run(store, since=0.0, device="cpu", memory_bytes=7 << 20)
        assert record_run(store, since=1e12, device="cpu") == []
    assert (rate.step_s, rate.rest_s, rate.clips, rate.file_bytes) == (0.2, 1.0, 3, 500.0)
    assert rate.machine == machine_name()
    plan = make_plan(jobs, folder=tmp_path / "out", workers=1)
    assert (plan.jobs, plan.ahead, plan.states) == (4, 1, {"done": 3, "queued": 1})
    assert plan.basis == {"measured": 1}
    assert plan.seconds == pytest.approx(3.0 + LOAD_S)
    assert (plan.memory_bytes, plan.disk_bytes) == (7 << 20, 500)
    assert plan.rates_of is None
    twice = make_plan(prepared(10), folder=tmp_path / "new", workers=2)
    assert (twice.seconds, twice.memory_bytes) == (pytest.approx(15.0 + LOAD_S), 14 << 20)


def test_planning_touches_nothing(tmp_path) -> None:
    make_plan(prepared(3), folder=tmp_path / "out")
    assert list(tmp_path.rglob("*")) == []


def test_a_plan_is_plain_json_and_says_what_it_does_not_know(tmp_path) -> None:
    plan = make_plan(prepared(3, model="other"), folder=tmp_path)
    assert json.loads(json.dumps(plan.to_dict()))["basis"] == {"unknown": 3}
    assert plan.seconds == 0.0
    assert plan.memory_bytes is None
    assert "3 jobs is not known" in plan.notes[0]


def test_a_full_disk_is_foreseen(tmp_path) -> None:
    plan = make_plan(prepared(1), folder=tmp_path)
    assert plan.fits
    assert not replace(plan, disk_bytes=plan.free_bytes).fits
