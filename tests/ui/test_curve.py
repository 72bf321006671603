"""The emotion editor's view of the notation: what it draws is what is rendered."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emogen.emotion import MIKELS, parse
from emogen.emotion.notation import ARROWS as ALL_ARROWS
from emogen.errors import NotationError
from ui.curve import SAMPLES, read_curve

ARROWS = sorted(ALL_ARROWS)


def test_the_samples_are_those_of_the_trajectory() -> None:
    text = "sadness:0.8@0s ~> amusement@1s => fear:0.5@2s"
    found = read_curve(text, seconds=2.0)
    trajectory = parse(text, seconds=2.0)
    for row in (0, 7, 24, SAMPLES - 1):
        exact = trajectory.at(found["samples"]["seconds"][row]).exact()
        assert found["samples"]["valence"][row] == pytest.approx(exact[8], abs=2e-4)
        read = [found["samples"]["strengths"][name][row] for name in MIKELS]
        np.testing.assert_allclose(read, exact[:8], atol=2e-4)


@pytest.mark.parametrize(
    "text",
    ["fear", "awe:0.6+fear:0.4", "v=-0.4,a=0.7", "quiet dread:0.5 -> joy",
     '"tired; lonely":0.5@0s o> joy@2s', "fear@0.5s => joy:0.5[a=0.9]@1s", "joy@0 -> fear@2"],
)
def test_what_was_written_comes_back_word_for_word(text) -> None:
    found = read_curve(text, seconds=2.0)
    again = "".join(
        f"{frame['text']}@{frame['seconds']:g}s"
        + (f" {frame['arrow']} " if index + 1 < len(found["keyframes"]) else "")
        for index, frame in enumerate(found["keyframes"])
    )
    second = read_curve(again, seconds=2.0)
    assert second["samples"] == found["samples"]
    for frame in found["keyframes"]:
        assert frame["text"] in text


@given(st.lists(
    st.tuples(st.sampled_from(MIKELS), st.integers(1, 100), st.sampled_from(ARROWS)),
    min_size=1, max_size=5,
))
@settings(max_examples=25, deadline=None)
def test_curves_made_of_stages_are_split_into_them(stages) -> None:
    text = "".join(
        f"{name}:{strength / 100:g}@{index}s {arrow} "
        for index, (name, strength, arrow) in enumerate(stages)
    ).rsplit(" ", 2)[0]
    frames = read_curve(text, seconds=5.0)["keyframes"]
    assert [frame["text"] for frame in frames] == [f"{n}:{s / 100:g}" for n, s, _ in stages]
    assert [frame["arrow"] for frame in frames[:-1]] == [arrow for *_, arrow in stages[:-1]]


def test_free_words_say_what_they_were_read_as() -> None:
    words = read_curve("bittersweet nostalgia:0.6 -> joy", seconds=2.0)["words"]
    assert [one["words"] for one in words] == ["bittersweet nostalgia"]
    assert "sadness" in words[0]["notation"]


def test_nothing_and_nonsense() -> None:
    assert read_curve("  ", seconds=2.0)["keyframes"] == []
    with pytest.raises(NotationError, match="did you mean"):
        read_curve("hapy", seconds=2.0)
