"""Comparisons of two systems against scipy, exact enumeration and simulation."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from emogen.errors import InputError
from emogen.evaluation.comparison import (
    effective_count,
    holm,
    mcnemar,
    paired_bootstrap,
    permutation_test,
    smallest_difference,
    smallest_paired_difference,
)
from emogen.evaluation.metrics import unweighted_average_recall
from emogen.evaluation.statistics import bootstrap_mean

hits = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40)


def mean(values):
    return float(np.mean(values))


def uar(truth, predicted):
    return unweighted_average_recall(truth, predicted, num_classes=4)


def readings(seed=0, count=120):
    rng = np.random.default_rng(seed)
    truth = rng.integers(4, size=count)
    systems = [np.where(rng.random(count) < p, truth, rng.integers(4, size=count))
               for p in (0.3, 0.6)]
    return truth, *systems


def test_paired_bootstrap_of_a_mean_is_the_bootstrap_of_differences():
    first, second = np.random.default_rng(0).normal(size=(2, 60))
    clusters = np.arange(60) // 3
    found = paired_bootstrap(mean, [first], [second], clusters=clusters.tolist())
    expected = bootstrap_mean(second - first, clusters.tolist())
    assert found.value == pytest.approx(expected.value)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_paired_bootstrap_of_any_metric_agrees_with_scipy():
    truth, first, second = readings()
    found = paired_bootstrap(uar, [truth, first], [truth, second], resamples=1000)
    assert found.value == pytest.approx(uar(truth, second) - uar(truth, first))
    theirs = stats.bootstrap(
        (truth, first, second), lambda t, a, b: uar(t, b) - uar(t, a), paired=True,
        vectorized=False, method="percentile", n_resamples=1000, rng=1,
    ).confidence_interval
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=0.03)


def test_pairing_narrows_the_interval():
    rng = np.random.default_rng(0)
    hard = rng.normal(size=200)
    first, second = hard + 0.1 * rng.normal(size=200), hard + 0.2 + 0.1 * rng.normal(size=200)
    paired = paired_bootstrap(mean, [first], [second], resamples=500)
    alone = bootstrap_mean(first, resamples=500)
    assert paired.low > 0.1
    assert paired.high - paired.low < 0.3 * (alone.high - alone.low)


def test_permutation_test_agrees_with_scipy():
    rng = np.random.default_rng(2)
    first, second = rng.normal(size=(2, 9))
    second += 0.5
    exact = stats.permutation_test(
        (first, second), lambda a, b: np.mean(b) - np.mean(a), permutation_type="samples",
        vectorized=False, n_resamples=np.inf,
    ).pvalue
    found = permutation_test(mean, [first], [second], permutations=4000)
    assert found == pytest.approx(exact, abs=0.02)


def test_whole_clusters_are_swapped():
    first, second = np.zeros(40), np.ones(40)
    assert permutation_test(mean, [first], [second], permutations=999) == 0.001
    few = permutation_test(
        mean, [first], [second], clusters=[0, 1, 2, 3] * 10, permutations=4000
    )
    exact = np.mean([abs(sum(signs)) == 4 for signs in product([-1, 1], repeat=4)])
    assert few == pytest.approx(exact, abs=0.02)


def test_permutation_test_of_equal_systems_is_rarely_small():
    rng = np.random.default_rng(0)
    p_values = [
        permutation_test(mean, [rng.random(40)], [rng.random(40)], permutations=99, seed=seed)
        for seed in range(100)
    ]
    assert 3 <= sum(p <= 0.1 for p in p_values) <= 20


@settings(max_examples=25, deadline=None)
@given(hits)
def test_mcnemar_is_the_exact_binomial_test_of_scipy(pairs):
    first, second = zip(*pairs, strict=True)
    found = mcnemar(first, second)
    total = found.only_first + found.only_second
    expected = stats.binomtest(found.only_first, total).pvalue if total else 1
    assert found.p_value == pytest.approx(expected)
    assert found.difference == pytest.approx(np.mean(second) - np.mean(first))
    assert mcnemar(second, first).p_value == found.p_value


def test_mcnemar_of_many_rows_does_not_overflow():
    first = np.arange(6000) % 2 == 0
    found = mcnemar(first, ~first | (np.arange(6000) < 600))
    assert found.p_value == pytest.approx(stats.binomtest(2700, 5700).pvalue)
    assert found.discordance == pytest.approx(0.95)


def test_emovids_gain_is_smaller_than_its_benchmark_can_see():
    assert smallest_difference(240, share=0.4416) > 2 * (0.4833 - 0.4416)


def test_mcnemar_refuses_what_is_no_hit():
    with pytest.raises(InputError, match="true or false"):
        mcnemar([0, 2], [1, 1])
    with pytest.raises(InputError, match="one length"):
        mcnemar([0, 1], [1])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_is_the_closed_bonferroni_procedure(values):
    """Holm's p is the largest Bonferroni p of all subsets of tests that hold it."""
    names = [str(index) for index in range(len(values))]
    found = holm(dict(zip(names, values, strict=True)))
    for index, name in enumerate(names):
        subsets = [
            chosen for chosen in product([False, True], repeat=len(values)) if chosen[index]
        ]
        expected = max(
            min(1, sum(chosen) * min(v for v, c in zip(values, chosen, strict=True) if c))
            for chosen in subsets
        )
        assert found[name] == pytest.approx(expected)


