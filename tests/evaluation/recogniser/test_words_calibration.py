"""Calibration of the words encoder in both domains."""

import numpy as np
import pytest

from emogen.emotion import CATEGORIES, GOEMOTIONS
from emogen.errors import InputError, ModelError
from emogen.evaluation.recogniser.words_calibration import (
    WordsCalibration,
    category_hits,
    category_shares,
    check_domain,
    side_of_emotion,
    side_of_valence,
)


def calibration(**changes):
    fields = {
        "temperature": {"social": 1.0, "sentences": 1.0},
        "confidence": {"social": (1.0, 0.0), "sentences": (1.0, 0.0)},
        "sides": np.array([[1.0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]]),
    }
    return WordsCalibration(**fields | changes)


def test_labels_speak_for_categories():
    rows = np.zeros((2, 28))
    rows[0, GOEMOTIONS.index("anger")] = 1
    rows[1, [GOEMOTIONS.index("anger"), GOEMOTIONS.index("fear")]] = 1
    shares = category_shares(rows)
    assert shares[0, CATEGORIES.index("anger")] == 1
    assert shares[1, [CATEGORIES.index("anger"), CATEGORIES.index("fear")]].tolist() == [0.5, 0.5]
    both = np.eye(9)[[CATEGORIES.index("fear")] * 2]
    assert category_hits(both, shares).tolist() == [False, True]


def test_sides_that_follow_the_masses_change_nothing():
    logits = np.random.default_rng(0).normal(size=(5, 9))
    plain = calibration()
    social = plain.emotion(logits, np.zeros(5), "social")
    assert plain.emotion(logits, np.zeros(5), "sentences") == pytest.approx(social, abs=1e-9)
    assert social.sum(1) == pytest.approx(1)


def test_valence_moves_the_side_and_keeps_proportions_within_it():
    pulled = calibration(sides=np.array([[1.0, 0, 1, 0], [0, 1, -1, 0], [0, 0, 0, 0]]))
    logits = np.zeros((2, 9))
    logits[:, 4] = 1.0
    emotion = pulled.emotion(logits, np.array([0.3, -0.3]), "sentences")
    assert side_of_emotion(emotion).tolist() == [0, 1]
    assert emotion[:, 4] / emotion[:, 5] == pytest.approx(np.e)


def test_confidence_is_a_line_in_log_odds():
    twice = calibration(confidence={"social": (2.0, 0.0), "sentences": (1.0, 0.0)})
    emotion = np.full((1, 9), 0.025)
    emotion[0, 0] = 0.8
    assert twice.confidence_of(emotion, "social") == pytest.approx(16 / 17)
    assert twice.confidence_of(emotion, "sentences") == pytest.approx(0.875)


def test_sides_of_ratings():
    assert side_of_valence(np.array([(3.2 - 3) / 2, (3.25 - 3) / 2, -0.4])).tolist() == [2, 0, 1]


def test_goes_to_a_configuration_and_back():
    first = calibration(temperature={"social": 1.25, "sentences": 0.5})
    second = WordsCalibration.from_config(first.to_config())
    assert second.temperature == first.temperature
    assert second.confidence == first.confidence
    assert (second.sides == first.sides).all()


def test_refuses_what_is_no_calibration():
    with pytest.raises(ModelError, match="above 0 of 'sentences'"):
        calibration(temperature={"social": 1.0, "sentences": 0.0})
    with pytest.raises(ModelError, match="expected sides"):
        calibration(sides=np.zeros((2, 4)))
    with pytest.raises(InputError, match="did you mean 'sentences'"):
        check_domain("sentence")
