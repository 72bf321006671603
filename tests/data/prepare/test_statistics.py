"""Figures about a corpus against what they must be."""

import numpy as np
import pytest
from scipy.stats import circmean, f_oneway

from emogen.data.corpora import Entry
from emogen.data.prepare import figures
from emogen.data.prepare.buckets import Bucket
from emogen.data.prepare.choose import Planned
from emogen.data.prepare.examine import Finding
from emogen.data.prepare.statistics import circular_mean, explained, summarise, transitions
from emogen.data.prepare.wording import words_of
from emogen.emotion import MIKELS


def example(emotion, *, number=0, **measured):
    values = {"hue": 0.5, "colourfulness": 0.5, "brightness": 0.5, "motion": 0.0} | measured
    return Planned(
        id=f"{emotion}{number}", entry="a", path="a.mp4", start=0, end=None, first_frame=0, fps=16,
        bucket=Bucket(width=64, height=48, frames=17), picture=False, seconds=2, emotion=emotion,
        category=emotion, words=words_of("", emotion, identity="a"), kind="movie", group="a",
        split="train", cropped=0.0, measured=values,
    )


def film(labels, *, group="film", first=0):
    return [Entry(id=f"{group}{i}", path=f"{group}{i}", emotion=label, group=group, order=first + i)
            for i, label in enumerate(labels)]


def fine(entries, *, damaged=()):
    return [Finding(id=one.id, problem="cut short" if one.id in damaged else "")
            for one in entries]


def test_circular_means_are_those_of_scipy():
    hues = np.random.default_rng(0).normal(0.02, 0.1, 50) % 1
    mean, agreement = circular_mean(hues.tolist())
    assert mean == pytest.approx(circmean(hues, high=1, low=0))
    assert 0 < agreement < 1
    assert circular_mean([0.25, 0.75])[1] == pytest.approx(0, abs=1e-9)


def test_explained_variance_is_that_of_an_analysis_of_variance():
    rng = np.random.default_rng(1)
    groups = {name: rng.normal(0.4 + 0.1 * i, 0.1, 12) for i, name in enumerate(("awe", "fear"))}
    clips = [example(name, number=i, brightness=float(value))
             for name, values in groups.items() for i, value in enumerate(values)]
    found = explained(clips)
    f = f_oneway(*groups.values()).statistic
    assert found["brightness"] == pytest.approx(f / (f + 22), abs=1e-4)  # 1 and 22 degrees
    assert found["motion"] is None  # nothing moves
    assert found["hue"] is None
    assert explained(clips[:12])["brightness"] is None  # one category


def test_hues_that_emotions_explain_wholly():
    clips = [example("awe", hue=0.1), example("awe", hue=0.1), example("fear", hue=0.6)]
    assert explained(clips)["hue"] == pytest.approx(1)


def test_transitions_count_neighbours_of_a_group():
    entries = [*film(["fear", "fear", "anger", "awe"])[::-1], *film(["awe", "awe"], group="b"),
               Entry(id="x", path="x", emotion="awe")]
    table = transitions(entries, fine(entries))
    fear, anger, awe = (MIKELS.index(name) for name in ("fear", "anger", "awe"))
    counts = np.array(table["counts"])
    assert table["pairs"] == counts.sum() == 4
    assert counts[fear, fear] == counts[fear, anger] == counts[anger, awe] == counts[awe, awe] == 1
    assert table["shares"][fear][fear] == 0.5
    assert table["same_emotion"] == pytest.approx((0.5 + 0 + 1) / 3, abs=1e-4)
    assert table["same_valence"] == pytest.approx(0.5 / 9, abs=1e-4)  # three rows of three others
    assert table["other_valence"] == pytest.approx(1 / 12, abs=1e-4)


def test_a_damaged_or_unlabelled_clip_breaks_the_chain():
    entries = film(["fear", "fear", "fear", "", "fear"])
    assert transitions(entries, fine(entries))["pairs"] == 2
    assert transitions(entries, fine(entries, damaged=["film1"]))["pairs"] == 0


def test_nothing_gives_empty_figures_that_can_be_drawn():
    found = summarise([], [], [], [])
    assert (found["examples"], found["cropped"], found["transitions"]["pairs"]) == (0, None, 0)
    for draw in (figures.emotions_figure, figures.colours_figure, figures.transitions_figure):
        assert draw(found).ndim == 3
    assert figures.lengths_figure(found, []).ndim == 3
