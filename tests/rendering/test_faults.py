"""What is left after faults, briefly; benchmarks/rendering_faults.py repeats and counts them."""

import shutil
import signal
import subprocess
import time

import pytest

from benchmarks import rendering_faults as faults
from emogen.rendering.store import Store


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "out"


@pytest.mark.slow  # the parent and its worker begin again after every blow
@pytest.mark.parametrize("scenario", [faults.kill_parent, faults.kill_worker])
def test_killed_at_random_moments(folder, scenario):
    report = scenario(folder, kills=3, jobs=8)
    assert report["kills"] == 3
    assert faults.bad(report) == 0, report


def test_killed_once_in_the_middle(folder):
    entries = faults.entries_of(["slow cat"] * 4)
    faults.prepared(folder, entries)
    driven = faults.Driven(folder)
    assert faults._until(lambda: any(e["event"] == "job_done" for e in list(driven.events)), 60)
    driven.process.send_signal(signal.SIGKILL)
    driven.wait()
    assert faults.Driven(folder).wait() == 0
    report = faults.audit(folder, entries)
    assert report["done"] == 4
    assert faults.bad(report) == 0, report


def test_jobs_that_crash(folder):
    report = faults.segfault(folder, poison=1, jobs=3)
    assert (report["done"], report["quarantined"]) == (3, 1)
    assert faults.bad(report) == 0, report


def test_inputs_that_are_broken(folder):
    report = faults.corrupt(folder, poison=3, jobs=2)
    assert (report["done"], report["failed"], report["retried"]) == (2, 3, 0)
    assert faults.bad(report) == 0, report


@pytest.mark.slow  # a hang shows by time alone
def test_jobs_that_hang(folder):
    report = faults.hang(folder, poison=1, jobs=2, stall=6.0)
    assert (report["done"], report["quarantined"]) == (2, 1)
    assert faults.bad(report) == 0, report


@pytest.mark.slow  # two runs and one more to compare with
@pytest.mark.parametrize("scenario", [faults.two_runs, faults.clock_jump])
def test_two_runs_on_one_folder(folder, scenario):
    report = scenario(folder, jobs=8)
    assert report["exit_codes"] == 0
    assert faults.bad(report) == 0, report


@pytest.mark.slow  # three runs
def test_a_full_disk(folder):
    probe = folder.with_name("probe")
    try:
        with faults.tmpfs(probe, kib=64):
            pass
    except (subprocess.CalledProcessError, FileNotFoundError):
        pytest.skip("a small disk needs root")
    report = faults.disk_full(folder, jobs=8, kib=200)
    assert (report["exit_when_full"], report["exit_with_room"]) == (3, 0)
    assert 0 < report["clips_when_full"] < 8
    assert faults.bad(report) == 0, report


def test_ctrl_c_gives_everything_back(folder):
    entries = faults.entries_of(["slow cat"] * 12)
    faults.prepared(folder, entries)
    driven = faults.Driven(folder)
    assert faults._until(lambda: any(e["event"] == "job_done" for e in list(driven.events)), 60)
    driven.process.send_signal(signal.SIGINT)
    assert driven.wait() == 130
    with Store.open(folder, create=False) as store:
        counts = store.counts()
        assert (counts["running"], counts["done"] + counts["queued"]) == (0, 12)
        assert counts["queued"] > 0
        assert all(not record.failures for record in store.jobs())
        assert len(list(folder.glob("*.mp4"))) == counts["done"]
    assert faults.stale_parts(folder, set()) == []


@pytest.mark.model
@pytest.mark.slow  # nano is loaded four times
def test_nano_killed_and_gone_on_with_gives_the_same_bytes(folder, tmp_path, root):
    lines = [f'{{"prompt": "a cat", "emotion": "fear", "seed": {seed}}}' for seed in range(4)]
    manifest = tmp_path / "night.jsonl"
    head = '{"defaults": {"size": "64x64", "frames": 9, "steps": 2}}'
    manifest.write_text("\n".join([head, *lines]))

    def command(out):
        emogen = [faults.sys.executable, "-m", "emogen", "render", "run", str(manifest)]
        return subprocess.Popen(
            [*emogen, "-o", str(out), "--workers", "1", "--batch", "1"], cwd=root
        )

    process = command(folder)
    faults._until(lambda: any(folder.glob("*.mp4")), 120)
    process.kill()
    process.wait()
    time.sleep(0.5)
    assert command(folder).wait() == 0
    assert command(tmp_path / "whole").wait() == 0
    clips = sorted(path.name for path in folder.glob("*.mp4"))
    assert len(clips) == 4
    for name in clips:
        assert (folder / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    shutil.rmtree(folder)
