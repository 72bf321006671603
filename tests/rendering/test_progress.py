"""What a person sees of a run: events in, bars or lines out."""

import io

from rich.console import Console

from emogen.rendering.events import EVENT_KINDS, Event, lines_to
from emogen.rendering.progress import Board


def event(kind, **about):
    detail = about.pop("detail", {})
    return Event(event=kind, time=1.0, detail=detail, **about)


DONE = event("job_done", job="a", worker="cpu-0", detail={
    "output": "a.mp4", "seconds": {"denoising": 2.0, "writing": 0.5}, "scores": None,
    "warnings": [], "adopted": False,
})  # fmt: skip
FAILED = event("job_failed", job="b", worker="cpu-0", detail={
    "state": "failed", "delay_s": 0.0,
    "problem": {"kind": "input", "message": "no picture", "hint": ""},
})  # fmt: skip


def test_lines_where_there_is_no_terminal(capsys):
    board = Board(2)
    board(DONE)
    board(FAILED)
    assert capsys.readouterr().err.splitlines() == [
        "emogen: 1/2 a.mp4 (2.5 s)", "emogen: b: no picture (input, failed)",
    ]  # fmt: skip


def test_bars_on_a_terminal():
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=100)
    with Board(4, console=console) as board:
        board(event("worker_ready", worker="cpu-0"))
        board(event("job_started", job="a", worker="cpu-0", detail={"output": "a.mp4"}))
        board(event("job_stage", job="a", worker="cpu-0", stage="denoising", progress=0.5))
        console.print(board.render())
        board(DONE)
        board(FAILED)
        console.print(board.render())
    text = screen.getvalue()
    for word in ("0/4", "denoising", "a.mp4", "1/4", "1 failed", "left", "no picture"):
        assert word in text


def test_events_are_lines_of_json():
    stream = io.StringIO()
    listen = lines_to(stream)
    listen(event("job_stage", job="a", stage="denoising", progress=0.25))
    assert stream.getvalue() == (
        '{"time": 1.0, "event": "job_stage", "job": "a", "stage": "denoising", "progress": 0.25}\n'
    )


def test_every_event_is_explained():
    import emogen.rendering.events as events

    assert [kind for kind in EVENT_KINDS if f"    {kind} " not in events.__doc__] == []
