"""Requests that are rewarded and those that are measured: never the same words or mixtures."""

import numpy as np
import pytest

from emogen.data.focused import KINDS
from emogen.data.reward_requests import (
    UNSEEN_PAIRS,
    measured_prompts,
    mixture,
    training_request,
)
from emogen.data.synthetic import held_out
from emogen.emotion import MIKELS


@pytest.fixture(scope="module")
def drawn():
    rng = np.random.default_rng(5)
    return [training_request(rng, seconds=2.0) for _ in range(400)]


def test_the_same_state_gives_the_same_request():
    first, again = (training_request(np.random.default_rng([3, 7]), seconds=2.0) for _ in range(2))
    assert first == again
    assert first != training_request(np.random.default_rng([3, 8]), seconds=2.0)


def test_training_never_rewards_what_is_measured(drawn):
    measured = [prompt for prompt, _ in measured_prompts()]
    phrases = [prompt.split(" in a ")[0].split(" on a ")[0] for prompt in measured]
    unseen = {frozenset(pair) for pair in UNSEEN_PAIRS}
    for request in drawn:
        assert not any(request.prompt == phrase for phrase in phrases)
        named = {name for key in request.emotion.keyframes for name in key.point.mixture()}
        assert frozenset(named) not in unseen
        assert not named & held_out(request.subject)


def test_groups_come_as_often_as_said(drawn):
    counts = {name: sum(one.group == name for one in drawn) / len(drawn)
              for name in ("mixture", "single", "curve")}  # fmt: skip
    assert counts["mixture"] == pytest.approx(0.6, abs=0.08)
    assert counts["single"] == pytest.approx(0.2, abs=0.07)
    assert {one.subject for one in drawn} == set(KINDS)


def test_each_group_is_what_it_is_called(drawn):
    for request in drawn:
        points = [key.point for key in request.emotion.keyframes]
        assert [len(point.mixture()) for point in points] == {
            "mixture": [2], "single": [1], "curve": [1, 1]
        }[request.group]
        assert all(0.5 <= point.intensity <= 1 for point in points)
        assert request.emotion.seconds == (2.0 if request.group == "curve" else 0.0)


def test_unseen_pairs_hold_every_emotion_twice():
    assert len({frozenset(pair) for pair in UNSEEN_PAIRS}) == len(UNSEEN_PAIRS)
    names = [name for pair in UNSEEN_PAIRS for name in pair]
    assert all(names.count(name) == 2 for name in MIKELS)


def test_every_kind_is_measured_in_words_that_name_it():
    assert [subject for _, subject in measured_prompts()] == list(KINDS)
    assert all(subject in prompt.split() for prompt, subject in measured_prompts())


def test_a_mixture_shares_its_strength():
    point = mixture("anger", "awe", strength=0.8, share=0.25).at(0)
    assert point.distribution()[[1, 4, 8]] == pytest.approx([0.6, 0.2, 0.2])
