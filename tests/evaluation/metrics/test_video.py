"""Drift, identity, flicker and colour against scipy and scikit-image and on made clips."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cosine, jensenshannon
from skimage.color import rgb2hsv
from skimage.metrics import mean_squared_error

from emogen.errors import InputError, MediaError
from emogen.evaluation.metrics import (
    colour_attributes,
    colour_difference,
    flicker,
    identity,
    neutral_drift,
)


def noise(count=5, seed=0):
    return np.random.default_rng(seed).integers(256, size=(count, 12, 10, 3), dtype=np.uint8)


def test_neutral_drift_alone_is_what_is_not_neutral():
    read = np.random.default_rng(0).dirichlet(np.ones(9), size=30)
    assert neutral_drift(read) == pytest.approx(read[:, :8].sum(axis=1).mean())
    assert neutral_drift(np.eye(9)[[8, 8]]) == 0


def test_neutral_drift_against_the_base_model_is_what_was_added():
    read, base = np.random.default_rng(0).dirichlet(np.ones(9), size=(2, 30))
    expected = (jensenshannon(read, base, base=2, axis=1) ** 2).mean()
    assert neutral_drift(read, reference=base) == pytest.approx(expected)
    assert neutral_drift(base, reference=base) == 0
    with pytest.raises(InputError, match=r"\[N, 9\]"):
        neutral_drift(read[:, :8])


def test_identity_agrees_with_scipy():
    features = np.random.default_rng(0).normal(size=(6, 16)) + 1
    found = identity(features)
    to_first = [1 - cosine(row, features[0]) for row in features[1:]]
    steps = [1 - cosine(a, b) for a, b in zip(features[1:], features[:-1], strict=True)]
    assert found.reference == pytest.approx(np.mean(to_first))
    assert found.lowest == pytest.approx(np.min(to_first))
    assert found.adjacent == pytest.approx(np.mean(steps))
    portrait = identity(features, reference=features[3])
    assert portrait.reference == pytest.approx(
        np.mean([1 - cosine(row, features[3]) for row in features])
    )


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 50), st.floats(0.01, 100))
def test_identity_ignores_the_length_of_features(seed, scale):
    features = np.random.default_rng(seed).normal(size=(4, 8))
    found, scaled = identity(features), identity(scale * features)
    assert found.reference == pytest.approx(scaled.reference)
    assert -1 <= found.lowest <= found.reference <= 1


def test_identity_refuses_frames_without_a_subject():
    with pytest.raises(InputError, match="without a subject"):
        identity(np.eye(3) * [1, 1, 0])
    with pytest.raises(InputError, match="two frames"):
        identity(np.ones((1, 4)))
    with pytest.raises(InputError, match="width 4"):
        identity(np.ones((2, 4)), reference=np.ones(3))


def test_flicker_is_the_mean_absolute_change():
    frames = noise()
    x = frames.astype(float) / 255
    found = flicker(frames)
    assert found.change == pytest.approx(np.abs(np.diff(x, axis=0)).mean())
    assert found.jitter == pytest.approx(np.abs(np.diff(x, n=2, axis=0)).mean() / 2)
    assert found.brightness == pytest.approx(np.abs(np.diff(x.mean(axis=(1, 2, 3)))).mean())
    squared = np.mean([mean_squared_error(a, b) for a, b in zip(x[1:], x[:-1], strict=True)])
    assert found.change <= np.sqrt(squared)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 50))
def test_flicker_is_the_same_backwards_and_each_part_a_share(seed):
    frames = noise(4, seed)
    found, turned = flicker(frames), flicker(frames[::-1])
    for name in ("change", "jitter", "brightness"):
        assert 0 <= getattr(found, name) <= 1
        assert getattr(found, name) == pytest.approx(getattr(turned, name))
    assert found.brightness <= found.change


def test_a_fade_has_change_but_no_jitter_and_a_moving_bar_no_change_of_brightness():
    fade = np.repeat(np.arange(0, 100, 10, dtype=np.uint8), 300).reshape(10, 10, 10, 3)
    assert flicker(fade).change == pytest.approx(10 / 255)
    assert flicker(fade).jitter == 0
    bar = np.zeros((6, 8, 8, 3), np.uint8)
    for index in range(6):
        bar[index, :, index] = 255
    assert flicker(bar).change > 0.2
    assert flicker(bar).brightness == 0
    assert flicker(noise()[[0, 0, 0]]).change == 0


def test_two_frames_have_no_jitter_and_one_no_flicker():
    assert flicker(noise(2)).jitter == 0
    for wrong in (noise(1), noise().astype(float), noise()[:, :0], noise()[..., 0]):
        with pytest.raises(MediaError, match="two uint8 frames"):
            flicker(wrong)


def test_colour_attributes_agree_with_skimage():
    frames = noise(41)
    hsv = rgb2hsv(frames[::20])
    found = colour_attributes(frames)
    assert found["colourfulness"] == pytest.approx(hsv[..., 1].mean(), abs=1e-4)
    assert found["brightness"] == pytest.approx(hsv[..., 2].mean(), abs=1e-4)
    turn = np.exp(2j * np.pi * hsv[..., 0]).mean()
    assert found["hue"] == pytest.approx(np.angle(turn) / (2 * np.pi) % 1, abs=1e-3)


@settings(max_examples=25, deadline=None)
@given(st.floats(0, 1), st.floats(0, 1))
def test_hue_goes_the_short_way_round(first, second):
    rest = {"colourfulness": 0.5, "brightness": 0.5}
    gap = colour_difference({"hue": first, **rest}, {"hue": second, **rest})["hue"]
    assert -0.5 <= gap <= 0.5
    apart = abs(np.exp(2j * np.pi * (first + gap)) - np.exp(2j * np.pi * second))
    assert apart < 1e-3
