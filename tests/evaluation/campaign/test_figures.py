"""Figures of rows made by hand, against values counted by hand."""

from functools import partial

import numpy as np
import pytest

from emogen.emotion import CATEGORIES, MIKELS
from emogen.errors import InputError
from emogen.evaluation.campaign import KINDS, ClipRequest, judge_figures
from emogen.evaluation.campaign.figures import (
    CurvePair,
    curve_pair,
    hits,
    series_of,
    share,
    top_confusion,
    turn_lag,
)
from emogen.evaluation.statistics import wilson
from tests.evaluation.made import category, distribution, of, said

figures_of = partial(judge_figures, resamples=200)
PROMPTS = ("a cat", "a dog", "a fox", "a bear")


def grid(read):
    """Return a row of each prompt and emotion, read as ``read(prompt, asked)``."""
    return [category(p, asked, read(p, asked)) for p in PROMPTS for asked in MIKELS]


def test_all_right() -> None:
    figures, _ = figures_of(grid(lambda _, asked: asked), "main")
    assert figures["ea8"].value == figures["ea2"].value == figures["uar"].value == 1
    assert figures["ea8"].low == pytest.approx(wilson(32, 32).low)
    assert figures["asked_weight"].value == pytest.approx(0.8)
    assert figures["ece"].value == pytest.approx(0.2)
    assert set(figures) <= set(KINDS)


def test_shares_are_counted() -> None:
    rows = grid(lambda _, asked: "fear" if asked == "anger" else asked)
    figures, _ = figures_of(rows, "main")
    assert figures["ea8"].value == pytest.approx(28 / 32)
    assert figures["ea2"].value == 1
    assert figures["ea8"].count == 32
    assert hits(rows, "main").sum() == 28


def test_neutral_does_not_compete_but_is_in_the_confusion() -> None:
    row = category("a cat", "fear", "neutral")
    spread = row.judges["main"].model_copy(
        update={"emotion": (0, 0, 0, 0, 0, 0, 0.3, 0, 0.7)}  # fear before all but neutral
    )
    row = row.model_copy(update={"judges": {"main": spread}})
    assert hits([row], "main").tolist() == [True]
    counts = np.array(top_confusion([row], "main"))
    assert counts.shape == (8, 9)
    assert counts[MIKELS.index("fear"), CATEGORIES.index("neutral")] == counts.sum() == 1


def test_clips_of_one_prompt_count_as_one() -> None:
    """Half of the prompts all right, half all wrong: surer it must not look than 4 rows."""
    rows = grid(lambda prompt, asked: asked if prompt in PROMPTS[:2] else "neutral")
    for index, row in enumerate(rows):
        if row.prompt not in PROMPTS[:2]:
            wrong = MIKELS[(MIKELS.index(row.asked) + 1) % 8]
            rows[index] = category(row.prompt, row.asked, wrong)
    figures, _ = figures_of(rows, "main")
    assert (figures["ea8"].low, figures["ea8"].high) == (0, 1)


def test_the_wider_interval_is_stated() -> None:
    spread = np.array([True, False] * 8)
    wide = share(spread, np.repeat(np.arange(8), 2))
    assert (wide.low, wide.high) == (wilson(8, 16).low, wilson(8, 16).high)
    clustered = share(np.repeat([True, False], 8), np.repeat(np.arange(4), 4))
    assert clustered.low < wilson(8, 16).low


def test_abstaining() -> None:
    rows = [category(p, "fear", "fear" if i < 2 else "awe", unsure=i >= 2)
            for i, p in enumerate(PROMPTS)]
    figures, _ = figures_of(rows, "main")
    assert figures["sure"].value == 0.5
    assert figures["ea8_sure"].value == 1
    assert figures["ea8"].value == 0.5


def strengths(prompt, read):
    return [category(prompt, "fear", "fear", strength=asked, intensity=value)
            for asked, value in zip((0.2, 0.6, 1.0), read, strict=True)]


