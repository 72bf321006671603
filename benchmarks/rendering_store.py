"""Launch: python benchmarks/rendering_store.py [--jobs 100000] [--out FILE.json].

What the store costs. A manifest of one line and a matrix is planned into ids and added to a store;
then jobs are claimed and finished one by one with few and with many queued. The baseline, in the
same run and taking turns, is bare SQLite: the same number of rows inserted into a table of an id
and a text, and the same number of transactions that change one row by its primary key. Processor
seconds of planning stand beside the wall's, to tell a slow machine from a busy one.
"""

import argparse
import json
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from emogen.evaluation.tables import machine, markdown_table, write_result
from emogen.rendering.manifest import parse_manifest
from emogen.rendering.plan import make_plan
from emogen.rendering.prepare import Prepared, prepare_jobs
from emogen.rendering.store import Store

EMOTIONS = ("amusement:0.8", "awe:0.8", "anger:0.8", "fear:0.8", "sadness:0.8@0s -> awe@2s")
FEW = 1000
LIMIT_S = 60.0


@contextmanager
def timed(times: dict[str, float], name: str) -> Iterator[None]:
    """Note how long a block takes."""
    start = time.perf_counter()
    yield
    times[name] = round(time.perf_counter() - start, 3)


def manifest_of(jobs: int) -> str:
    """Return a manifest of so many jobs in one line."""
    seeds = f"0..{max(1, jobs // len(EMOTIONS)) - 1}"
    return json.dumps({"prompt": "a red robot", "matrix": {"emotion": EMOTIONS, "seed": seeds}})


def plan(jobs: int, folder: Path) -> tuple[Prepared, dict[str, float]]:
    """Read, check, identify, estimate and add; return the jobs and seconds by step."""
    times: dict[str, float] = {}
    with timed(times, "read and check"):
        manifest = parse_manifest(manifest_of(jobs), format="jsonl")
    with timed(times, "ids and outputs, model library loaded"):
        prepared = prepare_jobs(manifest)
    with timed(times, "estimate"):
        make_plan(prepared, folder=folder)
    with timed(times, "add to the store"), Store.open(folder) as store:
        store.add(prepared.entries, run="benchmark")
    with timed(times, "add again"), Store.open(folder) as store:
        store.add(prepared.entries, run="benchmark")
    return prepared, times


def insert_bare(prepared: Prepared, path: Path) -> float:
    """Return the seconds that bare SQLite takes to insert ids and jobs, in one transaction."""
    rows = [(identity, job.model_dump_json()) for identity, job in prepared.entries]
    start = time.perf_counter()
    with bare(path) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO jobs (id, body, state) VALUES (?, ?, 'queued')", rows)
        connection.execute("COMMIT")
    return time.perf_counter() - start


@contextmanager
def bare(path: Path) -> Iterator[sqlite3.Connection]:
    """Give a connection to a plain table, set up as the store's file is."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS jobs (row INTEGER PRIMARY KEY, id TEXT UNIQUE, body TEXT,"
        " state TEXT)"
    )
    yield connection
    connection.close()


def change_bare(connection: sqlite3.Connection, row: int) -> Callable[[], None]:
    """Return two transactions of bare SQLite on one row, as many as a job needs."""
    def change() -> None:
        for state in ("running", "done"):
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("UPDATE jobs SET state = ? WHERE row = ?", (state, row))
            connection.execute("COMMIT")
    return change


def milliseconds(call: Callable[[], Any]) -> float:
    """Return how long a call takes."""
    start = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - start)


def per_job(prepared: Prepared, folder: Path, *, queued: int, rounds: int) -> dict[str, Any]:
    """Return the median milliseconds of a claim, a heartbeat and a finish with so many queued."""
    rows: dict[str, list[float]] = {"claim": [], "heartbeat": [], "finish": [], "bare": []}
    with Store.open(folder) as store, bare(folder / "bare.sqlite") as connection:
        store.add(prepared.entries[:queued], run="benchmark")
        connection.execute("BEGIN")
        connection.executemany(
            "INSERT INTO jobs (id, body, state) VALUES (?, '', 'queued')",
            [(identity,) for identity, _ in prepared.entries[:queued]],
        )
        connection.execute("COMMIT")
        for number in range(rounds):
            start = time.perf_counter()
            [claim] = store.claim("w")
            rows["claim"].append(1000 * (time.perf_counter() - start))
            rows["heartbeat"].append(milliseconds(lambda: store.heartbeat([claim])))  # noqa: B023
            rows["finish"].append(milliseconds(lambda: store.finish(
                claim, output=claim.output, digest="1f", seconds={"denoising": 1.0}  # noqa: B023
            )))
            rows["bare"].append(milliseconds(change_bare(connection, number + 1)))
    medians = {name: statistics.median(times) for name, times in rows.items()}
    overhead = medians["claim"] + medians["finish"]
    result = {name: round(value, 4) for name, value in medians.items()}
    return {"queued": queued, **result, "overhead": round(overhead, 4),
            "ratio": round(overhead / medians["bare"], 2)}


def main() -> None:
    """Plan, claim, compare, write, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=500, help="jobs claimed and finished")
    parser.add_argument("--out", type=Path,
                        default=Path("benchmarks/results/rendering_store.json"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        begun = time.process_time()
        prepared, times = plan(options.jobs, folder / "plan")
        processor = time.process_time() - begun
        inserted = insert_bare(prepared, folder / "insert.sqlite")
        claims = [
            per_job(prepared, folder / str(queued), queued=queued, rounds=options.rounds)
            for queued in (min(FEW, options.jobs), options.jobs)
        ]
    planned = sum(times.values()) - times["add again"]
    growth = claims[1]["claim"] / claims[0]["claim"]
    result = {
        "benchmark": "rendering_store", "machine": machine(), "jobs": len(prepared.entries),
        "seconds": times, "planned_s": round(planned, 2), "planned_under_60_s": planned < LIMIT_S,
        "planned_and_added_twice_processor_s": round(processor, 2),
        "bare_insert_s": round(inserted, 3),
        "add_to_bare_insert": round(times["add to the store"] / inserted, 2),
        "per_job_ms": claims, "claim_many_to_few": round(growth, 2),
    }
    write_result(options.out, result)
    print(markdown_table(["step", "s"], [*times.items(), ("bare SQLite inserts", inserted)]))
    print()
    head = ["queued", "claim, ms", "heartbeat, ms", "finish, ms", "claim + finish, ms",
            "bare SQLite, ms", "ratio"]
    keys = ("queued", "claim", "heartbeat", "finish", "overhead", "bare", "ratio")
    print(markdown_table(head, [[row[key] for key in keys] for row in claims]))
    print(f"\n{len(prepared.entries)} jobs planned in {planned:.1f} s; a claim with all of them"
          f" queued takes {growth:.2f} times as long as with {claims[0]['queued']}.")


if __name__ == "__main__":
    main()
