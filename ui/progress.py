"""How far jobs are: events of the back room in; stage, share done, seconds left, a picture out."""

import binascii
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

SHARES: dict[str, tuple[float, float]] = {
    "reading": (0.0, 0.02), "loading": (0.02, 0.05), "encoding": (0.05, 0.1),
    "denoising": (0.1, 0.8), "waiting": (0.8, 0.8), "decoding": (0.8, 0.9),
    "composing": (0.9, 0.92), "scoring": (0.92, 0.96), "writing": (0.96, 1.0),
}
"""Where each stage begins and ends in the course of a job."""
SETTLED = 0.2
"""From this share on a job's own pace tells."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Where a running job is.

    Attributes:
        stage: what is done.
        share: of the whole job, in [0, 1].
        began: when the job was first heard of, by a steady clock.
        picture: JPEG of the unfinished clip, empty before the first one came.
        pictures: how many came.
    """

    stage: str
    share: float
    began: float = field(default_factory=time.monotonic)
    picture: bytes = field(default=b"", repr=False)
    pictures: int = 0

    def to_dict(self, expected_s: float | None) -> dict[str, Any]:
        """Return plain JSON values, with the seconds left.

        They are those of jobs before this one or, where that is more, those at the pace of this one
        so far; None before either can be told.
        """
        spent = time.monotonic() - self.began
        guesses = [] if expected_s is None else [expected_s * (1 - self.share)]
        if self.share >= SETTLED:
            guesses.append(spent / self.share * (1 - self.share))
        left = round(max(guesses), 1) if guesses else None
        return {"stage": self.stage, "share": round(self.share, 3), "eta_s": left,
                "pictures": self.pictures}


class Watch:
    """Hears events and knows where every running job is."""

    def __init__(self) -> None:
        self._jobs: dict[str, Progress] = {}
        self._lock = threading.Lock()
        self.worker = "starting"

    def __call__(self, event: Mapping[str, Any]) -> None:
        """Take an event."""
        kind, job = event["event"], event.get("job")
        with self._lock:
            if kind == "job_stage":
                share = share_of(event["stage"], event["progress"])
                before = self._jobs.get(job, Progress(stage="", share=0.0))
                self._jobs[job] = replace(before, stage=event["stage"], share=share)
            elif kind == "job_preview":
                if (before := self._jobs.get(job)) is not None:
                    picture = binascii.a2b_base64(event["picture"])
                    self._jobs[job] = replace(
                        before, picture=picture, pictures=before.pictures + 1
                    )
            elif job is not None and kind != "job_started":
                self._jobs.pop(job, None)
            elif kind in {"run_finished", "room_lost"}:
                self._jobs.clear()
            self.worker = _WORKER.get(kind, self.worker)

    def of(self, job: str) -> Progress | None:
        """Return where a job is, None where nothing was heard of it."""
        return self._jobs.get(job)


_WORKER = {
    "run_started": "starting", "worker_ready": "ready", "job_started": "busy",
    "worker_lost": "starting", "room_lost": "starting", "run_finished": "ready",
}


def share_of(stage: str, progress: float) -> float:
    """Return how much of a job is done.

    >>> share_of("denoising", 0.5), share_of("unheard of", 0.5)
    (0.45, 0.0)
    """
    first, last = SHARES.get(stage, (0.0, 0.0))
    return round(first + (last - first) * progress, 4)
