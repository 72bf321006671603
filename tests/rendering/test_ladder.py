"""The ladder: every class of failure comes to its declared end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emogen.rendering.ladder import (
    PROBLEM_KINDS,
    SMALLER,
    TRIES,
    Measures,
    Problem,
    Verdict,
    follow,
)

ENDS = {"input": "failed", "memory": "failed", "transient": "failed", "bug": "failed",
        "crash": "quarantined", "hang": "quarantined", "lost": "quarantined"}  # fmt: skip


def walk(kind, *, allow_smaller=False):
    """Fail again and again, and return every verdict."""
    verdicts = [Verdict(state="queued")]
    while verdicts[-1].state == "queued" and len(verdicts) < 50:
        verdicts.append(follow(
            kind, failures=len(verdicts), measures=verdicts[-1].measures,
            allow_smaller=allow_smaller,
        ))
    return verdicts[1:]


@pytest.mark.parametrize("kind", ENDS)
def test_every_class_ends(kind) -> None:
    verdicts = walk(kind)
    assert verdicts[-1].state == ENDS[kind]
    assert kind == "memory" or len(verdicts) == TRIES[kind]


def test_a_full_disk_never_ends_a_job() -> None:
    assert len(walk("disk")) == 49


def test_a_smaller_clip_only_where_it_is_allowed() -> None:
    assert [one.measures.smaller for one in walk("memory")] == [0, 0, 0, 0]
    steps = [one.measures.smaller for one in walk("memory", allow_smaller=True)]
    assert steps == [0, 0, 0, 1, 2, 2]
    assert len(SMALLER) == 2


def test_delays_double() -> None:
    assert [one.delay_s for one in walk("transient")] == [2.0, 4.0, 8.0, 16.0, 0.0]


def test_a_crash_gets_a_fresh_process_of_its_own() -> None:
    first = walk("crash")[0].measures
    assert (first.alone, first.fresh) == (True, True)


@given(
    width=st.integers(1, 256).map(lambda side: side * 16),
    height=st.integers(1, 256).map(lambda side: side * 16),
    smaller=st.integers(0, len(SMALLER)),
)
def test_smaller_sizes_can_be_made(width, height, smaller) -> None:
    sides = Measures(smaller=smaller).size(width, height)
    assert all(side % 16 == 0 and side >= 16 for side in sides)
    assert sides <= (width, height)


@given(measures=st.builds(Measures, alone=st.booleans(), fresh=st.booleans(),
                          tiling=st.booleans(), offload=st.booleans(), smaller=st.integers(0, 2)))
def test_measures_survive_storing(measures) -> None:
    assert Measures.from_dict(measures.to_dict()) == measures


def test_an_unknown_class_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a kind of problem of input"):
        Problem(kind="weather", message="rain")
    assert set(PROBLEM_KINDS) == set(ENDS) | {"disk"}
