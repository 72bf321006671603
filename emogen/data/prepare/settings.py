"""What preparing is to bring about: rates, lengths, sizes and rules, checked."""

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from emogen.errors import InputError

Cuts = Literal["longest", "split", "keep", "drop"]
WAN_SIZES = ((832, 480), (480, 832), (624, 624), (720, 544), (544, 720))
"""Width and height of about the area of Wan's 480p, multiples of 16."""
WAN_FRAMES = (17, 33, 49, 65, 81)


@dataclass(frozen=True, kw_only=True)
class PrepareSettings:
    """How clips are brought into training shape.

    Attributes:
        fps: frames a second of every example; motion keeps its speed.
        frames: lengths in frames, each 4k+1; an example takes the longest that fits.
        sizes: (width, height) in pixels, multiples of 16; an example takes the nearest shape.
        upscale: most times a picture may be enlarged.
        cuts: what becomes of a clip with scene cuts: its ``longest`` shot, ``split`` into shots,
            ``keep`` it whole, or ``drop`` it.
        windows: most examples from one shot, spread evenly.
        duplicate_bits: of 192, how many a copy's fingerprint may differ in; -1 keeps duplicates.
        max_seconds: longer files are set aside.
        validation: part of the groups for validation, where the corpus gives no split.
        test: part of the groups for the test.
        seed: of the splits and of which template words a caption.
    """

    fps: float = 16.0
    frames: tuple[int, ...] = WAN_FRAMES
    sizes: tuple[tuple[int, int], ...] = WAN_SIZES
    upscale: float = 2.0
    cuts: Cuts = "longest"
    windows: int = 1
    duplicate_bits: int = 18
    max_seconds: float = 1800.0
    validation: float = 0.05
    test: float = 0.05
    seed: int = 0

    def __post_init__(self) -> None:
        """Check every number."""
        self._check_buckets()
        if not (math.isfinite(self.fps) and 0 < self.fps <= 120):
            raise InputError(f"expected a frame rate above 0 and at most 120, got {self.fps}")
        if not (self.upscale >= 1 and self.windows >= 1 and self.max_seconds > 0):
            raise InputError("expected an upscale and windows of at least 1 and a time above 0, got"
                             f" {self.upscale}, {self.windows} and {self.max_seconds}")
        if min(self.validation, self.test) < 0 or self.validation + self.test >= 1:
            raise InputError("expected shares for validation and test that leave some to train on, "
                             f"got {self.validation} and {self.test}")
        if not -1 <= self.duplicate_bits <= 96:
            raise InputError(f"expected -1 to 96 bits, got {self.duplicate_bits}")
        if self.cuts not in get_args(Cuts):
            raise InputError(f"expected cuts of {', '.join(get_args(Cuts))}, got {self.cuts!r}")
        object.__setattr__(self, "frames", tuple(sorted(set(self.frames))))

    def _check_buckets(self) -> None:
        if not self.frames or not self.sizes:
            raise InputError("expected at least one length and one size, got none")
        for count in self.frames:
            if count % 4 != 1 or not 1 <= count <= 1025:
                below = max(0, (count - 1) // 4) * 4 + 1
                raise InputError(f"expected frames of the form 4k+1, got {count}; use {below} or "
                                 f"{below + 4}")
        for width, height in self.sizes:
            if width % 16 or height % 16 or not (16 <= width <= 4096 and 16 <= height <= 4096):
                raise InputError(
                    f"expected sizes of multiples of 16 from 16 to 4096, got {width}x{height}"
                )

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self) | {"sizes": [f"{width}x{height}" for width, height in self.sizes],
                               "frames": list(self.frames)}
