"""What happens in a run: one event a happening; lines of JSON, or anything that listens, out.

Every event has `time` (seconds since 1970), `event` and whatever else applies of `job` (its id),
`worker`, `stage` and `progress` (in [0, 1]). The kinds, with what they add:

    run_started      jobs (queued), workers, executor
    worker_ready     worker, device, host, pid
    job_started      job, worker, attempt, output
    job_stage        job, worker, stage, progress; at most two a second and job within a stage
    job_preview      job, worker, picture (a small JPEG in base64); only where a run asks for them
    job_done         job, worker, output, seconds, scores, warnings, adopted
    job_failed       job, worker, state (queued, failed, quarantined), problem, delay_s
    job_released     job, worker; given back untried
    job_lost         job, worker; cancelled, or taken over by another run
    jobs_reclaimed   jobs: ids that came back from dead runs
    worker_lost      worker, reason
    waiting          running: jobs that other runs are at, which this one waits for
    run_finished     counts by state, seconds, reason (done, failures, disk, interrupted)
"""

import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TextIO, get_args

EventKind = Literal[
    "run_started", "worker_ready", "job_started", "job_stage", "job_preview", "job_done",
    "job_failed", "job_released", "job_lost", "jobs_reclaimed", "worker_lost", "waiting",
    "run_finished",
]
EVENT_KINDS: tuple[str, ...] = get_args(EventKind)


@dataclass(frozen=True, kw_only=True)
class Event:
    """One happening.

    Attributes:
        event: which.
        time: seconds since 1970, by this machine's clock.
        job: id of the job it is about.
        worker: name of the worker it is about.
        stage: what is being done.
        progress: how much of the stage is done, in [0, 1].
        detail: more, plain JSON values, by event.
    """

    event: EventKind
    time: float = field(default_factory=time.time)
    job: str | None = None
    worker: str | None = None
    stage: str | None = None
    progress: float | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values, what does not apply left out.

        >>> Event(event="job_lost", time=1.0, job="ab", worker="cpu-0").to_dict()
        {'time': 1.0, 'event': 'job_lost', 'job': 'ab', 'worker': 'cpu-0'}
        """
        own = {
            "time": round(self.time, 3), "event": self.event, "job": self.job,
            "worker": self.worker, "stage": self.stage, "progress": self.progress,
        }
        return {**{name: value for name, value in own.items() if value is not None}, **self.detail}


Listener = Callable[[Event], None]


def lines_to(stream: TextIO | None = None) -> Listener:
    """Return a listener that writes each event as a line of JSON, at once, stdout by default."""
    target = sys.stdout if stream is None else stream

    def write(event: Event) -> None:
        text = json.dumps(event.to_dict(), ensure_ascii=False, allow_nan=False)
        target.write(text + "\n")
        target.flush()

    return write
