"""`emogen render` and `emogen schema`: manifests in; plans, states and exit codes out."""

import json
import threading
import time

import jsonschema
import pytest

from emogen.cli.rendering.folders import output_folder
from emogen.errors import InputError
from emogen.rendering.job import Job
from emogen.rendering.ladder import Problem
from emogen.rendering.store import Store


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOGEN_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def store(emogen, tmp_path):
    """A store of three jobs: one done, one failed, one queued; needs `emogen` for its folder."""
    with Store.open(tmp_path / "out") as opened:
        jobs = [Job(prompt="a cat", seed=seed, output=f"{seed}.mp4") for seed in range(3)]
        opened.add([(f"{seed:020x}"[::-1], job) for seed, job in enumerate(jobs, 1)], run="night")
        done, failed = opened.claim("w", count=2)
        opened.finish(done, output=done.output, digest="1f", seconds={})
        opened.fail(failed, problem=Problem(kind="input", message="no such file", hint="add it"))
        yield opened


def answer(result):
    assert result.code == 0, result.err
    return json.loads(result.out)


def test_status_counts_and_says_why(emogen, store) -> None:
    result = emogen("render", "status", "out")
    assert result.code == 0
    assert result.out.splitlines()[0] == "1 queued, 1 done, 1 failed"
    assert "input: no such file; add it" in result.out
    found = answer(emogen("render", "status", "out", "--json", "--state", "failed"))
    assert found["counts"]["failed"] == 1
    assert [job["job"]["seed"] for job in found["jobs"]] == [1]


def test_status_tells_the_history_of_a_job(emogen, store) -> None:
    identity = next(store.jobs("failed")).id
    found = answer(emogen("render", "status", "out", "--history", identity[:6], "--json"))
    assert [entry["event"] for entry in found["history"]] == ["claimed", "failed"]
    assert "failed by w, try 1: input, no such file" in emogen(
        "render", "status", "out", "--history", identity
    ).out


def test_status_names_who_works(emogen, store) -> None:
    store.claim("worker 1")
    assert answer(emogen("render", "status", "out", "--json"))["running"][0]["worker"] == "worker 1"
    assert "worker 1 on" in emogen("render", "status", "out").out


def test_retry_cancel_and_gc(emogen, store, tmp_path) -> None:
    assert len(answer(emogen("render", "retry", "out", "--json"))["jobs"]) == 1
    assert store.counts()["queued"] == 2
    assert emogen("render", "cancel", "out").out == "2 jobs cancelled\n"
    left = tmp_path / "out" / ".clip.0123456789abcdef.part.mp4"
    left.write_bytes(b"half")
    assert "2 jobs would be forgotten, 1 unfinished file would be" in emogen(
        "render", "gc", "out", "--dry-run"
    ).out
    assert left.exists()
    assert store.counts()["cancelled"] == 2
    assert answer(emogen("render", "gc", "out", "--json"))["files"] == [str(left.relative_to(
        tmp_path))]
    assert not left.exists()
    assert sum(store.counts().values()) == 1


def test_gc_leaves_what_is_being_made(emogen, store, tmp_path) -> None:
    [claim] = store.claim("w")
    part = tmp_path / "out" / f".clip.{claim.token}.part.mp4"
    part.write_bytes(b"half")
    assert answer(emogen("render", "gc", "out", "--json")) == {
        "jobs": [], "files": [], "dry_run": False,
    }
    assert part.exists()


def test_clips_that_are_gone_can_be_made_again(emogen, store) -> None:
    assert emogen("render", "retry", "out", "--missing").out == "1 job queued again\n"
    assert store.counts()["done"] == 0


def test_watch_ends_with_the_work(emogen, store) -> None:
    def work():
        time.sleep(0.3)
        [claim] = store.claim("w")
        store.finish(claim, output=claim.output, digest="1f", seconds={})

    worker = threading.Thread(target=work)
    worker.start()
    result = emogen("render", "watch", "out", "--every", "0.1", "--json")
    worker.join()
    assert result.code == 1, "one job failed"
    assert json.loads(result.out)["counts"]["done"] == 2
    assert "emogen: 1 queued, 1 done, 1 failed" in result.err


BAD = {
    "no store": (["status", "none"], "no store in"),
    "short id": (["retry", "out", "0"], "at least 4 letters"),
    "unknown id": (["cancel", "out", "ffffffff"], "no job 'ffffffff'"),
    "both": (["retry", "out", "ffffffff", "--missing"], "got both; use one"),
    "state": (["retry", "out", "--state", "lost"], "--state"),
    "running": (["gc", "out", "--state", "running"], "cancel them first"),
    "no manifest": (["plan", "no.jsonl"], "no manifest 'no.jsonl'"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_usage(emogen, store, name) -> None:
    arguments, message = BAD[name]
    result = emogen("render", *arguments)
    assert (result.code, result.out) == (2, "")
    assert message in result.err


def test_output_folders(tmp_path) -> None:
    assert output_folder("a/night.jsonl", None).as_posix() == "outputs/night"
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="got the file"):
        output_folder("a.jsonl", tmp_path / "file")


def test_plan_says_what_is_ahead_and_touches_nothing(emogen, tiny_model, tmp_path) -> None:
    line = {"prompt": "a cat", "model": str(tiny_model), "matrix": {"seed": "0..4"}}
    (tmp_path / "night.jsonl").write_text(json.dumps(line))
    result = emogen("render", "plan", "night.jsonl", "--workers", "2")
    assert result.code == 0
    first, second, *_ = result.out.splitlines()
    assert (first, second) == ("night: 5 jobs (5 text2video)", "  ahead: 5 jobs in 1 bin")
    assert "is not known" in result.err
    found = answer(emogen("render", "plan", "night.jsonl", "--jobs", "--json"))
    assert [job.get("seed", 0) for job in found["entries"]] == list(range(5))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["night.jsonl"]


def test_plan_tells_every_problem_on_its_own_line(emogen, tmp_path) -> None:
    (tmp_path / "night.csv").write_text("prompt,steps\na,x\n,3\nb,900\n")
    result = emogen("render", "plan", "night.csv", "--json")
    assert result.code == 2
    lines = result.err.splitlines()
    assert lines[0].startswith("night.csv: line 2, steps: ")
    assert lines[-1] == "emogen: 3 problems in night.csv; nothing was rendered"
    assert [one["line"] for one in json.loads(result.out)["problems"]] == [2, 3, 4]


@pytest.mark.parametrize("name", ["manifest", "line", "job"])
def test_schemas_are_schemas(emogen, name) -> None:
    jsonschema.Draft202012Validator.check_schema(answer(emogen("schema", name)))


def test_an_unknown_schema_is_refused(emogen) -> None:
    result = emogen("schema", "jobb")
    assert result.code == 2
    assert "did you mean 'job'" in result.err
