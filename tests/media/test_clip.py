"""Clips and sounds check themselves, say what they are and are cut on whole frames."""

from fractions import Fraction

import numpy as np
import pytest

from emogen.errors import MediaError
from emogen.media import Audio, Clip

FRAMES = np.zeros((33, 8, 10, 3), np.uint8)


def test_a_clip_says_what_it_is(sync_clip):
    assert repr(Clip(frames=FRAMES, fps=16)) == "Clip(33 frames, 10x8 RGB, 16 fps, 2.06 s, silent)"
    assert repr(sync_clip).endswith("1.06 s, Audio(1.06 s, mono, 16000 Hz))")
    assert Clip(frames=FRAMES, fps=16).duration == 33 / 16


@pytest.mark.parametrize(
    "frames",
    [FRAMES.astype(np.float32), FRAMES[0], FRAMES[..., :2], FRAMES[:0], FRAMES.tolist(), None],
)
def test_wrong_frames_are_refused(frames):
    with pytest.raises(MediaError, match="expected"):
        Clip(frames=frames, fps=16)


@pytest.mark.parametrize("fps", [0, -1, float("nan"), float("inf"), 1000])
def test_wrong_rates_are_refused(fps):
    with pytest.raises(MediaError, match="frame rate"):
        Clip(frames=FRAMES, fps=fps)


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(9, np.float32),
        np.zeros((3, 9), np.float32),
        np.zeros((1, 0), np.float32),
        np.zeros((1, 9)),
        np.full((1, 9), np.nan, np.float32),
    ],
)
def test_wrong_samples_are_refused(samples):
    with pytest.raises(MediaError, match="expected"):
        Audio(samples=samples, sample_rate=16000)


def test_a_broadcast_rate_stays_exact():
    assert Clip(frames=FRAMES, fps=30000 / 1001).frame_rate == Fraction(30000, 1001)


def test_between_cuts_picture_and_sound_together(sync_clip):
    part = sync_clip.between(0.25, 0.5)
    np.testing.assert_array_equal(part.frames, sync_clip.frames[4:8])
    np.testing.assert_array_equal(part.audio.samples, sync_clip.audio.samples[:, 4000:8000])
    with pytest.raises(MediaError, match="start < end"):
        sync_clip.between(0.5, 0.5)


def test_sound_is_fitted_with_silence_or_a_cut():
    sound = Audio(samples=np.ones((2, 100), np.float32), sample_rate=100)
    assert sound.fitted(0.5).samples.shape == (2, 50)
    longer = sound.fitted(1.5).samples
    assert longer.shape == (2, 150)
    assert not longer[:, 100:].any()


def test_flattening_is_the_weighted_mean():
    pixel = np.array([[[[200, 100, 0, 51]]]], np.uint8)
    flat = Clip(frames=pixel, fps=1).flattened((0, 0, 0))
    assert flat.frames.ravel().tolist() == [40, 20, 0]
    assert not flat.has_alpha
