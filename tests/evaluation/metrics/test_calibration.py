"""Calibration against scikit-learn and scipy; a known temperature is found again."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, log_loss

from emogen.errors import InputError
from emogen.evaluation.metrics import (
    apply_temperature,
    brier_score,
    confidence_brier,
    expected_calibration_error,
    fit_temperature,
    negative_log_likelihood,
    reliability_bins,
)

rows = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40)


@pytest.fixture
def readings():
    """Logits of a judge twice as sure as it should be, and the truth."""
    rng = np.random.default_rng(0)
    honest = rng.normal(size=(3000, 9))
    draws = (softmax(honest, axis=1).cumsum(axis=1) < rng.random((3000, 1))).sum(axis=1)
    return 2 * honest, draws.clip(0, 8)


def confidence(logits, truth):
    probabilities = softmax(logits, axis=1)
    return probabilities.max(axis=1), probabilities.argmax(axis=1) == truth


def test_width_bins_agree_with_sklearn(readings):
    sure, right = confidence(*readings)
    bars = reliability_bins(sure, right, bins=10)
    accuracy, mean = calibration_curve(right, sure, n_bins=10, strategy="uniform")
    np.testing.assert_allclose([bar.accuracy for bar in bars], accuracy)
    np.testing.assert_allclose([bar.confidence for bar in bars], mean)
    counts = np.histogram(sure, np.linspace(0, 1, 11))[0]
    assert [bar.count for bar in bars] == counts[counts > 0].tolist()


def test_mass_bins_agree_with_sklearn(readings):
    sure, right = confidence(*readings)
    bars = reliability_bins(sure, right, bins=10, scheme="mass")
    accuracy, mean = calibration_curve(right, sure, n_bins=10, strategy="quantile")
    np.testing.assert_allclose([bar.accuracy for bar in bars], accuracy, atol=0.01)
    np.testing.assert_allclose([bar.confidence for bar in bars], mean, atol=0.002)
    assert {bar.count for bar in bars} == {300}


def test_mass_bins_are_the_same_from_both_ends_and_keep_ties_together():
    sure = np.linspace(0.1, 0.9, 10)
    bars = reliability_bins(sure, np.ones(10), bins=3, scheme="mass")
    assert [bar.count for bar in bars] == [3, 4, 3]
    tied = reliability_bins([0.2] * 5 + [0.7] * 2 + [0.9], np.ones(8), bins=4, scheme="mass")
    assert [bar.count for bar in tied] == [5, 3]


@pytest.mark.parametrize("bins", [3, 5, 7, 10, 15])
def test_a_bin_holds_its_upper_edge(bins):
    edges = np.linspace(0, 1, bins + 1)
    bars = reliability_bins(edges, np.ones(bins + 1), bins=bins)
    assert [bar.count for bar in bars] == [2] + [1] * (bins - 1)
    assert [bar.high for bar in bars] == edges[1:].tolist()


@pytest.mark.parametrize("scheme", ["width", "mass"])
def test_ece_by_hand(scheme):
    sure = [0.6] * 10 + [0.95] * 10
    right = [1] * 5 + [0] * 5 + [1] * 10
    found = expected_calibration_error(sure, right, bins=2, scheme=scheme)
    pooled, apart = abs(0.75 - 0.775), (0.1 + 0.05) / 2
    assert found == pytest.approx(pooled if scheme == "width" else apart)


@settings(max_examples=25, deadline=None)
@given(rows, st.sampled_from(["width", "mass"]), st.randoms(use_true_random=False))
def test_ece_is_a_share_and_ignores_order(pairs, scheme, random):
    def ece(pairs):
        return expected_calibration_error(*zip(*pairs, strict=True), bins=4, scheme=scheme)

    shuffled = random.sample(pairs, len(pairs))
    assert 0 <= ece(pairs) <= 1
    assert ece(shuffled) == pytest.approx(ece(pairs))
    assert ece(pairs) >= abs(np.subtract(*np.mean(pairs, axis=0))) - 1e-12  # bins only add


def test_brier_agrees_with_sklearn(readings):
    logits, truth = readings
    expected = brier_score_loss(truth, softmax(logits, axis=1), scale_by_half=False)
    assert brier_score(softmax(logits, axis=1), truth) == pytest.approx(expected)
    sure, right = confidence(logits, truth)
    assert confidence_brier(sure, right) == pytest.approx(brier_score_loss(right, sure))
    assert brier_score([[0, 1]], [0]) == 2


def test_log_likelihood_agrees_with_sklearn(readings):
    logits, truth = readings
    expected = log_loss(truth, softmax(logits, axis=1))
    assert negative_log_likelihood(logits, truth) == pytest.approx(expected)
    assert negative_log_likelihood(log_softmax(logits, axis=1), truth) == pytest.approx(expected)


@pytest.mark.parametrize("scale", [0.2, 1, 3])
def test_temperature_is_the_optimum_that_scipy_finds(readings, scale):
    logits, truth = readings[0] * scale, readings[1]
    found = fit_temperature(log_softmax(logits, axis=1), truth)
    best = minimize_scalar(
        lambda t: negative_log_likelihood(logits / t, truth), bounds=(0.05, 20), method="bounded"
    )
    assert found == pytest.approx(best.x, rel=1e-4)
    assert found == pytest.approx(2 * scale, rel=0.1)
    assert fit_temperature(logits, truth) == pytest.approx(found)


def test_temperature_mends_calibration_and_keeps_the_order(readings):
    logits, truth = readings
    mended = apply_temperature(logits, fit_temperature(logits, truth))
    np.testing.assert_allclose(mended.sum(axis=1), 1)
    assert (mended.argmax(axis=1) == logits.argmax(axis=1)).all()
    before = expected_calibration_error(*confidence(logits, truth))
    after = expected_calibration_error(mended.max(axis=1), mended.argmax(axis=1) == truth)
    assert before > 0.15
    assert after < 0.04


def test_independent_labels_are_scaled_as_two_classes():
    rng = np.random.default_rng(2)
    logit = rng.normal(size=4000)
    truth = rng.random(4000) < 1 / (1 + np.exp(-logit))
    decisions = -np.logaddexp(0, np.stack([-3 * logit, 3 * logit], axis=1))  # ln p, ln (1 - p)
    assert fit_temperature(decisions, (~truth).astype(int)) == pytest.approx(3, rel=0.1)


@pytest.mark.parametrize(("truth", "end"), [([0, 0], 0.05), ([1, 1], 20)])
def test_rows_that_fit_no_temperature_give_an_end_and_a_warning(truth, end):
    with pytest.warns(UserWarning, match="no temperature fits better"):
        assert fit_temperature(np.log([[0.8, 0.2]] * 2), truth) == end


def test_bad_input_is_refused():
    with pytest.raises(InputError, match="not logits"):
        expected_calibration_error([1.2], [1])
    with pytest.raises(InputError, match="true or false"):
        expected_calibration_error([0.5], [2])
    with pytest.raises(InputError, match="one bin"):
        expected_calibration_error([0.5], [1], bins=0)
    with pytest.raises(InputError, match="clip probabilities"), np.errstate(divide="ignore"):
        fit_temperature(np.log([[1.0, 0.0]]), [0])
    with pytest.raises(InputError, match="temperature above 0"):
        apply_temperature([[0.0, 1.0]], 0)
