"""A talking head asked for: options in, a checked request and a place out."""

import math
import re
from dataclasses import dataclass
from pathlib import Path

from emogen.cli import destination
from emogen.cli.checks import check_number, check_text
from emogen.emotion import parse
from emogen.errors import InputError, suggest
from emogen.media.container import check_file
from emogen.rendering.talk_settings import TalkSettings

RANGES: dict[str, tuple[float, float]] = {
    "emotion_scale": (0, 1.5), "head": (0, 2), "mouth": (0.3, 1.7), "blinks": (0, 60),
    "gaze": (0, 2), "fps": (1, 120),
}  # fmt: skip
ENGINES = ("rig", "diffusion")
FPS = 25.0
SIDE = (64, 4096)
SUFFIXES = (".mp4", ".webm")
MOTION_SUFFIXES = (".json", ".npz")
_ANY_LENGTH = 1e6
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


@dataclass(frozen=True, kw_only=True)
class TalkRequest(TalkSettings):
    """What a person asked for, checked.

    Attributes:
        motion_out: where the motion is kept, too.

    Raises:
        InputError: the first thing that is wrong, with a remedy.
    """

    motion_out: Path | None = None

    def __post_init__(self) -> None:
        """Check everything that needs no model."""
        check_file(self.audio)
        check_number("--seed", self.seed)
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            if not (math.isfinite(value) and low <= value <= high):
                option = name.replace("_", "-")
                raise InputError(f"expected --{option} of {low:g} to {high:g}, got {value:g}")
        self._check_engine()
        if self.size is not None:
            _check_size(*self.size)
        if self.emotion != "auto":
            parse(self.emotion, seconds=_ANY_LENGTH)
        if self.transcript is not None and self.asr is not None:
            raise InputError("expected --transcript or --asr, got both; remove one")
        if self.asr is not None and not (Path(self.asr).is_dir() or _HUB_ID.fullmatch(self.asr)):
            raise InputError(
                "expected --asr to name a folder or a hub id such as openai/whisper-base,"
                f" got {self.asr!r}"
            )
        if self.motion_out is not None and self.motion_out.suffix not in MOTION_SUFFIXES:
            raise InputError(
                f"expected --motion-out to end in {' or '.join(MOTION_SUFFIXES)},"
                f" got {str(self.motion_out)!r}"
            )

    def _check_engine(self) -> None:
        """Refuse what an engine does not heed."""
        if self.engine not in ENGINES:
            raise InputError(
                f"expected --engine {' or '.join(ENGINES)}, got {self.engine!r}"
                f"{suggest(self.engine, ENGINES)}"
            )
        if self.engine == "rig" and self.scene is not None:
            raise InputError("--scene has no effect on the rig; add --engine diffusion")
        if self.scene is not None:
            check_text(self.scene, name="scene")
        if self.engine == "diffusion" and self.fps != FPS:
            raise InputError(f"the diffusion engine makes {FPS:g} frames a second; remove --fps")


def place_of(
    request: TalkRequest, output: Path | None, *, overwrite: bool
) -> destination.Destination:
    """Return where the video goes, `outputs/<audio>-<seed>.mp4` where no name is given.

    Raises:
        InputError: the name cannot be used, or something is there already.
    """
    if output is not None and output.suffix.lower() not in SUFFIXES:
        raise InputError(
            f"expected -o to end in {' or '.join(SUFFIXES)}, which hold sound,"
            f" got {str(output)!r}{suggest(output.suffix, SUFFIXES)}"
        )
    place = destination.choose(
        output, prompt=request.audio.stem, seed=request.seed, sheet=False, overwrite=overwrite
    )
    motion = request.motion_out
    if motion is not None:
        if not motion.parent.is_dir():
            raise InputError(f"no folder {str(motion.parent)!r} for --motion-out; create it first")
        if motion.resolve() in {place.sidecar.resolve(), place.video.resolve()}:
            raise InputError(
                f"expected --motion-out beside what -o writes, got {str(motion)!r}, which is the"
                " video's own sidecar; choose another name"
            )
        if motion.exists() and not overwrite:
            raise InputError(f"{str(motion)!r} exists; choose another name, or add --overwrite")
    for written in (place.video, place.sidecar, motion):
        if written is not None and written.resolve() == request.audio.resolve():
            raise InputError(f"{str(written)!r} is the sound itself; choose another name")
    return place


def _check_size(width: int, height: int) -> None:
    low, high = SIDE
    if not (low <= width <= high and low <= height <= high):
        raise InputError(f"expected a --size of {low} to {high} a side, got {width}x{height}")
    if width % 2 or height % 2:
        near = f"{width + width % 2}x{height + height % 2}"
        raise InputError(f"expected an even --size, got {width}x{height}; the nearest is {near}")
