"""The Frechet distance against the matrix root of scipy and closed forms."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import sqrtm
from scipy.stats import ortho_group

from emogen.errors import InputError
from emogen.evaluation.metrics import (
    frechet_distance,
    frechet_distance_of_moments,
    frechet_video_distance,
)


def moments(rows):
    return rows.mean(axis=0), np.cov(rows, rowvar=False)


def by_matrix_root(first, second):
    (mean, covariance), (other, other_covariance) = first, second
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        root = np.real(sqrtm(covariance @ other_covariance))
    apart = ((mean - other) ** 2).sum()
    return apart + np.trace(covariance + other_covariance - 2 * root)


def features(count, width, seed):
    rng = np.random.default_rng(seed)
    mix, shift = rng.normal(size=(width, width)), rng.normal(size=width)
    return rng.normal(size=(count, width)) @ mix + shift


@pytest.mark.parametrize(("count", "other"), [(200, 150), (200, 17), (60, 60)])
def test_distance_agrees_with_scipy(count, other):
    first, second = features(count, 16, 0), features(other, 16, 1)
    expected = by_matrix_root(moments(first), moments(second))
    assert frechet_distance(first, second) == pytest.approx(expected, rel=1e-8)
    found = frechet_distance_of_moments(moments(first), moments(second))
    assert found == pytest.approx(expected, rel=1e-8)


def test_fewer_rows_than_features_do_no_harm():
    first, second = features(9, 64, 0), features(7, 64, 1)
    found = frechet_distance(first, second)
    eigenvalues = np.linalg.eigvals(np.cov(first.T) @ np.cov(second.T))
    top = np.sort(np.abs(eigenvalues))[::-1][:6]  # the smaller set has rank 6, the others are noise
    apart = ((first.mean(0) - second.mean(0)) ** 2).sum()
    traces = first.var(0, ddof=1).sum() + second.var(0, ddof=1).sum()
    assert found == pytest.approx(apart + traces - 2 * np.sqrt(top).sum(), rel=1e-6)
    assert frechet_distance(first, first) == pytest.approx(0, abs=1e-9 * traces)
    stored = frechet_distance_of_moments(moments(first), moments(second))
    assert stored == pytest.approx(found, rel=1e-5)


def test_directions_of_their_own_share_nothing():
    first, second = np.zeros((2, 5, 10))
    first[:, :4] = np.random.default_rng(0).normal(size=(5, 4))
    second[:, 5:9] = np.random.default_rng(1).normal(size=(5, 4))
    apart = ((first.mean(0) - second.mean(0)) ** 2).sum()
    traces = first.var(0, ddof=1).sum() + second.var(0, ddof=1).sum()
    assert frechet_distance(first, second) == pytest.approx(apart + traces)


def test_closed_form_of_independent_features():
    mean, other = np.array([1.0, -2, 0]), np.array([0.5, 0, 0])
    spread, other_spread = np.array([1.0, 4, 0]), np.array([9.0, 1, 2])
    found = frechet_distance_of_moments(
        (mean, np.diag(spread)), (other, np.diag(other_spread))
    )
    apart = ((mean - other) ** 2).sum()
    assert found == pytest.approx(apart + ((np.sqrt(spread) - np.sqrt(other_spread)) ** 2).sum())


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 40), st.integers(2, 12), st.floats(0.1, 10))
def test_distance_is_symmetric_turns_with_its_axes_and_grows_with_scale(seed, count, scale):
    first, second = features(count, 6, seed), features(8, 6, seed + 1)
    value = frechet_distance(first, second)
    turned = ortho_group.rvs(6, random_state=seed)
    assert value >= 0
    assert frechet_distance(second, first) == pytest.approx(value)
    assert frechet_distance(first @ turned, second @ turned) == pytest.approx(value)
    assert frechet_distance(scale * first, scale * second) == pytest.approx(scale**2 * value)
    moved = frechet_distance(first, first + 2)
    assert moved == pytest.approx(6 * 4, rel=1e-6)


def test_clips_are_read_one_at_a_time_by_the_given_function():
    rng = np.random.default_rng(0)
    first = [rng.integers(256, size=(length, 4, 4, 3), dtype=np.uint8) for length in (3, 5, 4)]
    second = [255 - clip // 2 for clip in first]

    def brightness(clip):
        return clip.reshape(-1, 3).mean(axis=0)

    found = frechet_video_distance(iter(first), iter(second), features=brightness)
    pooled = (np.stack([brightness(clip) for clip in clips]) for clips in (first, second))
    assert found == pytest.approx(frechet_distance(*pooled))
    with pytest.raises(InputError, match="pool over T"):
        frechet_video_distance(first, second, features=lambda clip: clip.mean(axis=(1, 2, 3)))


@pytest.mark.parametrize(("first", "second", "message"), [
    (np.ones((1, 3)), np.ones((4, 3)), "at least two clips"),
    (np.ones((4, 3)), np.ones((4, 2)), "one extractor"),
    (np.full((4, 3), np.nan), np.ones((4, 3)), "finite"),
])
def test_sets_without_a_distance_are_refused(first, second, message):
    with pytest.raises(InputError, match=message):
        frechet_distance(first, second)


def test_moments_that_are_none_are_refused():
    with pytest.raises(InputError, match="symmetric"):
        frechet_distance_of_moments((np.zeros(2), np.array([[1, 2], [0, 1]])),
                                    (np.zeros(2), np.eye(2)))
    with pytest.raises(InputError, match="one width"):
        frechet_distance_of_moments((np.zeros(2), np.eye(2)), (np.zeros(3), np.eye(3)))
