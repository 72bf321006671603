"""How a talking head is sampled best: what its folder notes in, checked settings out."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from emogen.errors import InputError, ModelError

SHARED_FRAMES = 9
"""Frames that a chunk takes over from the one before."""


@dataclass(frozen=True, kw_only=True)
class HeadSettings:
    """What a talking head is asked for; a folder states what suits it.

    Attributes:
        width: Pixels, a multiple of 16.
        height: Pixels, a multiple of 16.
        num_frames: Frames of a chunk, 4k + 1 and more than 9.
        steps: Denoising steps a chunk.
        text_scale: Guidance towards the scene.
        audio_scale: Guidance towards speech and motion.
        emotion_scale: Guidance towards the emotion. Each scale of 1 costs no pass of its own.
        flow_shift: Shift of the noise schedule.
        scene: Words where none are given.
    """

    width: int = 128
    height: int = 128
    num_frames: int = 33
    steps: int = 8
    text_scale: float = 1.0
    audio_scale: float = 1.0
    emotion_scale: float = 1.0
    flow_shift: float = 3.0
    scene: str = ""

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            InputError: One that no head can work with.
        """
        if self.num_frames % 4 != 1 or self.num_frames <= SHARED_FRAMES:
            raise InputError(
                f"expected chunks of 4k+1 frames, more than {SHARED_FRAMES}, got {self.num_frames}"
            )
        if self.steps < 1:
            raise InputError(f"expected at least 1 step, got {self.steps}")
        for name in ("width", "height"):
            if getattr(self, name) < 16 or getattr(self, name) % 16:
                raise InputError(
                    f"expected a {name} that is a multiple of 16, got {getattr(self, name)}"
                )
        for name in ("text_scale", "audio_scale", "emotion_scale"):
            if not math.isfinite(getattr(self, name)):
                raise InputError(f"expected a finite {name}, got {getattr(self, name)}")

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain values."""
        return asdict(self)

    def given(self, **changes: float | str | None) -> "HeadSettings":
        """Return the settings with those replaced that are not None.

        >>> HeadSettings().given(steps=4, scene=None).steps
        4
        """
        return replace(self, **{name: v for name, v in changes.items() if v is not None})


def settings_from(noted: Mapping[str, Any]) -> HeadSettings:
    """Return the settings among what a folder notes.

    Raises:
        ModelError: A value of another kind.
    """
    kinds = {field.name: type(field.default) for field in fields(HeadSettings)}
    try:
        return HeadSettings(
            **{name: kinds[name](value) for name, value in noted.items() if name in kinds}
        )
    except (TypeError, ValueError) as error:
        raise ModelError(f"cannot read the settings of the talking head: {error}") from error
