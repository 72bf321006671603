"""Files from outside: pictures, clips and hostile bytes in; a checked upload or one line out."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from emogen.errors import InputError, MediaError
from emogen.media import Clip, read_image, write_video
from ui.inbox import Inbox, check_kind
from ui.settings import Limits


@pytest.fixture
def inbox(tmp_path):
    return Inbox(tmp_path / "uploads", Limits(upload_bytes=200_000, seconds=3.0, pixels=1 << 20))


def png(width=8, height=6):
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(buffer, "PNG")
    return buffer.getvalue()


def bomb(width, height):
    """A PNG of a few bytes that says it holds many pixels."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


@pytest.fixture(scope="module")
def mp4(tmp_path_factory):
    path = tmp_path_factory.mktemp("clips") / "clip.mp4"
    frames = np.zeros((16, 32, 32, 3), np.uint8)
    frames[:, :, :, 0] = np.arange(16)[:, None, None] * 10
    write_video(Clip(frames=frames, fps=8.0), path, parameters={"prompt": "a cat"})
    return path.read_bytes()


def test_a_picture_becomes_plain_pixels(inbox) -> None:
    upload = inbox.take([png()], name="../../cat.png", kind="image")
    assert (upload.name, upload.width, upload.height) == ("cat.png", 8, 6)
    assert read_image(inbox.path(upload)).shape == (6, 8, 3)
    assert inbox.find(upload.id) == upload
    assert "file" not in upload.public()
    assert inbox.take([png()], name="again.png", kind="image") == upload


def test_a_clip_says_how_it_was_made(inbox, mp4) -> None:
    upload = inbox.take([mp4[:100], mp4[100:]], name="clip.mp4", kind="clip")
    assert upload.seconds == pytest.approx(2.0)
    assert upload.parameters == {"prompt": "a cat"}
    assert inbox.picture(upload).is_file()


def test_hostile_and_oversized_files_are_refused(inbox, mp4) -> None:
    cases = [
        ([bomb(60_000, 60_000)], "image", "pixels"),
        ([bomb(2000, 2000)], "image", "cannot be decoded|pixels"),
        ([mp4[: len(mp4) // 3]], "clip", "damaged|cut short|expected"),
        ([png()[:20]], "image", "cannot be decoded"),
        ([b"x" * 150_000, b"x" * 150_000], "clip", "larger"),
        ([b""], "clip", "empty"),
        ([b"<html><script>alert(1)</script>"], "image", "begins otherwise"),
        ([b"#EXTM3U\nfile:///etc/passwd"], "clip", "begins otherwise"),
        ([mp4], "image", "expected a picture"),
        ([png()], "clip", "expected a clip"),
    ]
    for chunks, kind, said in cases:
        with pytest.raises(InputError, match=said) as told:
            inbox.take(chunks, name="file", kind=kind)
        assert str(inbox.folder) not in str(told.value)
    left = [path.name for path in inbox.folder.iterdir() if not path.name.endswith(".png")]
    assert left == [], "nothing of a refused file is kept"


def test_a_clip_that_is_too_long(inbox, tmp_path) -> None:
    path = tmp_path / "long.gif"
    write_video(Clip(frames=np.zeros((8, 16, 16, 3), np.uint8), fps=1.0), path)
    with pytest.raises(MediaError, match="at most 3 s"):
        inbox.take([path.read_bytes()], name="long.gif", kind="clip")


def test_an_unknown_upload(inbox) -> None:
    for identity in ("0" * 20, "../secret", ""):
        with pytest.raises(InputError, match="no upload"):
            inbox.find(identity)


@pytest.mark.parametrize(
    ("head", "suffix"),
    [(b"\x00\x00\x00\x20ftypisom", ".mp4"), (b"RIFF\x00\x00\x00\x00WAVE", ".wav"),
     (b"\x1a\x45\xdf\xa3", ".webm"), (b"RIFF\x00\x00\x00\x00WEBP", ".webp"), (b"OggS", ".ogg")],
)
def test_the_first_bytes_decide(tmp_path, head, suffix) -> None:
    (tmp_path / "file.exe").write_bytes(head + bytes(20))
    assert check_kind(tmp_path / "file.exe", "clip") == suffix
