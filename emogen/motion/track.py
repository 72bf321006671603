"""A face over time: motion values and how they came about in, a checked track and its file out.

Shapes: T frames, K channels of `emogen.motion.schema`.
"""

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from emogen.emotion import CATEGORIES
from emogen.errors import InputError
from emogen.media.atomic import write_bytes_atomic
from emogen.motion import schema

FORMAT = "emogen-motion-1"
MAX_FRAMES = 4 * 3600 * 25
"""Longest track that is read from a file: four hours."""
_TOLERANCE = 1e-3
_DECIMALS = 4


@dataclass(frozen=True, kw_only=True)
class MotionTrack:
    """What a face does over time; valid once made.

    Attributes:
        values: float32 [T, K], one row a frame, in the order of `schema.CHANNELS`.
        fps: frames a second; frame i is shown at i / fps seconds.
        emotion: float32 [T, 9], the share of each of `emogen.emotion.CATEGORIES`, or None.
        provenance: how the track was made, as plain JSON values.
    """

    values: np.ndarray
    fps: float = schema.FPS
    emotion: np.ndarray | None = None
    provenance: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check shapes and limits."""
        values = _matrix(self.values, schema.WIDTH, "motion values")
        if not 1 <= self.fps <= 240:
            raise InputError(f"expected 1 to 240 frames a second, got {self.fps!r}; resample")
        outside = (values < schema.LOW - _TOLERANCE) | (values > schema.HIGH + _TOLERANCE)
        if outside.any():
            frame, column = np.argwhere(outside)[0].tolist()
            channel = schema.CHANNELS[column]
            raise InputError(
                f"expected {channel.name} in [{channel.low:g}, {channel.high:g}]"
                f" {channel.unit}, got {values[frame, column]:g} in frame {frame};"
                " bring the values into the limits with schema.clamp"
            )
        object.__setattr__(self, "values", schema.clamp(values))
        if self.emotion is not None:
            emotion = _matrix(self.emotion, len(CATEGORIES), "emotion shares")
            if len(emotion) != len(values):
                raise InputError(
                    f"expected emotion for {len(values)} frames, got {len(emotion)}; resample it"
                )
            object.__setattr__(self, "emotion", emotion)

    def __len__(self) -> int:
        return len(self.values)

    def __repr__(self) -> str:
        return f"MotionTrack({len(self)} frames at {self.fps:g} a second)"

    def __getitem__(self, frames: slice) -> "MotionTrack":
        """Return a stretch of the track."""
        emotion = None if self.emotion is None else self.emotion[frames]
        return replace(self, values=self.values[frames], emotion=emotion)

    @property
    def seconds(self) -> float:
        """How long the track lasts."""
        return len(self) / self.fps

    def channel(self, name: str) -> np.ndarray:
        """Return one channel over time, float32 [T].

        >>> MotionTrack(values=schema.rest(3)).channel("AU26").tolist()
        [0.0, 0.0, 0.0]
        """
        return self.values[:, schema.index(name)]


def aperture(track: MotionTrack) -> np.ndarray:
    """Return how far the lips are apart, float32 [T] in [0, 1].

    gap = clip(max(0.35 * AU25, AU26), 0, 1) * (1 - closure); see `schema.lip_gap`.
    """
    return schema.lip_gap(track.values)


def resample(track: MotionTrack, *, fps: float) -> MotionTrack:
    """Return the track at another frame rate, between frames on straight lines.

    The last frame holds to the end, so the length in seconds stays within half a frame.

    >>> resample(MotionTrack(values=schema.rest(25)), fps=50)
    MotionTrack(50 frames at 50 a second)
    """
    if not 1 <= fps <= 240:
        raise InputError(f"expected 1 to 240 frames a second, got {fps!r}")
    count = max(1, round(len(track) * fps / track.fps))
    position = np.minimum(np.arange(count) * track.fps / fps, len(track) - 1)
    before = position.astype(int)
    after = np.minimum(before + 1, len(track) - 1)
    share = (position - before)[:, None].astype(np.float32)

    def between(rows: np.ndarray) -> np.ndarray:
        return rows[before] * (1 - share) + rows[after] * share

    emotion = None if track.emotion is None else between(track.emotion)
    return replace(track, values=between(track.values), emotion=emotion, fps=float(fps))


def join(tracks: Sequence[MotionTrack]) -> MotionTrack:
    """Return tracks one after the other; the provenance is that of the first.

    Raises:
        InputError: there is none, or they differ in rate or in whether they carry emotion.
    """
    if not tracks:
        raise InputError("expected at least one motion track to join, got none")
    first = tracks[0]
    if len({(track.fps, track.emotion is None) for track in tracks}) > 1:
        raise InputError(
            "expected tracks of one frame rate, all with or all without emotion,"
            f" got {', '.join(map(repr, tracks))}; resample them first"
        )
    emotion = None
    if first.emotion is not None:
        emotion = np.concatenate([track.emotion for track in tracks])
    return replace(
        first, values=np.concatenate([track.values for track in tracks]), emotion=emotion
    )


def save_track(track: MotionTrack, path: str | Path) -> Path:
    """Write a track, whole or not at all: ``.json`` for people, ``.npz`` for size and exactness.

    JSON keeps four decimals.
    """
    path = Path(path)
    head = {
        "format": FORMAT,
        "fps": track.fps,
        "channels": list(schema.NAMES),
        "provenance": track.provenance,
    }
    arrays = {"values": track.values}
    if track.emotion is not None:
        head["categories"] = list(CATEGORIES)
        arrays["emotion"] = track.emotion
    if path.suffix == ".json":
        rows = {name: _rounded(array) for name, array in arrays.items()}
        return write_bytes_atomic(path, json.dumps(head | rows).encode())
    if path.suffix == ".npz":
        buffer = io.BytesIO()
        np.savez_compressed(buffer, head=np.array(json.dumps(head)), **arrays)
        return write_bytes_atomic(path, buffer.getvalue())
    raise InputError(f"expected a motion file named .json or .npz, got {path.name!r}; rename it")


def load_track(path: str | Path) -> MotionTrack:
    """Read what `save_track` wrote; channels are found by name, unknown ones are refused.

    Raises:
        InputError: the file is missing, damaged, or no motion track.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"expected a motion track, found no file {path}")
    try:
        content = _read_npz(path) if path.suffix == ".npz" else json.loads(path.read_bytes())
    except (ValueError, OSError, KeyError, EOFError, zipfile.BadZipFile) as error:
        reason = (str(error) or repr(error)).splitlines()[0]
        raise InputError(
            f"expected a motion track written by emogen, got {path}: {reason}; make it anew"
        ) from error
    return _as_track(content, path)


