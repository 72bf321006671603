"""Rows on disk: what is written is read, what was cut off is left out, the last one counts."""

import pytest

from emogen.errors import InputError, MediaError
from emogen.evaluation.campaign import append_row, read_rows
from emogen.evaluation.campaign.rows import ROWS, JudgeRow, mend
from tests.evaluation.judges import Reading
from tests.evaluation.made import category


@pytest.fixture
def rows():
    return [category("a cat", "fear", "fear"), category("a dog", "awe", "anger", seed=3)]


def test_what_is_written_is_read(tmp_path, rows) -> None:
    for row in rows:
        append_row(tmp_path, row)
    assert read_rows(tmp_path) == rows
    assert rows[1].asked == "awe"
    assert rows[1].judges["main"].weight("anger") == 0.8


def test_a_later_row_replaces_an_earlier_one(tmp_path, rows) -> None:
    failed = rows[0].model_copy(update={"error": "no", "picture": None, "judges": {}})
    for row in (failed, rows[1], rows[0]):
        append_row(tmp_path, row)
    assert not failed.is_finished
    assert read_rows(tmp_path) == rows


def test_a_line_that_was_cut_off_is_left_out_and_mended(tmp_path, rows) -> None:
    append_row(tmp_path, rows[0])
    whole = (tmp_path / ROWS).read_bytes()
    append_row(tmp_path, rows[1])
    (tmp_path / ROWS).write_bytes((tmp_path / ROWS).read_bytes()[:-20])
    with pytest.warns(UserWarning, match="was cut off"):
        assert read_rows(tmp_path) == rows[:1]
    mend(tmp_path)
    assert (tmp_path / ROWS).read_bytes() == whole


@pytest.mark.parametrize("line", [b"[1]", b"{", b'{"key": 1}', b"\xff", b'{"key": "a", "x": 1}'])
def test_foreign_lines_are_errors_with_their_number(tmp_path, rows, line) -> None:
    append_row(tmp_path, rows[0])
    with (tmp_path / ROWS).open("ab") as file:
        file.write(line + b"\n")
    with pytest.raises(InputError, match="line 2"):
        read_rows(tmp_path)


def test_no_campaign(tmp_path) -> None:
    with pytest.raises(InputError, match="make one with emogen evaluate run"):
        read_rows(tmp_path)


def test_a_reading_that_is_not_finite_is_refused() -> None:
    import numpy as np

    emotion = np.full((2, 9), 1 / 9)
    reading = Reading(
        seconds=np.array([0.0, 0.5]), emotion=emotion, vad=np.zeros((2, 3)),
        intensity=np.array([0.5, np.nan]), clip_emotion=emotion[0], top="fear", confidence=0.5,
        unsure=False, features=np.zeros((2, 3)), tier="open", models="x",
    )  # fmt: skip
    with pytest.raises(MediaError, match="finite reading"):
        JudgeRow.of(reading)
