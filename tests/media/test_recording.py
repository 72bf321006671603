"""Videos written while they are made: the same frames and sound come back, in step."""

import av
import numpy as np
import pytest

from emogen.errors import MediaError
from emogen.media import probe, read_audio, read_parameters, read_video
from emogen.media.recording import Sound, record_video
from tests.media.samples import RATE, moving_frames

FPS = 25


def clicks(seconds, rate=RATE, channels=1):
    """Sound with a short burst at every half second from 0.25 s on."""
    time = np.arange(round(seconds * rate)) / rate
    burst = ((time - 0.25) % 0.5 < 0.02) & (time > 0.2)
    sound = 0.6 * np.sin(2 * np.pi * 440 * time) * burst
    return np.tile(sound.astype(np.float32), (channels, 1))


def pieces(samples, length=1234):
    return [samples[:, start : start + length] for start in range(0, samples.shape[1], length)]


def onsets(samples, rate):
    """Seconds at which bursts begin."""
    loud = np.abs(samples).max(0) > 0.15
    begins = np.flatnonzero(loud) / rate
    return begins[np.r_[True, np.diff(begins) > 0.2]]


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (22_050, 2), (44_100, 2)])
def test_frames_and_sound_come_back_in_step(tmp_path, suffix, rate, channels) -> None:
    frames, sound = moving_frames(50), clicks(2.0, rate, channels)
    path = tmp_path / f"a{suffix}"
    recorded = record_video(
        iter(frames), path, fps=FPS, parameters={"seed": 7},
        sound=Sound(blocks=iter(pieces(sound)), sample_rate=rate, channels=channels),
    )
    assert recorded.num_frames == 50
    assert recorded.sound_seconds == pytest.approx(2.0, abs=0.001)
    clip = read_video(path)
    assert clip.num_frames == 50
    assert np.abs(clip.frames.astype(int) - frames).mean() < 6
    found = read_audio(path, since_first_frame=True)
    assert found.channels == channels
    np.testing.assert_allclose(onsets(found.samples, found.sample_rate),
                               [0.25, 0.75, 1.25, 1.75], atol=0.012)
    assert read_parameters(path) == {"seed": 7}


def test_short_sound_is_continued_and_long_sound_is_kept(tmp_path) -> None:
    for seconds, expected in ((1.0, 2.0), (3.0, 3.0)):
        blocks = pieces(clicks(seconds))
        recorded = record_video(
            iter(moving_frames(50)), tmp_path / "a.mp4", fps=FPS,
            sound=Sound(blocks=blocks, sample_rate=RATE, channels=1),
        )
        assert recorded.sound_seconds == pytest.approx(expected, abs=0.001)
        assert probe(tmp_path / "a.mp4").audio.seconds == pytest.approx(expected, abs=0.1)


def test_sound_is_taken_only_as_far_as_the_picture(tmp_path) -> None:
    taken, ahead = [0], []

    def blocks():
        for piece in pieces(clicks(2.0), 1600):
            taken[0] += piece.shape[1]
            yield piece

    def frames():
        for index, frame in enumerate(moving_frames(50)):
            ahead.append(taken[0] / RATE - index / FPS)
            yield frame

    sound = Sound(blocks=blocks(), sample_rate=RATE, channels=1)
    record_video(frames(), tmp_path / "a.mp4", fps=FPS, sound=sound)
    assert max(ahead) < 0.2


def test_the_same_gives_the_same_bytes(tmp_path) -> None:
    for name in ("a.mp4", "b.mp4"):
        record_video(iter(moving_frames(9)), tmp_path / name, fps=FPS)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_the_index_lies_in_front(tmp_path) -> None:
    record_video(iter(moving_frames(9)), tmp_path / "a.mp4", fps=FPS)
    data = (tmp_path / "a.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    with av.open(str(tmp_path / "a.mp4")) as container:
        assert float(container.streams.video[0].start_time or 0) == 0


@pytest.mark.parametrize(
    ("frames", "name", "line"),
    [
        ([np.zeros((64, 64, 3), np.uint8)], "a.gif", "ending in .mp4 or .webm"),
        ([np.zeros((64, 63, 3), np.uint8)], "a.mp4", "even width and height, got 63x64"),
        ([np.zeros((64, 64), np.uint8)], "a.mp4", "frames uint8"),
        ([], "a.mp4", "at least one frame"),
        ([np.zeros((64, 64, 3), np.uint8), np.zeros((32, 64, 3), np.uint8)], "a.mp4",
         "frames of 64x64, got one of 64x32"),
    ],
)  # fmt: skip
def test_what_cannot_be_written_leaves_nothing(tmp_path, frames, name, line) -> None:
    with pytest.raises(MediaError, match=line):
        record_video(iter(frames), tmp_path / name, fps=FPS)
    assert list(tmp_path.iterdir()) == []
