"""Readings on the clock of frames: spans, fading, smoothness."""

import numpy as np
import pytest

from emogen.emotion.labels import CATEGORIES
from emogen.encoders.clock import FAINTEST, HALF_LIFE, nearest_moment, on_frames, smoothed
from emogen.encoders.reading import Readings

FPS = 25 / 4


def readings(seconds, confidence, category=4):
    count = len(seconds)
    distribution = np.zeros((count, 9))
    distribution[np.arange(count), category] = 1
    vectors = np.zeros((count, 12), np.float32)
    vectors[:, 11] = 1
    return Readings(source="voice", seconds=np.array(seconds), spans=np.ones(count),
                    distribution=distribution, vectors=vectors,
                    confidence=np.array(confidence, float))  # fmt: skip


def test_a_steady_source_stays_as_it_is():
    rows, sure = on_frames(readings(np.arange(8) + 0.5, [0.7] * 8), num_frames=50, fps=FPS)
    assert np.allclose(rows[:, 4], 1)
    assert np.allclose(rows[:, -1], 1)
    assert np.allclose(sure, 0.7)


def test_what_was_said_last_goes_on_and_fades():
    rows, sure = on_frames(readings([0.5], [0.8]), num_frames=200, fps=FPS)
    later = round((1 + HALF_LIFE) * FPS)
    assert sure[later] == pytest.approx(0.4, abs=0.03)
    assert rows[later, 4] == pytest.approx(1)
    assert sure[-1] == 0
    assert not rows[-1].any()


def test_absent_moments_are_passed_over():
    found = readings([0.5, 1.5, 2.5], [0.6, 0.0, 0.6], category=[4, 0, 4])
    rows, sure = on_frames(found, num_frames=18, fps=FPS)
    assert np.allclose(rows[:, 0], 0)
    assert (sure > FAINTEST).all()


def test_an_absent_source_is_zero():
    rows, sure = on_frames(readings([0.5], [0.0]), num_frames=7, fps=FPS)
    assert rows.shape == (7, len(CATEGORIES) + 12)
    assert not rows.any()
    assert not sure.any()


def test_a_face_does_not_flicker():
    switching = readings(np.arange(20) + 0.5, [0.6] * 20, category=[4, 7] * 10)
    rows, _ = on_frames(switching, num_frames=125, fps=FPS)
    steps = np.abs(np.diff(rows[:, 4]))
    assert steps.max() < 0.25  # a raw switch would be 1
    turn = readings(np.arange(20) + 0.5, [0.6] * 20, category=[4] * 10 + [7] * 10)
    rows, _ = on_frames(turn, num_frames=125, fps=FPS)
    assert (np.diff(rows[:, 4]) < 1e-9).all()  # one turn, no ringing
    assert rows[round(10 * FPS), 4] == pytest.approx(0.5, abs=0.15)


def test_the_surer_moment_outweighs_the_vaguer():
    values = np.array([[0.0]] * 10 + [[1.0]] * 10)
    even, _ = smoothed(values, np.full(20, 0.5), reach=3)
    tilted, _ = smoothed(values, np.r_[np.full(10, 0.1), np.full(10, 0.9)], reach=3)
    assert tilted[9, 0] > even[9, 0]


def test_the_nearest_moment_counts_from_its_span():
    found = readings([0.5, 3.5], [1.0, 1.0])
    index, away = nearest_moment(found, np.array([0.9, 1.9, 2.1, 9.0]))
    assert index.tolist() == [0, 0, 1, 1]
    assert away.round(6).tolist() == [0.0, 0.9, 0.9, 5.0]
