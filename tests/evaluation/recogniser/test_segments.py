"""Files of any kind become segments that join without a seam."""

import numpy as np
import pytest

from emogen.errors import MediaError
from emogen.evaluation.recogniser.segments import (
    FPS,
    LONGEST,
    MARGIN,
    RATE,
    clip_segments,
    cut,
    file_segments,
    kind_of,
    windows,
)
from emogen.media import Audio, Clip, save_image, write_video
from tests.evaluation.recogniser.tiny_encoders import coloured, tone


def pictures(seconds):
    for index in range(round(seconds * FPS)):
        yield index / FPS, np.full((4, 4, 3), index % 256, np.uint8)


def blocks(samples, size=7000):
    for start in range(0, len(samples), size):
        yield samples[start : start + size]


def test_long_streams_are_cut_and_join_again() -> None:
    sound = np.arange(round(70 * RATE), dtype=np.float32)
    pieces = list(cut(pictures(70), blocks(sound)))
    assert [(piece.start, piece.end) for piece in pieces] == [(0, 30), (30, 60), (60, 70)]
    times = np.concatenate([piece.frame_seconds for piece in pieces])
    np.testing.assert_allclose(times, np.arange(280) / FPS)
    for piece in pieces:
        first, last = round(piece.samples_start * RATE), len(piece.samples)
        np.testing.assert_array_equal(piece.samples, sound[first : first + last])
        assert piece.samples_start == max(0, piece.start - MARGIN)
        assert last / RATE <= LONGEST + 2 * MARGIN
    assert len(np.concatenate([windows(piece.start, piece.end) for piece in pieces])) == 140


@pytest.mark.parametrize(("seen", "heard"), [(2.0, 40.0), (40.0, 2.0), (0, 31.0), (31.0, 0)])
def test_the_longer_stream_decides(seen, heard) -> None:
    sound = np.zeros(round(heard * RATE), np.float32)
    pieces = list(cut(pictures(seen), blocks(sound)))
    assert pieces[-1].end == max(seen, heard)
    assert sum(len(piece.frames) for piece in pieces) == seen * FPS


def test_only_a_segment_is_held() -> None:
    """An hour of pictures is asked for one by one, never ahead."""
    asked = []

    def source():
        for time, pixels in pictures(3600):
            asked.append(time)
            yield time, pixels

    first = next(cut(source(), []))
    assert first.end == LONGEST
    assert max(asked) == LONGEST  # one looked at ahead


def test_half_seconds() -> None:
    assert windows(30.0, 30.1).tolist() == [30.25]
    assert len(windows(0, 2.0625)) == 5
    assert len(windows(0, 2.001)) == 4


def test_a_clip_in_memory_equals_its_file(tmp_path) -> None:
    sound = Audio(samples=tone("sadness", 4)[None], sample_rate=RATE)
    clip = Clip(frames=coloured("anger", "sadness"), fps=8).with_audio(sound)
    path = tmp_path / "clip.mp4"
    write_video(clip, path)
    (held,), (read,) = list(clip_segments(clip)), list(file_segments(path))
    assert held.frame_seconds.tolist() == read.frame_seconds.tolist()
    assert np.abs(held.frames.astype(int) - read.frames).mean() < 6
    assert abs(len(held.samples) - len(read.samples)) < 0.1 * RATE


def test_sound_of_another_rate_is_resampled() -> None:
    sound = Audio(samples=tone("excitement", 1, rate=44_100)[None], sample_rate=44_100)
    clip = Clip(frames=coloured("anger", seconds=1), fps=8).with_audio(sound)
    (piece,) = clip_segments(clip)
    assert abs(len(piece.samples) - RATE) < 100
    spectrum = np.abs(np.fft.rfft(piece.samples[:RATE], RATE))
    assert int(spectrum.argmax()) == 880


def test_transparency_is_laid_over_white() -> None:
    frames = np.zeros((3, 8, 8, 4), np.uint8)
    (piece,) = clip_segments(Clip(frames=frames, fps=8))
    assert piece.frames.min() == 255


def test_kinds(tmp_path) -> None:
    write_video(Clip(frames=coloured("anger"), fps=8), tmp_path / "a.mp4")
    write_video(Clip(frames=coloured("anger"), fps=8), tmp_path / "a.webp")
    save_image(coloured("anger")[0], tmp_path / "a.png")
    (tmp_path / "a.srt").write_text("hello")
    (tmp_path / "notes").write_text("hello you")
    kinds = [kind_of(tmp_path / name) for name in ("a.mp4", "a.webp", "a.png", "a.srt", "notes")]
    assert kinds[0] == "video"
    assert kinds[2:] == ["image", "text", "text"]
    (tmp_path / "junk.mp4").write_bytes(bytes(range(256)) * 40)
    with pytest.raises(MediaError, match="cannot be decoded"):
        kind_of(tmp_path / "junk.mp4")


@pytest.mark.parametrize("name", ["words.mp4", "words.wav", "words.png"])
def test_a_text_under_the_name_of_media_is_refused(tmp_path, name) -> None:
    (tmp_path / name).write_text("hello you")
    with pytest.raises(MediaError):
        kind_of(tmp_path / name)