def test_holm_keeps_names_and_refuses_what_is_no_p():
    assert list(holm({"b": 0.5, "a": 0.01})) == ["b", "a"]
    with pytest.raises(InputError, match="from 0 to 1"):
        holm({"a": 1.5})


@pytest.mark.parametrize(("count", "share"), [(60, 0.5), (240, 0.44), (1000, 0.1)])
def test_the_smallest_difference_is_seen_four_times_of_five(count, share):
    rise = smallest_difference(count, share=share)
    k = np.arange(count + 1)
    first, second = stats.binom.pmf(k, count, share), stats.binom.pmf(k, count, share + rise)
    p, q = np.meshgrid(k / count, k / count, indexing="ij")
    pooled = (p + q) / 2
    with np.errstate(all="ignore"):
        z = (q - p) / np.sqrt(2 * pooled * (1 - pooled) / count)
    power = (np.outer(first, second) * (z > stats.norm.ppf(0.975))).sum()
    assert power == pytest.approx(0.8, abs=0.015)


@pytest.mark.parametrize(("count", "discordance"), [(240, 0.2), (1000, 0.1)])
def test_the_smallest_paired_difference_is_seen_four_times_of_five(count, discordance):
    gain = smallest_paired_difference(count, discordance=discordance)
    power = 0.0
    for total in range(count + 1):
        gains = np.arange(total + 1)
        chance = stats.binom.pmf(gains, total, (discordance + gain) / 2 / discordance)
        z = (2 * gains - total) / np.sqrt(max(total, 1))  # McNemar's score
        power += stats.binom.pmf(total, count, discordance) * chance[z > 1.959964].sum()
    assert power == pytest.approx(0.8, abs=0.02)


def test_what_cannot_be_seen_at_all_is_none():
    assert smallest_difference(3, share=0.9) is None
    assert smallest_paired_difference(10, discordance=0.1) is None
    with pytest.raises(InputError, match="a count above 0"):
        smallest_difference(0, share=0.5)


@settings(max_examples=25, deadline=None)
@given(st.integers(20, 2000), st.floats(0.05, 0.9))
def test_more_rows_see_smaller_differences(count, share):
    few, many = smallest_difference(count, share=share), smallest_difference(4 * count, share=share)
    assert few is None or many < few
    pair = smallest_paired_difference(count, discordance=share)
    more = smallest_paired_difference(4 * count, discordance=share)
    assert pair is None or more < pair <= share


def test_rows_of_one_cluster_that_are_alike_count_once():
    values = np.random.default_rng(0).normal(size=50)
    assert effective_count(values, range(50)) == pytest.approx(50)
    rows = np.repeat(values, 8)
    found = effective_count(rows, np.repeat(np.arange(50), 8).tolist())
    assert found == pytest.approx(50, rel=0.05)
    assert found == pytest.approx(400 * stats.sem(rows) ** 2 / stats.sem(values) ** 2)
    assert effective_count([1, 1, 1, 1], "aabb") == 4
    with pytest.raises(InputError, match="two clusters"):
        effective_count([1, 2], "aa")