def _read_npz(path: Path) -> dict[str, Any]:
    with np.load(path, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files if name != "head"}
        return json.loads(str(archive["head"])) | arrays


def _as_track(content: object, path: Path) -> MotionTrack:
    """Check what a file says and bring its channels into the schema's order."""
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise InputError(f"expected a motion track of format {FORMAT!r}, got {path}")
    names = content.get("channels")
    if not isinstance(names, list) or sorted(map(str, names)) != sorted(schema.NAMES):
        odd = sorted(set(map(str, names if isinstance(names, list) else [])) ^ set(schema.NAMES))
        raise InputError(
            f"expected the {schema.WIDTH} channels of the motion schema in {path},"
            f" got others: {', '.join(odd[:5]) or 'some twice'}"
        )
    if len(content.get("values", ())) > MAX_FRAMES:
        raise InputError(f"expected at most {MAX_FRAMES} frames, got more: {path}; cut it")
    values = _matrix(content.get("values"), schema.WIDTH, f"motion values in {path}")
    order = [names.index(name) for name in schema.NAMES]
    fps, provenance = content.get("fps"), content.get("provenance", {})
    if not isinstance(fps, (int, float)) or not isinstance(provenance, dict):
        raise InputError(f"expected a frame rate and a provenance object in {path}, got others")
    return MotionTrack(values=values[:, order], fps=float(fps),
                       emotion=content.get("emotion"), provenance=provenance)


def _matrix(rows: object, width: int, what: str) -> np.ndarray:
    """Return rows as a finite float32 matrix of at least one row."""
    try:
        matrix = np.asarray(rows, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise InputError(f"expected {what} as rows of {width} numbers, got others") from error
    if matrix.ndim != 2 or matrix.shape[1] != width or len(matrix) == 0:
        raise InputError(
            f"expected {what} of shape [frames, {width}] with at least one frame,"
            f" got {list(matrix.shape)}"
        )
    if not np.isfinite(matrix).all():
        raise InputError(f"expected finite {what}, got nan or inf; remove them")
    return matrix


def _rounded(array: np.ndarray) -> list[list[float]]:
    return [[round(value, _DECIMALS) for value in row] for row in array.tolist()]
