"""Launch: python benchmarks/rendering_faults.py [--kills 50] [--only NAME] [--out FILE.json].

What is left of a batch after faults: real runs of emogen.rendering in processes of their own, with
a light engine that draws cards (rendering_cards.py), are killed at random moments, given full
disks, jobs that crash, hang or cannot be read, rivals and clocks that jump. After each scenario
every job is looked up: lost, done twice, half-written, wrong in content (compared by hash with an
undisturbed run), left over. All of these have to be zero. Needs root for the disk (a small tmpfs).
"""

import argparse
import contextlib
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from emogen.errors import EmogenError
from emogen.media import probe
from emogen.rendering.dispatch import RunSettings
from emogen.rendering.events import lines_to
from emogen.rendering.executors.local import LocalExecutor
from emogen.rendering.executors.slots import workers_of
from emogen.rendering.job import Job
from emogen.rendering.session import run
from emogen.rendering.store import Store
from emogen.rendering.worker.finishing import digest_of, read_note, stale_parts
from emogen.rendering.worker.worker import WorkerOptions

ENGINE = "rendering_cards:CardEngine"
PATIENT = {"crash": 10_000, "lost": 10_000, "hang": 10_000}
"""Tries where it is us who kill: the jobs are innocent."""
FRAMES, FPS, SIZE = 17, 16.0, "64x64"



def entries_of(words: Sequence[str], images: Sequence[Path] = ()) -> list[tuple[str, Job]]:
    """Return ids and jobs for prompts, and for pictures."""
    jobs = [_job(prompt=f"{text} {index}", seed=index) for index, text in enumerate(words)]
    jobs += [_job(prompt="picture", image=str(path)) for path in images]
    entries = []
    for job in jobs:
        name = hashlib.sha256(job.model_dump_json().encode()).hexdigest()[:20]
        entries.append((name, job.model_copy(update={"output": f"{name}.mp4"})))
    return entries


def _job(**asked: Any) -> Job:  # noqa: ANN401 - passed through to Job
    return Job(size=SIZE, frames=FRAMES, fps=FPS, steps=1, guidance=1, emotion_guidance=1, **asked)


def drive(folder: Path, *, workers: int, stall: float, patient: bool, jumps: bool) -> int:
    """Be the run: work off the queue of a folder with events on stdout; return an exit code."""
    options = WorkerOptions(
        target=str(folder), engines={"text2video": ENGINE, "image2video": ENGINE}
    )
    clock = _jumping() if jumps else time.time
    with Store.open(
        folder, create=False, lease_seconds=5, tries=PATIENT if patient else None, now=clock
    ) as store:
        outcome = run(
            store, LocalExecutor(workers_of(options, workers=workers, devices="cpu")),
            settings=RunSettings(stall_seconds=stall, beat_seconds=0.5, batch=2), folder=folder,
            listeners=(lines_to(),),
        )
    return {"disk": 3, "workers": 3, "interrupted": 130}.get(outcome.reason, 0)


def _jumping() -> Callable[[], float]:
    """Return a clock that is set by up to a day, back or forth, before every twentieth look."""
    generator, offset = random.Random(time.time_ns()), 0.0

    def now() -> float:
        nonlocal offset
        if generator.random() < 0.05:
            offset = generator.uniform(-86400, 86400)
        return time.time() + offset

    return now


class Driven:
    """A run in a process of its own, and what it said.

    Args:
        folder: output folder, whose store holds the jobs.
        arguments: more options of --drive.
    """

    def __init__(self, folder: Path, *arguments: str) -> None:
        command = [sys.executable, str(Path(__file__)), "--drive", str(folder), *arguments]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.events: list[dict[str, Any]] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self.events.append(json.loads(line))

    def workers(self) -> dict[str, int]:
        """Return the process number of each worker that is ready."""
        found: dict[str, int] = {}
        for event in list(self.events):
            if event["event"] == "worker_ready":
                found[event["worker"]] = event["pid"]
            elif event["event"] == "worker_lost":
                found.pop(event["worker"], None)
        return found

    def wait(self, timeout: float = 600.0) -> int:
        """Return the exit code at the end."""
        code = self.process.wait(timeout)
        self._reader.join(10)
        return code


