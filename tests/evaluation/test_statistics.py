"""The statistics against scipy, and on cases that can be worked out by hand."""

import numpy as np
import pytest
from scipy import stats

from emogen.errors import InputError
from emogen.evaluation.statistics import (
    bootstrap_mean,
    bootstrap_spearman,
    pearson,
    spearman,
    wilson,
)


@pytest.mark.parametrize(("successes", "total"), [(0, 9), (1, 9), (80, 100), (9, 9), (311, 1024)])
@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_wilson_agrees_with_scipy(successes, total, confidence):
    ours = wilson(successes, total, confidence=confidence)
    theirs = stats.binomtest(successes, total).proportion_ci(confidence, method="wilson")
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)
    assert ours.count == total


@pytest.mark.parametrize(("successes", "total"), [(1, 0), (-1, 3), (4, 3)])
def test_wilson_refuses_impossible_counts(successes, total):
    with pytest.raises(InputError, match="expected 0 <= successes"):
        wilson(successes, total)


@pytest.mark.parametrize("levels", [3, 10, 1000])
def test_correlations_agree_with_scipy_also_with_ties(levels):
    rng = np.random.default_rng(levels)
    x = rng.integers(levels, size=60)
    y = x + rng.integers(levels, size=60)
    assert spearman(x, y) == pytest.approx(stats.spearmanr(x, y).statistic, abs=1e-12)
    assert pearson(x, y) == pytest.approx(stats.pearsonr(x, y).statistic, abs=1e-12)


def test_a_constant_correlates_with_nothing():
    assert spearman([1, 1, 1], [1, 2, 3]) == 0
    assert pearson([1, 2, 3], [0.5, 0.5, 0.5]) == 0


def test_bootstrap_of_the_mean_agrees_with_scipy():
    values = np.random.default_rng(0).exponential(size=200)
    ours = bootstrap_mean(values, resamples=4000)
    theirs = stats.bootstrap((values,), np.mean, method="percentile", n_resamples=4000, rng=1)
    low, high = theirs.confidence_interval
    assert ours.value == pytest.approx(values.mean())
    assert (ours.low, ours.high) == pytest.approx((low, high), abs=0.02)


def test_clusters_widen_the_interval_as_fewer_prompts_should():
    means = np.random.default_rng(0).normal(size=20)
    values, prompts = np.repeat(means, 10), np.repeat(np.arange(20), 10).tolist()
    clustered = bootstrap_mean(values, prompts)
    naive, honest = bootstrap_mean(values), bootstrap_mean(means)
    assert clustered.high - clustered.low > 2.5 * (naive.high - naive.low)
    assert clustered.high - clustered.low == pytest.approx(honest.high - honest.low, rel=0.15)


def test_bootstrap_of_spearman_agrees_with_scipy():
    rng = np.random.default_rng(3)
    x = rng.normal(size=80)
    y = x + rng.normal(size=80)
    ours = bootstrap_spearman(x, y)
    theirs = stats.bootstrap(
        (x, y), lambda a, b: stats.spearmanr(a, b).statistic, paired=True, vectorized=False,
        method="percentile", n_resamples=1000, rng=1,
    )
    low, high = theirs.confidence_interval
    assert (ours.low, ours.high) == pytest.approx((low, high), abs=0.03)


def test_same_seed_same_interval():
    values = np.arange(30) % 7
    assert bootstrap_mean(values) == bootstrap_mean(values)
    assert bootstrap_mean(values) != bootstrap_mean(values, seed=1)


@pytest.mark.parametrize("values", [[], [1, float("nan")], [[1, 2]]])
def test_bootstrap_refuses_what_has_no_mean(values):
    with pytest.raises(InputError, match="finite number"):
        bootstrap_mean(values)


def test_lengths_must_match():
    with pytest.raises(InputError, match="as many x as y"):
        pearson([1, 2], [1, 2, 3])
    with pytest.raises(InputError, match="columns of one length"):
        bootstrap_spearman([1, 2], [1, 2, 3])
    with pytest.raises(InputError, match="one cluster a value"):
        bootstrap_mean([1, 2], ["a"])


def test_estimate_as_json():
    assert wilson(1, 3).to_dict() == {"value": 0.3333, "low": 0.0615, "high": 0.7923, "count": 3}
