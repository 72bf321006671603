"""Where a clip happens: a scene drawn at random in, what its camera sees out.

One picture is painted a clip (`emogen.data.places`), wider than the frame, so that a camera move is
only a crop of it. Colours are neutral here; the emotion grades them in `emogen.data.staging`.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from emogen.data.places import PAINTERS, WORLD
from emogen.errors import InputError, suggest

FLOOR = 0.9
"""Height, in frame coordinates, where a subject stands."""

WEATHERS = {"none": "", "rain": "in the rain", "snow": "in falling snow", "leaves": "in the wind"}
CAMERAS = {
    "static": "",
    "zoom in": "camera slowly zooms in",
    "zoom out": "camera slowly zooms out",
    "pan left": "camera pans left",
    "pan right": "camera pans right",
}
PLACES = {
    "plain": "on a plain background",
    "meadow": "in a meadow",
    "forest": "in a forest",
    "beach": "on a beach",
    "city": "in a city",
    "mountains": "in the mountains",
    "room": "in a room",
    "night sky": "under a night sky",
    "snow field": "in a snowy field",
    "underwater": "underwater",
}
_PLAIN_SHARE, _STILL_AIR_SHARE, _STATIC_SHARE = 0.45, 0.8, 0.6
_INDOORS = ("room", "underwater", "plain")
_NEAR, _FAR, _PAN = 1.12, 0.88, 0.2


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A place, its weather and a camera move.

    Args:
        place: one of `PLACES`.
        weather: a key of `WEATHERS`.
        camera: a key of `CAMERAS`.
        seed: decides the layout and the shades.
    """

    place: str = "plain"
    weather: str = "none"
    camera: str = "static"
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the names."""
        for name, known in (("place", PLACES), ("weather", WEATHERS), ("camera", CAMERAS)):
            value = getattr(self, name)
            if value not in known:
                hint = suggest(str(value), list(known))
                raise InputError(f"unknown {name} {value!r}{hint}. Known: {', '.join(known)}")

    @classmethod
    def sample(cls, rng: np.random.Generator, *, place: str | None = None) -> "Scene":
        """Draw a scene: mostly a plain background, still air and a static camera."""
        if place is None:
            others = [name for name in PLACES if name != "plain"]
            place = "plain" if rng.random() < _PLAIN_SHARE else str(rng.choice(others))
        still_air = rng.random() < _STILL_AIR_SHARE or place in _INDOORS
        weather = "none" if still_air else str(rng.choice(list(WEATHERS)[1:]))
        static = rng.random() < _STATIC_SHARE
        camera = "static" if static else str(rng.choice(list(CAMERAS)[1:]))
        return cls(place=place, weather=weather, camera=camera, seed=int(rng.integers(2**31)))

    @property
    def phrase(self) -> str:
        """The scene in words, camera last, for example ``in a forest, in the rain``."""
        parts = (PLACES[self.place], WEATHERS[self.weather], CAMERAS[self.camera])
        return ", ".join(part for part in parts if part)

    @property
    def phrases(self) -> dict[str, str]:
        """The words for ``place``, ``weather`` and ``camera``; empty where nothing is to say."""
        return {
            "place": PLACES[self.place],
            "weather": WEATHERS[self.weather],
            "camera": CAMERAS[self.camera],
        }

    @property
    def attributes(self) -> dict[str, str]:
        """The choices by name: ``place``, ``weather`` and ``camera``."""
        return {"place": self.place, "weather": self.weather, "camera": self.camera}

    @property
    def has_floor(self) -> bool:
        """Whether a subject stands on something that takes its shadow."""
        return self.place != "underwater"

    def picture(self, size: int) -> np.ndarray:
        """Paint the place: uint8 [S, S, 3] with S = ``WORLD`` * size."""
        rng = np.random.default_rng(self.seed)
        return PAINTERS[self.place](round(WORLD * size), rng)

    def zoom(self, num_frames: int) -> np.ndarray:
        """Return the magnification of each frame, float64 [T], 1 when the camera rests."""
        ease = _ease(num_frames)
        if self.camera == "zoom in":
            return _FAR + (_NEAR - _FAR) * ease
        if self.camera == "zoom out":
            return _NEAR + (_FAR - _NEAR) * ease
        return np.ones(num_frames)

    def pan(self, num_frames: int) -> np.ndarray:
        """Return the horizontal shift of the view in frame sides, float64 [T]."""
        direction = {"pan left": -1.0, "pan right": 1.0}.get(self.camera, 0.0)
        return direction * _PAN * (2 * _ease(num_frames) - 1)

    def views(self, num_frames: int, size: int) -> np.ndarray:
        """Return what the camera sees, uint8 [T, size, size, 3]; one frame repeated if static."""
        picture = self.picture(size)
        margin = (picture.shape[0] - size) // 2
        if self.camera == "static":
            still = picture[margin : margin + size, margin : margin + size]
            return np.broadcast_to(still, (num_frames, size, size, 3))
        image = Image.fromarray(picture)
        frames = []
        for zoom, pan in zip(self.zoom(num_frames), self.pan(num_frames), strict=True):
            left = margin + size * (pan + 0.5 - 0.5 / zoom)
            top = margin + size * (0.5 - 0.5 / zoom)
            crop = (1 / zoom, 0, left, 0, 1 / zoom, top)
            frames.append(
                np.asarray(
                    image.transform(
                        (size, size), Image.Transform.AFFINE, crop, Image.Resampling.BILINEAR
                    )
                )
            )
        return np.stack(frames)


def _ease(num_frames: int) -> np.ndarray:
    return np.linspace(0.0, 1.0, num_frames)
