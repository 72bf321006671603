"""Marked, sealed, signed and verified, and what tampering looks like."""

import builtins

import numpy as np
import pytest

from emogen.errors import InputError, MediaError, ResourceError
from emogen.media import read_video, save_image, write_sidecar, write_video
from emogen.media.recording import record_video
from emogen.provenance import marked, marked_stream, sealed, verify, xmp
from emogen.provenance.identity import clip_id
from tests.provenance.drawings import RECORD

KINDS = (".mp4", ".webm", ".gif", ".webp")


def make(clip, path, record=RECORD, **options):
    seals = []
    write_video(
        marked(clip, record, **options), path, parameters=record,
        finish=lambda part: seals.append(sealed(part, record, kind=path.suffix)),
    )
    return seals[0]


@pytest.mark.parametrize("kind", KINDS)
def test_everything_holds(clip, tmp_path, kind) -> None:
    seal = make(clip, tmp_path / f"a{kind}")
    assert (seal.signed, seal.warnings) == (False, ())
    found = verify(tmp_path / f"a{kind}")
    assert (found.holds, found.problems) == (True, ())
    assert (found.mark.source_type, found.mark.clip_id) == (xmp.MADE, clip_id(RECORD))
    assert (found.parameters, found.source) == (RECORD, "file")
    assert found.credentials.state == ("unsupported" if kind == ".webm" else "none")
    assert found.payload == (1, clip_id(RECORD))


def test_a_picture_and_an_input(clip, tmp_path) -> None:
    record = {**RECORD, "image": {"name": "cat.png", "sha256": "1"}}
    save_image(clip.frames[0], tmp_path / "a.png", parameters=record)
    sealed(tmp_path / "a.png", record)
    found = verify(tmp_path / "a.png")
    assert found.mark.source_type == xmp.COMPOSED
    assert found.holds
    assert not found.watermark.found


@pytest.mark.parametrize("label", [False, True])
def test_marked_while_it_is_made(clip, tmp_path, label) -> None:
    frames = marked_stream(iter(clip.frames), RECORD, fps=clip.fps, label=label)
    seals = []
    record_video(
        frames, tmp_path / "a.mp4", fps=clip.fps, parameters=RECORD,
        finish=lambda part: seals.append(sealed(part, RECORD, kind=".mp4")),
    )
    found = verify(tmp_path / "a.mp4")
    assert (found.holds, found.problems) == (True, ())
    assert found.payload == (1, clip_id(RECORD))
    plain = list(marked_stream(iter(clip.frames), RECORD, fps=clip.fps, watermark=False))
    np.testing.assert_array_equal(plain, clip.frames)


def test_without_a_watermark_and_with_a_label(clip, tmp_path) -> None:
    make(clip, tmp_path / "a.webp", watermark=False, label=True)
    found = verify(tmp_path / "a.webp")
    assert found.holds
    assert not found.watermark.found
    difference = np.abs(marked(clip, RECORD, watermark=False, label=True).frames.astype(int)
                        - clip.frames)
    rows, columns = np.nonzero(difference[0].sum(axis=2))
    assert rows.min() > clip.height * 0.8
    assert columns.max() < clip.width * 0.5
    assert difference.max() > 60


def test_same_clip_same_bytes(clip, tmp_path) -> None:
    for name in "ab":
        make(clip, tmp_path / f"{name}.mp4")
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_a_new_encoding_keeps_the_watermark_only(clip, tmp_path) -> None:
    make(clip, tmp_path / "a.mp4")
    write_video(read_video(tmp_path / "a.mp4"), tmp_path / "b.mp4", crf=22)
    found = verify(tmp_path / "b.mp4")
    assert (found.mark, found.parameters, found.holds) == (None, None, True)
    assert found.payload == (1, clip_id(RECORD))


def test_an_unmarked_file_is_not_called_generated(clip, tmp_path) -> None:
    write_video(clip, tmp_path / "a.mp4")
    found = verify(tmp_path / "a.mp4")
    assert (found.synthetic, found.holds, found.problems) == (False, False, ())


