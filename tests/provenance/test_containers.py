"""XMP in files of every kind: whole, readable by others, and hostile bytes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from emogen.errors import MediaError
from emogen.media import Audio, Clip, probe, read_parameters, read_video, save_image, write_video
from emogen.provenance import xmp
from emogen.provenance.containers import content_hash, extract, insert, kind_of

KINDS = (".mp4", ".webm", ".gif", ".webp", ".png")
MARK = xmp.Mark(source_type=xmp.MADE, prompt='füchse & "robots" <3', record_sha256="ab" * 32)


def written(clip, folder, kind):
    path = folder / f"a{kind}"
    if kind == ".png":
        return save_image(clip.frames[0], path, parameters={"seed": 7})
    return write_video(clip, path, parameters={"seed": 7})


@pytest.mark.parametrize("kind", KINDS)
def test_goes_in_and_comes_out(clip, tmp_path, kind) -> None:
    source, target = written(clip, tmp_path, kind), tmp_path / f"b{kind}"
    insert(source, target, xmp.write(MARK), kind=kind)
    assert kind_of(target) == kind
    assert extract(source, kind=kind) is None
    assert xmp.read(extract(target, kind=kind)) == MARK
    assert content_hash(target, kind=kind) == content_hash(source, kind=kind)
    assert read_parameters(target) == {"seed": 7}
    if kind != ".png":
        assert np.array_equal(read_video(target).frames, read_video(source).frames)
        assert probe(target).video == probe(source).video


def test_webm_keeps_sound_and_alpha(clip, tmp_path) -> None:
    alpha = np.full((*clip.frames.shape[:3], 1), 90, np.uint8)
    tone = np.sin(np.arange(48000 * 9 // 16) / 20).astype(np.float32)[None]
    clear = Clip(frames=np.concatenate([clip.frames, alpha], axis=3), fps=16)
    source = write_video(clear.with_audio(Audio(samples=tone, sample_rate=48000)),
                         tmp_path / "a.webm")
    insert(source, tmp_path / "b.webm", xmp.write(MARK), kind=".webm")
    old, new = (read_video(path, alpha=True) for path in (source, tmp_path / "b.webm"))
    assert np.array_equal(old.frames, new.frames)
    assert np.array_equal(old.audio.samples, new.audio.samples)


@pytest.mark.parametrize("kind", [".webp", ".png"])
def test_pillow_reads_it_too(clip, tmp_path, kind) -> None:
    insert(written(clip, tmp_path, kind), tmp_path / f"b{kind}", xmp.write(MARK), kind=kind)
    with Image.open(tmp_path / f"b{kind}") as image:
        packet = image.info.get("xmp") or image.info["XML:com.adobe.xmp"]
    packet = packet.encode() if isinstance(packet, str) else packet
    assert xmp.read(packet) == MARK


def test_a_new_encoding_has_another_hash(clip, tmp_path) -> None:
    first = write_video(clip, tmp_path / "a.mp4")
    second = write_video(clip, tmp_path / "b.mp4", crf=20)
    assert content_hash(first, kind=".mp4") != content_hash(second, kind=".mp4")


def test_twice_is_an_error(clip, tmp_path) -> None:
    insert(written(clip, tmp_path, ".gif"), tmp_path / "b.gif", xmp.write(MARK), kind=".gif")
    with pytest.raises(MediaError, match="carries XMP already"):
        insert(tmp_path / "b.gif", tmp_path / "c.gif", xmp.write(MARK), kind=".gif")


def test_other_kinds_are_named(tmp_path) -> None:
    (tmp_path / "a.txt").write_text("nothing of the kind")
    with pytest.raises(MediaError, match="got another kind"):
        kind_of(tmp_path / "a.txt")


@given(st.binary(max_size=400), st.sampled_from([".mp4", ".webm", ".gif", ".webp", ".png"]))
@settings(deadline=None, max_examples=150)
def test_any_bytes_end_in_an_answer(tmp_path_factory, data, kind) -> None:
    heads = {".mp4": b"\0\0\0\x08ftyp", ".gif": b"GIF89a", ".png": b"\x89PNG\r\n\x1a\n",
             ".webm": b"\x1aE\xdf\xa3\x80\x18S\x80g\x01" + b"\xff" * 7,
             ".webp": b"RIFF\0\0\0\0WEBP"}
    path = tmp_path_factory.getbasetemp() / f"hostile{kind}"
    path.write_bytes(heads[kind] + data)
    assert extract(path, kind=kind) is None


@pytest.mark.parametrize("packet", [
    b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", b"<a", b"\xff\xfe\x00", b"", b"x" * (1 << 19),
])
def test_hostile_xmp_is_refused(packet) -> None:
    with pytest.raises(MediaError):
        xmp.read(packet)


def test_xmp_of_others_in_their_own_spelling() -> None:
    packet = f"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><r:RDF
      xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><r:Description
      xmlns:e="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"><e:DigitalSourceType>
      {xmp.SOURCE_TYPE}{xmp.COMPOSED}</e:DigitalSourceType></r:Description></r:RDF></x:xmpmeta>"""
    assert xmp.read(packet.encode()).source_type == xmp.COMPOSED
    assert xmp.read(b"<a/>") is None
