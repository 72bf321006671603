"""Conditions into a diffusion transformer: adapters, attaching and detaching, weights."""

from emogen.conditioning.attach import AttachedCondition, AttachedEmotion, attach, attach_head
from emogen.conditioning.emotion_adapter import (
    EmotionAdapter,
    EmotionAdapterConfig,
    EmotionCondition,
)
from emogen.conditioning.head_weights import SavedHead, load_head, save_head
from emogen.conditioning.talking_head import HeadCondition, TalkingHead, TalkingHeadConfig
from emogen.conditioning.weights import load_adapter, save_adapter

__all__ = [
    "AttachedCondition",
    "AttachedEmotion",
    "EmotionAdapter",
    "EmotionAdapterConfig",
    "EmotionCondition",
    "HeadCondition",
    "SavedHead",
    "TalkingHead",
    "TalkingHeadConfig",
    "attach",
    "attach_head",
    "load_adapter",
    "load_head",
    "save_adapter",
    "save_head",
]
