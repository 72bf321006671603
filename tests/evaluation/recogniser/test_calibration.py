"""Temperatures are found again and make over-sure models honest."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from emogen.errors import InputError
from emogen.evaluation.recogniser.calibration import (
    Temperatures,
    cross_entropy,
    fit_temperature,
    softmax,
    tempered,
)


def drawn(temperature, count=4000, seed=0):
    """Labels drawn from a model's own distribution, and what it says when too sure of it."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(count, 9)) * 2
    truth = softmax(logits)
    labels = np.array([rng.choice(9, p=row) for row in truth])
    return softmax(logits * temperature), np.eye(9)[labels]


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_that_was_applied_is_found(temperature) -> None:
    said, labels = drawn(temperature)
    assert fit_temperature(said, labels) == pytest.approx(temperature, rel=0.08)


def test_it_is_where_scipy_finds_the_least_cross_entropy() -> None:
    said, labels = drawn(2.0, count=300, seed=1)
    best = minimize_scalar(
        lambda log: cross_entropy(tempered(said, np.exp(log)), labels), bounds=(-3, 3),
        method="bounded", options={"xatol": 1e-8},
    )  # fmt: skip
    assert fit_temperature(said, labels) == pytest.approx(np.exp(best.x), rel=1e-4)


def test_the_order_stays_and_one_changes_nothing() -> None:
    said, _ = drawn(1.0, count=50)
    assert (tempered(said, 5.0).argmax(-1) == said.argmax(-1)).all()
    np.testing.assert_allclose(tempered(said, 1.0), said, atol=1e-7)


def test_soft_targets_are_legal() -> None:
    said = np.array([[0.98, 0.01, 0.01]] * 5)
    soft = np.array([[0.6, 0.2, 0.2]] * 5)
    np.testing.assert_allclose(tempered(said, fit_temperature(said, soft)), soft, atol=1e-3)


def test_bad_input_is_refused() -> None:
    with pytest.raises(InputError, match="as many targets"):
        fit_temperature(np.ones((2, 3)), np.ones((3, 3)))
    with pytest.raises(InputError, match="above 0"):
        tempered(np.ones(3) / 3, 0.0)
    with pytest.raises(InputError, match="did you mean 'social'"):
        Temperatures(by_domain={"social": 1.0}, default="social").of("socal")
    with pytest.raises(InputError, match="above 0"):
        Temperatures(by_domain={"social": -1.0}, default="social")
