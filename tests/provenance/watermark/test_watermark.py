"""The mark through files, sizes, rates and crops; what it does to pictures; what noise does."""

import numpy as np
import pytest
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio

from emogen.errors import MediaError
from emogen.media import Clip, read_video, write_video
from emogen.provenance.watermark import detect, embed
from emogen.provenance.watermark.detect import read, tail, whiten
from tests.provenance.drawings import drawn

PAYLOAD = 0x1_2345_6789


@pytest.fixture(scope="module")
def marked():
    return embed(drawn(480, 640), PAYLOAD)


def resized(clip, width, height):
    frames = [np.array(Image.fromarray(one).resize((width, height))) for one in clip.frames]
    return Clip(frames=np.stack(frames), fps=clip.fps)


def test_is_read_from_the_frames(marked) -> None:
    seen = detect(marked.frames)
    assert (seen.found, seen.payload, seen.place) == (True, PAYLOAD, "whole")
    assert seen.false_alarm < 1e-9


def test_one_frame_is_enough(marked) -> None:
    assert detect(marked.frames[:1]).payload == PAYLOAD


def test_is_hardly_there(marked) -> None:
    plain = drawn(480, 640)
    assert peak_signal_noise_ratio(plain.frames, marked.frames) > 44
    difference = marked.frames.astype(int) - plain.frames
    flat = difference[:, 400:470, 20:200]  # one colour with fine grain
    assert np.abs(flat).max() <= 2
    assert abs(difference.mean()) < 0.05


def test_is_the_same_every_time_and_keeps_sound_and_alpha(clip) -> None:
    assert np.array_equal(embed(clip, 5).frames, embed(clip, 5).frames)
    alpha = np.zeros((*clip.frames.shape[:3], 1), np.uint8)
    clear = Clip(frames=np.concatenate([clip.frames, alpha], axis=3), fps=16)
    assert np.array_equal(embed(clear, 5).frames[..., 3:], alpha)


def test_black_and_white_do_not_wrap() -> None:
    for level in (0, 255):
        flat = Clip(frames=np.full((2, 96, 96, 3), level, np.uint8), fps=8)
        assert np.abs(embed(flat, 1).frames.astype(int) - level).max() <= 3


def test_too_small_stays_as_it_is() -> None:
    small = drawn(48, 64)
    assert embed(small, 1) is small


def test_payload_has_forty_bits(clip) -> None:
    with pytest.raises(ValueError, match="payload of 40 bits"):
        embed(clip, 1 << 40)


@pytest.mark.parametrize(("suffix", "options"), [
    (".mp4", {"crf": 28}), (".webm", {}), (".webp", {"quality": 60}),
])
def test_survives_files(marked, tmp_path, suffix, options) -> None:
    short = Clip(frames=marked.frames[:4], fps=16)
    path = write_video(short, tmp_path / f"a{suffix}", **options)
    assert detect(read_video(path).frames).payload == PAYLOAD


@pytest.mark.parametrize("size", [(960, 720), (320, 240), (853, 480), (700, 480)])
def test_survives_scaling_also_uneven(marked, size) -> None:
    seen = detect(resized(marked, *size).frames[:3])
    assert seen.payload == PAYLOAD
    assert seen.place == ("stretched" if size[0] * 3 != size[1] * 4 else "whole")


@pytest.mark.parametrize("box", [(0, 0, 400, 560), (50, 90, 470, 600), (140, 200, 460, 630)])
def test_survives_cropping(marked, box) -> None:
    top, left, bottom, right = box
    seen = detect(marked.frames[:4, top:bottom, left:right])
    assert (seen.payload, seen.place) == (PAYLOAD, "crop")
    assert seen.scale == pytest.approx((bottom - top) / 480, rel=0.01)
    assert seen.offset == pytest.approx((top / 7.5, left / 7.5), abs=0.5)


def test_survives_cropping_then_scaling(marked) -> None:
    part = Clip(frames=np.ascontiguousarray(marked.frames[:4, 60:420, 40:600]), fps=16)
    assert detect(resized(part, 1000, 642).frames).payload == PAYLOAD


def test_survives_black_bars(marked) -> None:
    frames = np.zeros((4, 640, 640, 3), np.uint8)
    frames[:, 80:560] = marked.frames[:4]
    assert detect(frames).payload == PAYLOAD


def test_another_key_reads_nothing(marked) -> None:
    seen = detect(marked.frames[:3, :, ::-1], crops=False)  # mirrored: the signs no longer fit
    assert not seen.found


def test_nothing_is_found_where_nothing_is() -> None:
    rng = np.random.default_rng(0)
    for index in range(3):
        assert not detect(drawn(seed=index).frames).found
    assert not detect(rng.integers(0, 256, (3, 120, 160, 3), dtype=np.uint8)).found
    assert not detect(np.full((2, 100, 100, 3), 90, np.uint8)).found


def test_noise_stays_below_the_bound() -> None:
    rng = np.random.default_rng(0)
    scores = np.array([
        read(whiten(rng.standard_t(2, (64, 114)).astype(np.float32), 2)).z for _ in range(400)
    ])
    for limit in (1.0, 2.0, 3.0):
        assert np.mean(scores > limit) <= tail(limit)
    assert scores.std() == pytest.approx(1, abs=0.12)


def test_no_frames_is_an_error() -> None:
    with pytest.raises(MediaError, match="at least one frame"):
        detect([])
    with pytest.raises(MediaError, match="at least 16 pixels"):
        detect(np.zeros((1, 8, 8, 3), np.uint8))
