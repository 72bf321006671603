"""What is written is read back: codec, frames, rate, picture, alpha, sound, order of the parts."""

from dataclasses import replace

import av
import numpy as np
import pytest

from emogen.errors import MediaError
from emogen.media import Audio, Clip, pad_to_even, probe, read_video, write_video
from tests.media.samples import flashes, luma, moving_frames, onsets, psnr

KINDS = [".mp4", ".webm", ".gif", ".webp"]


@pytest.mark.parametrize(
    ("extension", "codec", "least"),
    [(".mp4", "h264", 38), (".webm", "vp9", 36), (".gif", "gif", 32), (".webp", "webp", 32)],
)
def test_round_trip(clip, tmp_path, extension, codec, least):
    path = write_video(clip, tmp_path / f"a{extension}")
    video, back = probe(path).video, read_video(path)
    assert (video.codec, video.width, video.height, video.num_frames) == (codec, 96, 64, 17)
    assert video.fps == pytest.approx(16)
    assert video.seconds == pytest.approx(17 / 16, abs=0.006)
    assert repr(back) == repr(clip)
    assert psnr(luma(back.frames), luma(clip.frames)) > least
    assert psnr(back.frames, clip.frames) > 26


def test_mp4_plays_everywhere(sync_clip, tmp_path):
    path = write_video(sync_clip, tmp_path / "a.mp4")
    data = path.read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")
    with av.open(str(path)) as container:
        picture, sound = container.streams.video[0], container.streams.audio[0]
        assert (picture.codec_context.pix_fmt, sound.codec_context.codec.name) == ("yuv420p", "aac")
        assert picture.codec_context.colorspace == picture.codec_context.color_primaries == 1
        assert sum(1 for _ in container.decode(picture)) == 17


@pytest.mark.parametrize("extension", KINDS)
def test_the_same_clip_gives_the_same_bytes(clip, sync_clip, tmp_path, extension):
    source = sync_clip if extension in {".mp4", ".webm"} else clip
    files = [
        write_video(source, tmp_path / f"{name}{extension}", parameters={"b": 1, "a": 2})
        for name in "ab"
    ]
    assert files[0].read_bytes() == files[1].read_bytes()


@pytest.mark.parametrize(("extension", "most"), [(".webm", 24), (".webp", 0), (".gif", 128)])
def test_alpha_round_trip(alpha_clip, tmp_path, extension, most):
    path = write_video(alpha_clip, tmp_path / f"a{extension}")
    back = read_video(path, alpha=True)
    difference = np.abs(back.frames[..., 3].astype(int) - alpha_clip.frames[..., 3])
    assert probe(path).video.has_alpha
    assert difference.max() <= most
    assert read_video(path).frames[0, 0, -1].min() > 240  # laid over white


@pytest.mark.parametrize("extension", [".mp4", ".webm"])
@pytest.mark.parametrize("rate", [16000, 44100, 12345])
def test_picture_and_sound_stay_together(sync_clip, tmp_path, extension, rate):
    if rate != 16000:
        samples = np.zeros((2, round(17 / 16 * rate)), np.float32)
        for second in flashes(sync_clip):
            samples[:, round(second * rate) :][:, :200] = 0.7
        sync_clip = replace(sync_clip, audio=Audio(samples=samples, sample_rate=rate))
    back = read_video(write_video(sync_clip, tmp_path / f"a{extension}"))
    np.testing.assert_allclose(flashes(back), flashes(sync_clip))
    np.testing.assert_allclose(onsets(back), flashes(back), atol=0.005)
    assert abs(back.audio.duration - back.duration) < 1 / 16
    assert back.audio.channels == sync_clip.audio.channels


@pytest.mark.parametrize("fps", [8, 12.5, 24, 25, 30000 / 1001, 30, 60])
@pytest.mark.parametrize("extension", [".mp4", ".webm"])
def test_rates_survive(tmp_path, fps, extension):
    clip = Clip(frames=moving_frames(40, 32, 32), fps=fps)
    back = read_video(write_video(clip, tmp_path / f"a{extension}"))
    assert (back.num_frames, back.fps) == (40, pytest.approx(fps, rel=1e-3))


