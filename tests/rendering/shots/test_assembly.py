"""Shots into one clip: lengths, fades, words and a sound."""

import numpy as np
import pytest

from emogen.errors import MediaError
from emogen.media import Audio, Clip
from emogen.rendering.job import Shot
from emogen.rendering.shots.assembly import join, starts_of, subtitled, with_sound

FPS = 8.0


def plain(value, frames=9):
    return Clip(frames=np.full((frames, 64, 96, 3), value, np.uint8), fps=FPS)


def shots(*fades):
    return [Shot(prompt="a", crossfade_s=fade) for fade in fades]


def test_cuts():
    clip = join([plain(10), plain(200, 5)], shots(0, 0))
    assert clip.num_frames == 14
    assert clip.frames[:9].max() == 10
    assert clip.frames[9:].min() == 200


def test_a_fade_is_linear_and_leaves_the_rest_alone():
    clips = [plain(0), plain(200)]
    clip = join(clips, shots(0, 0.5))
    assert clip.num_frames == 9 + 9 - 4
    assert starts_of(clips, shots(0, 0.5)) == [0.0, 5 / FPS]
    levels = clip.frames.mean(axis=(1, 2, 3))
    assert np.allclose(levels[:5], 0)
    assert np.allclose(levels[9:], 200)
    assert np.allclose(levels[5:9], [25, 75, 125, 175], atol=2)


def test_fades_may_overlap_each_other():
    clip = join([plain(0), plain(100), plain(200)], shots(0, 0.75, 0.75))
    assert clip.num_frames == 27 - 12
    assert clip.frames[-3:].min() == 200
    levels = clip.frames.mean(axis=(1, 2, 3))
    assert (np.diff(levels) >= -1).all()


def test_a_fade_that_leaves_nothing_of_a_shot():
    with pytest.raises(MediaError, match="expected a crossfade_s shorter than both its shots"):
        join([plain(0), plain(200, 5)], shots(0, 0.625))


def test_words_stand_over_their_own_shot():
    rows = [Shot(prompt="a"), Shot(prompt="b", subtitle="He is back!", crossfade_s=0.5)]
    clips = [plain(20), plain(20)]
    clip = join(clips, rows)
    worded = subtitled(clip, rows, starts_of(clips, rows))
    changed = np.abs(worded.frames.astype(int) - clip.frames).max(axis=(1, 2, 3)) > 50
    assert not changed[:6].any()
    assert changed[8:].all()
    assert worded.num_frames == clip.num_frames


def test_no_words_change_nothing():
    clip = plain(20)
    assert subtitled(clip, shots(0), [0.0]) is clip


@pytest.mark.parametrize(
    ("seconds", "said"), [(5.0, "was cut to"), (0.5, "the rest is silent"), (1.125, None)]
)
def test_one_sound(seconds, said):
    warnings = []
    samples = 0.5 * np.sin(np.arange(int(seconds * 8000)) * 0.3, dtype=np.float32)[None]
    clip = with_sound(plain(20), Audio(samples=samples, sample_rate=8000), warnings)
    assert clip.audio.duration == pytest.approx(clip.duration, abs=0.01)
    assert [said in one for one in warnings] == ([] if said is None else [True])
    assert np.abs(clip.audio.samples[:, :4000]).max() > 0.4
