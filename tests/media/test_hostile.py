"""Files that are not what they say: one clear line, whoever reads them."""

import contextlib
import os

import pytest

from emogen.errors import MediaError
from emogen.media import probe, read_audio, read_parameters, read_video, write_video
from emogen.media.container import open_media

WAV_HEADER = b"RIFF$\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x80>\0\0\0}\0\0\x02\0\x10\0data\0\0\0\0"
PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n/etc/passwd\n#EXT-X-ENDLIST\n"


def refused(function, path):
    with pytest.raises(MediaError) as caught:
        function(path)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 400
    return message


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("text.mp4", b"this is a text file\n" * 50),
        ("zeros.mp4", b"\0" * 5000),
        ("list.mp4", PLAYLIST),
        ("concat.mp4", b"ffconcat version 1.0\nfile '/etc/passwd'\n"),
        ("empty.mp4", b""),
        ("noise.webm", bytes(range(256)) * 40),
        ("cut.gif", b"GIF89a\x10\0\x10\0\x80\0\0"),
        ("riff.webp", b"RIFF\x20\0\0\0WEBPVP8X\x0a\0\0\0" + b"\xff" * 12),
        ("sound.wav", WAV_HEADER),
    ],
)
def test_what_is_no_video_is_refused(tmp_path, name, data):
    path = tmp_path / name
    path.write_bytes(data)
    assert name in refused(read_video, path)
    assert name in refused(read_audio, path)
    refused(probe, path) if name != "sound.wav" else None


def test_missing_files_folders_and_impossible_names(tmp_path):
    for function in (read_video, read_audio, probe, read_parameters):
        assert "no such file" in refused(function, tmp_path / "missing.mp4")
        assert "folder" in refused(function, tmp_path)
        refused(function, tmp_path / ("x" * 5000))
        refused(function, "a\0b.mp4")
        assert "no such file" in refused(function, "http://127.0.0.1:9/a.mp4")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "a.mp4")
    assert "device" in refused(read_video, tmp_path / "a.mp4")


@pytest.mark.parametrize("extension", [".mp4", ".webm", ".gif", ".webp"])
@pytest.mark.parametrize("share", [0.1, 0.4, 0.7])
def test_a_file_cut_short_is_noticed(clip, tmp_path, extension, share):
    whole = write_video(clip, tmp_path / f"whole{extension}").read_bytes()
    path = tmp_path / f"cut{extension}"
    path.write_bytes(whole[: int(len(whole) * share)])
    refused(read_video, path)


@pytest.mark.filterwarnings("ignore:.*varies in frame rate")
@pytest.mark.parametrize("extension", [".mp4", ".webm", ".gif", ".webp"])
def test_damaged_bytes_never_escape_as_other_errors(clip, tmp_path, extension):
    whole = write_video(clip, tmp_path / f"whole{extension}").read_bytes()
    path, step = tmp_path / f"bad{extension}", max(1, len(whole) // 25)
    for at in range(0, len(whole) - 8, step):
        path.write_bytes(whole[:at] + b"\xff\x00\x7f\x80" + whole[at + 4 :])
        for function in (read_video, read_parameters):
            with contextlib.suppress(MediaError):
                function(path)


def test_cut_sound_is_noticed(sync_clip, tmp_path):
    path = write_video(sync_clip, tmp_path / "a.mp4")
    path.write_bytes(path.read_bytes()[:-4000])
    refused(read_audio, path)


def test_names_that_look_like_options_are_only_names(clip, tmp_path):
    for name in ("concat:a|b.mp4", "a%03d.mp4", "-i.mp4", "a;rm.mp4", "ü 🙂.mp4"):
        path = write_video(clip, tmp_path / name)
        assert read_video(path).num_frames == 17
        with open_media(path) as container:
            assert container.streams.video
