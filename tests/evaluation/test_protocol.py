"""The fidelity protocol: the grid of requests, and drawn clips judged by it."""

from collections import Counter

import numpy as np
import pytest

from emogen.data.synthetic import HELD_OUT, render_example
from emogen.emotion import MIKELS
from emogen.evaluation.probe import Probe
from emogen.evaluation.protocol import METRICS, SUBJECTS, Ask, grid, judge, quick, summarise


@pytest.fixture(scope="module")
def probe():
    return Probe.load()


def drawn(ask, *, num_frames=9, fps=4.0):
    vectors = ask.trajectory(num_frames, fps).sample(num_frames, fps)
    example = render_example(
        ask.seed, kind=ask.subject, emotion_vectors=vectors, num_frames=num_frames, fps=fps, size=64
    )
    return example.frames


def test_grid_is_whole_fixed_and_without_repeats():
    asks = grid()
    assert Counter(ask.part for ask in asks) == {"grid": 96, "intensity": 80, "curve": 12}
    assert len(set(asks)) == len(asks)
    assert asks == grid()
    held_out = {(a.subject, a.emotions[0]) for a in asks if a.part == "grid" and a.held_out}
    assert held_out == {pair for pair in HELD_OUT if pair[0] in SUBJECTS}
    assert len(held_out) == 4


def test_quick_is_a_third_and_keeps_every_emotion_and_held_out_pair():
    asks = quick(grid())
    assert len(grid()) / 3 <= len(asks) <= len(grid()) / 3 + 12
    assert sum(ask.held_out for ask in asks if ask.part == "grid") == 4
    per_emotion = Counter(ask.emotions[0] for ask in asks if ask.part == "grid")
    assert set(per_emotion) == set(MIKELS)
    series = Counter((a.subject, a.emotions) for a in asks if a.part == "intensity")
    assert set(series.values()) == {5}


def test_requests_read_as_a_person_would_write_them():
    ask = Ask(part="curve", subject="cat", emotions=("fear", "awe"), intensity=0.9, seed=1)
    assert (ask.prompt, ask.notation) == ("an orange cat", "fear:0.9 -> awe:0.9")
    vectors = ask.trajectory(33, 16).sample(33, 16)
    assert vectors[0, 6] == vectors[-1, 1] == pytest.approx(0.9)


def test_a_drawn_curve_is_followed_and_the_wrong_one_is_not(probe):
    pair = ("sadness", "excitement")
    ask = Ask(part="curve", subject="dog", emotions=pair, intensity=0.9, seed=4)
    frames = drawn(ask)
    assert np.mean(judge(ask, frames, probe, fps=4.0)["correlations"]) > 0.8
    assert np.mean(judge(ask, frames[::-1], probe, fps=4.0)["correlations"]) < -0.8


def test_drawn_clips_score_high_and_mismatched_ones_low(probe):
    asks = [
        Ask(part="grid", subject=kind, emotions=(name,), intensity=0.9, seed=50 + index)
        for index, kind in enumerate(("robot", "heart")) for name in MIKELS[::2]
    ]
    asks += [
        Ask(part="intensity", subject="dog", emotions=("fear",), intensity=strength, seed=9)
        for strength in (0.2, 0.6, 1.0)
    ]
    clips = [drawn(ask, num_frames=5) for ask in asks]
    good = summarise([judge(a, f, probe, fps=4.0) for a, f in zip(asks, clips, strict=True)])
    assert set(good) < set(METRICS)
    assert good["emotion"].value >= 0.75
    assert good["subject"].value >= 0.75
    assert good["intensity_series"].value == good["intensity_pooled"].value == 1
    shifted = clips[1:8] + clips[:1]
    bad = summarise([judge(a, f, probe, fps=4.0) for a, f in zip(asks[:8], shifted, strict=True)])
    assert bad["emotion"].value <= 0.25
