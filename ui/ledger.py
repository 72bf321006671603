"""What people marked: stars and the pause, in one small file that survives anything."""

import json
import threading
from collections.abc import Iterable
from pathlib import Path

from emogen.media.atomic import write_bytes_atomic

FILE = "studio.json"


class Ledger:
    """Stars by job, and whether the queue is paused.

    Args:
        folder: the hidden folder of the store.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._lock = threading.Lock()
        self.stars, self.is_paused = self._read()

    def star(self, ids: Iterable[str], *, is_starred: bool) -> None:
        """Mark jobs, or unmark them."""
        with self._lock:
            chosen = set(ids)
            self.stars = self.stars | chosen if is_starred else self.stars - chosen
            self._write()

    def pause(self, *, is_paused: bool) -> None:
        """Remember whether the queue is paused."""
        with self._lock:
            self.is_paused = is_paused
            self._write()

    def _read(self) -> tuple[frozenset[str], bool]:
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
            return frozenset(map(str, found["stars"])), found["is_paused"] is True
        except (OSError, ValueError, KeyError, TypeError):
            return frozenset(), False

    def _write(self) -> None:
        values = {"stars": sorted(self.stars), "is_paused": self.is_paused}
        write_bytes_atomic(self._path, json.dumps(values).encode())
