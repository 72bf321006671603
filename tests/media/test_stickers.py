"""Stickers meet the messengers' limits, as fine as they can be."""

import numpy as np
import pytest

from emogen.errors import MediaError
from emogen.media import Clip, check_sticker, export_sticker, probe, read_video, write_video
from emogen.media.stickers import STICKERS
from tests.media.samples import moving_frames


def noisy(count, fps, size=64):
    rng = np.random.default_rng(0)
    return Clip(frames=rng.integers(0, 255, (count, size, size, 3)).astype(np.uint8), fps=fps)


@pytest.mark.parametrize(("target", "extension"), [("telegram", ".webm"), ("whatsapp", ".webp")])
def test_a_sticker_fits(alpha_clip, tmp_path, target, extension):
    short = alpha_clip.between(0, 0.4)
    sticker = export_sticker(short, tmp_path / f"a{extension}", target=target)
    assert check_sticker(sticker.path, target) == []
    assert sticker.size_bytes == sticker.path.stat().st_size <= STICKERS[target].max_bytes
    assert sticker.width == 512
    assert sticker.height == {"telegram": 342, "whatsapp": 512}[target]
    back = read_video(sticker.path, alpha=True)
    assert (back.num_frames, back.fps) == (6, pytest.approx(16))
    assert back.frames[0, :, -1, 3].max() == 0  # the corner is clear
    assert back.frames[0, sticker.height // 2, 100, 3] > 250


def test_sound_is_left_out_and_fast_clips_slowed(sync_clip, tmp_path):
    fast = Clip(frames=sync_clip.frames[:10], fps=50).with_audio(sync_clip.audio)
    sticker = export_sticker(fast, tmp_path / "a.webm", target="telegram")
    assert probe(sticker.path).audio is None
    assert sticker.fps == 25


def test_a_hard_clip_loses_quality_then_frames(tmp_path):
    calm = Clip(frames=moving_frames(4), fps=8)
    easy = export_sticker(calm, tmp_path / "easy.webm", target="telegram")
    hard = export_sticker(noisy(12, 12), tmp_path / "hard.webm", target="telegram")
    assert easy.level == STICKERS["telegram"].levels[0]
    assert hard.level > easy.level
    assert hard.size_bytes <= 256 * 1024


def test_what_does_not_fit_is_refused(clip, tmp_path):
    long = Clip(frames=np.repeat(clip.frames, 4, axis=0), fps=16)
    with pytest.raises(MediaError, match=r"at most 3 s, got 4.25 s; use clip.between\(0, 3\)"):
        export_sticker(long, tmp_path / "a.webm", target="telegram")
    with pytest.raises(MediaError, match=r"named .*webp"):
        export_sticker(clip, tmp_path / "a.webm", target="whatsapp")
    with pytest.raises(MediaError, match="did you mean 'telegram'"):
        export_sticker(clip, tmp_path / "a.webm", target="telegam")
    assert list(tmp_path.iterdir()) == []


def test_problems_are_listed(sync_clip, tmp_path):
    path = write_video(sync_clip, tmp_path / "a.mp4")
    problems = check_sticker(path, "telegram")
    assert [word in " ".join(problems) for word in ("codec vp9", "512", "sound")] == [True] * 3
    (tmp_path / "b.webm").write_text("not a video")
    assert len(check_sticker(tmp_path / "b.webm", "telegram")) == 1
    big = write_video(noisy(2, 2, 512), tmp_path / "c.webp", quality=100)
    assert check_sticker(big, "whatsapp") == [
        f"expected at most 512000 bytes, got {big.stat().st_size}"
    ]
