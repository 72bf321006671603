"""One look at every file: an entry in; what its frames are, or why it cannot be used, out.

A file is decoded once, at the rate of the examples, so that frame numbers mean the same later on.
Findings go to the index in shards of a fixed range of entries, one JSON line each: the same bytes
whoever examined them.
"""

import hashlib
import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from emogen.data.attributes import FRAME_STEP, colour_attributes
from emogen.data.corpora.entry import Entry
from emogen.data.corpora.place import Place
from emogen.data.prepare.cuts import changes, find_cuts
from emogen.data.prepare.fingerprint import SIDE, fingerprint
from emogen.data.prepare.settings import PrepareSettings
from emogen.errors import CorpusError, MediaError
from emogen.media import iterate_frames, probe, read_image
from emogen.media.container import check_file, sniff

INDEX = "index"
SHARD = 16
"""Entries a shard of the index."""
MAX_SIDE = 512
"""Colours are measured on at most about this many pixels a side."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What one file holds.

    Attributes:
        id: of the entry.
        problem: why it cannot be used; empty where it can.
        picture: whether it is a still.
        width: pixels.
        height: pixels.
        fps: its own frame rate, 0 for a still.
        seconds: length of what the entry means of it.
        frames: its frames at the rate of the examples.
        sound: whether it has sound.
        codec: ffmpeg's name.
        cuts: first frames of new shots.
        fingerprint: see `emogen.data.prepare.fingerprint`.
        hue: EmoVid's attributes, each in [0, 1]: the circular mean of hue,
        colourfulness: the mean saturation,
        brightness: the mean value, over every 20th frame of the file.
        motion: mean change of colour from frame to frame, in [0, 1].
    """

    id: str
    problem: str = ""
    picture: bool = False
    width: int = 0
    height: int = 0
    fps: float = 0.0
    seconds: float = 0.0
    frames: int = 0
    sound: bool = False
    codec: str = ""
    cuts: tuple[int, ...] = ()
    fingerprint: str = ""
    hue: float = 0.0
    colourfulness: float = 0.0
    brightness: float = 0.0
    motion: float = 0.0


@dataclass(frozen=True, kw_only=True)
class ExamineTask:
    """A shard of entries to examine.

    Attributes:
        source: root of the corpus.
        output: root of the prepared folder.
        shard: its number.
        entries: at most `SHARD`.
        settings: of the examples.
        key: names entries, file sizes and settings; a shard with this key is done.
    """

    source: str
    output: str
    shard: int
    entries: tuple[Entry, ...]
    settings: PrepareSettings
    key: str


def plan_examination(
    source: Place, output: Place, entries: list[Entry], settings: PrepareSettings
) -> list[ExamineTask]:
    """Return the shards of a corpus, done or not."""
    sizes = source.sizes()
    tasks = []
    for shard, start in enumerate(range(0, len(entries), SHARD)):
        batch = entries[start: start + SHARD]
        said = [settings.fps, settings.max_seconds,
                [(one.id, one.path, one.start, one.end, sizes.get(one.path)) for one in batch]]
        key = hashlib.sha256(json.dumps(said).encode()).hexdigest()[:20]
        tasks.append(ExamineTask(source=source.root, output=output.root, shard=shard,
                                 entries=tuple(batch), settings=settings, key=key))
    return tasks


def shard_name(shard: int) -> str:
    """Return the name of a shard of the index."""
    return f"{INDEX}/{shard:05d}.jsonl"


def is_examined(output: Place, task: ExamineTask) -> bool:
    """Tell whether a shard lies there whole, of these very files and settings."""
    name = shard_name(task.shard)
    if not output.exists(name):
        return False
    lines = output.read(name).splitlines()
    try:
        return json.loads(lines[0])["key"] == task.key and len(lines) == len(task.entries) + 1
    except (ValueError, KeyError, IndexError, TypeError):
        return False


def examine_shard(task: ExamineTask) -> int:
    """Examine the entries of a shard, write its part of the index, return its number."""
    source = Place(task.source)
    write_findings(task, [examine(source, entry, task.settings) for entry in task.entries])
    return task.shard


def examine_one(task: ExamineTask) -> Finding:
    """Examine a task's only entry without writing it: for files that ended a process before."""
    return examine(Place(task.source), task.entries[0], task.settings)


