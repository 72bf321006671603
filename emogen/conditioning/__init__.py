"""Emotion into a diffusion transformer: adapters, attaching and detaching, weights."""

from emogen.conditioning.attach import AttachedEmotion, attach
from emogen.conditioning.emotion_adapter import (
    EmotionAdapter,
    EmotionAdapterConfig,
    EmotionCondition,
)
from emogen.conditioning.weights import load_adapter, save_adapter

__all__ = [
    "AttachedEmotion",
    "EmotionAdapter",
    "EmotionAdapterConfig",
    "EmotionCondition",
    "attach",
    "load_adapter",
    "save_adapter",
]
