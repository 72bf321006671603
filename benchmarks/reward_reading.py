"""What `benchmarks/reward.py` asks for and who reads it: requests and clips in, rows out.

The reward is the probe's overlap with what was asked, the score of best-of-N and of
`training/train_reward.py`. Both judges take no part in either. A judge's figure is the overlap of
its distribution with what was asked, both over Mikels' eight: judges name the emotion and not its
strength, so neutral says different things on the two sides and is left out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from emogen.data.reward_requests import UNSEEN_PAIRS, measured_prompts, mixture
from emogen.emotion import MIKELS, EmotionPoint, Trajectory
from emogen.emotion import format as notation_of
from emogen.evaluation import Probe, Recogniser
from emogen.evaluation.selection import distributions, overlap
from emogen.media import Clip
from emogen.pipelines import EmotionalVideoPipeline
from emogen.pipelines.sampling import Request

STRENGTH, SHARE = 0.9, 0.55
FIRST_SEED = 900_000
"""Noise of training comes from other generators; these seeds are of no training step."""
JUDGES = ("main", "second")
_AT_ONCE = 8


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One clip.

    Attributes:
        prompt: What is seen.
        subject: Its kind, as the probe names it.
        emotion: What is felt.
        group: mixture or single.
        seed: Of the noise.
    """

    prompt: str
    subject: str
    emotion: Trajectory
    group: str
    seed: int

    @property
    def key(self) -> tuple[str, str]:
        """What clips of several seeds have in common."""
        return self.prompt, notation_of(self.emotion)


def mixtures(*, seeds: int, every: int = 1) -> list[Ask]:
    """Return mixtures that training never rewarded, of every subject, in several seeds.

    Args:
        seeds: Clips of each request.
        every: Keep one of so many pairs of emotions, others for every subject.
    """
    return [
        Ask(prompt=prompt, subject=subject, group="mixture", seed=_seed(row, number),
            emotion=mixture(*pair, strength=STRENGTH, share=SHARE))
        for row, (prompt, subject) in enumerate(measured_prompts())
        for place, pair in enumerate(UNSEEN_PAIRS) if (place + row) % every == 0
        for number in range(seeds)
    ]  # fmt: skip


def singles() -> list[Ask]:
    """Return each of the eight emotions alone, of every subject, where nano is at its ceiling."""
    return [
        Ask(prompt=prompt, subject=subject, group="single", seed=_seed(row, 0),
            emotion=Trajectory.constant(EmotionPoint.from_category(name, STRENGTH)))
        for row, (prompt, subject) in enumerate(measured_prompts()) for name in MIKELS
    ]  # fmt: skip


def _seed(row: int, number: int) -> int:
    return FIRST_SEED + 100 * row + number


def films(
    pipeline: EmotionalVideoPipeline, asks: Sequence[Ask], settings: dict[str, Any]
) -> Iterator[Clip]:
    """Yield the clip of each request, several sampled together."""
    for begin in range(0, len(asks), _AT_ONCE):
        encoded = [
            pipeline.encode(request_of(pipeline, ask, settings))
            for ask in asks[begin : begin + _AT_ONCE]
        ]
        for latents in pipeline.sample(encoded):
            yield pipeline.decode(latents, fps=pipeline.defaults.fps)


def request_of(
    pipeline: EmotionalVideoPipeline, ask: Ask, settings: dict[str, Any]
) -> Request:
    """Return a request at the model's own size, with the sampler's settings."""
    base = pipeline.defaults
    request = Request(
        prompt=ask.prompt, negative_prompt=base.negative_prompt, emotion=ask.emotion,
        first_frame=None, width=base.width, height=base.height, num_frames=base.num_frames,
        fps=base.fps, steps=base.steps, guidance_scale=base.guidance_scale,
        emotion_guidance_scale=base.emotion_guidance_scale, flow_shift=base.flow_shift,
        seed=ask.seed,
    )
    return replace(request, **settings)


class Panel:
    """The reward and both judges."""

    def __init__(self) -> None:
        self.probe = Probe.load()
        self.judges = {name: Recogniser.load(judge=name) for name in JUDGES}

    def row(self, ask: Ask, clip: Clip) -> dict[str, Any]:
        """Return what everybody reads in a clip."""
        asked = distributions(ask.emotion, clip.num_frames, clip.fps)
        reading = self.probe(clip.frames)
        found = {
            "prompt": ask.prompt, "emotion": notation_of(ask.emotion), "group": ask.group,
            "seed": ask.seed, "reward": round(overlap(asked, reading.latent_emotion()), 4),
            "subject": reading.top_subject == ask.subject,
        }
        strongest = int(asked.mean(0)[: len(MIKELS)].argmax())
        for name, judge in self.judges.items():
            told = judge.recognise(clip, modalities=("vision",)).summary.emotion
            found[name] = round(matched(asked.mean(0), told), 4)
            found[f"{name}_hit"] = int(told[: len(MIKELS)].argmax()) == strongest
        return found


def matched(asked: np.ndarray, told: np.ndarray) -> float:
    """Return the overlap of two distributions [9] over Mikels' eight, in [0, 1].

    >>> matched(np.eye(9)[0], np.eye(9)[0] * 0.4 + np.eye(9)[8] * 0.6)
    1.0
    """
    one, other = (np.asarray(part, float)[: len(MIKELS)] for part in (asked, told))
    if not one.sum() or not other.sum():
        return 0.0
    return float(np.minimum(one / one.sum(), other / other.sum()).sum())


def apart(first: Clip, second: Clip) -> float:
    """Return how different two clips look: root mean square of pixels in grey levels, 0 to 255."""
    return float(np.sqrt(np.square(first.frames.astype(float) - second.frames).mean()))
