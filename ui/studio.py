"""Everything the studio can do, for its pages and its API alike: requests in, plain JSON out.

It holds no model and no request of a browser lives here: jobs are in the store, so a page that is
closed, or a studio that is killed, loses nothing.
"""

import json
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from emogen.errors import InputError
from emogen.media import read_sidecar, sidecar_path
from emogen.rendering.executors.slots import gpus
from emogen.rendering.job import Job
from emogen.rendering.rates import Rates
from emogen.rendering.store import JobRecord, State, Store
from ui.children import ask_child
from ui.exporter import SUFFIXES
from ui.inbox import Inbox
from ui.ledger import Ledger
from ui.progress import Watch
from ui.readings import Readings
from ui.settings import Settings
from ui.supervisor import Supervisor
from ui.talks import Talks
from ui.views import matches, view

RUN = "studio"
LOWEST = -1000
RATES_S = 30.0
MOST_SHOWN = 500
EXPORT_S = 120.0
ACTIVE: tuple[State, ...] = ("queued", "running")
STUCK: tuple[State, ...] = ("failed", "quarantined")


class Studio:
    """The studio of one output folder; threads may share it.

    Args:
        settings: checked.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.folder = settings.folder.absolute()
        self.store = Store.open(self.folder)
        hidden = self.store.path.parent
        self.ledger = Ledger(hidden)
        self.inbox = Inbox(hidden / "uploads", settings.limits)
        self.readings = Readings(hidden / "readings", self.inbox)
        self.talks = Talks(self.folder / "talk", hidden / "talks", self.inbox)
        self._exports = hidden / "exports"
        self.watch = Watch()
        self.room = Supervisor(settings, self.watch)
        self._ordering = threading.Lock()
        self._rates: tuple[float, Rates] | None = None

    def start(self) -> None:
        """Begin to render."""
        self.room.start(is_paused=self.ledger.is_paused)
        self.talks.resume()

    def close(self) -> None:
        """End the back room; what is unfinished goes on at the next start."""
        self.readings.close()
        self.talks.close()
        self.room.close()
        self.store.close()

    # -- asking for clips -------------------------------------------------------------------------

    def plan(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a request would make and take, and put nothing into the queue.

        Raises:
            RefusedError: something in it is wrong.
        """
        return self._planned(values)["plan"]

    def create(self, values: Mapping[str, Any], *, run: str = RUN) -> dict[str, Any]:
        """Put the jobs of a request into the queue, behind all others.

        Args:
            values: settings as in a manifest's line, "matrix" included; image is an upload's id.
            run: what the request belongs to.

        Returns:
            `ids` of its jobs, in order, and how many of them are `new`.

        Raises:
            RefusedError: something in it is wrong.
            InputError: the queue is full.
        """
        return self.add(self._planned(values)["entries"], run=run)

    def add(self, entries: Sequence[Mapping[str, Any]], *, run: str) -> dict[str, Any]:
        """Put planned jobs into the queue; what failed or was cancelled before is tried again."""
        limit = self.settings.limits.queued
        if self.store.counts()["queued"] + len(entries) > limit:
            raise InputError(f"expected at most {limit} jobs in the queue; wait or cancel some")
        with self._ordering:
            last = min((record.priority for record in self.store.jobs("queued")), default=1)
            priority = max(LOWEST, last - 1)
            jobs = [
                (entry["id"], Job.model_validate({**entry["job"], "priority": priority}))
                for entry in entries
            ]
            added = self.store.add(jobs, run=run)
            ids = [identity for identity, _ in jobs]
            if len(ids) > added.new:
                self.store.retry([
                    record.id for record in self.store.jobs((*STUCK, "cancelled"), ids=ids)
                ])
        return {"ids": ids, "new": added.new, "done": added.done}

    def _planned(self, values: Mapping[str, Any]) -> dict[str, Any]:
        given = {name: value for name, value in values.items() if value not in (None, "")}
        if "image" in given:
            given["image"] = self.inbox.find(str(given["image"])).file
        for name in ("priority", "output", "run"):
            given.pop(name, None)
        if "clip" not in given:
            given.setdefault("model", next(iter(self.settings.offered)))
        return self.room.plan(
            json.dumps(given), format="jsonl", name=RUN, inputs=self.inbox.folder
        )

    # -- seeing ---------------------------------------------------------------------------------

    def feed(self) -> dict[str, Any]:
        """Return what changes from moment to moment: counts and the jobs that are not over."""
        counts = self.store.counts()
        active = self._in_order()
        ahead, shown = 0.0, []
        for place, record in enumerate(active[:MOST_SHOWN]):
            found = self.see(record)
            ahead += (found["progress"] or {}).get("eta_s") or found["expected_s"] or 0.0
            shown.append({**found, "place": place, "wait_s": round(ahead, 1)})
        return {
            "counts": counts, "is_paused": self.ledger.is_paused, "worker": self.watch.worker,
            "active": shown, "seconds_left": round(ahead, 1),
            "revision": f"{sum(counts.values())}.{counts['done']}.{counts['failed']}"
                        f".{counts['quarantined']}.{counts['cancelled']}.{len(self.ledger.stars)}",
        }

    def job(self, identity: str) -> dict[str, Any]:
        """Return one job by its id or the beginning of it.

        Raises:
            InputError: there is none.
        """
        return self.see(self.store.record(identity))

    def jobs(
        self, states: Sequence[State] | None = None, *, ids: Sequence[str] | None = None,
        wanted: Mapping[str, Any] | None = None, limit: int = 48, skip: int = 0,
    ) -> dict[str, Any]:
        """Return jobs, the last changed first, and how many there are in all.

        Args:
            states: only these.
            ids: only these, whole.
            wanted: see `ui.views.matches`.
            limit: at most so many.
            skip: so many of the first.
        """
        found = [self.see(record) for record in self.store.jobs(states, ids=ids)]
        found = [one for one in found if matches(one, wanted or {})]
        found.sort(key=lambda one: -one["updated"])
        return {"jobs": found[skip : skip + limit], "total": len(found)}

    def see(self, record: JobRecord) -> dict[str, Any]:
        """Return a job as a browser sees it."""
        is_active = record.state in ACTIVE
        return view(
            record, is_starred=record.id in self.ledger.stars,
            progress=self.watch.of(record.id) if record.state == "running" else None,
            expected_s=self._expected(record.job) if is_active else None,
        )

    def clip(self, identity: str) -> Path:
        """Return the file of a finished job.

        Raises:
            InputError: there is no such job, or it is not finished, or its file is gone.
        """
        record = self.store.record(identity)
        path = (self.folder / record.output).resolve()
        if record.state != "done" or record.job.kind == "evaluate":
            raise InputError(f"expected a finished clip, got one that is {record.state}; wait")
        if not path.is_relative_to(self.folder.resolve()) or not path.is_file():
            raise InputError("the clip is no longer there; retry the job to have it made again")
        return path

    def preview(self, identity: str) -> bytes:
        """Return a JPEG of a clip that is being made.

        Raises:
            InputError: there is none: it is not being made, not far enough, or elsewhere.
        """
        found = self.watch.of(self.store.whole_ids([identity])[0])
        if found is None or not found.picture:
            raise InputError("no picture of that clip yet; wait for it")
        return found.picture

    def export(self, identity: str, kind: str) -> Path:
        """Return a finished clip as another kind of file, made at the first call.

        Raises:
            InputError: the kind is unknown, or the clip does not fit it.
        """
        if kind not in SUFFIXES:
            raise InputError(f"expected one of {', '.join(SUFFIXES)}, got {kind[:40]!r}")
        source = self.clip(identity)
        changed = source.stat().st_mtime_ns
        target = self._exports / f"{source.stem[:60]}-{changed}-{kind}{SUFFIXES[kind]}"
        if not target.is_file():
            self._exports.mkdir(exist_ok=True)
            ask_child(
                ["-m", "ui.exporter", kind, str(source), str(target)], seconds=EXPORT_S,
                broken="the export broke off; try another kind of file",
            )
        return target

    def extend(self, identity: str) -> dict[str, Any]:
        """Return the settings that go on from a clip's last picture, which becomes an upload."""
        source = self.clip(identity)
        with tempfile.TemporaryDirectory() as folder:
            picture = Path(folder) / "last.png"
            ask_child(
                ["-m", "ui.inspector", "last", str(source), str(picture)], seconds=EXPORT_S,
                broken="the clip's last picture could not be read; make the clip anew",
            )
            upload = self.inbox.take([picture.read_bytes()], name="last picture", kind="image")
        return {**self.job(identity), "image": upload.id}

    def judge(self, *, job: str | None = None, upload: str | None = None) -> dict[str, Any]:
        """Return where the reading of a clip of ours, or of an upload, is; begin it if need be.

        Raises:
            InputError: neither or both are named, or there is no such clip.
        """
        if (job is None) == (upload is None):
            raise InputError("expected a job or an upload, one of the two")
        if job is not None:
            path = self.clip(job)
            sidecar = sidecar_path(path)
            parameters = read_sidecar(path) if sidecar.is_file() else None
            return self.readings.read(path, name=path.name, parameters=parameters)
        found = self.inbox.find(upload)
        return self.readings.read(
            self.inbox.path(found), name=found.name, parameters=found.parameters
        )

    # -- doing --------------------------------------------------------------------------------

    def cancel(self, ids: Sequence[str]) -> list[str]:
        """Take jobs out of the queue; one that is being made is dropped at its next step."""
        return self.store.cancel([
            record.id for record in self.store.jobs(ACTIVE, ids=self.store.whole_ids(ids))
        ])

    def retry(self, ids: Sequence[str]) -> list[str]:
        """Put jobs back into the queue that failed, were cancelled or whose clip is gone."""
        chosen = []
        for record in self.store.jobs(ids=self.store.whole_ids(ids)):
            is_gone = record.state == "done" and not (self.folder / record.output).is_file()
            if is_gone or record.state in (*STUCK, "cancelled"):
                chosen.append(record.id)
        return self.store.retry(chosen)

    def pause(self, *, is_paused: bool) -> None:
        """Begin no more jobs, or go on; what is being made is finished."""
        self.ledger.pause(is_paused=is_paused)
        self.room.pause(is_paused=is_paused)

    def move(self, identity: str, *, places: int) -> int:
        """Move a waiting job; negative is towards the front. Return its new place from 0.

        Raises:
            InputError: it does not wait.
        """
        with self._ordering:
            waiting = [record for record in self._in_order() if record.state == "queued"]
            ids = [record.id for record in waiting]
            whole = self.store.whole_ids([identity])[0]
            if whole not in ids:
                raise InputError("expected a job that waits; this one does not")
            old = ids.index(whole)
            new = min(max(0, old + places), len(ids) - 1)
            waiting.insert(new, waiting.pop(old))
            for run in {record.run for record in waiting}:
                self.store.add([
                    (record.id, record.job.model_copy(update={"priority": max(LOWEST, -place)}))
                    for place, record in enumerate(waiting) if record.run == run
                ], run=run)
        return new

    # -- within ---------------------------------------------------------------------------------

    def _in_order(self) -> list[JobRecord]:
        """Return running jobs, then waiting ones in the order in which they are taken."""
        found = list(self.store.jobs(ACTIVE))
        return sorted(found, key=lambda record: (record.state != "running", -record.priority))

    def _expected(self, job: Job) -> float | None:
        now = time.monotonic()
        if self._rates is None or now - self._rates[0] > RATES_S:
            named = self.settings.device or ("cuda" if gpus() else "cpu")
            self._rates = (now, Rates.load(device=named.partition(":")[0]))
        cost = self._rates[1].cost(job)
        return None if cost.basis == "unknown" else cost.seconds
