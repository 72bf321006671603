"""Talking heads: speech and a portrait in; a video of that portrait speaking out.

Each is made by `emogen talk` in a process that can be killed. The request lies on disk before it
begins, so what a restart interrupts is begun again.
"""

import hashlib
import json
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from emogen.assets import asset_roots
from emogen.emotion import parse
from emogen.errors import EmogenError, InputError
from emogen.media.atomic import write_bytes_atomic
from emogen.rendering.values import AUTO
from ui.children import ask_child
from ui.inbox import Inbox
from ui.views import scrub

CHARACTERS = ("woman", "man", "grandmother", "grandfather", "student", "child", "fox", "robot")
"""Those of `emogen.motion.rig`, which would load torch; a test holds both to be the same."""
MOST_WAITING = 32
MAKE_S = 1800.0
BROKEN = "expected speech and a portrait, got something that broke the maker; use others"
KEPT = ("heard", "notes", "seconds", "duration", "speech", "emotion", "size", "fps", "seed")


class TalkIn(BaseModel):
    """What is asked for.

    Attributes:
        audio: an upload with speech.
        portrait: a character, or an upload with a picture.
        transcript: what is said, in English; or nothing.
        emotion: "auto" is as the voice sounds; else the notation.
        emotion_scale: stronger or weaker.
        engine: who draws: the rig at once, or the diffusion model, slowly.
        scene: what is seen, in words; the diffusion model heeds it.
        size: pixels a side.
        head: how the head moves.
        seed: same seed, same video.
        label: whether a visible label is drawn.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    audio: str
    portrait: str = "woman"
    transcript: str = Field(default="", max_length=2000)
    emotion: str = Field(default=AUTO, max_length=2000)
    emotion_scale: float = Field(default=1.0, ge=0, le=1.5)
    engine: Literal["rig", "diffusion"] = "rig"
    scene: str = Field(default="", max_length=2000)
    size: int = Field(default=256, ge=64, le=1024, multiple_of=2)
    head: float = Field(default=1.0, ge=0, le=2)
    seed: int = Field(default=0, ge=0, lt=2**31)
    label: bool = False

    @model_validator(mode="after")
    def _readable(self) -> Self:
        if self.emotion != AUTO:
            parse(self.emotion, seconds=1e6)
        if self.scene.strip() and self.engine == "rig":
            raise ValueError("expected no scene for the rig; it has no background")
        if not self.transcript.replace("\n", " ").isprintable():
            raise ValueError("expected a transcript of plain text")
        return self


def engines() -> tuple[str, ...]:
    """Return who can draw here: the diffusion model only where a head was trained for it."""
    is_trained = any(
        (root / "models" / "nano" / "talking_head").is_dir() for root in asset_roots()
    )
    return ("rig", "diffusion") if is_trained else ("rig",)


class Talks:
    """Makes talking heads, one after another.

    Args:
        folder: where videos go, each with its sidecar.
        notes: where requests and what was heard are kept.
        inbox: where uploads lie.
    """

    def __init__(self, folder: Path, notes: Path, inbox: Inbox) -> None:
        self._folder, self._notes, self._inbox = folder, notes, inbox
        for place in (folder, notes):
            place.mkdir(parents=True, exist_ok=True)
        self._pool = ThreadPoolExecutor(1, "talk")
        self._running: dict[str, threading.Event] = {}
        self._lock = threading.Lock()

    def resume(self) -> None:
        """Begin again what a restart interrupted."""
        for path in sorted(self._notes.glob("*.json"), key=lambda one: one.stat().st_mtime):
            if self._note(path.stem).get("state") == "waiting":
                self._begin(path.stem)

    def close(self) -> None:
        """Stop what is being made; it goes on at the next start."""
        for stopping in list(self._running.values()):
            stopping.set()
        self._pool.shutdown(cancel_futures=True)

    def start(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Begin a talking head, and return where it is; the same request is made once.

        Raises:
            InputError: something in it is wrong, or too many wait.
        """
        try:
            asked = TalkIn.model_validate(values)
        except ValidationError as error:
            told = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
            raise InputError("; ".join(told) + "; see docs/studio.md") from error
        self._inbox.find(asked.audio)
        if asked.portrait not in CHARACTERS:
            self._inbox.find(asked.portrait)
        if len(self._running) >= MOST_WAITING:
            raise InputError(f"expected at most {MOST_WAITING} talking heads to wait; try later")
        body = asked.model_dump_json()
        identity = hashlib.sha256(body.encode()).hexdigest()[:20]
        if self._note(identity).get("state") != "done" and identity not in self._running:
            self._write(identity, {"state": "waiting", "asked": json.loads(body)})
            self._begin(identity)
        return self.find(identity)

    def find(self, identity: str) -> dict[str, Any]:
        """Return a talking head: its state, and what was heard once it is done.

        Raises:
            InputError: there is none.
        """
        note = self._note(identity)
        if not note:
            raise InputError("no such talking head; start it again")
        clip = f"api/v1/talks/{identity}/clip" if note["state"] == "done" else None
        return {"id": identity, **note, "clip": clip}

    def clip(self, identity: str) -> Path:
        """Return the video.

        Raises:
            InputError: it is not there.
        """
        path = self._folder / f"{identity}.mp4"
        if self.find(identity)["state"] != "done" or not path.is_file():
            raise InputError("no video yet; wait for it")
        return path

    def cancel(self, identity: str) -> None:
        """Kill the process that makes one, and forget the request."""
        stopping = self._running.get(identity)
        if stopping is not None:
            self._write(identity, {**self._note(identity), "state": "failed",
                                   "error": "it was stopped"})
            stopping.set()

    def _begin(self, identity: str) -> None:
        with self._lock:
            self._running[identity] = threading.Event()
        self._pool.submit(self._work, identity)

    def _work(self, identity: str) -> None:
        note, stopping = self._note(identity), self._running[identity]
        try:
            if stopping.is_set():
                return
            asked = TalkIn.model_validate(note["asked"])
            out = ask_child(
                self._command(asked, identity), seconds=MAKE_S, broken=BROKEN, stopping=stopping
            )
            made = json.loads(out)
            self._write(identity, {
                "state": "done", "asked": note["asked"],
                **{name: made[name] for name in KEPT if name in made},
            })
        except (EmogenError, OSError, ValueError) as error:
            if not stopping.is_set():
                self._write(identity, {
                    "state": "failed", "asked": note["asked"], "error": scrub(str(error)),
                })
        finally:
            self._running.pop(identity, None)

    def _command(self, asked: TalkIn, identity: str) -> list[str]:
        portrait = asked.portrait
        if portrait not in CHARACTERS:
            portrait = str(self._inbox.path(self._inbox.find(portrait)))
        given = {
            "audio": self._inbox.path(self._inbox.find(asked.audio)), "portrait": portrait,
            "emotion": asked.emotion, "emotion-scale": asked.emotion_scale,
            "engine": asked.engine,
            "size": f"{asked.size}x{asked.size}", "head": asked.head, "seed": asked.seed,
            "output": self._folder / f"{identity}.mp4",
        }
        if asked.transcript.strip():  # as a file: a text might be the name of one
            given["transcript"] = self._notes / f"{identity}.txt"
            write_bytes_atomic(given["transcript"], asked.transcript.encode())
        words = [f"--{name}={value}" for name, value in given.items()]
        words += ["--label"] if asked.label else []
        words += [f"--scene={asked.scene}"] if asked.scene.strip() else []
        return ["-m", "emogen", "talk", "--json", "--overwrite", *words]

    def _note(self, identity: str) -> dict[str, Any]:
        if len(identity) != 20 or not set(identity) <= set("0123456789abcdef"):
            return {}
        try:
            return json.loads((self._notes / f"{identity}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}

    def _write(self, identity: str, note: Mapping[str, Any]) -> None:
        write_bytes_atomic(self._notes / f"{identity}.json", json.dumps(note).encode())
