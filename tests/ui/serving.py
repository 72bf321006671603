"""A studio in a process of its own, for tests to talk to, kill and start again."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]
PATIENCE_S = float(os.environ.get("EMOGEN_UI_PATIENCE_S", "120"))
"""Longest wait for one thing; a machine that does other work at the same time may need more."""
SMALL = {"size": "32x32", "frames": 5, "fps": 8, "steps": 2, "score": False}


class Served:
    """A studio that runs, for tests to talk to, kill and start again."""

    def __init__(self, folder, *options):
        self.folder, self.options, self.process = folder, options, None
        self.port = 0

    def start(self):
        """Start it, at the same address as before."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ui.app", "-o", str(self.folder), "--port", str(self.port),
             *map(str, self.options)],
            stdout=subprocess.PIPE, text=True, cwd=ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1",
                 "EMOGEN_CACHE": str(self.folder.parent / "cache")},
        )
        with deadline(PATIENCE_S, self.process.kill):
            self.url = self.process.stdout.readline().strip()
        assert self.url, f"the studio did not start within {PATIENCE_S:g} s"
        self.port = int(self.url.rstrip("/").rpartition(":")[2])
        self.client = httpx.Client(base_url=self.url, timeout=PATIENCE_S)
        return self

    def stop(self, number=signal.SIGINT):
        """End it; SIGKILL is a crash."""
        self.process.send_signal(number)
        with deadline(PATIENCE_S, self.process.kill):
            code = self.process.wait()
        assert number == signal.SIGKILL or code != -signal.SIGKILL, "the studio did not end"

    def ask(self, path, **body):
        """Return the answer of the API; a body makes it a POST."""
        where = f"api/v1/{path}"
        answer = self.client.post(where, json=body) if body else self.client.get(where)
        assert answer.is_success, answer.text
        return answer.json()

    def create(self, **settings):
        """Put one small clip into the queue and return its id."""
        values = {"prompt": "a red robot", "model": "tiny", **SMALL, **settings}
        return self.ask("jobs", **values)["ids"][0]

    def wait(self, identity, *states):
        """Return a job once it is in one of the states, done by default."""
        wanted, seen = states or ("done",), {}

        def look():
            seen.update(self.ask(f"jobs/{identity}"))
            assert seen["state"] in wanted or seen["state"] != "quarantined", seen["problem"]
            return seen["state"] in wanted and seen

        return until(look, said=lambda: f"for {wanted} of {seen}")


def until(condition, seconds=PATIENCE_S, step=0.2, said=lambda: ""):
    """Return what a condition gives once it is true; `said` tells what there was instead."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, f"waited {seconds:g} s {said()}"
        time.sleep(step)
    return found


class deadline:  # noqa: N801 - reads as a word
    """Do something, such as killing what is waited for, where a block takes too long."""

    def __init__(self, seconds, action):
        self._timer = threading.Timer(seconds, action)

    def __enter__(self):
        self._timer.start()

    def __exit__(self, *_):
        self._timer.cancel()
