"""Two small real judges for tests: the shipped probe, and the same that sees the picture mirrored.

They share weights, which judges of a real campaign must not; enough to see two judges side by side.
"""

from dataclasses import dataclass

import numpy as np

from emogen.emotion import CATEGORIES
from emogen.emotion.anchors import MIKELS_VAD
from emogen.evaluation import Probe

HOP = 0.5


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What emogen.evaluation.campaign.judges.Recognised asks for."""

    seconds: np.ndarray
    emotion: np.ndarray
    vad: np.ndarray
    intensity: np.ndarray
    clip_emotion: np.ndarray
    top: str
    confidence: float
    unsure: bool
    features: np.ndarray
    tier: str
    models: object


class ProbeJudge:
    """The probe as a judge; ``mirrored`` lets it see each frame from left to right."""

    def __init__(self, *, mirrored=False):
        self.probe, self.mirrored = Probe.load(), mirrored

    def recognise(self, clip):
        frames = clip.flattened().frames
        reading = self.probe(frames[:, :, ::-1] if self.mirrored else frames)
        size = max(1, round(HOP * clip.fps))
        starts = range(0, max(1, clip.num_frames - size // 2), size)
        windows = [slice(start, start + size) for start in starts]
        emotion = np.stack([reading.emotion[window].mean(axis=0) for window in windows])
        mean = emotion.mean(axis=0)
        top = int(mean.argmax())
        return Reading(
            seconds=np.array([np.arange(clip.num_frames)[w].mean() / clip.fps for w in windows]),
            emotion=emotion,
            vad=emotion[:, :8] @ MIKELS_VAD,
            intensity=np.array([reading.intensity[window].mean() for window in windows]),
            clip_emotion=mean,
            top=CATEGORIES[top],
            confidence=float(mean[top]),
            unsure=bool(mean[top] < 0.4),
            features=np.concatenate([emotion, emotion**2], axis=1),
            tier="open",
            models={"vision": "probe mirrored" if self.mirrored else "probe"},
        )


def two_judges():
    return {"main": ProbeJudge(), "second": ProbeJudge(mirrored=True)}
