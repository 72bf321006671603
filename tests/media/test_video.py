"""Reading: spans, rates, rotation, late sound, varying rates, limits."""

from fractions import Fraction
from itertools import islice

import av
import numpy as np
import pytest

from emogen.errors import MediaError
from emogen.media import Clip, iterate_frames, probe, read_video, write_video
from emogen.media.timing import grid_rate
from tests.media.samples import moving_frames, onsets


def write_plain(path, frames, *, times=None, rotation=0, sound_at=None):
    """Write with PyAV alone, as other programs would."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=16, options={"crf": "10"})
        stream.width, stream.height, stream.pix_fmt = frames.shape[2], frames.shape[1], "yuv420p"
        stream.codec_context.time_base = Fraction(1, 160)
        if rotation:
            stream.set_display_rotation(rotation)
        sound = container.add_stream("aac", rate=16000) if sound_at is not None else None
        for index, pixels in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = (times or range(0, 9999, 10))[index], Fraction(1, 160)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if sound is not None:
            samples = np.zeros((1, 8192), np.float32)
            samples[0, :200] = 0.8
            block = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
            block.sample_rate, block.pts = 16000, round(sound_at * 16000)
            block.time_base = Fraction(1, 16000)
            container.mux(sound.encode(block))
            container.mux(sound.encode(None))
    return path


@pytest.mark.parametrize("extension", [".mp4", ".webm", ".gif", ".webp"])
def test_a_span_is_the_same_as_a_slice(clip, tmp_path, extension):
    path = write_video(clip, tmp_path / f"a{extension}")
    whole = read_video(path).frames
    np.testing.assert_array_equal(read_video(path, start=0.25, end=0.5).frames, whole[4:8])
    np.testing.assert_array_equal(read_video(path, start=0.75).frames, whole[12:])


def test_a_span_far_into_a_file_is_sought(tmp_path):
    path = write_video(Clip(frames=moving_frames(120, 32, 320), fps=16), tmp_path / "a.mp4")
    whole = read_video(path).frames
    np.testing.assert_array_equal(read_video(path, start=5.0, end=6.0).frames, whole[80:96])


def test_other_rates_keep_the_length(clip, tmp_path):
    path = write_video(clip, tmp_path / "a.mp4")
    slow, fast = read_video(path, fps=8), read_video(path, fps=32)
    assert (slow.num_frames, fast.num_frames) == (9, 34)
    np.testing.assert_array_equal(fast.frames[21], fast.frames[20])


def test_frames_come_one_at_a_time(clip, tmp_path):
    path = write_video(clip, tmp_path / "a.mp4")
    first = list(islice(iterate_frames(path), 3))
    np.testing.assert_array_equal(np.stack(first), read_video(path).frames[:3])


def test_rotated_video_stands_upright(tmp_path):
    frames = np.zeros((5, 32, 64, 3), np.uint8)
    frames[:, :, :16] = 250  # bright on the left
    path = write_plain(tmp_path / "a.mp4", frames, rotation=90)
    back, video = read_video(path), probe(path).video
    assert (back.width, back.height, video.width, video.height) == (32, 64, 32, 64)
    bright_edge = {90: back.frames[0, -8:], 270: back.frames[0, :8]}[video.rotation % 360]
    assert bright_edge.mean() > 200


def test_a_varying_rate_is_made_constant_and_said(tmp_path):
    times = [0, 10, 20, 60, 100, 110, 120, 160]
    path = write_plain(tmp_path / "a.mp4", moving_frames(8, 32, 64), times=times)
    with pytest.warns(UserWarning, match="varies in frame rate"):
        clip = read_video(path)
    assert 1.0 < clip.duration < 1.3


@pytest.mark.parametrize("second", [0.5, 0.125])
def test_late_sound_keeps_its_place(tmp_path, second):
    path = write_plain(tmp_path / "a.mp4", moving_frames(33, 32, 64), sound_at=second)
    assert onsets(read_video(path))[0] == pytest.approx(second, abs=0.01)
    assert onsets(read_video(path, start=0.0625))[0] == pytest.approx(second - 0.0625, abs=0.01)


def test_memory_is_limited(clip, tmp_path):
    path = write_video(clip, tmp_path / "a.mp4")
    with pytest.raises(MediaError, match="iterate_frames"):
        read_video(path, max_bytes=10 * clip.frames[0].nbytes)


@pytest.mark.parametrize(
    "options", [{"start": -1}, {"start": 9}, {"start": 0.5, "end": 0.5}, {"fps": 0}, {"fps": 1e6}]
)
def test_senseless_requests_are_refused(clip, tmp_path, options):
    path = write_video(clip, tmp_path / "a.mp4")
    with pytest.raises(MediaError, match="expected"):
        read_video(path, **options)


@pytest.mark.parametrize("rate", [5, 10, 16, 24, 25, 30])
@pytest.mark.parametrize("tick", [0.01, 0.001])
def test_the_rate_behind_rounded_times(rate, tick):
    times = np.round(np.arange(41) / rate / tick) * tick
    assert grid_rate(times, tick) == rate