def audit(folder: Path, entries: Sequence[tuple[str, Job]], poison: int = 0) -> dict[str, int]:
    """Count what must not be, and what is, after a scenario."""
    found: Counter[str] = Counter(jobs=len(entries))
    with Store.open(folder, create=False) as store:
        for name, _ in entries:
            record, path = store.record(name), folder / f"{name}.mp4"
            found[record.state] += 1
            ends = [entry.event for entry in store.history(name)]
            found["twice"] += ends.count("done") > 1
            found["half_written"] += path.is_file() and not is_whole(path)
            if record.state == "done":
                found["missing"] += not path.is_file()
                found["wrong"] += path.is_file() and (
                    digest_of(path) != record.digest
                    or read_note(path.with_suffix(".json")).get("sha256") != record.digest
                )
        found["lost"] += sum(store.counts().values()) != len(entries)
        found["lost"] += len(entries) - found["done"] - poison
    found["left_over"] = len(stale_parts(folder, set()))
    return dict(found)


def is_whole(path: Path) -> bool:
    """Tell whether a clip can be read and has all its frames."""
    with contextlib.suppress(EmogenError):
        return probe(path).video.num_frames == FRAMES
    return False


def bad(report: dict[str, int]) -> int:
    """Return how many things are not as they must be."""
    names = ("lost", "twice", "half_written", "missing", "wrong", "left_over", "unlike")
    return sum(report.get(name, 0) for name in names)


def prepared(folder: Path, entries: Sequence[tuple[str, Job]]) -> None:
    """Put jobs into the store of a folder."""
    with Store.open(folder) as store:
        store.add(entries, run="faults")


def unlike(folder: Path, entries: Sequence[tuple[str, Job]]) -> int:
    """Return how many clips differ from those of an undisturbed run of the same jobs."""
    with tempfile.TemporaryDirectory() as other:
        prepared(Path(other), entries)
        if code := Driven(Path(other)).wait():
            raise RuntimeError(f"the undisturbed run ended with exit code {code}")
        names = [f"{name}.mp4" for name, _ in entries if (folder / f"{name}.mp4").is_file()]
        return sum(digest_of(folder / name) != digest_of(Path(other) / name) for name in names)


