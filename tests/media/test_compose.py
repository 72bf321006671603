"""Compositing: cards, captions, fades and mixes do to pixels and samples what their names say."""

import subprocess
import sys

import numpy as np
import pytest

from emogen.errors import MediaError
from emogen.media import Audio, Clip

compose = pytest.importorskip("emogen.media.compose")


def plain(value, count=16, fps=16.0, audio=None):
    return Clip(frames=np.full((count, 48, 64, 3), value, np.uint8), fps=fps, audio=audio)


def sound(value, seconds=1.0, rate=8000):
    return Audio(samples=np.full((1, round(seconds * rate)), value, np.float32), sample_rate=rate)


def test_media_does_without_moviepy():
    code = "import sys, emogen.media; sys.exit('moviepy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_hard_cut_changes_nothing():
    joined = compose.crossfade([plain(10), plain(200)], seconds=0)
    assert joined.num_frames == 32
    np.testing.assert_array_equal(joined.frames[:16], plain(10).frames)
    np.testing.assert_array_equal(joined.frames[16:], plain(200).frames)


def test_a_fade_blends_evenly():
    joined = compose.crossfade([plain(0), plain(200)], seconds=0.5)
    assert joined.num_frames == 24
    means = joined.frames.mean(axis=(1, 2, 3))
    wanted = 200 * (np.arange(8) + 0.5) / 8
    np.testing.assert_allclose(means[8:16], wanted, atol=2)
    assert (means[7], means[16]) == (0, 200)


def test_frames_pass_unchanged_through_compositing(clip):
    joined = compose.crossfade([clip, clip], seconds=0)
    np.testing.assert_array_equal(joined.frames, np.concatenate([clip.frames] * 2))


def test_a_fade_crosses_sound_and_keeps_its_place():
    first, second = plain(0, audio=sound(0.5)), plain(9, audio=sound(-0.25))
    joined = compose.crossfade([first, second], seconds=0.5)
    samples = joined.audio.samples[0]
    assert joined.audio.duration == pytest.approx(joined.duration)
    np.testing.assert_allclose(samples[:3900], 0.5, atol=1e-3)
    np.testing.assert_allclose(samples[8100:11900], -0.25, atol=1e-3)
    assert samples[6000] == pytest.approx(0.125, abs=0.01)


def test_captions_are_shown_in_their_time_only(clip):
    captioned = compose.add_captions(clip, [compose.Caption(text="Hello", start=0.25, end=0.5)])
    differs = (captioned.frames != clip.frames).any(axis=(1, 2, 3))
    np.testing.assert_array_equal(np.flatnonzero(differs), np.arange(4, 8))
    changed = np.argwhere((captioned.frames[5] != clip.frames[5]).any(axis=-1))
    assert changed[:, 0].min() > clip.height / 2


def test_a_title_card_has_words_and_fades():
    card = compose.title_card("Sadness, then joy", size=(128, 96), fps=16, seconds=2, subtitle="x")
    assert (card.num_frames, card.width, card.height) == (32, 128, 96)
    spread = card.frames.std(axis=(1, 2, 3))
    assert spread[16] > 20
    assert spread[0] < spread[2] < spread[16]
    assert spread[-1] < spread[16]


def test_mixing_adds_at_the_right_time_and_never_clips():
    mixed = compose.mix_audio(plain(0, audio=sound(0.25)), sound(0.5), start=0.5, volume=0.5)
    np.testing.assert_allclose(mixed.audio.samples[0, :3990], 0.25, atol=1e-3)
    np.testing.assert_allclose(mixed.audio.samples[0, 4010:], 0.5, atol=1e-3)
    loud = compose.mix_audio(plain(0, audio=sound(0.9)), sound(0.9))
    assert np.abs(loud.audio.samples).max() == pytest.approx(1.0)
    assert compose.mix_audio(plain(0), sound(0.5)).audio.channels == 1


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda: compose.crossfade([]), "at least one clip"),
        (lambda: compose.crossfade([plain(0), plain(0, fps=8)]), "one size and rate"),
        (lambda: compose.crossfade([plain(0), plain(0, 4)], seconds=1), "half the shortest"),
        (lambda: compose.Caption(text=" ", start=0, end=1), "caption with words"),
        (lambda: compose.Caption(text="a", start=1, end=1), "start < end"),
        (lambda: compose.title_card("a", size=(64, 64), fps=8, seconds=0), "one frame"),
        (lambda: compose.mix_audio(plain(0), sound(0.5), start=5), "start before"),
    ],
)
def test_wrong_input_is_refused(attempt, message):
    with pytest.raises(MediaError, match=message):
        attempt()


def test_alpha_and_late_captions_are_refused(alpha_clip, clip):
    with pytest.raises(MediaError, match="flattened"):
        compose.add_captions(alpha_clip, [])
    with pytest.raises(MediaError, match="captions within"):
        compose.add_captions(clip, [compose.Caption(text="a", start=9, end=10)])
