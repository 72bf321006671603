"""Scores that choose among clips: overlaps of distributions; drawn clips ranked by the probe."""

import numpy as np
import pytest

from emogen.data.synthetic import emotion_vector, render_example
from emogen.emotion import parse
from emogen.errors import InputError
from emogen.evaluation import Probe
from emogen.evaluation.selection import distributions, overlap, score
from emogen.media import Clip


def test_overlap_is_one_minus_total_variation() -> None:
    rng = np.random.default_rng(0)
    asked, read = rng.dirichlet(np.ones(9), (2, 5))
    assert overlap(asked, read) == pytest.approx(1 - 0.5 * np.abs(asked - read).sum(1).mean())
    with pytest.raises(InputError, match="same moments"):
        overlap(asked, read[:4])


def test_distributions_follow_the_curve() -> None:
    shares = distributions(parse("sadness:0.8@0s -> awe:0.4@2s"), 33, 16)
    assert shares.shape == (9, 9)
    assert np.allclose(shares.sum(1), 1)
    assert shares[0, 7] == pytest.approx(0.8)
    assert shares[-1, 1] == pytest.approx(0.4, abs=0.05)
    assert (distributions(None, 33, 16)[:, -1] == 1).all()


def test_the_clip_that_shows_it_scores_best() -> None:
    clips = {}
    for name in ("anger", "contentment"):
        vectors = np.tile(emotion_vector({name: 1.0}), (5, 1))
        example = render_example(3, kind="bear", emotion_vectors=vectors, num_frames=5)
        clips[name] = Clip(frames=example.frames, fps=16)
    probe = Probe.load()
    for asked in clips:
        scores = {shown: score(clip, parse(asked), probe) for shown, clip in clips.items()}
        assert max(scores, key=scores.get) == asked