def kill_parent(folder: Path, *, kills: int, jobs: int = 24) -> dict[str, int]:
    """Kill the run itself, -9, at random moments and begin it again, until it was killed enough."""
    entries = entries_of(["slow cat"] * jobs)
    prepared(folder, entries)
    generator, killed, torn = random.Random(1), 0, 0
    while killed < kills:
        driven = Driven(folder, "--patient")
        _random_moment(driven, generator)
        if driven.process.poll() is not None:  # all done before the blow: put some back
            with Store.open(folder, create=False) as store:
                _forget(folder, store, generator.sample(entries, max(1, jobs // 3)))
            continue
        driven.process.send_signal(signal.SIGKILL)
        driven.wait()
        killed += 1
        torn += sum(not is_whole(path) for path in folder.glob("*.mp4"))
    Driven(folder, "--patient").wait()
    return {"kills": killed, **_after(folder, entries, torn)}


def kill_worker(folder: Path, *, kills: int, jobs: int = 24) -> dict[str, int]:
    """Kill a worker, -9, at random moments of one run after the other."""
    entries = entries_of(["slow cat"] * jobs)
    prepared(folder, entries)
    generator, killed, torn = random.Random(2), 0, 0
    while killed < kills:
        driven = Driven(folder, "--patient", "--workers", "2")
        while driven.process.poll() is None and killed < kills:
            _random_moment(driven, generator)
            pids = list(driven.workers().values())
            if pids and _kill(generator.choice(pids)):
                killed += 1
                torn += sum(not is_whole(path) for path in folder.glob("*.mp4"))
        driven.wait()
        if killed < kills:
            with Store.open(folder, create=False) as store:
                _forget(folder, store, generator.sample(entries, max(1, jobs // 2)))
    return {"kills": killed, **_after(folder, entries, torn)}


def segfault(folder: Path, *, poison: int = 2, jobs: int = 8) -> dict[str, int]:
    """Give jobs that take their process down; all others are to be done."""
    entries = entries_of(["cat"] * jobs + ["segfault"] * poison)
    random.Random(3).shuffle(entries)
    prepared(folder, entries)
    Driven(folder).wait()
    return _poisoned(folder, entries, poison, state="quarantined")


def hang(folder: Path, *, poison: int = 1, jobs: int = 4, stall: float = 10.0) -> dict[str, int]:
    """Give jobs that stand still; all others are to be done."""
    entries = entries_of(["cat"] * jobs + ["hang"] * poison)
    prepared(folder, entries)
    Driven(folder, "--stall", str(stall)).wait()
    return _poisoned(folder, entries, poison, state="quarantined")


def corrupt(folder: Path, *, poison: int = 4, jobs: int = 6) -> dict[str, int]:
    """Give pictures that are cut short or noise; each fails once, all others are done."""
    inputs = folder / "inputs"
    inputs.mkdir(parents=True)
    generator, paths = random.Random(4), []
    for index in range(poison):
        header = b"\x89PNG\r\n\x1a\n" if index % 2 else b""
        paths.append(inputs / f"{index}.png")
        paths[-1].write_bytes(header + generator.randbytes(200 * index))
    entries = entries_of(["cat"] * jobs, paths)
    prepared(folder, entries)
    Driven(folder).wait()
    report = _poisoned(folder, entries, poison, state="failed")
    with Store.open(folder, create=False) as store:
        report["retried"] = sum(record.attempts > 1 for record in store.jobs("failed"))
    return report


def two_runs(folder: Path, *, jobs: int = 24) -> dict[str, int]:
    """Let two runs work off one folder at once."""
    entries = entries_of(["slow cat"] * jobs)
    prepared(folder, entries)
    both = [Driven(folder), Driven(folder)]
    codes = [driven.wait() for driven in both]
    shares = [sum(event["event"] == "job_done" for event in driven.events) for driven in both]
    return {"exit_codes": sum(codes), "fewest_by_one": min(shares), **_after(folder, entries, 0)}


def clock_jump(folder: Path, *, jobs: int = 24) -> dict[str, int]:
    """Let two runs work whose clocks jump by up to a day at random."""
    entries = entries_of(["slow cat"] * jobs)
    prepared(folder, entries)
    both = [Driven(folder, "--jumps"), Driven(folder, "--jumps")]
    codes = [driven.wait() for driven in both]
    with Store.open(folder, create=False) as store:
        again = sum(record.attempts > 1 for record in store.jobs())
    return {"exit_codes": sum(codes), "begun_again": again, **_after(folder, entries, 0)}


def disk_full(folder: Path, *, jobs: int = 24, kib: int = 600) -> dict[str, int]:
    """Let the disk run full, then give it room and go on."""
    entries = entries_of(["cat"] * jobs)
    with tmpfs(folder, kib=kib):
        prepared(folder, entries)
        first = Driven(folder).wait()
        torn = sum(not is_whole(path) for path in folder.glob("*.mp4"))
        done = len(list(folder.glob("*.mp4")))
        subprocess.run(["mount", "-o", "remount,size=64m", str(folder)], check=True)
        second = Driven(folder).wait()
        return {"exit_when_full": first, "clips_when_full": done, "exit_with_room": second,
                **_after(folder, entries, torn)}


SCENARIOS: dict[str, Callable[..., dict[str, int]]] = {
    "kill_parent": kill_parent, "kill_worker": kill_worker, "segfault": segfault, "hang": hang,
    "corrupt": corrupt, "two_runs": two_runs, "clock_jump": clock_jump, "disk_full": disk_full,
}  # fmt: skip


@contextlib.contextmanager
def tmpfs(folder: Path, *, kib: int) -> Iterator[None]:
    """Give a folder a small disk of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kib}k", "tmpfs", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def _after(folder: Path, entries: Sequence[tuple[str, Job]], torn: int) -> dict[str, int]:
    report = audit(folder, entries)
    report["half_written"] += torn
    return {**report, "unlike": unlike(folder, entries)}


def _poisoned(
    folder: Path, entries: Sequence[tuple[str, Job]], poison: int, *, state: str
) -> dict[str, int]:
    report = audit(folder, entries, poison=poison)
    return {"poison": poison, **report, "unlike": abs(report.get(state, 0) - poison)}


def _forget(folder: Path, store: Store, entries: Sequence[tuple[str, Job]]) -> None:
    """Make jobs new: no clip, no state, no history."""
    names = [name for name, _ in entries]
    for name in names:
        for suffix in (".mp4", ".json"):
            (folder / f"{name}{suffix}").unlink(missing_ok=True)
    store.cancel(names)
    store.gc(states=("cancelled",))
    store.add(entries, run="faults")


def _random_moment(driven: Driven, generator: random.Random) -> None:
    """Wait until a random number of things happened, a little longer, or the end of the run.

    Counted in events, a moment falls anywhere on machines of any speed.
    """
    wanted = len(driven.events) + generator.randint(0, 120)
    _until(lambda: len(driven.events) >= wanted or driven.process.poll() is not None, 120)
    time.sleep(generator.uniform(0, 0.1))


def _until(true: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.02)
    return true()


def _kill(pid: int) -> bool:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
        return True
    return False


def main() -> None:
    """Run the scenarios, write and print what is left."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50, help="of the parent, and of workers")
    parser.add_argument("--repeats", type=int, default=5, help="of the other scenarios")
    parser.add_argument("--only", choices=tuple(SCENARIOS))
    results_file = Path("benchmarks/results/rendering_faults.json")
    parser.add_argument("--out", type=Path, default=results_file)
    parser.add_argument("--drive", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--workers", type=int, default=1, help=argparse.SUPPRESS)
    parser.add_argument("--stall", type=float, default=120.0, help=argparse.SUPPRESS)
    parser.add_argument("--patient", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--jumps", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.drive:
        sys.exit(drive(args.drive, workers=args.workers, stall=args.stall,
                       patient=args.patient, jumps=args.jumps))
    from emogen.evaluation.tables import machine, markdown_table, write_result  # loads torch

    results: dict[str, dict[str, int]] = {}
    for name in [args.only] if args.only else SCENARIOS:
        total: Counter[str] = Counter()
        is_kill = name.startswith("kill")
        for _ in range(1 if is_kill else args.repeats):
            with tempfile.TemporaryDirectory() as folder:
                options = {"kills": args.kills} if is_kill else {}
                total.update(SCENARIOS[name](Path(folder) / "out", **options))
                total["repeats"] += 1
        results[name] = dict(total)
        print(name, results[name], "bad:", bad(results[name]), file=sys.stderr, flush=True)
    write_result(args.out, {"benchmark": "rendering_faults", "machine": machine(),
                            "scenarios": results})
    columns = ("repeats", "kills", "jobs", "done", "quarantined", "failed", "lost", "twice",
               "half_written", "missing", "wrong", "left_over", "unlike")
    rows = [[name, *(str(row.get(column, 0)) for column in columns)]
            for name, row in results.items()]
    print(markdown_table(["scenario", *columns], rows))
    sys.exit(any(bad(row) for row in results.values()))


if __name__ == "__main__":
    main()
