"""emogen makes video that feels as asked.

The names below load on first use, so that `import emogen` stays light: no torch, no numpy.

    from emogen import load_pipeline, parse, write_video

    clip = load_pipeline("nano")("a red robot in a forest", emotion=parse("excitement:0.9"), seed=7)
    write_video(clip, "robot.mp4")
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emogen.emotion import EmotionPoint, Keyframe, Trajectory, parse
    from emogen.errors import EmogenError, InputError, ResourceError
    from emogen.media import Audio, Clip, contact_sheet, read_image, read_video, write_video
    from emogen.pipelines import load_pipeline

__version__ = "0.1.0"

__all__ = [
    "Audio",
    "Clip",
    "EmogenError",
    "EmotionPoint",
    "InputError",
    "Keyframe",
    "ResourceError",
    "Trajectory",
    "__version__",
    "contact_sheet",
    "load_pipeline",
    "parse",
    "read_image",
    "read_video",
    "write_video",
]

_HOMES = {
    "emogen.emotion": ("EmotionPoint", "Keyframe", "Trajectory", "parse"),
    "emogen.errors": ("EmogenError", "InputError", "ResourceError"),
    "emogen.media": ("Audio", "Clip", "contact_sheet", "read_image", "read_video", "write_video"),
    "emogen.pipelines": ("load_pipeline",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name
    """Return a public name from its home, loaded on first use."""
    if name not in _HOME_OF:
        raise AttributeError(f"module 'emogen' has no attribute {name!r}")
    value = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names."""
    return __all__
