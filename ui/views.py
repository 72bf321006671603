"""What a browser sees of a job: records of the store in, plain JSON values without paths out."""

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import PurePath
from typing import Any

from emogen.emotion import parse
from emogen.errors import EmogenError
from emogen.rendering.job import Job
from emogen.rendering.store import JobRecord
from ui.progress import Progress

SHOWN = (
    "kind", "prompt", "negative_prompt", "emotion", "model", "size", "frames", "fps", "steps",
    "guidance", "emotion_guidance", "seed", "best_of", "score", "label",
)
_PATH = re.compile(r"(?<![\w.:/~-])(?:file:)?/(?:[^\s'\":;,()/]+/)+([^\s'\":;,()/]*)")


def view(
    record: JobRecord, *, progress: Progress | None, expected_s: float | None, is_starred: bool
) -> dict[str, Any]:
    """Return a job as the browser sees it."""
    job, problem = record.job, record.problem
    is_done = record.state == "done"
    return {
        "id": record.id, "state": record.state,
        **{name: getattr(job, name) for name in SHOWN},
        "model": PurePath(job.model).name, "image": upload_of(job.image), "shots": len(job.shots),
        "name": record.name, "run": record.run, "priority": record.priority,
        "added": round(record.added, 1), "updated": round(record.updated, 1),
        "attempts": record.attempts, "seconds": dict(record.seconds),
        "scores": dict(record.scores) if record.scores else None,
        "warnings": [scrub(text) for text in record.warnings],
        "problem": None if problem is None or is_done else {
            "kind": problem.kind, "message": scrub(problem.message), "hint": scrub(problem.hint),
        },
        "asked": list(asked_tops(job.emotion, length_of(job))),
        "is_starred": is_starred, "expected_s": expected_s and round(expected_s, 1),
        "progress": progress and progress.to_dict(expected_s),
        "clip": f"api/v1/jobs/{record.id}/clip" if is_done and job.kind != "evaluate" else None,
        "file": record.output,
    }


def upload_of(path: str | None) -> str | None:
    """Return the id of the upload that a job begins with.

    >>> upload_of("/somewhere/0123456789abcdef0123.image.png")
    '0123456789abcdef0123'
    """
    name = PurePath(path).name if path else ""
    match = re.fullmatch(r"([0-9a-f]{20})\.image\.png", name)
    return match[1] if match else None


def length_of(job: Job) -> float:
    """Return the seconds from the first to the last frame of a job."""
    frames, fps = job.total_frames, job.fps or 0
    return (frames - 1) / fps if frames > 1 and fps else 1.0


@lru_cache(maxsize=4096)
def asked_tops(notation: str | None, seconds: float) -> tuple[str, ...]:
    """Return the strongest category of each keyframe of an emotion, each once.

    >>> asked_tops("fear:0.8@0s -> joy@2s", 2.0)
    ('fear', 'amusement')
    """
    if notation is None:
        return ()
    try:
        frames = parse(notation, seconds=max(seconds, 0.01)).keyframes
    except EmogenError:
        return ()
    tops = (max(frame.point.mixture(), key=frame.point.mixture().get, default="neutral")
            for frame in frames)
    return tuple(dict.fromkeys(tops))


def scrub(text: str) -> str:
    """Return a message without the folders of this machine.

    >>> scrub("cannot write /home/ada/out/cat.mp4 (full); see /proc/x")
    'cannot write cat.mp4 (full); see x'
    """
    return _PATH.sub(r"\1", text)


def matches(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Tell whether a job, as `view` returns it, is what a search asks for.

    Args:
        found: the job.
        wanted: any of text, emotion, read (what the judge saw), min_score, is_starred, run.

    >>> matches({"prompt": "a red fox", "name": None, "id": "0f"}, {"text": "FOX"})
    True
    """
    scores = found.get("scores") or {}
    share = scores.get("asked_share")
    words = " ".join(str(found.get(name) or "") for name in ("prompt", "name", "id", "emotion"))
    return all((
        not wanted.get("text") or wanted["text"].lower() in words.lower(),
        not wanted.get("emotion") or wanted["emotion"] in found["asked"],
        not wanted.get("read") or wanted["read"] == scores.get("likeliest"),
        not wanted.get("min_score") or (share is not None and share >= wanted["min_score"]),
        not wanted.get("is_starred") or found["is_starred"],
        not wanted.get("run") or wanted["run"] == found["run"],
    ))
