"""Pipelines: a request in, a clip out; no disk but for loading weights.

The names below are loaded when they are first used: a talking head of the rig does not wait for
diffusers.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emogen.diffusion.choices import Lora
    from emogen.pipelines.loading import Components, Defaults, load_components
    from emogen.pipelines.options import LoadOptions
    from emogen.pipelines.text2video import EmotionalVideoPipeline, load_pipeline

_PLACES = {
    "Components": "emogen.pipelines.loading",
    "Defaults": "emogen.pipelines.loading",
    "EmotionalVideoPipeline": "emogen.pipelines.text2video",
    "LoadOptions": "emogen.pipelines.options",
    "Lora": "emogen.diffusion.choices",
    "load_components": "emogen.pipelines.loading",
    "load_pipeline": "emogen.pipelines.text2video",
}

__all__ = [
    "Components",
    "Defaults",
    "EmotionalVideoPipeline",
    "LoadOptions",
    "Lora",
    "load_components",
    "load_pipeline",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the name stands for
    """Return one of the names above, loading its module."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)
