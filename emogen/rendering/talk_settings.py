"""What is asked of a talking head: options in, one frozen value out, nothing heavy loaded."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class TalkSettings:
    """What a person asked for; the attributes are the options of `emogen talk`."""

    audio: Path
    portrait: str = "woman"
    landmarks: Path | None = None
    transcript: str | None = None
    asr: str | None = None
    emotion: str = "auto"
    emotion_scale: float = 1.0
    engine: str = "rig"
    scene: str | None = None
    width: int | None = None
    height: int | None = None
    fps: float = 25.0
    head: float = 1.0
    mouth: float = 1.0
    blinks: float = 17.0
    gaze: float = 1.0
    seed: int = 0
    watermark: bool = True
    label: bool = False

    @property
    def size(self) -> tuple[int, int] | None:
        """Width and height, None where the engine chooses."""
        return None if self.width is None or self.height is None else (self.width, self.height)
