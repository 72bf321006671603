"""Pipelines: a request in, a clip out; no disk but for loading weights."""

from emogen.pipelines.loading import Components, Defaults, load_components
from emogen.pipelines.text2video import EmotionalVideoPipeline, load_pipeline

__all__ = ["Components", "Defaults", "EmotionalVideoPipeline", "load_components", "load_pipeline"]
