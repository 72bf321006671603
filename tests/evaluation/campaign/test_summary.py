"""The summary of campaigns on disk: what is in it, and what it refuses."""

import json
from functools import partial

import numpy as np
import pytest

from emogen.emotion import MIKELS
from emogen.errors import InputError
from emogen.evaluation.campaign import read_campaign, read_card, summarise, write_card
from emogen.evaluation.campaign.card import CARD, check_same
from emogen.evaluation.campaign.rows import ROWS
from tests.evaluation.made import category, on_disk

summary_of = partial(summarise, resamples=100)
PROMPTS = ("a cat", "a dog", "a fox")


def rows(*, wrong="fear"):
    """Every emotion of three prompts; the second judge misses one emotion more."""
    return [
        category(prompt, asked, asked if asked != wrong else "sadness",
                 second="anger" if asked in {wrong, "disgust"} else asked, group=prompt[2:])
        for prompt in PROMPTS for asked in MIKELS
    ]


@pytest.fixture
def folder(tmp_path):
    return on_disk(tmp_path / "run", rows())


def test_both_judges_side_by_side(folder) -> None:
    summary = summary_of(read_campaign(folder))
    assert list(summary["judges"]) == ["main", "second"]
    assert summary["judges"]["main"]["figures"]["ea8"]["value"] == pytest.approx(7 / 8, abs=1e-4)
    assert summary["judges"]["second"]["figures"]["ea8"]["value"] == pytest.approx(6 / 8, abs=1e-4)
    assert summary["counts"] == {"asked": 24, "finished": 24, "failed": 0, "prompts": 3,
                                 "ceiling": 0}
    same = summary["agreement"]["same"]["value"]
    assert same == pytest.approx(6 / 8, abs=1e-4)
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary


def test_by_emotion_by_type_and_confusion(folder) -> None:
    main = summary_of(read_campaign(folder))["judges"]["main"]
    assert {name: found["value"] for name, found in main["by_emotion"].items()} == {
        name: float(name != "fear") for name in MIKELS
    }
    assert list(main["by_emotion"]) == list(MIKELS)
    assert {name: found["count"] for name, found in main["by_type"].items()} == {
        "cat": 8, "dog": 8, "fox": 8,
    }
    counts = np.array(main["confusion"])
    assert counts.sum() == 24
    assert counts[MIKELS.index("fear"), MIKELS.index("sadness")] == 3


def test_ceiling_and_frechet(folder) -> None:
    alone = summary_of(read_campaign(folder))["judges"]["main"]
    assert alone["ceiling"] is None
    assert alone["frechet"] is None
    on_disk(folder / "ceiling", rows(wrong=None), card=False)
    main = summary_of(read_campaign(folder))["judges"]["main"]
    assert main["ceiling"]["figures"]["ea8"]["value"] == 1
    assert main["frechet"] == {"to": "ceiling", "value": 0.0, "clips": 24, "real": 24, "width": 4}
    on_disk(folder / "reference", rows()[:6], card=False)
    assert summary_of(read_campaign(folder))["judges"]["main"]["frechet"]["to"] == "reference"


def test_power_and_colour(folder) -> None:
    summary = summary_of(read_campaign(folder))
    assert summary["power"]["clips"] == 24
    assert summary["power"]["effective"] <= 24
    assert summary["colour"]["fear"] == {
        "hue": 0.1, "count": 3, "colourfulness": 0.4, "brightness": 0.7,
    }
    assert summary["picture"]["jitter"]["value"] == 0.01
    assert any("3 prompts only" in note for note in summary["notes"])


def test_failed_clips_are_counted(tmp_path) -> None:
    made = rows()
    made[0] = made[0].model_copy(
        update={"error": "it broke", "judges": {}, "picture": None, "clip": None}
    )
    summary = summary_of(read_campaign(on_disk(tmp_path / "run", made)))
    assert summary["counts"]["failed"] == 1
    assert summary["judges"]["main"]["figures"]["ea8"]["count"] == 23


def test_nothing_finished(tmp_path) -> None:
    lost = rows()[0].model_copy(
        update={"error": "it broke", "judges": {}, "picture": None, "clip": None}
    )
    folder = on_disk(tmp_path / "run", [lost])
    with pytest.raises(InputError, match=r"no finished clip in .* it broke"):
        read_campaign(folder)
    with pytest.raises(InputError, match="no campaign"):
        read_campaign(tmp_path)


def test_a_cut_line_is_a_note(folder) -> None:
    data = (folder / ROWS).read_bytes()
    (folder / ROWS).write_bytes(data[:-30])
    summary = summary_of(read_campaign(folder))
    assert summary["counts"]["asked"] == 23
    assert any("cut off" in note for note in summary["notes"])


def test_cards(folder, tmp_path) -> None:
    card = read_card(folder)
    assert card.finished >= card.started
    assert card.protocol["clips"] == 24
    assert card.libraries["torch"]
    assert card.seeds == (0, 0)
    check_same(card, card, folder)
    assert read_card(tmp_path) is None
    other = card.model_copy(
        update={"generator": card.generator.model_copy(update={"settings": {"steps": 5}})}
    )
    with pytest.raises(InputError, match="holds a run with another settings"):
        check_same(card, other, folder)
    assert read_card(write_card(tmp_path, other).parent) == other
    (folder / CARD).write_text('{"emogen": 1}')
    with pytest.raises(InputError, match="expected a run card"):
        read_card(folder)