@pytest.mark.parametrize("extension", [".gif", ".webp"])
@pytest.mark.parametrize("fps", [8, 12, 24, 25, 30, 50])
def test_rates_survive_coarse_clocks(tmp_path, fps, extension):
    clip = Clip(frames=moving_frames(40, 32, 48), fps=fps)
    back = read_video(write_video(clip, tmp_path / f"a{extension}"))
    assert (back.num_frames, back.fps) == (40, fps)


@pytest.mark.parametrize("extension", KINDS)
def test_a_still_keeps_its_length(tmp_path, extension):
    clip = Clip(frames=np.full((33, 16, 16, 3), 90, np.uint8), fps=16)
    back = read_video(write_video(clip, tmp_path / f"a{extension}"))
    assert (back.num_frames, back.fps) == (33, pytest.approx(16))


@pytest.mark.parametrize("extension", KINDS)
def test_a_single_frame_is_a_clip(tmp_path, extension):
    clip = Clip(frames=moving_frames(1), fps=16)
    assert read_video(write_video(clip, tmp_path / f"a{extension}")).num_frames == 1


def test_colours_are_true(tmp_path):
    colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0), (128, 128, 128)]
    frames = np.stack([np.full((32, 32, 3), colour, np.uint8) for colour in colours])
    for extension in (".mp4", ".webm"):
        path = write_video(Clip(frames=frames, fps=8), tmp_path / f"a{extension}", crf=4)
        got = read_video(path).frames[:, 16, 16].astype(int)
        assert np.abs(got - np.array(colours)).max() <= 5


def test_odd_sizes_are_refused_or_padded(tmp_path):
    clip = Clip(frames=moving_frames(4, 33, 47), fps=8)
    with pytest.raises(MediaError, match=r"even width and height, got 47x33.*odd_size='pad'"):
        write_video(clip, tmp_path / "a.mp4")
    back = read_video(write_video(clip, tmp_path / "a.mp4", odd_size="pad"))
    assert back.frames.shape == (4, 34, 48, 3)
    padded = pad_to_even(clip).frames
    np.testing.assert_array_equal(padded[:, :33, :47], clip.frames)
    np.testing.assert_array_equal(padded[:, -1], padded[:, -2])
    assert read_video(write_video(clip, tmp_path / "a.gif")).width == 47


def test_what_a_format_cannot_hold_is_refused(alpha_clip, sync_clip, tmp_path):
    cases = [
        (alpha_clip, "a.mp4", {}, "no transparency"),
        (sync_clip, "a.gif", {}, r"no sound.*clip.muted"),
        (sync_clip, "a.avi", {}, r"ending in .gif, .mp4"),
        (sync_clip, "a.mp4", {"quality": 80}, "no setting quality; use crf"),
        (sync_clip, "a.mp4", {"crf": 99}, "crf of 0 to 51"),
        (replace(sync_clip, audio=sync_clip.audio.fitted(3)), "a.mp4", {}, "within a frame"),
        (Clip(frames=moving_frames(3), fps=100), "a.gif", {}, "at most 50 frames"),
    ]
    for clip, name, options, message in cases:
        with pytest.raises(MediaError, match=message):
            write_video(clip, tmp_path / name, **options)
    assert list(tmp_path.iterdir()) == []


def test_quality_settings_matter(clip, tmp_path):
    for extension, fine, coarse in [
        (".mp4", {"crf": 10}, {"crf": 40}),
        (".webm", {"crf": 10}, {"crf": 55}),
        (".webp", {"quality": 95}, {"quality": 10}),
    ]:
        sizes = [
            write_video(clip, tmp_path / f"a{extension}", **options).stat().st_size
            for options in (fine, coarse)
        ]
        assert sizes[0] > sizes[1]
