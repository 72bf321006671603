"""Small pictures at a low rate and sound in blocks: the same file as read whole."""

import wave
from dataclasses import replace

import numpy as np
import pytest

from emogen.errors import MediaError
from emogen.media import Audio, Clip, read_audio, write_video
from emogen.media.stream import iterate_pictures, iterate_samples, iterate_sound
from tests.media.samples import RATE, moving_frames


def flat(levels, *, fps=24, hold=6, size=(48, 64)):
    """Frames of one grey each, every level held for some frames."""
    frames = np.repeat(np.array(levels, np.uint8), hold)[:, None, None, None]
    return Clip(frames=np.broadcast_to(frames, (len(frames), *size, 3)).copy(), fps=fps)


@pytest.fixture
def movie(tmp_path):
    """Two seconds at 24 fps, another grey each quarter of a second, with a tone."""
    times = np.arange(2 * RATE) / RATE
    sound = (0.4 * np.sin(2 * np.pi * 440 * times)).astype(np.float32)[None]
    clip = flat([20, 60, 100, 140, 180, 220, 160, 80])
    path = tmp_path / "movie.mp4"
    write_video(clip.with_audio(Audio(samples=sound, sample_rate=RATE)), path)
    return path


def test_each_picture_is_what_is_shown_then(movie) -> None:
    seen = list(iterate_pictures(movie, fps=4))
    assert [time for time, _ in seen] == [k / 4 for k in range(8)]
    levels = [float(picture.mean()) for _, picture in seen]
    np.testing.assert_allclose(levels, [20, 60, 100, 140, 180, 220, 160, 80], atol=16)


def test_a_slow_video_is_held(tmp_path) -> None:
    path = tmp_path / "slow.mp4"
    write_video(flat([30, 200], fps=1, hold=1), path)
    seen = list(iterate_pictures(path, fps=4))
    assert len(seen) == 8
    assert abs(float(seen[3][1].mean()) - 30) < 8
    assert abs(float(seen[4][1].mean()) - 200) < 8


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".gif", ".webp"])
def test_every_kind_of_video(tmp_path, suffix) -> None:
    path = tmp_path / f"clip{suffix}"
    write_video(Clip(frames=moving_frames(17), fps=16), path)
    seen = list(iterate_pictures(path, fps=4))
    assert len(seen) in {4, 5}
    assert {picture.shape for _, picture in seen} == {(64, 96, 3)}


def test_pictures_are_small(tmp_path) -> None:
    path = tmp_path / "clip.mp4"
    write_video(Clip(frames=moving_frames(5, height=240, width=360), fps=8), path)
    assert next(iterate_pictures(path, side=120))[1].shape == (120, 180, 3)


def test_one_frame_is_a_video(tmp_path) -> None:
    path = tmp_path / "one.mp4"
    write_video(Clip(frames=moving_frames(1), fps=16), path)
    assert len(list(iterate_pictures(path))) == 1


@pytest.mark.parametrize("rate", [16_000, 22_050])
def test_sound_in_blocks_is_the_sound(movie, rate) -> None:
    blocks = list(iterate_samples(movie, sample_rate=rate, seconds=0.3))
    assert {len(block) for block in blocks[:-1]} == {round(0.3 * rate)}
    whole = read_audio(movie, sample_rate=rate, since_first_frame=True).samples[0]
    joined = np.concatenate(blocks)
    count = min(len(joined), len(whole))
    assert abs(len(joined) - len(whole)) < 0.1 * rate
    np.testing.assert_allclose(joined[:count], whole[:count], atol=1e-4)


def test_stereo_becomes_the_mean(tmp_path) -> None:
    left = np.linspace(-0.5, 0.5, RATE, dtype=np.float32)
    clip = flat([10, 20, 30, 40])
    sound = Audio(samples=np.stack([left, np.zeros_like(left)]), sample_rate=RATE)
    path = tmp_path / "stereo.mp4"
    write_video(replace(clip, audio=sound), path)
    joined = np.concatenate(list(iterate_samples(path, sample_rate=RATE)))
    assert np.abs(joined).max() < 0.3


def test_a_video_cut_short_is_refused(tmp_path, movie) -> None:
    path = tmp_path / "short.mp4"
    path.write_bytes(movie.read_bytes()[: movie.stat().st_size * 2 // 3])
    with pytest.raises(MediaError):
        list(iterate_pictures(path))


def test_missing_streams_are_named(tmp_path, movie) -> None:
    silent = tmp_path / "silent.mp4"
    write_video(flat([1, 2]), silent)
    with pytest.raises(MediaError, match="expected sound"):
        list(iterate_samples(silent))
    with pytest.raises(MediaError, match="no such file"):
        list(iterate_pictures(tmp_path / "none.mp4"))
    with pytest.raises(MediaError, match="above 0"):
        next(iterate_pictures(movie, fps=0))


def test_a_sound_without_samples_is_named(tmp_path) -> None:
    with wave.open(str(tmp_path / "none.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
    with pytest.raises(MediaError, match="got no samples"):
        list(iterate_samples(tmp_path / "none.wav"))


@pytest.mark.parametrize("channels", [1, 2])
def test_sound_as_it_is_heard_lasts_as_long_as_what_is_listened_to(tmp_path, channels) -> None:
    path = tmp_path / "movie.mp4"
    times = np.arange(2 * RATE) / RATE
    sound = 0.4 * np.sin(2 * np.pi * np.array([[440.0], [660.0]])[:channels] * times)
    clip = flat([20, 60, 100, 140, 180, 220, 160, 80])
    write_video(
        clip.with_audio(Audio(samples=sound.astype(np.float32), sample_rate=RATE)), path
    )
    heard = np.concatenate(list(iterate_sound(path, sample_rate=RATE)), axis=1)
    listened = np.concatenate(list(iterate_samples(path, sample_rate=RATE)))
    assert heard.shape == (channels, len(listened))
    np.testing.assert_allclose(heard.mean(axis=0), listened, atol=1e-6)
    with pytest.raises(MediaError, match="sample rate of 1 to"):
        next(iterate_sound(path, sample_rate=0))
