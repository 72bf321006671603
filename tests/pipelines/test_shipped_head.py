"""The embedded talking head: a face that stays itself and a mouth that goes where it is sent."""

import numpy as np
import pytest
import torch

from emogen.motion import MotionTrack, schema
from emogen.motion.close_up import close_up
from emogen.motion.rig import VectorPortrait
from emogen.motion.sketch import sketcher
from emogen.pipelines.talking_head import load_talking_head

FRAMES = 49
pytestmark = [pytest.mark.model, pytest.mark.slow]


def babble():
    """A track of a mouth that opens and shuts every third of a second."""
    values = schema.rest(FRAMES)
    opening = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAMES) / 8)
    for name, most in (("AU25", 0.7), ("AU26", 0.6)):
        values[:, schema.index(name)] = most * opening
    return MotionTrack(values=values)


@pytest.fixture(scope="module")
def made():
    """Frames of the head beside those of the rig, and the portrait."""
    pipeline = load_talking_head(device="cpu", dtype=torch.float32)
    face = close_up(VectorPortrait(character="woman", palette="day"), size=(128, 128))
    track, lines = babble(), sketcher(face)
    portrait = face.frame(schema.rest(1)[0])
    sound = 0.05 * np.random.default_rng(0).standard_normal(FRAMES * 640).astype(np.float32)
    frames = pipeline.stream(
        portrait, track=track, sketch=[lines.frame(row) for row in track.values],
        features=pipeline.listen([sound]), steps=4,
    )  # fmt: skip
    return np.stack(list(frames)), np.stack([face.frame(row) for row in track.values]), portrait


def test_a_chunk_and_a_half_keep_the_portrait(made) -> None:
    frames, drawn, portrait = made
    assert frames.shape == (FRAMES, 128, 128, 3)
    error = np.square(frames.astype(float) - drawn).mean()
    strange = np.square(portrait[::-1].astype(float) - drawn).mean()
    assert 10 * np.log10(255**2 / error) > 16
    assert error < strange / 8
    assert np.abs(frames.mean(axis=(1, 2)) - drawn.mean(axis=(1, 2))).max() < 12, "colours stay"


def test_the_mouth_follows_its_motion(made) -> None:
    frames, drawn, _ = made
    moves = drawn.astype(float).std(axis=0).sum(axis=-1)
    rows, columns = (np.flatnonzero((moves > 0.5 * moves.max()).any(axis=axis)) for axis in (1, 0))
    mouth = (slice(None), slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    ours, rigs = (part[mouth] - part[mouth].mean(axis=0) for part in (frames, drawn))
    size = np.linalg.norm(ours) * np.linalg.norm(rigs)
    together, astray = ((one * rigs).sum() / size for one in (ours, np.roll(ours, 4, axis=0)))
    assert together > 0.4
    assert astray < together - 0.3
