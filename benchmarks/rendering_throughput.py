"""Launch: python benchmarks/rendering_throughput.py [--jobs 200] [--block 20] [--out FILE.json].

What the machinery of a batch costs: the same clips by a bare loop over the pipeline (one process,
model loaded once, each clip written by write_video and nothing else) and by runs of
emogen.rendering, unbatched and batched, with one worker a core or one for all. Ways take turns in
blocks of jobs, so that a slow moment of the machine meets all of them; workers stay loaded between
blocks and their start is told apart, for every way. A ratio is clips a second beside the bare loop,
its interval from a bootstrap over blocks. The files of all runs are compared byte by byte; those of
the loop carry no record of a job and so differ.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from emogen.emotion import parse
from emogen.errors import EmogenError
from emogen.evaluation.tables import machine, markdown_table, write_result
from emogen.rendering.dispatch import Dispatcher, RunSettings
from emogen.rendering.executors.local import LocalExecutor
from emogen.rendering.executors.slots import cores, workers_of
from emogen.rendering.job import Job
from emogen.rendering.store import Store
from emogen.rendering.worker.finishing import digest_of
from emogen.rendering.worker.messages import Message, Note, Ready, Stop
from emogen.rendering.worker.worker import WorkerOptions

PROMPTS = ("a red robot in a forest", "a cat", "a fox in the snow", "a blue dragon at night")
EMOTIONS = ("fear:0.8", "amusement:0.6", "sadness:0.7", "awe:0.6+fear:0.4", "anger:0.9")
LOOP = "bare loop"
RESAMPLES = 10_000


def jobs_of(count: int, steps: int) -> list[tuple[str, Job]]:
    """Return ids and jobs at nano's own size, no two alike."""
    found = []
    for index in range(count):
        job = Job(
            prompt=PROMPTS[index % len(PROMPTS)], emotion=EMOTIONS[index % len(EMOTIONS)],
            size="128x128", frames=33, fps=16, steps=steps, guidance=2.0, emotion_guidance=2.0,
            seed=index, output=f"{index:05}.mp4",
        )  # fmt: skip
        found.append((f"{index:020x}", job))
    return found


# --- the bare loop, in a process of its own with its own threads


def loop(folder: Path, steps: int, blocks: Iterator[tuple[int, int]]) -> None:
    """Load the pipeline, then make and write the jobs of each block, saying how long it took."""
    began = time.perf_counter()
    from emogen.media import write_video
    from emogen.pipelines import load_pipeline

    pipeline = load_pipeline("nano", device="cpu")
    print(time.perf_counter() - began, flush=True)
    for first, last in blocks:
        began = time.perf_counter()
        for _, job in jobs_of(last, steps)[first:]:
            clip = pipeline(
                job.prompt, emotion=parse(job.emotion, seconds=2.0), seed=job.seed, width=128,
                height=128, num_frames=33, fps=16, steps=job.steps, guidance_scale=2.0,
                emotion_guidance_scale=2.0,
            )
            write_video(clip, folder / job.output)
        print(time.perf_counter() - began, flush=True)


