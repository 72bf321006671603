import numpy as np
import pytest

from emogen.motion import MotionTrack, aperture, schema
from emogen.motion.rig.pose import BASELINE, CAPS, readable, speaking
from tests.motion.rig.faces import row

FRAMES = np.arange(100)


def talking(**mood):
    """Return four seconds of babble at 4 Hz over a mood."""
    values = np.tile(row(**mood), (len(FRAMES), 1))
    jaw = schema.index("AU26")
    values[:, jaw] = np.clip(values[:, jaw] + 0.3 * (1 + np.sin(FRAMES * 2 * np.pi * 4 / 25)), 0, 1)
    return MotionTrack(values=values)


def test_a_still_mood_does_not_speak_and_stays_whole() -> None:
    still = MotionTrack(values=np.tile(row(AU12=1.0, AU26=0.8, AU23=1.0), (50, 1)))
    assert speaking(still).max() == 0
    assert np.array_equal(readable(still).values, still.values)


def test_a_mood_that_comes_slowly_does_not_speak() -> None:
    values = np.tile(row(), (75, 1))
    values[:, schema.index("AU12_left")] = np.linspace(0, 1, 75)
    values[:, schema.index("AU26")] = np.linspace(0, 0.5, 75)
    assert speaking(MotionTrack(values=values)).max() == 0


def test_a_speaking_mouth_keeps_little_mood() -> None:
    track = talking(**dict.fromkeys(CAPS, 1.0))
    assert speaking(track).min() == 1
    limited = readable(track)
    for name, cap in CAPS.items():
        assert limited.channel(name).max() == pytest.approx(cap, abs=1e-6)


def test_the_resting_opening_sinks_to_a_third_and_the_movement_stays() -> None:
    track = talking(AU26=0.4)
    before, after = aperture(track), aperture(readable(track))
    assert before.min() > BASELINE
    assert after.min() == pytest.approx(BASELINE, abs=0.02)
    assert np.corrcoef(before, after)[0, 1] > 0.99
    assert np.ptp(after) == pytest.approx(np.ptp(before), abs=0.02)


def test_closure_wins_over_any_mood() -> None:
    track = talking(**dict.fromkeys(CAPS, 1.0))
    track.values[::6, schema.index("closure")] = 1.0
    assert aperture(readable(track))[::6].max() == 0


def test_twice_is_once() -> None:
    once = readable(talking(AU12=1.0, AU26=0.4))
    assert np.allclose(readable(once).values, once.values, atol=0.05)
