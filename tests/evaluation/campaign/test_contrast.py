"""Two campaigns side by side: counts by hand, tests, and what may be claimed."""

import json
from functools import partial

import pytest

from emogen.emotion import MIKELS
from emogen.errors import InputError
from emogen.evaluation.campaign import compare, read_campaign
from emogen.evaluation.comparison import mcnemar
from tests.evaluation.made import category, on_disk

contrast_of = partial(compare, resamples=200)
PROMPTS = tuple(f"a {name}" for name in ("cat", "dog", "fox", "bear", "owl", "pig", "star", "sun"))
WRONG = dict(zip(MIKELS, (*MIKELS[1:], MIKELS[0]), strict=True))


def campaign(folder, right, *, second=None, model="small"):
    """Write a campaign in which clip n of each prompt is right where ``right(n)``."""
    second = second or right
    made = [
        category(prompt, asked, asked if right(n) else WRONG[asked],
                 second=asked if second(n) else WRONG[asked], model=model)
        for prompt in PROMPTS for n, asked in enumerate(MIKELS[:4])
    ]
    return read_campaign(on_disk(folder, made))


def by_metric(contrast, judge="main"):
    return {found.metric: found for found in contrast.judges[judge]}


def test_a_clear_gain_may_be_claimed(tmp_path) -> None:
    first = campaign(tmp_path / "a", lambda n: n == 0)
    second = campaign(tmp_path / "b", lambda n: n in {0, 1, 2})
    contrast = contrast_of(first, second)
    found = by_metric(contrast)["ea8"]
    assert (found.first, found.second) == (0.25, 0.75)
    assert (found.only_first, found.only_second) == (0, 16)
    assert found.difference.value == 0.5
    assert found.p_value >= mcnemar([0] * 16, [1] * 16).p_value
    assert found.adjusted >= found.p_value
    assert contrast.pairs == 32
    [claim] = [line for line in contrast.claims if "EA-8" in line]
    assert claim.startswith("B is better than A in EA-8: +50.0 points (+50.0 to +50.0)")
    assert "the second judge confirms it" in claim
    back = by_metric(contrast_of(second, first))["ea8"]
    assert back.difference.value == -0.5
    assert back.p_value == pytest.approx(found.p_value, abs=0.01)
    assert json.dumps(contrast.to_dict(), allow_nan=False)


def test_the_second_judge_has_a_veto(tmp_path) -> None:
    first = campaign(tmp_path / "a", lambda n: n == 0)
    second = campaign(tmp_path / "b", lambda n: n in {0, 1, 2}, second=lambda n: n == 0)
    claims = contrast_of(first, second).claims
    assert any(claim.startswith("Do not claim EA-8") for claim in claims)
    assert not any("better" in claim for claim in claims)


def test_equals_are_not_told_apart(tmp_path) -> None:
    first = campaign(tmp_path / "a", lambda n: n < 2)
    contrast = contrast_of(first, campaign(tmp_path / "b", lambda n: n < 2))
    assert by_metric(contrast)["ea8"].p_value == 1
    assert contrast.claims[0].startswith("No difference may be claimed")


def test_several_clips_of_a_prompt_do_not_make_it_surer(tmp_path) -> None:
    """One prompt of eight gains all its clips: McNemar alone would see something."""
    made = {
        name: [
            category(prompt, asked,
                     asked if name == "b" and prompt == PROMPTS[0] else WRONG[asked], seed=seed)
            for prompt in PROMPTS for asked in MIKELS for seed in range(2)
        ]
        for name in "ab"
    }
    first, second = (read_campaign(on_disk(tmp_path / name, rows)) for name, rows in made.items())
    found = by_metric(contrast_of(first, second))["ea8"]
    assert mcnemar([0] * 16, [1] * 16).p_value < 0.001
    assert found.p_value > 0.5


def test_clips_are_paired_not_matched_by_place(tmp_path) -> None:
    made = [category(prompt, "fear", "fear", seed=n) for n, prompt in enumerate(PROMPTS)]
    first = read_campaign(on_disk(tmp_path / "a", made))
    extra = category("a whale", "fear", "awe")
    second = read_campaign(on_disk(tmp_path / "b", [extra, *made[::-1]]))
    contrast = contrast_of(first, second)
    assert (contrast.pairs, contrast.left_out) == (8, 1)
    assert by_metric(contrast)["ea8"].difference.value == 0


def test_what_cannot_be_compared(tmp_path) -> None:
    first = campaign(tmp_path / "a", lambda _: True)
    rows = [category("a whale", "fear", "awe", seed=seed) for seed in range(3)]
    strangers = read_campaign(on_disk(tmp_path / "b", rows))
    with pytest.raises(InputError, match="got 0 of 32 and 3; run both on one protocol"):
        contrast_of(first, strangers)
    other = campaign(tmp_path / "c", lambda _: True, model="large")
    with pytest.raises(InputError, match="expected one main judge, got large and small"):
        contrast_of(first, other)
