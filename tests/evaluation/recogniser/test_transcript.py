"""What is said is read from subtitles and plain text, and other scripts are noticed."""

import pytest

from emogen.errors import InputError, MediaError
from emogen.evaluation.recogniser.transcript import (
    LONGEST,
    latin_share,
    read_text,
    read_transcript,
    sentences,
    subtitles,
)

SRT = """1
00:00:01,000 --> 00:00:02,500
Hello <b>you</b>
there

2
00:01:00,000 --> 00:01:01,000
Bye.
"""
VTT = """WEBVTT

NOTE a comment

00:01.000 --> 00:02.500 align:start position:10%
<v Ann>Hello &amp; welcome

second
01:02:03.250 --> 01:02:04.000
Bye.
"""


def test_srt() -> None:
    assert subtitles(SRT) == [(1.0, 2.5, "Hello you there"), (60.0, 61.0, "Bye.")]


def test_vtt() -> None:
    assert subtitles(VTT) == [(1.0, 2.5, "Hello & welcome"), (3723.25, 3724.0, "Bye.")]


def test_lines_come_in_order_of_time() -> None:
    swapped = "00:05.000 --> 00:06.000\nlater\n\n00:01.000 --> 00:02.000\nearlier\n"
    assert [text for _, _, text in subtitles(swapped)] == ["earlier", "later"]


def test_a_subtitle_that_runs_back_is_refused() -> None:
    with pytest.raises(InputError, match="end after it begins"):
        subtitles("00:05.000 --> 00:01.000\nwhat\n")
    with pytest.raises(InputError, match="with words"):
        subtitles("00:01.000 --> 00:05.000\n\n")


def test_plain_text_lasts_the_whole_clip(tmp_path) -> None:
    path = tmp_path / "said.txt"
    path.write_text("I won.\nThey   wept.\n")
    assert read_transcript(path, seconds=4.0) == [(0.0, 4.0, "I won. They wept.")]


def test_sentences() -> None:
    text = 'Mr. Fox ran at 3.5 km/h. "Stop!" he said.\nÉcoute ! no capital'
    assert [line for _, _, line in sentences(text)] == [
        "Mr.", "Fox ran at 3.5 km/h.", '"Stop!" he said.', "Écoute ! no capital",
    ]  # fmt: skip
    assert sentences(" \n ") == []


def test_a_wall_of_words_is_cut_at_spaces() -> None:
    lines = sentences("word " * 300)
    assert max(len(text) for _, _, text in lines) <= LONGEST
    assert " ".join(text for _, _, text in lines) == ("word " * 300).strip()
    assert len(sentences("x" * 1000)[0][2]) == LONGEST


@pytest.mark.parametrize(
    ("text", "share"), [("", 1.0), ("Zażółć", 1.0), ("你好", 0.0), ("hi привет", 0.25)]
)
def test_scripts(text, share) -> None:
    assert latin_share(text) == share


@pytest.mark.parametrize("content", [b"", b"   \n", b"\xff\xfe\x00a", b"a\x00b"])
def test_what_is_no_text_is_refused(tmp_path, content) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(content)
    with pytest.raises(MediaError):
        read_text(path)


def test_a_text_too_long_is_refused(tmp_path) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(b"a " * (3 << 20))
    with pytest.raises(MediaError, match="at most 4 MiB"):
        read_text(path)