def test_strength_is_compared_within_a_series() -> None:
    rows = strengths("a cat", (0.1, 0.2, 0.3)) + strengths("a dog", (0.9, 0.8, 0.7))
    figures, _ = figures_of(rows, "main")
    assert figures["intensity_order"].value == 0.5
    assert figures["intensity_rank"].value == 0
    assert [len(series) for series in series_of(rows[::-1])] == [3, 3]
    assert [row.intensity for row in series_of(rows[::-1])[0]] == [0.2, 0.6, 1.0]
    rising, _ = figures_of(strengths("a cat", (0.1, 0.2, 0.3)), "main")
    assert rising["intensity_rank"].value == 1


def curve_row(prompt, windows):
    request = ClipRequest(part="curves", measures="curve", prompt=prompt, seed=0,
                          emotion="fear:1 -> awe:1")
    judge = said("fear", curve=tuple(distribution(name, weight) for name, weight in windows))
    return of(request, judge, judge)


def test_curves_are_followed_or_not() -> None:
    good = [curve_row(p, [("fear", 0.9), ("awe", 0.9)]) for p in PROMPTS[:2]]
    figures, _ = figures_of(good, "main")
    assert figures["curve"].value == pytest.approx(1)
    flipped = [curve_row(p, [("awe", 0.9), ("fear", 0.9)]) for p in PROMPTS[:2]]
    assert figures_of(flipped, "main")[0]["curve"].value == pytest.approx(-1)


def test_a_curve_holds_asked_and_read_at_the_same_times() -> None:
    pair = curve_pair(curve_row("a cat", [("fear", 0.9), ("awe", 0.9)]), "main")
    assert pair.categories == ("awe", "fear")
    assert pair.seconds[[0, -1]].tolist() == [0.25, 0.75]
    assert pair.asked[0].tolist() == pytest.approx([0.25, 0.75])  # of one second
    assert pair.read[0].tolist() == pytest.approx([0, 0.9])
    assert pair.asked.shape == pair.read.shape == (5, 2)


def ramp(delay):
    seconds = np.linspace(0, 2, 41)
    asked = np.clip((seconds - 0.5) / 1.0, 0, 1)
    read = 0.6 * np.clip((seconds - 0.5 - delay) / 1.0, 0, 1) + 0.1
    pair = [np.stack([1 - curve, curve], axis=1) for curve in (asked, read)]
    return CurvePair(seconds=seconds, categories=("fear", "awe"), asked=pair[0], read=pair[1])


@pytest.mark.parametrize("delay", [0.0, 0.25, -0.25])
def test_lag_of_a_ramp_is_its_delay(delay) -> None:
    assert turn_lag(ramp(delay)) == pytest.approx(delay, abs=1e-6)


def test_nothing_read_has_no_lag() -> None:
    pair = ramp(0.0)
    still = CurvePair(seconds=pair.seconds, categories=pair.categories, asked=pair.asked,
                      read=np.full_like(pair.read, 0.5))
    assert turn_lag(still) is None


def test_a_moment_is_no_curve() -> None:
    row = curve_row("a cat", [("fear", 0.9), ("awe", 0.9)])
    short = row.judges["main"].model_copy(
        update={"curve_seconds": (0.25,), "curve_emotion": (distribution("fear"),)}
    )
    row = row.model_copy(update={"judges": {"main": short}})
    with pytest.raises(InputError, match="got fewer"):
        curve_pair(row, "main")
    figures, notes = figures_of([row], "main")
    assert "curve" not in figures
    assert any("too short" in note for note in notes)


def test_neutral_clips() -> None:
    request = ClipRequest(part="n", measures="neutral", prompt="a cat", emotion="neutral", seed=0)
    rows = [of(request, said("neutral", weight=0.7), said("neutral"))]
    assert figures_of(rows, "main")[0]["neutral_drift"].value == pytest.approx(0.3)


def test_failed_rows_count_nowhere() -> None:
    rows = grid(lambda _, asked: asked)
    lost = rows[0].model_copy(update={"error": "no", "judges": {}, "picture": None})
    assert figures_of([lost, *rows[1:]], "main")[0]["ea8"].count == 31
