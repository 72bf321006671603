"""Strengths of systems against scipy's optimiser, logistic regression and closed forms."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import approx_fprime, minimize
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from emogen.errors import InputError
from emogen.evaluation.metrics import bootstrap_strengths, bradley_terry

SYSTEMS = ("base", "nano", "real", "wan")


def study(count, *, tie, seed=0, worth=(-0.8, 0.0, 0.9, 0.2)):
    """Answers drawn from Davidson's model."""
    rng = np.random.default_rng(seed)
    answers = []
    for _ in range(count):
        i, j = rng.choice(len(worth), size=2, replace=False)
        middle = (worth[i] + worth[j]) / 2
        chances = np.exp([worth[i], worth[j], middle]) * [1, 1, tie]
        outcome = rng.choice([1, 0, 0.5], p=chances / chances.sum())
        answers.append((SYSTEMS[i], SYSTEMS[j], float(outcome)))
    return answers


def log_likelihood(parameters, answers):
    worth, log_tie = dict(zip(SYSTEMS, [*parameters[:3], 0.0], strict=True)), parameters[3]
    total = 0.0
    for first, second, outcome in answers:
        middle = (worth[first] + worth[second]) / 2
        logits = np.array([worth[first], worth[second], log_tie + middle])
        total += logits[{1: 0, 0: 1, 0.5: 2}[outcome]] - np.logaddexp.reduce(logits)
    return total


def test_worth_and_ties_are_those_that_scipy_finds():
    answers = study(120, tie=0.8)
    fit = bradley_terry(answers)
    best = minimize(lambda x: -log_likelihood(x, answers), np.zeros(4), method="BFGS")
    worth = np.append(best.x[:3], 0)
    np.testing.assert_allclose(fit.log_worth, worth - worth.mean(), atol=1e-4)
    assert fit.tie == pytest.approx(np.exp(best.x[3]), rel=1e-4)
    hessian = np.array([
        approx_fprime(best.x + step, log_likelihood, 1e-5, answers)
        - approx_fprime(best.x - step, log_likelihood, 1e-5, answers)
        for step in 1e-3 * np.eye(4)
    ]) / 2e-3
    centre = np.eye(4)[:, :3] - 0.25  # from three free log-worths to four with mean 0
    expected = centre @ np.linalg.inv(-hessian)[:3, :3] @ centre.T
    np.testing.assert_allclose(fit.covariance, expected, atol=1e-4)


def test_without_ties_it_is_logistic_regression():
    answers = study(300, tie=0)
    fit = bradley_terry(answers)
    design = np.array([
        np.array([name == first for name in SYSTEMS], float) - [name == second for name in SYSTEMS]
        for first, second, _ in answers
    ])
    outcomes = [outcome for *_, outcome in answers]
    model = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-10, max_iter=1000)
    worth = model.fit(design, outcomes).coef_[0]
    np.testing.assert_allclose(fit.log_worth, worth - worth.mean(), atol=1e-5)
    assert fit.tie == 0
    chance = expit(design @ fit.log_worth)
    information = design.T @ (design * (chance * (1 - chance))[:, None])
    np.testing.assert_allclose(fit.covariance, np.linalg.pinv(information), atol=1e-6)


@pytest.mark.parametrize(("wins", "losses", "ties"), [(7, 3, 0), (7, 3, 5), (20, 20, 1)])
def test_two_systems_have_a_closed_form(wins, losses, ties):
    answers = [("a", "b", 1)] * wins + [("a", "b", 0)] * losses + [("b", "a", 0.5)] * ties
    fit = bradley_terry(answers)
    gap = fit.difference("a", "b")
    assert gap.value == pytest.approx(np.log(wins / losses), abs=1e-6)
    assert fit.tie == pytest.approx(ties / np.sqrt(wins * losses), abs=1e-6)
    half = 1.959964 * np.sqrt(1 / wins + 1 / losses)
    assert gap.high - gap.value == pytest.approx(half, rel=1e-4)
    assert fit.preference("a", "b").value == pytest.approx(wins / (wins + losses), abs=1e-6)
    assert fit.strength("a").value == pytest.approx(gap.value / 2)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000))
def test_order_sides_and_names_do_not_matter(seed):
    answers = study(80, tie=0.5, seed=seed)
    fit = bradley_terry(answers)
    assert fit.log_worth.sum() == pytest.approx(0, abs=1e-9)
    swapped = [(second, first, 1 - outcome) for first, second, outcome in reversed(answers)]
    np.testing.assert_allclose(bradley_terry(swapped).log_worth, fit.log_worth, atol=1e-6)
    turned = bradley_terry([(first, second, 1 - outcome) for first, second, outcome in answers])
    np.testing.assert_allclose(turned.log_worth, -fit.log_worth, atol=1e-6)


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    true = np.array([-0.8, 0.0, 0.9, 0.2]) - 0.075
    held = 0
    for seed in range(60):
        fit = bradley_terry(study(150, tie=0.6, seed=seed))
        found = [fit.strength(name) for name in SYSTEMS]
        held += sum(e.low <= t <= e.high for e, t in zip(found, true, strict=True))
    assert 0.90 <= held / 240 <= 0.99


def test_bootstrap_of_independent_answers_agrees_with_fisher_and_raters_widen_it():
    answers = study(400, tie=0.6)
    fit = bradley_terry(answers)
    alone = bootstrap_strengths(answers, range(400), resamples=300)
    raters = bootstrap_strengths(answers * 4, list(range(400)) * 4, resamples=300)
    pooled = bradley_terry(answers * 4)
    for name in SYSTEMS:
        fisher = fit.strength(name)
        width = alone[name].high - alone[name].low
        assert alone[name].value == pytest.approx(fisher.value, abs=1e-6)
        assert width == pytest.approx(fisher.high - fisher.low, rel=0.2)
        assert raters[name].high - raters[name].low == pytest.approx(width, rel=0.2)
        assert width > 1.6 * (pooled.strength(name).high - pooled.strength(name).low)


@pytest.mark.parametrize("answers", [
    [("a", "b", 1)] * 5,
    [("a", "b", 1)] * 5 + [("a", "b", 0.5)] * 5,
    [("a", "b", 0.5)] * 5,
    [("a", "b", 1), ("b", "a", 1), ("c", "d", 1), ("d", "c", 1)],
])
def test_without_finite_strengths_it_says_so_and_a_prior_helps(answers):
    with pytest.raises(InputError, match="no finite strengths"):
        bradley_terry(answers)
    fit = bradley_terry(answers, prior=0.5)
    assert np.isfinite(fit.log_worth).all()
    assert fit.log_worth[0] >= -1e-9


@pytest.mark.parametrize(("answers", "message"), [
    ([], "at least one answer"),
    ([("a", "a", 1)], "catch trials"),
    ([("a", "b", 0.7)], "1, 0 or 0.5"),
])
def test_answers_that_are_none_are_refused(answers, message):
    with pytest.raises(InputError, match=message):
        bradley_terry(answers)


def test_an_unknown_system_is_named():
    fit = bradley_terry([(a, b, 1) for a, b in permutations("abc", 2)])
    np.testing.assert_allclose(fit.log_worth, 0, atol=1e-9)
    with pytest.raises(InputError, match="unknown system 'x'"):
        fit.strength("x")
