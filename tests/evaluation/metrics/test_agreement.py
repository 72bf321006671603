"""Agreement against scikit-learn and scipy, and on cases that can be worked out by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy, linregress
from sklearn.metrics import cohen_kappa_score

from emogen.errors import InputError
from emogen.evaluation.metrics import (
    cohen_kappa,
    concordance,
    cross_modal_agreement,
    jensen_shannon,
    modality_conflict,
)
from emogen.evaluation.statistics import pearson

numbers = st.lists(st.tuples(st.floats(-5, 5), st.floats(-5, 5)), min_size=2, max_size=20)


def mixtures(*shape, seed=0):
    return np.random.default_rng(seed).dirichlet(np.full(9, 0.5), size=shape)


def test_concordance_is_correlation_times_bias():
    rng = np.random.default_rng(0)
    x = rng.normal(size=200)
    y = 0.3 + 1.7 * x + rng.normal(size=200)
    scale, shift = y.std() / x.std(), (y.mean() - x.mean()) / np.sqrt(x.std() * y.std())
    bias = 2 / (scale + 1 / scale + shift**2)  # Lin 1989, equation of C_b
    assert concordance(x, y) == pytest.approx(linregress(x, y).rvalue * bias)


@settings(max_examples=25, deadline=None)
@given(numbers)
def test_concordance_is_symmetric_and_never_above_correlation(pairs):
    x, y = np.array(pairs).T
    value = concordance(x, y)
    assert value == pytest.approx(concordance(y, x), abs=1e-12)
    assert abs(value) <= 1 + 1e-12
    if min(x.std(), y.std()) > 1e-3:
        assert abs(value) <= abs(pearson(x, y)) + 1e-9


def test_concordance_falls_with_offset_where_pearson_does_not():
    x = np.arange(5.0)
    assert concordance(x, x) == 1
    assert concordance(x, -x + 4) == pytest.approx(-1)
    assert concordance(x, x + 2) == pytest.approx(0.5)
    assert concordance([1, 1], [1, 1]) == 0


@pytest.mark.parametrize("weights", ["none", "linear", "quadratic"])
def test_kappa_agrees_with_sklearn(weights):
    rng = np.random.default_rng(1)
    first = rng.integers(4, size=60)
    second = np.where(rng.random(60) < 0.6, first, rng.integers(4, size=60))
    expected = cohen_kappa_score(first, second, weights=None if weights == "none" else weights)
    assert cohen_kappa(first, second, num_classes=5, weights=weights) == pytest.approx(expected)


def test_kappa_of_one_class_says_nothing():
    assert cohen_kappa([2, 2, 2], [2, 2, 2], num_classes=3) == 0


def test_jensen_shannon_agrees_with_scipy():
    first, second = mixtures(50), mixtures(50, seed=1)
    expected = jensenshannon(first, second, base=2, axis=1) ** 2
    np.testing.assert_allclose(jensen_shannon(first, second), expected, atol=1e-12)
    assert (jensen_shannon(first, first) == 0).all()


def test_conflict_of_many_agrees_with_its_definition():
    stack = mixtures(3, 20)
    present = np.ones((3, 20), dtype=bool)
    present[2, :10] = False
    present[1:, :2] = False
    found = modality_conflict(np.where(present[..., None], stack, 0), present)
    assert (found[:2] == 0).all()
    two = jensenshannon(stack[0], stack[1], base=2, axis=1) ** 2
    np.testing.assert_allclose(found[2:10], two[2:10])
    three = entropy(stack.mean(0), base=2, axis=1) - entropy(stack, base=2, axis=2).mean(0)
    np.testing.assert_allclose(found[10:], three[10:] / np.log2(3))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 200), st.integers(2, 4))
def test_conflict_lies_between_0_and_1_and_ignores_the_order_of_modalities(seed, count):
    stack = mixtures(count, 5, seed=seed)
    found = modality_conflict(stack)
    assert ((found >= 0) & (found <= 1 + 1e-12)).all()
    np.testing.assert_allclose(modality_conflict(stack[::-1]), found, atol=1e-12)


def test_fully_opposed_modalities_are_in_full_conflict():
    np.testing.assert_allclose(modality_conflict(np.eye(9)[:3, None]), [1])


def test_cross_modal_agreement_is_that_of_pairs_where_both_are_present():
    voice, vision, words = mixtures(30), mixtures(30, seed=1), mixtures(30, seed=2)
    presence = {"voice": np.arange(30) < 20, "vision": np.arange(30) >= 5, "words": np.zeros(30)}
    readings = {"voice": voice, "vision": vision, "words": words}
    found = cross_modal_agreement(readings, presence)
    [pair] = found.pairs
    assert (pair.first, pair.second, pair.count) == ("voice", "vision", 15)
    expected = 1 - (jensenshannon(voice, vision, base=2, axis=1) ** 2)[5:20].mean()
    assert pair.similarity == found.similarity == pytest.approx(expected)
    tops = voice[5:20].argmax(1), vision[5:20].argmax(1)
    assert pair.kappa == pytest.approx(cohen_kappa_score(*tops))
    assert len(cross_modal_agreement(readings).pairs) == 3
    assert cross_modal_agreement({"voice": voice}) is None


def test_what_is_no_distribution_is_refused():
    with pytest.raises(InputError, match="sum to 1"):
        jensen_shannon([[0.5, 0.1]], [[0.5, 0.5]])
    with pytest.raises(InputError, match="not below 0"):
        jensen_shannon([[1.5, -0.5]], [[0.5, 0.5]])
    with pytest.raises(InputError, match="equal shapes"):
        jensen_shannon([[1, 0, 0]], [[0.5, 0.5]])
    with pytest.raises(InputError, match="window by window"):
        modality_conflict(np.ones((2, 9)))
    with pytest.raises(InputError, match="as many rows"):
        cross_modal_agreement({"voice": mixtures(3), "vision": mixtures(4)})
