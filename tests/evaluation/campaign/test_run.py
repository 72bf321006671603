"""A campaign with real clips and real judges: whole, stopped half-way, with failures."""

import numpy as np
import pytest

from emogen.errors import InputError, ModelError, ResourceError
from emogen.evaluation.campaign import (
    append_row,
    drawn_source,
    failures,
    read_protocol,
    read_rows,
    run_campaign,
)
from emogen.evaluation.campaign.run import CLIPS, measure, read_features
from emogen.media import Clip, read_parameters, read_video
from tests.evaluation.judges import two_judges
from tests.evaluation.made import tiny_clip

PROTOCOL = """
name: small
parts:
  - name: grid
    measures: category
    prompts: [{text: a cat, draw: cat}, {text: a robot, draw: robot}]
    emotions: [amusement, anger]
"""


@pytest.fixture(scope="module")
def judges():
    return two_judges()


@pytest.fixture
def requests():
    return read_protocol(PROTOCOL, source="small.yaml").requests()


class Counting:
    """A source of tiny clips that counts and can refuse."""

    def __init__(self, *, refuse=(), error=InputError):
        self.asked, self.refuse, self.error = [], refuse, error

    def __call__(self, request):
        self.asked.append(request.key)
        if request.prompt in self.refuse:
            raise self.error("no such\nthing")
        return tiny_clip(request.seed)


def test_drawn_clips_are_read_as_they_were_asked(tmp_path, judges, requests) -> None:
    source = drawn_source(num_frames=9, fps=8.0, size=64)
    rows = run_campaign(requests, source=source, judges=judges, folder=tmp_path)
    for row in rows:
        assert row.is_finished
        assert {name: judge.top for name, judge in row.judges.items()} == {
            "main": row.asked, "second": row.asked,
        }
        clip = read_video(tmp_path / row.clip)
        assert row.picture == measure(clip)
        assert read_parameters(tmp_path / row.clip)["prompt"] == row.prompt
    assert read_rows(tmp_path) == rows
    assert read_features(tmp_path, rows, "main").shape == (4, 18)


def test_finished_clips_are_skipped(tmp_path, judges, requests) -> None:
    first, again = Counting(), Counting()
    half = run_campaign(requests[:2], source=first, judges=judges, folder=tmp_path)
    rows = run_campaign(requests, source=again, judges=judges, folder=tmp_path)
    assert first.asked == [request.key for request in requests[:2]]
    assert again.asked == [request.key for request in requests[2:]]
    assert rows[:2] == half


def test_an_interruption_loses_the_clip_in_work_only(tmp_path, judges, requests) -> None:
    source = Counting(refuse=("a robot",), error=KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        run_campaign(requests, source=source, judges=judges, folder=tmp_path)
    assert [row.prompt for row in read_rows(tmp_path)] == ["a cat", "a cat"]
    again = Counting()
    run_campaign(requests, source=again, judges=judges, folder=tmp_path)
    assert len(again.asked) == 2


def test_a_failure_becomes_a_row_and_is_tried_again(tmp_path, judges, requests) -> None:
    rows = run_campaign(
        requests, source=Counting(refuse=("a robot",)), judges=judges, folder=tmp_path
    )
    assert [row.error for row in failures(rows)] == ["no such thing"] * 2
    again = Counting()
    rows = run_campaign(requests, source=again, judges=judges, folder=tmp_path)
    assert len(again.asked) == 2
    assert not list(failures(rows))


@pytest.mark.parametrize("error", [ModelError, ResourceError])
def test_what_is_not_the_clips_fault_stops_the_run(tmp_path, judges, requests, error) -> None:
    source = Counting(refuse=("a cat",), error=error)
    with pytest.raises(error):
        run_campaign(requests, source=source, judges=judges, folder=tmp_path)


def test_clips_that_lie_there_are_judged_without_being_made(tmp_path, judges, requests) -> None:
    source = Counting()
    rows = run_campaign(requests, source=source, judges=judges, folder=tmp_path)
    append_row(tmp_path, rows[0].model_copy(update={"judges": {"main": rows[0].judges["main"]}}))
    again = run_campaign(requests, source=Counting(refuse=("a cat",)), judges=judges,
                         folder=tmp_path)
    assert [row.judges for row in again] == [row.judges for row in rows]
    told = []
    again = run_campaign(
        requests, source=Counting(refuse=("a cat", "a robot")), judges=judges, folder=tmp_path,
        rejudge=True, progress=lambda *given: told.append(given),
    )
    assert [row.judges for row in again] == [row.judges for row in rows]
    assert told[-1][1:] == (4, 4)


def test_files_are_copied_as_they_are(tmp_path, judges, requests) -> None:
    run_campaign(requests[:1], source=Counting(), judges=judges, folder=tmp_path / "a")
    [path] = (tmp_path / "a" / CLIPS).iterdir()
    [row] = run_campaign(
        requests[:1], source=lambda _: path, judges=judges, folder=tmp_path / "b"
    )
    assert (tmp_path / "b" / row.clip).read_bytes() == path.read_bytes()


def test_one_frame_does_not_flicker() -> None:
    picture = measure(Clip(frames=np.zeros((1, 16, 16, 3), np.uint8), fps=8.0))
    assert (picture.change, picture.num_frames, picture.seconds) == (0, 1, 0)


def test_a_folder_that_cannot_be_made(tmp_path, judges, requests) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ResourceError, match="cannot write in"):
        run_campaign(requests, source=Counting(), judges=judges, folder=tmp_path / "file")