def write_findings(task: ExamineTask, findings: list[Finding]) -> None:
    """Write a shard of the index."""
    rows: list[dict[str, Any]] = [{"key": task.key}, *map(asdict, findings)]
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    Place(task.output).write(shard_name(task.shard), text.encode())


def read_findings(output: Place, tasks: list[ExamineTask]) -> list[Finding]:
    """Return the findings of all shards, in the order of the entries.

    Raises:
        CorpusError: a shard is missing or damaged.
    """
    findings = []
    for task in tasks:
        lines = output.read(shard_name(task.shard)).decode().splitlines()[1:]
        try:
            rows = [json.loads(line) for line in lines]
            findings += [Finding(**row | {"cuts": tuple(row["cuts"])}) for row in rows]
        except (ValueError, TypeError, KeyError) as error:
            raise CorpusError(
                f"cannot read {output.root}/{shard_name(task.shard)}: {error}; remove it and "
                "prepare again"
            ) from error
    return findings


def examine(source: Place, entry: Entry, settings: PrepareSettings) -> Finding:
    """Return what the file of an entry holds; a file that cannot be used says why."""
    try:
        with source.local(entry.path) as path, named(path, entry.path):
            return _look(path, entry, settings)
    except (MediaError, CorpusError) as error:
        return Finding(id=entry.id, problem=" ".join(str(error).split())[:400])


@contextmanager
def named(path: Path, name: str) -> Iterator[None]:
    """Let errors of the block call a file by its name in the corpus, wherever its copy lies."""
    try:
        yield
    except MediaError as error:
        raise MediaError(str(error).replace(str(path), name)) from error


def is_picture(path: Path) -> bool:
    """Tell a still from a video by its bytes."""
    kind = sniff(check_file(path))
    if kind in {"PNG", "JPEG"}:
        return True
    if kind not in {"WEBP", "GIF"}:
        return False
    video = probe(path).video
    return video is not None and video.num_frames == 1


def _look(path: Path, entry: Entry, settings: PrepareSettings) -> Finding:
    if is_picture(path):
        frame = read_picture(path)
        small = _small(frame)[None]
        return Finding(
            id=entry.id, picture=True, width=frame.shape[1], height=frame.shape[0], frames=1,
            codec=sniff(path).lower(), fingerprint=fingerprint(small).to_text(),
            **colour_attributes(_thinned(frame)[None]),
        )
    info = probe(path)
    if info.video is None:
        raise MediaError(f"expected a video, got sound only: {path.name}")
    if min(info.video.seconds, entry.end or info.video.seconds) - entry.start > (
            settings.max_seconds):
        raise MediaError(
            f"expected at most {settings.max_seconds:g} s, got {info.video.seconds:.0f} s: "
            f"{path.name}; cut it, or give it a start and an end"
        )
    small, sampled = _walk(path, entry, settings, step=FRAME_STEP / info.video.fps * settings.fps)
    change = changes(small)
    return Finding(
        id=entry.id, width=info.video.width, height=info.video.height,
        fps=round(info.video.fps, 4), seconds=round(len(small) / settings.fps, 4),
        frames=len(small), sound=info.audio is not None, codec=info.video.codec,
        cuts=tuple(find_cuts(small)), fingerprint=fingerprint(small).to_text(),
        motion=round(float(change.mean()), 4) if len(change) else 0.0,
        **colour_attributes(sampled, step=1),
    )


def _walk(
    path: Path, entry: Entry, settings: PrepareSettings, *, step: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return all frames small, and those nearest to every 20th of the file, thinned out."""
    small, sampled = [], []
    limit = int(settings.max_seconds * settings.fps) + 1
    frames = iterate_frames(path, fps=settings.fps, start=entry.start, end=entry.end)
    for index, frame in enumerate(itertools.islice(frames, limit)):
        small.append(_small(frame))
        if index >= round(len(sampled) * step):
            sampled.append(_thinned(frame))
    return np.stack(small), np.stack(sampled)


def read_picture(path: Path) -> np.ndarray:
    """Return a still as uint8 [H, W, 3], that of a GIF of one frame too."""
    return next(iterate_frames(path)) if sniff(path) == "GIF" else read_image(path)


def _small(frame: np.ndarray) -> np.ndarray:
    return np.array(Image.fromarray(frame).resize((SIDE, SIDE), Image.Resampling.BOX))


def _thinned(frame: np.ndarray) -> np.ndarray:
    stride = max(1, round(max(frame.shape[:2]) / MAX_SIDE))
    return frame[::stride, ::stride]