class BareLoop:
    """The loop's process, block by block."""

    def __init__(self, folder: Path, steps: int) -> None:
        folder.mkdir()
        command = [sys.executable, __file__, "--loop", str(folder), "--steps", str(steps)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            text=True, env=os.environ | {"OMP_NUM_THREADS": str(cores())},
        )
        self.start = float(self.process.stdout.readline())

    def block(self, first: int, last: int) -> float:
        """Return the seconds of a block of jobs."""
        self.process.stdin.write(f"{first} {last}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def close(self) -> None:
        """End it."""
        self.process.stdin.close()
        self.process.wait()


# --- runs of emogen.rendering


class Kept(LocalExecutor):
    """A local executor whose workers outlive a run, so that blocks do not pay for their start."""

    def __init__(self, workers: dict[str, WorkerOptions]) -> None:
        super().__init__(workers)
        self._greetings: dict[str, Ready] = {}
        self._due: list[tuple[str, Message]] = []

    def start(self, name: str) -> None:
        """Begin a worker, or let the one that is there say again that it is ready."""
        if name in self._greetings:
            self._due.append((name, self._greetings[name]))
        else:
            super().start(name)

    def send(self, name: str, note: Note) -> None:
        """Hand on what is not the end."""
        if not isinstance(note, Stop):
            super().send(name, note)

    def poll(self, timeout: float) -> list[tuple[str, Message]]:
        """Return messages, greetings first."""
        found, self._due = self._due or super().poll(timeout), []
        self._greetings |= {name: one for name, one in found if isinstance(one, Ready)}
        return found

    def close(self) -> None:
        """Keep the workers."""


class Batch:
    """One way of rendering, block by block on the same workers."""

    def __init__(self, folder: Path, steps: int, *, workers: int, batch: int) -> None:
        self.folder, self.steps, self.batch = folder, steps, batch
        options = WorkerOptions(target=str(folder), batch=batch)
        self.executor = Kept(workers_of(options, workers=workers, devices="cpu"))
        began = time.perf_counter()
        count = workers * 2 * max(1, batch or 7)  # enough that each worker loads its model
        self._run([
            (f"{index:020x}", job.model_copy(update={"output": f"warm-{index}.mp4", "steps": 1}))
            for index, (_, job) in enumerate(jobs_of(count, 1), 10**6)
        ])
        self.start = time.perf_counter() - began

    def block(self, first: int, last: int) -> float:
        """Return the seconds of a block of jobs, store and all."""
        return self._run(jobs_of(last, self.steps)[first:])

    def _run(self, entries: Sequence[tuple[str, Job]]) -> float:
        began = time.perf_counter()
        settings = RunSettings(batch=self.batch)
        with Store.open(self.folder) as store:
            store.add(entries, run="throughput")
            Dispatcher(store=store, executor=self.executor, settings=settings).run()
        return time.perf_counter() - began

    def close(self) -> None:
        """End the workers."""
        LocalExecutor.close(self.executor)


def main() -> None:
    """Time, compare, write, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--block", type=int, default=20, help="jobs of one turn")
    parser.add_argument("--steps", type=int, default=20)
    results_file = Path("benchmarks/results/rendering_throughput.json")
    parser.add_argument("--out", type=Path, default=results_file)
    parser.add_argument("--loop", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.loop:
        blocks = (tuple(map(int, line.split())) for line in sys.stdin)
        loop(args.loop, args.steps, blocks)
        return
    with tempfile.TemporaryDirectory() as folder:
        times, starts, same = measure(Path(folder), args.jobs, args.block, args.steps)
    summary = {name: part_of(times, name, args.block) for name in times}
    write_result(args.out, {
        "benchmark": "rendering_throughput", "machine": machine(), "cores": cores(),
        "settings": {"jobs": args.jobs, "block": args.block, "steps": args.steps},
        "summary": summary, "seconds_to_start": starts, "clips_of_the_same_bytes": same,
        "store_ms_a_job": round(store_cost(args.jobs), 3),
        "seconds": {name: [round(value, 3) for value in row] for name, row in times.items()},
    })
    rows = [
        [name, f"{part['clips_a_minute']:.2f}",
         "" if name == LOOP else "{ratio:.3f} ({low:.3f} to {high:.3f})".format(**part),
         f"{starts[name]:.1f}", f"{same[name]}/{args.jobs}" if name in same else ""]
        for name, part in summary.items()
    ]
    print(markdown_table(
        ["", "clips a minute", "of the bare loop (95 %)", "seconds to start", "same bytes"], rows
    ))


def measure(
    folder: Path, jobs: int, block: int, steps: int
) -> tuple[dict[str, list[float]], dict[str, float], dict[str, int]]:
    """Return seconds a block, seconds to start and clips equal to the first batch's, by way."""
    ways: dict[str, Any] = {LOOP: BareLoop(folder / "loop", steps)}
    for workers in dict.fromkeys((1, cores())):
        for batch in (1, 0):
            how = "batched" if batch == 0 else "unbatched"
            name = f"{workers} worker{'s' if workers > 1 else ''}, {how}"
            ways[name] = Batch(folder / name.replace(" ", "-"), steps, workers=workers, batch=batch)
    times: dict[str, list[float]] = {name: [] for name in ways}
    for turn, first in enumerate(range(0, jobs, block)):
        order = list(ways) if turn % 2 == 0 else list(ways)[::-1]
        for name in order:
            times[name].append(ways[name].block(first, min(first + block, jobs)))
        print(f"\rblock {turn + 1}/{-(-jobs // block)}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    starts = {name: round(way.start, 2) for name, way in ways.items()}
    for way in ways.values():
        way.close()
    reference = next(way.folder for name, way in ways.items() if name != LOOP)
    same = {name: sum(
        digest_of(way.folder / job.output) == digest_of(reference / job.output)
        for _, job in jobs_of(jobs, steps)
    ) for name, way in ways.items() if name != LOOP}
    return times, starts, same


def part_of(times: dict[str, list[float]], name: str, block: int) -> dict[str, float]:
    """Return pace and ratio beside the loop with its interval, resampled over blocks."""
    own, bare = np.array(times[name]), np.array(times[LOOP])
    picks = np.random.default_rng(0).integers(0, len(own), (RESAMPLES, len(own)))
    ratios = bare[picks].sum(1) / own[picks].sum(1)
    low, high = np.quantile(ratios, (0.025, 0.975))
    return {
        "clips_a_minute": round(60 * block * len(own) / own.sum(), 3),
        "ratio": round(bare.sum() / own.sum(), 4), "low": round(float(low), 4),
        "high": round(float(high), 4),
    }


def store_cost(jobs: int) -> float:
    """Return the milliseconds the store takes for one job: added, claimed, finished."""
    with tempfile.TemporaryDirectory() as folder, Store.open(folder) as store:
        began = time.perf_counter()
        store.add(jobs_of(jobs, 20), run="cost")
        for _ in range(jobs):
            (claim,) = store.claim("one")
            store.finish(claim, output=claim.output, digest="0" * 64, seconds={})
        return (time.perf_counter() - began) * 1000 / jobs


if __name__ == "__main__":
    try:
        main()
    except EmogenError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
