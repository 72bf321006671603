"""Onset, peak, turns and drift are where a drawn curve has them."""

import numpy as np
import pytest

from emogen.emotion import CATEGORIES
from emogen.errors import InputError
from emogen.evaluation.recogniser.timeline import moments, smoothed, turns


def curve(name, strengths):
    """Distributions [N, 9] of one category at strengths, the rest neutral."""
    emotion = np.zeros((len(strengths), 9))
    emotion[:, CATEGORIES.index(name)] = strengths
    emotion[:, 8] = 1 - np.asarray(strengths)
    return emotion


def read(emotion, presence=None):
    count = len(emotion)
    present = np.ones(count, bool) if presence is None else np.array(presence)
    return moments(0.25 + np.arange(count) / 2, emotion, 1 - emotion[:, 8], present)


def test_a_hill_has_its_onset_before_its_peak() -> None:
    strengths = [0.1, 0.1, 0.1, 0.3, 0.6, 0.8, 0.9, 0.8, 0.5, 0.2, 0.1]
    found = read(curve("fear", strengths))
    assert (found.peak, found.peak_emotion) == (3.25, "fear")
    assert found.onset == pytest.approx(1.75 + 0.5 * 0.1333 / 0.2333, abs=1e-3)
    assert found.peak_intensity == pytest.approx(np.mean([0.8, 0.9, 0.8]))
    assert [(turn.seconds, turn.emotion) for turn in found.turns] == [
        (0.25, "neutral"), (2.25, "fear"), (4.75, "neutral"),
    ]  # fmt: skip


def test_an_even_curve_has_no_onset_and_no_drift() -> None:
    found = read(curve("awe", [0.7] * 8))
    assert found.onset is None
    assert found.drift == pytest.approx(0, abs=1e-6)
    assert found.first_emotion == found.last_emotion == "awe"


def test_drift_goes_from_the_first_third_to_the_last() -> None:
    emotion = np.concatenate([curve("sadness", [0.8] * 6), curve("amusement", [0.8] * 6)])
    found = read(emotion)
    assert (found.first_emotion, found.last_emotion) == ("sadness", "amusement")
    assert 0.8 < found.drift < 1


def test_what_was_not_readable_is_left_out() -> None:
    emotion = curve("anger", [0.1, 0.1, 1.0, 1.0, 0.2, 0.2])
    found = read(emotion, [True, True, False, False, True, True])
    assert found.peak_intensity < 0.3
    assert read(emotion, [True] + [False] * 5) is None


def test_one_window_has_no_moments() -> None:
    assert read(curve("anger", [0.5])) is None


def test_lengths_must_agree() -> None:
    with pytest.raises(InputError, match="as many windows"):
        moments(np.arange(3.0), np.full((2, 9), 1 / 9), np.ones(2), np.ones(2, bool))


def test_a_flicker_is_no_turn() -> None:
    emotion = np.eye(9)[[6, 6, 6, 4, 6, 6]]
    assert [turn.emotion for turn in turns(np.arange(6) / 2, emotion)] == ["fear"]


def test_a_small_rise_is_no_onset() -> None:
    assert read(curve("fear", [0.5, 0.5, 0.52, 0.54, 0.54])).onset is None


def test_smoothing_is_a_running_mean() -> None:
    values = np.random.default_rng(0).normal(size=(20, 2))
    slow = [values[max(0, i - 1) : i + 2].mean(0) for i in range(20)]
    np.testing.assert_allclose(smoothed(values, 3), slow)
