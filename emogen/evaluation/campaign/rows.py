"""Rows of a campaign: one clip and what both judges read in it; JSON lines on disk, and back.

A file is only ever appended to, one whole line a clip, so an interruption loses at most the clip in
work. A later row of the same clip replaces an earlier one.
"""

import json
import warnings
from pathlib import Path
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, ValidationError

from emogen.emotion import CATEGORIES
from emogen.errors import InputError, MediaError
from emogen.evaluation.campaign.judges import Recognised, models_text
from emogen.evaluation.campaign.plan import ClipRequest, Measure, Strict

ROWS = "rows.jsonl"
Share = Annotated[float, Field(ge=0, le=1)]
Nine = Annotated[tuple[Share, ...], Field(min_length=len(CATEGORIES), max_length=len(CATEGORIES))]
_DIGITS = 4


class JudgeRow(Strict):
    """What one judge read in one clip; see `emogen.evaluation.campaign.judges.Recognised`.

    Attributes:
        intensity: mean over windows.
        vad: mean over windows.
        curve_seconds: centres of windows.
        curve_emotion: a distribution a window.
        curve_intensity: one a window.
    """

    top: Literal[CATEGORIES]
    confidence: Share
    unsure: bool
    emotion: Nine
    intensity: Share
    vad: Annotated[tuple[float, ...], Field(min_length=3, max_length=3)]
    curve_seconds: tuple[float, ...]
    curve_emotion: tuple[Nine, ...]
    curve_intensity: tuple[Share, ...]
    tier: str
    model: str

    @classmethod
    def of(cls, read: Recognised) -> Self:
        """Return the row of a reading, rounded to four decimals."""
        return cls(
            top=read.top,
            confidence=_rounded(np.clip(read.confidence, 0, 1)),
            unsure=bool(read.unsure),
            emotion=_rounded(np.clip(read.clip_emotion, 0, 1)),
            intensity=_rounded(np.clip(read.intensity, 0, 1).mean()),
            vad=_rounded(np.mean(read.vad, axis=0)),
            curve_seconds=_rounded(read.seconds),
            curve_emotion=_rounded(np.clip(read.emotion, 0, 1)),
            curve_intensity=_rounded(np.clip(read.intensity, 0, 1)),
            tier=str(read.tier),
            model=models_text(read.models),
        )

    def weight(self, category: str) -> float:
        """Return the share of a category in the whole clip."""
        return self.emotion[CATEGORIES.index(category)]


class Picture(Strict):
    """What is measured of the pixels: size, length, flicker and EmoVid's colour attributes."""

    width: int
    height: int
    num_frames: int
    fps: float
    change: float
    jitter: float
    pumping: float
    hue: float
    colourfulness: float
    brightness: float

    @property
    def seconds(self) -> float:
        """From the first frame to the last."""
        return (self.num_frames - 1) / self.fps


class Row(Strict):
    """One clip of a campaign.

    Attributes:
        clip: path of the file below the folder of the campaign, None where there is none.
        sha256: of that file.
        made_in: seconds that making the clip took; 0 where it was read.
        judges: readings by the name of the judge.
        error: one line where the clip could not be made, read or judged, else None.
    """

    key: str
    part: str
    measures: Measure
    prompt: str
    emotion: str
    intensity: float | None = None
    seed: int | None = None
    type: str | None = None
    draw: str | None = None
    clip: str | None = None
    sha256: str | None = None
    made_in: float = 0.0
    picture: Picture | None = None
    judges: dict[str, JudgeRow] = Field(default_factory=dict)
    error: str | None = None

    @property
    def request(self) -> ClipRequest:
        """What was asked for."""
        names = ("part", "measures", "prompt", "emotion", "intensity", "seed", "type", "draw")
        return ClipRequest(**{name: getattr(self, name) for name in names})

    @property
    def asked(self) -> str | None:
        """The category asked for, None for curves and neutral."""
        return self.request.asked

    @property
    def is_finished(self) -> bool:
        """Whether the clip was made and judged."""
        return self.error is None and self.picture is not None and bool(self.judges)


def append_row(folder: Path, row: Row) -> None:
    """Write one row as one line at the end of the rows of a campaign."""
    with (folder / ROWS).open("ab") as file:
        file.write(row.model_dump_json(exclude_defaults=True).encode() + b"\n")


def read_rows(folder: str | Path) -> list[Row]:
    """Return the rows of a campaign, the last of each clip, in order of first appearance.

    A last line that an interruption cut off is left out with a warning.

    Raises:
        InputError: there is no campaign, or a line is none of its rows.
    """
    path = Path(folder) / ROWS
    if not path.is_file():
        raise InputError(
            f"no campaign in {str(folder)!r}: expected {ROWS}; make one with emogen evaluate run"
        )
    found: dict[str, Row] = {}
    lines = path.read_bytes().split(b"\n")
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        if number == len(lines):
            warnings.warn(f"the last line of {path} was cut off and is left out", stacklevel=2)
            continue
        row = _read(line, f"{path}, line {number}")
        found[row.key] = row
    return list(found.values())


def mend(folder: Path) -> None:
    """Remove a last line that an interruption cut off, so that rows can be appended."""
    path = folder / ROWS
    data = path.read_bytes() if path.is_file() else b""
    if data and not data.endswith(b"\n"):
        with path.open("r+b") as file:
            file.truncate(data.rfind(b"\n") + 1)


def _read(line: bytes, where: str) -> Row:
    try:
        return Row.model_validate(json.loads(line))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        raise InputError(
            f"expected a row of a campaign in {where}, got a wrong {field!r} ({first['msg']});"
            " remove the line and run again"
        ) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"expected JSON in {where}; remove the line and run again") from error


def _rounded(values: np.ndarray | float) -> object:
    numbers = np.round(np.asarray(values, dtype=np.float64), _DIGITS)
    if not np.isfinite(numbers).all():
        raise MediaError("expected a finite reading of the clip, got nan; look at the clip")
    return numbers.tolist()
