"""AUROC and risk by coverage against scikit-learn, scipy and their definitions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu
from sklearn.metrics import roc_auc_score

from emogen.errors import InputError
from emogen.evaluation.metrics import accuracy_by_confidence, auroc, risk_coverage
from emogen.evaluation.statistics import bootstrap, wilson

rows = st.lists(
    st.tuples(st.sampled_from([0, 0.2, 0.5, 0.9, 1]), st.booleans()), min_size=1, max_size=20
)


@pytest.mark.parametrize("levels", [4, 1000])
def test_auroc_agrees_with_sklearn_and_scipy_also_with_ties(levels):
    rng = np.random.default_rng(levels)
    positive = rng.random(200) < 0.3
    score = rng.integers(levels, size=200) + levels // 3 * positive
    found = auroc(score, positive)
    assert found == pytest.approx(roc_auc_score(positive, score))
    larger = mannwhitneyu(score[positive], score[~positive]).statistic
    assert found == pytest.approx(larger / (positive.sum() * (~positive).sum()))


@settings(max_examples=25, deadline=None)
@given(rows)
def test_auroc_of_the_opposite_is_the_rest_and_scale_does_not_matter(pairs):
    score, positive = np.array(pairs).T
    value = auroc(score, positive)
    if np.isnan(value):
        assert len(set(positive)) == 1
        return
    assert auroc(-score, positive) == pytest.approx(1 - value)
    assert auroc(np.exp(3 * score), positive) == pytest.approx(value)


def test_auroc_of_one_class_is_undefined_and_the_bootstrap_says_so():
    assert np.isnan(auroc([0.2, 0.4], [1, 1]))
    with pytest.warns(UserWarning, match="gave no figure: left out"):
        estimate = bootstrap(auroc, [0.9, 0.7, 0.6, 0.2], [1, 1, 1, 0], resamples=200)
    assert estimate.value == 1
    with pytest.raises(InputError, match="collect more rows"):
        bootstrap(auroc, [0.2, 0.4], [1, 1], resamples=20)


@settings(max_examples=25, deadline=None)
@given(rows)
def test_risk_coverage_agrees_with_its_definition(pairs):
    sure, right = np.array(pairs).T
    curve = risk_coverage(sure, right)
    for threshold, coverage, risk in zip(
        curve.threshold, curve.coverage, curve.risk, strict=True
    ):
        answered = sure >= threshold
        assert coverage == pytest.approx(answered.mean())
        assert risk == pytest.approx(1 - right[answered].mean())
    assert curve.area == pytest.approx(np.mean([1 - right[sure >= c].mean() for c in sure]))
    assert (np.diff(curve.threshold) < 0).all()
    assert curve.coverage[-1] == 1


def test_a_confidence_that_knows_has_the_smallest_area():
    right = np.array([1, 1, 1, 0, 0])
    best = risk_coverage([0.9, 0.8, 0.7, 0.2, 0.1], right).area
    worst = risk_coverage([0.1, 0.2, 0.3, 0.8, 0.9], right).area
    blind = risk_coverage([0.5] * 5, right).area
    assert best == pytest.approx((1 / 4 + 2 / 5) / 5)
    assert blind == pytest.approx(0.4)
    assert best < blind < worst


def test_accuracy_by_confidence_has_wilson_intervals_and_none_where_nothing_is_answered():
    sure = np.linspace(0, 0.85, 100)
    right = sure > 0.4
    found = accuracy_by_confidence(sure, right)
    assert [row.threshold for row in found] == pytest.approx(np.arange(10) / 10)
    assert found[-1].accuracy is None
    assert found[-1].coverage == 0
    values = [row.accuracy.value for row in found[:-1]]
    assert values == sorted(values)
    assert found[0].accuracy == wilson(int(right.sum()), 100)
