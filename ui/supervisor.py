"""The studio's side of the back room: keeps that process alive, asks it, and hears its events."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

from emogen.errors import InputError, ResourceError
from ui.settings import Settings

FIRST_REST_S = 0.5
LONGEST_REST_S = 30.0
STEADY_S = 60.0
"""A process that lived so long did not fail at its start."""
ANSWER_S = 300.0
"""The first answer waits for libraries to load, which on a busy machine takes minutes."""
GRACE_S = 20.0
ROOT = Path(__file__).resolve().parent.parent


class RefusedError(InputError):
    """Jobs that cannot be made as they are.

    Attributes:
        problems: every one of them, as a line for a person.
    """

    def __init__(self, message: str, problems: list[str]) -> None:
        super().__init__(message)
        self.problems = problems


class Supervisor:
    """Keeps one back room.

    Args:
        settings: of the studio.
        heard: is called with every event, from a thread of its own.
    """

    def __init__(self, settings: Settings, heard: Callable[[Mapping[str, Any]], None]) -> None:
        self._settings, self._heard = settings, heard
        self._process: subprocess.Popen[str] | None = None
        self._asked: dict[int, Future[dict[str, Any]]] = {}
        self._numbers = count()
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._is_paused = False
        self._thread = threading.Thread(target=self._keep, name="backroom", daemon=True)

    def start(self, *, is_paused: bool = False) -> None:
        """Begin the process, and begin it again whenever it ends."""
        self._is_paused = is_paused
        self._thread.start()

    def close(self) -> None:
        """End the process; unfinished jobs go back into the queue."""
        self._closing.set()
        process = self._process
        if process is not None:
            with suppress(OSError):
                process.stdin.close()
            try:
                process.wait(GRACE_S)
            except subprocess.TimeoutExpired:
                process.kill()
        self._thread.join(GRACE_S)

    @property
    def pid(self) -> int | None:
        """The process, None while there is none."""
        process = self._process
        return None if process is None or process.poll() is not None else process.pid

    def pause(self, *, is_paused: bool) -> None:
        """Hand out no more jobs, or go on."""
        self._is_paused = is_paused
        self._send({"ask": "pause", "is_paused": is_paused})

    def plan(self, text: str, *, format: str, name: str, inputs: Path) -> dict[str, Any]:  # noqa: A002
        """Return the entries and the plan of a manifest.

        Raises:
            RefusedError: it has problems.
            ResourceError: the back room does not answer.
        """
        number, future = next(self._numbers), Future()
        self._asked[number] = future
        self._send({
            "number": number, "ask": "plan", "text": text, "format": format, "name": name,
            "inputs": str(inputs), "models": self._settings.offered,
        })
        try:
            found = future.result(ANSWER_S)
        except FutureTimeoutError as error:
            raise ResourceError(
                f"expected a plan within {ANSWER_S:g} s, got none; try again, or see the messages"
                " where the studio was started"
            ) from error
        finally:
            self._asked.pop(number, None)
        if "answer" in found:
            return found["answer"]
        if found["exit_code"] == 3:
            raise ResourceError(found["problem"])
        raise RefusedError(found["problem"], found["problems"])

    def _send(self, question: Mapping[str, Any]) -> None:
        """Hand a question over, to the next process if this one is ending."""
        until = time.monotonic() + ANSWER_S
        while not self._closing.is_set() and time.monotonic() < until:
            process = self._process
            if process is not None:
                with self._lock, suppress(OSError, ValueError):
                    process.stdin.write(json.dumps(question) + "\n")
                    process.stdin.flush()
                    return
            time.sleep(0.05)

    def _keep(self) -> None:
        rest = FIRST_REST_S
        while not self._closing.is_set():
            began = time.monotonic()
            self._process = self._begin()
            if self._is_paused:
                self._send({"ask": "pause", "is_paused": True})
            for line in self._process.stdout:
                self._take(line)
            self._process.wait()
            self._process = None
            self._fail_all()
            if not self._closing.is_set():
                lived = time.monotonic() - began
                rest = FIRST_REST_S if lived > STEADY_S else min(rest * 2, LONGEST_REST_S)
                self._heard({"event": "room_lost"})
                self._closing.wait(rest)

    def _begin(self) -> "subprocess.Popen[str]":
        folder = self._settings.folder.absolute()
        device = ["--device", self._settings.device] if self._settings.device else []
        paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
        return subprocess.Popen(
            [sys.executable, "-m", "ui.backroom", str(folder), *device],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
            start_new_session=True,  # Ctrl-C is for the studio, which then closes the pipe
        )

    def _take(self, line: str) -> None:
        try:
            document = json.loads(line)
        except ValueError:
            return
        if "event" in document:
            self._heard(document)
        elif (future := self._asked.get(document.get("number"))) and not future.done():
            future.set_result(document)

    def _fail_all(self) -> None:
        for future in list(self._asked.values()):
            if not future.done():
                future.set_result({
                    "problem": "the process that plans ended; try again in a moment",
                    "problems": [], "exit_code": 3,
                })
