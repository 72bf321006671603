"""What clips express: clips in; the judge's answers beside what was asked for out.

Each clip is read once by `emogen recognize` in a process that can be killed, and the answer is kept
by the hash of the clip. What a restart interrupts is begun again when a page asks for it.
"""

import hashlib
import json
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from emogen.emotion import Trajectory
from emogen.errors import EmogenError, InputError
from emogen.media.atomic import write_bytes_atomic
from emogen.rendering.record import EmotionRecord
from ui.children import ask_child
from ui.curve import sampled
from ui.inbox import Inbox
from ui.views import scrub

READ_S = 600.0
MOST_WAITING = 32
BROKEN = "expected a clip that can be read, got one that broke the judge; use another"


class Readings:
    """Judgements of uploads and of the studio's own clips.

    Args:
        folder: where answers are kept.
        inbox: where uploads lie.
    """

    def __init__(self, folder: Path, inbox: Inbox) -> None:
        self._folder, self._inbox = folder, inbox
        folder.mkdir(parents=True, exist_ok=True)
        self._pool = ThreadPoolExecutor(1, "judge")
        self._lock = threading.Lock()
        self._running: dict[str, threading.Event] = {}
        self._failed: dict[str, str] = {}

    def close(self) -> None:
        """Stop what is being read."""
        for stopping in list(self._running.values()):
            stopping.set()
        self._pool.shutdown(cancel_futures=True)

    def read(
        self, clip: Path, *, name: str, parameters: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        """Return where the reading of a clip is, and begin it where there is none.

        Args:
            clip: the file.
            name: what it is called.
            parameters: how it says it was made, from which comes what was asked.

        Raises:
            InputError: too many wait.
        """
        with clip.open("rb") as file:
            identity = hashlib.file_digest(file, "sha256").hexdigest()[:20]
        if not self._kept(identity).is_file():
            with self._lock:
                if len(self._running) >= MOST_WAITING:
                    raise InputError(f"expected at most {MOST_WAITING} clips to wait; try later")
                if identity not in self._running:
                    self._failed.pop(identity, None)
                    self._running[identity] = threading.Event()
                    self._pool.submit(self._work, identity, clip, name, parameters)
        return self.find(identity)

    def find(self, identity: str) -> dict[str, Any]:
        """Return a reading: its state, and the answer where it is done.

        Raises:
            InputError: there is none.
        """
        if self._kept(identity).is_file():
            return {"id": identity, "state": "done", **json.loads(
                self._kept(identity).read_text(encoding="utf-8")
            )}
        if identity in self._running:
            return {"id": identity, "state": "reading"}
        if identity in self._failed:
            return {"id": identity, "state": "failed", "error": self._failed[identity]}
        raise InputError("no reading of that clip; ask for it again")

    def cancel(self, identity: str) -> None:
        """Kill the process that reads a clip."""
        stopping = self._running.get(identity)
        if stopping is not None:
            stopping.set()

    def _kept(self, identity: str) -> Path:
        name = "".join(letter for letter in identity if letter in "0123456789abcdef")[:20]
        return self._folder / f"{name or 'none'}.json"

    def _work(
        self, identity: str, clip: Path, name: str, parameters: Mapping[str, Any] | None
    ) -> None:
        try:
            if self._running[identity].is_set():
                raise InputError("it was stopped; start it again if you want it")
            out = ask_child(
                ["-m", "emogen", "recognize", "--json", "--", str(clip)], seconds=READ_S,
                broken=BROKEN, stopping=self._running[identity],
            )
            found = json.loads(out)["results"][0]
            found["source"] = name
            answer = {"name": name, "recognition": found,
                      "asked": asked_of(parameters, seconds=found["duration"])}
            write_bytes_atomic(self._kept(identity), json.dumps(answer).encode())
        except (EmogenError, OSError, ValueError, LookupError) as error:
            self._failed[identity] = scrub(str(error))
        finally:
            self._running.pop(identity, None)


def asked_of(
    parameters: Mapping[str, Any] | None, *, seconds: float
) -> dict[str, Any] | None:
    """Return what a clip says was asked of it, as curves over its length; None where nothing.

    The parameters come from a file and may be anybody's.
    """
    given = (parameters or {}).get("emotion")
    if not isinstance(given, Mapping) or not seconds > 0:
        return None
    try:
        record = EmotionRecord.model_validate(given)
        trajectory: Trajectory = record.trajectory()
        return {"notation": record.notation, **sampled(trajectory, seconds=seconds)}
    except ValueError:
        return None
