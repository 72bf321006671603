"""Where a face is in a picture: 29 points marked by hand or found by a model in, checked ones out.

The file is JSON: ``{"format": "emogen-landmarks-1", "points": {"chin": [157, 250], ...}}``, pixels
of the picture as it is shown (EXIF turned), x to the right, y down. "right" and "left" are the
person's own, so the right eye is on the picture's left. Every point of `NAMES` is needed.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emogen.errors import InputError, suggest
from emogen.media.atomic import write_bytes_atomic

FORMAT = "emogen-landmarks-1"
WHERE: Mapping[str, str] = {
    "forehead": "middle of the hairline", "chin": "lowest point of the chin",
    "temple_right": "rim of the face beside the right eye",
    "temple_left": "rim of the face beside the left eye",
    "jaw_right": "rim of the face beside the mouth", "jaw_left": "the same on the left",
    "brow_right_outer": "outer end of the right brow", "brow_right_middle": "its middle",
    "brow_right_inner": "its inner end", "brow_left_inner": "inner end of the left brow",
    "brow_left_middle": "its middle", "brow_left_outer": "its outer end",
    "eye_right_outer": "outer corner of the right eye", "eye_right_top": "edge of its upper lid",
    "eye_right_inner": "its inner corner", "eye_right_bottom": "edge of its lower lid",
    "eye_left_inner": "inner corner of the left eye", "eye_left_top": "edge of its upper lid",
    "eye_left_outer": "its outer corner", "eye_left_bottom": "edge of its lower lid",
    "nose_tip": "between the nostrils", "nose_right": "rim of the right nostril",
    "nose_left": "rim of the left nostril",
    "mouth_right": "right corner of the mouth", "mouth_left": "left corner of the mouth",
    "lip_top": "rim of the upper lip, in the middle",
    "lip_upper": "lower edge of the upper lip, in the middle",
    "lip_lower": "upper edge of the lower lip; the same point where the lips are shut",
    "lip_bottom": "rim of the lower lip, in the middle",
}  # fmt: skip
"""What each point marks."""
NAMES = tuple(WHERE)
_PAIRS = (
    "temple", "jaw", "brow_{}_inner", "brow_{}_outer", "eye_{}_inner", "eye_{}_outer", "nose",
    "mouth",
)  # fmt: skip
_DOWN = (
    ("forehead", "brow_right_middle"), ("brow_right_middle", "eye_right_bottom"),
    ("brow_left_middle", "eye_left_bottom"), ("eye_right_top", "eye_right_bottom"),
    ("eye_left_top", "eye_left_bottom"), ("eye_right_bottom", "nose_tip"), ("nose_tip", "lip_top"),
    ("lip_top", "lip_upper"), ("lip_lower", "lip_bottom"), ("lip_bottom", "chin"),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Landmarks:
    """A marked face; valid once made.

    Attributes:
        points: (x, y) in pixels of every name of `NAMES`.
    """

    points: Mapping[str, tuple[float, float]]

    def __post_init__(self) -> None:
        """Check names, numbers, and that the face is upright and not mirrored."""
        object.__setattr__(self, "points", _complete(self.points))
        _check_order(self)

    def at(self, name: str) -> np.ndarray:
        """Return a point, float [2]."""
        return np.array(self.points[name])

    @property
    def face_height(self) -> float:
        """Pixels from the hairline to the chin."""
        return float(np.linalg.norm(self.at("chin") - self.at("forehead")))

    def moved(self, *, offset: np.ndarray, scale: float) -> "Landmarks":
        """Return the points after ``offset`` is taken off and the rest scaled."""
        return Landmarks(points={
            name: tuple(((np.array(point) - offset) * scale).tolist())
            for name, point in self.points.items()
        })  # fmt: skip


def load_landmarks(path: str | Path) -> Landmarks:
    """Read landmarks marked by hand or saved by `save_landmarks`.

    Raises:
        InputError: the file is missing, no JSON of this format, or the points are no face.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"expected a file of landmarks, found no file {path}")
    try:
        content = json.loads(path.read_bytes())
    except ValueError as error:
        raise InputError(f"expected landmarks as JSON, got {path}: {error}") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise InputError(f'expected "format": "{FORMAT}" in {path}, got another file')
    if not isinstance(content.get("points"), dict):
        raise InputError(f'expected "points": {{name: [x, y], ...}} in {path}, got none')
    return Landmarks(points=content["points"])


def save_landmarks(landmarks: Landmarks, path: str | Path) -> Path:
    """Write landmarks as JSON, whole or not at all."""
    points = {name: [round(value, 2) for value in at] for name, at in landmarks.points.items()}
    text = json.dumps({"format": FORMAT, "points": points}, indent=1)
    return write_bytes_atomic(Path(path), text.encode())


def _complete(points: Mapping[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    missing = [name for name in NAMES if name not in points]
    if missing:
        raise InputError(
            f"expected {len(NAMES)} landmarks, {len(missing)} are missing: {', '.join(missing)};"
            f" {missing[0]} is the {WHERE[missing[0]]}"
        )
    for name in points:
        if name not in WHERE:
            raise InputError(f"unknown landmark {name!r}{suggest(name, NAMES)}")
    try:
        rows = np.array([points[name] for name in NAMES], dtype=float)
    except (TypeError, ValueError) as error:
        raise InputError("expected every landmark as [x, y] in pixels, got others") from error
    if rows.shape != (len(NAMES), 2) or not np.isfinite(rows).all():
        raise InputError("expected every landmark as two finite numbers [x, y], got others")
    return {name: (x, y) for name, (x, y) in zip(NAMES, rows.tolist(), strict=True)}


def _check_order(landmarks: Landmarks) -> None:
    for pair in _PAIRS:
        right, left = (
            pair.format(side) if "{}" in pair else f"{pair}_{side}" for side in ("right", "left")
        )
        if landmarks.at(right)[0] >= landmarks.at(left)[0]:
            raise InputError(
                f"expected {right} on the picture's left of {left}, got it on the right;"
                " names are the person's own sides: exchange right and left"
            )
    for upper, lower in _DOWN:
        if landmarks.at(upper)[1] >= landmarks.at(lower)[1]:
            raise InputError(
                f"expected {upper} above {lower}, got it below; turn the picture upright,"
                " or mark the two again"
            )
