"""One worker in this process: orders in, messages out, files on disk."""

import threading

import pytest

from emogen.rendering.worker.messages import Done, Drop, Failed, Order, Ready, Stop, Told
from emogen.rendering.worker.worker import Worker, WorkerOptions
from tests.rendering.claims import claim_of
from tests.rendering.jobs import CARDS, entries_of, job


def work(folder, orders, *, before=(), engines=CARDS):
    """Return the messages of a worker that got orders and was told to stop after them."""
    messages, pending = [], {claim.token for order in orders for claim in order.claims}
    finished = threading.Event()

    def hear(message):
        messages.append(message)
        if isinstance(message, (Done, Failed)):
            pending.discard(message.token)
            if not pending:
                finished.set()

    worker = Worker(WorkerOptions(target=str(folder), engines=engines), hear)
    for note in (*before, *orders):
        worker.hand(note)
    thread = threading.Thread(target=worker.run)
    thread.start()
    finished.wait(20 if not before else 1)
    worker.hand(Stop())
    thread.join(20)
    assert not thread.is_alive()
    return messages


def claims(*prompts, **measures):
    entries = entries_of([job(prompt, seed=place) for place, prompt in enumerate(prompts)])
    return tuple(
        claim_of(entry, token=f"{place:016x}", **measures) for place, entry in enumerate(entries)
    )


def ends(messages):
    return {one.token[-1]: one for one in messages if isinstance(one, (Done, Failed))}


def test_an_order_is_made(tmp_path):
    found = work(tmp_path, [Order(claims=claims("a cat", "a dog"))])
    assert isinstance(found[0], Ready)
    assert sorted(ends(found)) == ["0", "1"]
    for one in ends(found).values():
        assert (tmp_path / one.output).is_file()
        assert {"reading", "encoding", "denoising", "decoding", "writing"} <= set(one.seconds)
        assert one.memory_bytes > 1 << 20
    stages = [one.stage for one in found if isinstance(one, Told)]
    assert stages.index("denoising") < stages.index("waiting") < stages.index("writing")


@pytest.mark.parametrize(
    ("word", "kind"), [("refuse", "input"), ("bug", "bug"), ("flaky", "transient"),
                       ("hungry", "memory")],
)
def test_one_that_fails_leaves_the_others_alone(tmp_path, word, kind):
    found = ends(work(tmp_path, [Order(claims=claims("a cat", word, "a dog"))]))
    assert found["1"].problem.kind == kind
    assert isinstance(found["0"], Done)
    assert isinstance(found["2"], Done)


def test_what_lies_there_is_not_made_again(tmp_path):
    first = ends(work(tmp_path, [Order(claims=claims("a cat"))]))["0"]
    again = ends(work(tmp_path, [Order(claims=claims("a cat"))]))["0"]
    assert (first.is_adopted, again.is_adopted) == (False, True)
    assert first.digest == again.digest


def test_the_same_job_gives_the_same_bytes(tmp_path):
    both = [ends(work(tmp_path / name, [Order(claims=claims("a cat"))]))["0"] for name in "ab"]
    assert both[0].digest == both[1].digest


def test_what_is_dropped_is_not_written(tmp_path):
    found = work(
        tmp_path, [Order(claims=claims("a cat"))], before=[Drop(tokens=(f"{0:016x}",))]
    )
    assert ends(found) == {}
    assert list(tmp_path.glob("*.mp4")) == []


def test_a_picture_that_is_none(tmp_path):
    (tmp_path / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    entry = entries_of([job("a cat", image=str(tmp_path / "bad.png"))])[0]
    found = ends(work(tmp_path, [Order(claims=(claim_of(entry),))]))
    assert found["e"].problem.kind == "input"
    assert "bad.png" in found["e"].problem.message


def test_a_kind_without_an_engine(tmp_path):
    engines = {"text2video": "emogen.rendering.worker.nothing:Engine"}
    found = ends(work(tmp_path, [Order(claims=claims("a cat"))], engines=engines))
    assert "cannot load the engine" in found["0"].problem.message
