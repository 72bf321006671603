"""The run of a campaign: requests, a way to get clips and judges in; clips and rows on disk out.

A clip is kept as a file first and judged from that file, so that judging it again gives the same.
What is finished is not done again: a campaign that was stopped goes on where it was.
"""

import hashlib
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from emogen.errors import EmogenError, ModelError, ResourceError
from emogen.evaluation.campaign.judges import Judges, Recognised
from emogen.evaluation.campaign.plan import ClipRequest
from emogen.evaluation.campaign.rows import (
    ROWS,
    JudgeRow,
    Picture,
    Row,
    append_row,
    mend,
    read_rows,
)
from emogen.evaluation.metrics import colour_attributes, flicker
from emogen.media import Clip, read_video, write_video
from emogen.media.atomic import atomic_path

CLIPS, FEATURES = "clips", "features"

Source = Callable[[ClipRequest], Clip | Path]
"""Gets the clip of a request: made, or the path of a file that is copied as it is."""
Told = Callable[[str, int, int], None]
"""Called with what is done, how many are done and how many there are."""


def run_campaign(
    requests: Sequence[ClipRequest],
    *,
    source: Source,
    judges: Judges,
    folder: str | Path,
    rejudge: bool = False,
    progress: Told | None = None,
) -> list[Row]:
    """Make or read every clip, have both judges read it, and return all rows.

    A clip that cannot be made, read or judged becomes a row with its error, and the next one is
    tried; run again to try it once more.

    Args:
        requests: what is asked for.
        source: gets the clip of a request.
        judges: readers by name.
        folder: where clips, features and rows lie; made if it is missing.
        rejudge: read clips that lie there again, for example with other judges.
        progress: told after every clip.

    Raises:
        ModelError: a model or the weights of a judge cannot be loaded.
        ResourceError: a disk is full or a folder cannot be written.
    """
    place = _prepare(Path(folder))
    before = {row.key: row for row in read_rows(place)} if (place / ROWS).is_file() else {}
    tell = progress or (lambda *_: None)
    rows = []
    for index, request in enumerate(requests):
        row = before.get(request.key)
        if row is None or not _holds(row, place, judges) or rejudge:
            row = _row(request, source, judges, place)
            append_row(place, row)
        rows.append(row)
        tell(f"{request.prompt}, {request.emotion}", index + 1, len(requests))
    return rows


def read_features(folder: str | Path, rows: Sequence[Row], judge: str) -> np.ndarray:
    """Return the embeddings of one judge, float32 [N, D]: the mean over windows of each clip."""
    found = []
    for row in rows:
        path = Path(folder) / FEATURES / f"{row.key}.npz"
        if row.is_finished and path.is_file():
            with np.load(path, allow_pickle=False) as arrays:
                if judge in arrays.files:
                    found.append(arrays[judge].astype(np.float32).mean(axis=0))
    widths = {len(row) for row in found}
    return np.stack(found) if len(widths) == 1 else np.zeros((0, 0), np.float32)


def _prepare(folder: Path) -> Path:
    try:
        for name in (CLIPS, FEATURES):
            (folder / name).mkdir(parents=True, exist_ok=True)
        mend(folder)
    except OSError as error:
        raise ResourceError(
            f"cannot write in {str(folder)!r} ({error.strerror}); choose another folder"
        ) from error
    return folder


def _holds(row: Row, folder: Path, judges: Judges) -> bool:
    """Tell whether a row needs no more work."""
    kept = row.clip is not None and (folder / row.clip).is_file()
    return row.is_finished and kept and set(row.judges) >= set(judges)


def _row(request: ClipRequest, source: Source, judges: Judges, folder: Path) -> Row:
    asked = asdict(request) | {"key": request.key}
    try:
        return Row(**asked, **_judged(request, source, judges, folder))
    except (ModelError, ResourceError):  # not this clip's fault: every other would fail too
        raise
    except EmogenError as error:
        return Row(**asked, error=" ".join(str(error).split()) or type(error).__name__)


def _judged(
    request: ClipRequest, source: Source, judges: Judges, folder: Path
) -> dict[str, Any]:
    path, seconds = _keep(request, source, folder)
    clip = read_video(path)
    readings = {name: judge.recognise(clip) for name, judge in judges.items()}
    _save_features(folder / FEATURES / f"{request.key}.npz", readings)
    return {
        "clip": path.relative_to(folder).as_posix(),
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "made_in": round(seconds, 3),
        "picture": measure(clip),
        "judges": {name: JudgeRow.of(reading) for name, reading in readings.items()},
    }


def _keep(request: ClipRequest, source: Source, folder: Path) -> tuple[Path, float]:
    """Return the file of a request, made if it is not there, and the seconds that took."""
    there = next(iter(sorted((folder / CLIPS).glob(f"{request.key}.*"))), None)
    if there is not None:
        return there, 0.0
    start = time.perf_counter()
    clip = source(request)
    seconds = time.perf_counter() - start
    if isinstance(clip, Clip):
        path = folder / CLIPS / f"{request.key}.mp4"
        write_video(clip.flattened(), path, odd_size="pad", parameters=_parameters(request))
        return path, seconds
    path = folder / CLIPS / f"{request.key}{clip.suffix.lower()}"
    with atomic_path(path) as temporary:
        shutil.copyfile(clip, temporary)
    return path, 0.0


def _parameters(request: ClipRequest) -> dict[str, Any]:
    return {"kind": "evaluate", **asdict(request)}


def measure(clip: Clip) -> Picture:
    """Return what is measured of the pixels of a clip; a single frame does not flicker."""
    restless = flicker(clip.frames) if clip.num_frames > 1 else None
    return Picture(
        width=clip.width, height=clip.height, num_frames=clip.num_frames, fps=clip.fps,
        change=round(restless.change, 5) if restless else 0.0,
        jitter=round(restless.jitter, 5) if restless else 0.0,
        pumping=round(restless.brightness, 5) if restless else 0.0,
        **colour_attributes(clip.frames),
    )


def _save_features(path: Path, readings: dict[str, Recognised]) -> None:
    arrays = {name: np.asarray(read.features, np.float16) for name, read in readings.items()}
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **arrays)


def failures(rows: Sequence[Row]) -> Iterator[Row]:
    """Yield the rows of clips that could not be made, read or judged."""
    return (row for row in rows if not row.is_finished)
