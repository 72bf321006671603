"""The lessons of the flow: mouths follow phones, heads are as lively as told, closures stay."""

import numpy as np
import pytest

from emogen.emotion import EmotionPoint
from emogen.motion import schema
from emogen.motion.head import HEAD, band_noise, head_motion, smooth
from emogen.motion.lessons import lesson, random_emotion
from emogen.motion.phones import PhoneSpan


def taught(vectors, seed=0):
    phones = [p for _ in range(6) for p in ("M", "AA", "T", "IY", "B", "OW")]
    spans = [PhoneSpan(phone=p, start=1 + 0.12 * k, end=1.12 + 0.12 * k)
             for k, p in enumerate(phones)]  # fmt: skip
    count = len(vectors)
    decibels = np.full(2 * count, -5.0)
    return spans, lesson(spans, decibels=decibels, pitch=np.full(2 * count, 130.0),
                         habit=np.full(2 * count, 120.0), vectors=vectors,
                         rng=np.random.default_rng(seed))  # fmt: skip


@pytest.mark.parametrize("mood", ["awe", "fear", "amusement"])
def test_closures_survive_any_mood(mood):
    vectors = np.tile(EmotionPoint.from_category(mood).vector(), (200, 1))
    spans, motion = taught(vectors)
    gap = schema.lip_gap(motion)
    for span in spans:
        if span.phone in ("M", "B"):
            frames = slice(round(25 * span.start) - 1, round(25 * span.end) + 2)
            assert gap[frames].min() < 0.03


def test_lessons_keep_the_limits_and_differ_by_person():
    vectors = np.zeros((200, 12))
    first, second = taught(vectors, 0)[1], taught(vectors, 1)[1]
    for motion in (first, second):
        assert (motion >= schema.LOW).all()
        assert (motion <= schema.HIGH).all()
    assert not np.allclose(first[:, HEAD], second[:, HEAD])


def test_heads_rest_when_nothing_is_said_and_move_more_when_excited():
    def speed(activity, arousal):
        vectors = np.zeros((500, 12))
        vectors[:, 9] = arousal
        moves = [head_motion(np.full(500, activity), np.full(500, 0.2), vectors,
                             np.random.default_rng(seed)) for seed in range(5)]  # fmt: skip
        return np.mean([np.abs(np.diff(move[:, :3], axis=0)).mean() for move in moves])

    assert speed(1.0, 0.0) > 1.5 * speed(0.0, 0.0)
    assert speed(1.0, 0.9) > 1.2 * speed(1.0, 0.0) > speed(1.0, -0.8)


def test_noise_stays_in_its_band():
    noise = band_noise(2000, 0.7, 2.0, np.random.default_rng(0), fps=25)
    power = np.abs(np.fft.rfft(noise)) ** 2
    hertz = np.fft.rfftfreq(2000, 1 / 25)
    inside = (hertz >= 0.65) & (hertz <= 2.05)
    assert power[inside].sum() > 0.99 * power.sum()
    assert noise.std() == pytest.approx(1, rel=1e-6)


def test_smoothing_keeps_a_constant():
    assert np.allclose(smooth(np.full(50, 3.0), 6), 3.0)


def test_random_emotions_are_emotions():
    rng = np.random.default_rng(0)
    courses = [random_emotion(60, rng) for _ in range(60)]
    assert any(not course.any() for course in courses)
    assert any(np.ptp(course, axis=0).max() > 0.2 for course in courses)
    for course in courses:
        assert course[:, :8].min() >= 0
        assert course[:, :8].sum(1).max() <= 1 + 1e-5