def test_changed_parameters_and_foreign_frames_are_named(clip, tmp_path) -> None:
    path = tmp_path / "a.mp4"
    make(clip, path)
    path.write_bytes(path.read_bytes().replace(b'"seed\\": 7', b'"seed\\": 8').replace(
        b'"seed": 7', b'"seed": 8'))
    problems = verify(path).problems
    assert "the parameters in the file are not those that were marked" in problems
    assert f"the watermark is that of another clip, {clip_id(RECORD)}" in problems


def test_changed_pictures_are_named(clip, tmp_path) -> None:
    path = tmp_path / "a.gif"
    make(clip, path)
    data = bytearray(path.read_bytes())
    data[13] ^= 64  # a colour of the palette
    path.write_bytes(bytes(data))
    assert "picture or sound are not those that were marked" in verify(path, look=False).problems[0]


def test_a_sidecar_counts_where_the_file_says_nothing(clip, tmp_path) -> None:
    write_video(marked(clip, RECORD), tmp_path / "a.mp4")
    write_sidecar(tmp_path / "a.mp4", {**RECORD, "seed": 8})
    found = verify(tmp_path / "a.mp4")
    assert found.source == "sidecar"
    assert "the watermark is that of another clip" in found.problems[0]


@pytest.mark.parametrize("kind", [".mp4", ".gif", ".webp"])
def test_signed_trusted_valid_tampered(clip, tmp_path, signing, monkeypatch, kind) -> None:
    path = tmp_path / f"a{kind}"
    assert make(clip, path).signed
    found = verify(path, look=False)
    assert (found.credentials.state, found.holds) == ("valid", True)
    assert found.credentials.signer == "test signer"
    assert found.credentials.source_type == xmp.MADE
    assert found.credentials.parameters == RECORD
    assert found.mark is not None
    monkeypatch.setenv("EMOGEN_C2PA_TRUST", str(signing / "root.pem"))
    assert verify(path, look=False).credentials.state == "trusted"
    data = bytearray(path.read_bytes())
    data[data.rindex(b"trainedAlgorithmicMedia") + 3] ^= 1
    path.write_bytes(bytes(data))
    found = verify(path, look=False)
    assert (found.credentials.state, found.holds) == ("tampered", False)
    assert "content credentials do not hold" in found.problems[0]


def test_signed_files_stay_readable(clip, tmp_path, signing) -> None:
    make(clip, tmp_path / "a.mp4")
    assert read_video(tmp_path / "a.mp4").num_frames == clip.num_frames
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp4"]


def test_webm_says_that_it_is_not_signed(clip, tmp_path, signing) -> None:
    seal = make(clip, tmp_path / "a.webm")
    assert not seal.signed
    assert seal.warnings == (".webm holds no content credentials; it was not signed",)


def test_a_bad_certificate_leaves_no_file(clip, tmp_path, signing, monkeypatch) -> None:
    monkeypatch.setenv("EMOGEN_C2PA_CERTIFICATE", str(signing / "key.pem"))
    with pytest.raises(InputError, match="cannot sign"):
        make(clip, tmp_path / "a.mp4")
    monkeypatch.setenv("EMOGEN_C2PA_KEY", str(signing / "none.pem"))
    with pytest.raises(InputError, match="cannot read EMOGEN_C2PA_KEY"):
        make(clip, tmp_path / "a.mp4")
    monkeypatch.delenv("EMOGEN_C2PA_KEY")
    with pytest.raises(InputError, match="expected both"):
        make(clip, tmp_path / "a.mp4")
    assert list(tmp_path.iterdir()) == []


def test_no_library_is_one_line(clip, tmp_path, signing, monkeypatch) -> None:
    real = builtins.__import__

    def without(name, *rest, **options):
        if name == "c2pa":
            raise ImportError(name)
        return real(name, *rest, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ResourceError, match=r"emogen\[provenance\]"):
        make(clip, tmp_path / "a.mp4")


def test_wrong_files_are_named(tmp_path) -> None:
    with pytest.raises(MediaError, match="no such file"):
        sealed(tmp_path / "none.mp4", RECORD)
    (tmp_path / "a.mp4").write_bytes(b"junk" * 50)
    with pytest.raises(MediaError):
        sealed(tmp_path / "a.mp4", RECORD)
    with pytest.raises(MediaError):
        verify(tmp_path / "a.mp4")
