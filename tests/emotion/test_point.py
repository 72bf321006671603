"""One emotion: ranges, the twelve numbers, and every way to make one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emogen.emotion.anchors import VAD
from emogen.emotion.labels import LABELS, MIKELS
from emogen.emotion.point import FAINTEST, WIDTH, EmotionPoint
from emogen.errors import InputError, NotationError

unit = st.floats(-1, 1, allow_subnormal=False)


def in_bounds(vectors: np.ndarray) -> None:
    vectors = np.atleast_2d(vectors)
    assert vectors.shape[-1] == WIDTH
    assert np.isfinite(vectors).all()
    assert (vectors[:, :8] >= 0).all()
    assert (np.abs(vectors) <= 1).all()
    np.testing.assert_allclose(vectors[:, :8].sum(1), vectors[:, 11], atol=1e-5)


def test_neutral_is_exactly_zero() -> None:
    for point in (EmotionPoint.neutral(), EmotionPoint.from_category("neutral", 0.8),
                  EmotionPoint.from_category("fear", 0.0), EmotionPoint.from_vad(0, 0, 0),
                  EmotionPoint.from_category("awe").scaled(0)):
        assert not point.vector().any()
        assert point == EmotionPoint.neutral()
        assert point.dominant == "neutral"


@pytest.mark.parametrize("label", LABELS)
def test_label_carries_its_anchor(label: str) -> None:
    point = EmotionPoint.from_category(label, 0.5)
    in_bounds(point.vector())
    np.testing.assert_allclose(point.vector()[8:11], 0.5 * np.array(VAD[label]), atol=1e-6)


@pytest.mark.parametrize("index", range(8))
def test_category_is_one_hot_in_the_agreed_order(index: int) -> None:
    vector = EmotionPoint.from_category(MIKELS[index], 0.7).vector()
    assert vector.dtype == np.float32
    np.testing.assert_allclose(vector[:8], 0.7 * np.eye(8)[index], atol=1e-7)
    assert vector[11] == np.float32(0.7)


@pytest.mark.parametrize("label", MIKELS)
def test_an_anchor_finds_its_own_category(label: str) -> None:
    weights = EmotionPoint.from_vad(*VAD[label]).weights
    assert MIKELS[int(np.argmax(weights))] == label


@given(unit, unit, st.none() | unit)
def test_vad_is_felt_as_asked(valence: float, arousal: float, dominance: float | None) -> None:
    vector = EmotionPoint.from_vad(valence, arousal, dominance).vector()
    in_bounds(vector)
    np.testing.assert_allclose(vector[8:10], [valence, arousal], atol=FAINTEST)
    if dominance is not None:
        assert vector[10] == pytest.approx(dominance, abs=FAINTEST)


@given(unit, unit, unit, st.floats(0, 1))
def test_vector_round_trip(valence: float, arousal: float, dominance: float, factor: float) -> None:
    point = EmotionPoint.from_vad(valence, arousal, dominance).scaled(factor)
    again = EmotionPoint.from_vector(point.vector())
    np.testing.assert_allclose(again.vector(), point.vector(), atol=1e-6)


def test_mix_is_the_weighted_sum() -> None:
    awe, fear = EmotionPoint.from_category("awe"), EmotionPoint.from_category("fear")
    mixed = EmotionPoint.mix([(awe, 0.5), (fear, 0.25)])
    np.testing.assert_allclose(mixed.vector(), 0.5 * awe.vector() + 0.25 * fear.vector(), atol=1e-6)
    np.testing.assert_allclose(mixed.distribution().sum(), 1)
    assert mixed.mixture() == pytest.approx({"awe": 2 / 3, "fear": 1 / 3})


def test_weights_by_name() -> None:
    point = EmotionPoint(weights={"awe": 0.5, "fear": 0.5}, intensity=1.0)
    assert point.weights[1] == point.weights[6] == 0.5
    with pytest.raises(InputError, match="joy"):
        EmotionPoint(weights={"joy": 1.0}, intensity=1.0)


@pytest.mark.parametrize("values", [
    {"intensity": 1.5, "weights": {"awe": 1.0}},
    {"intensity": 1.0},
    {"intensity": 1.0, "weights": (0.5, 0.5)},
    {"intensity": 1.0, "weights": {"awe": 2.0, "fear": -1.0}},
    {"intensity": 1.0, "weights": {"awe": 1.0}, "valence": 1.2},
    {"intensity": 1.0, "weights": {"awe": 1.0}, "arousal": float("nan")},
])
def test_bad_points_are_refused(values: dict) -> None:
    with pytest.raises(InputError, match="expected"):
        EmotionPoint(**values)


def test_bad_vectors_are_refused() -> None:
    for vector in (np.zeros(11), np.full(12, np.nan), np.eye(12)[11]):
        with pytest.raises(InputError, match="expected"):
            EmotionPoint.from_vector(vector)


def test_bad_labels_and_strengths_are_refused() -> None:
    with pytest.raises(NotationError):
        EmotionPoint.from_category("hapiness")
    with pytest.raises(InputError):
        EmotionPoint.from_category("awe").scaled(-1)
    with pytest.raises(InputError, match="at most 1"):
        EmotionPoint.mix([(EmotionPoint.from_category("awe"), 0.8)] * 2)
