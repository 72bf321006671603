"""Protocols: requests counted by hand, and files that are wrong told with line and field."""

from collections import Counter
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emogen.data.rig.characters import KINDS
from emogen.emotion import MIKELS
from emogen.errors import InputError
from emogen.evaluation.campaign import load_protocol, read_protocol, shipped_protocols

PART = """
name: small
parts:
  - name: grid
    measures: category
    prompts: [a cat, {text: a dog, type: sticker, draw: dog}]
    emotions: [fear, awe]
    intensities: [0.9]
    seeds_per_prompt: 2
    first_seed: 10
"""


def test_a_part_crosses_prompts_emotions_and_seeds() -> None:
    requests = read_protocol(PART, source="small.yaml").requests()
    assert [(r.prompt, r.emotion, r.seed) for r in requests] == [
        ("a cat", "fear:0.9", 10), ("a cat", "fear:0.9", 11),
        ("a cat", "awe:0.9", 10), ("a cat", "awe:0.9", 11),
        ("a dog", "fear:0.9", 12), ("a dog", "fear:0.9", 13),
        ("a dog", "awe:0.9", 12), ("a dog", "awe:0.9", 13),
    ]  # fmt: skip
    assert requests[4].type == "sticker"
    assert requests[4].draw == "dog"
    assert {r.asked for r in requests} == {"fear", "awe"}
    assert len({r.key for r in requests}) == 8


def test_shipped_protocols_have_the_promised_size() -> None:
    assert set(shipped_protocols()) >= {"quick", "full", "emovid"}
    sizes = {name: len(load_protocol(name).requests()) for name in ("quick", "full", "emovid")}
    assert sizes["emovid"] == 240
    assert sizes["full"] == 200
    assert sizes["full"] / 4 < sizes["quick"] <= sizes["full"] / 3


def test_emovid_is_three_types_by_eight_emotions_by_ten() -> None:
    requests = load_protocol("emovid").requests()
    cells = Counter((request.type, request.asked) for request in requests)
    assert set(cells.values()) == {10}
    assert len(cells) == 24


@pytest.mark.parametrize("name", ["quick", "full", "emovid"])
def test_shipped_protocols_can_be_drawn_where_they_say_so(name) -> None:
    requests = load_protocol(name).requests()
    assert {request.draw for request in requests} - {None} <= set(KINDS)
    for request in requests:
        request.trajectory(2.0)


def test_quick_keeps_every_prompt_and_emotion() -> None:
    quick, full = (load_protocol(name).requests() for name in ("quick", "full"))
    grid = [request for request in quick if request.measures == "category"]
    assert {r.prompt for r in grid} == {r.prompt for r in full if r.measures == "category"}
    assert {r.asked for r in grid} == set(MIKELS)
    asked = {(r.measures, r.prompt, r.emotion, r.seed) for r in full}
    assert sum(r.pair in asked for r in grid) == len(grid)  # the same clips, so they can be paired


def test_series_hold_prompt_and_seed() -> None:
    rows = [r for r in load_protocol("full").requests() if r.measures == "intensity"]
    series = Counter((r.prompt, r.asked, r.seed) for r in rows)
    assert set(series.values()) == {5}
    assert len({prompt for prompt, _, _ in series}) == 12


def test_curves_are_zipped() -> None:
    rows = [r for r in load_protocol("full").requests() if r.measures == "curve"]
    assert len(rows) == len({r.prompt for r in rows}) == len({r.emotion for r in rows}) == 12
    assert rows[0].asked is None
    assert rows[0].trajectory(2).at(0).dominant == "sadness"
    assert rows[0].trajectory(2).at(2).dominant == "amusement"


BAD = {
    "measures": (PART.replace("category", "categry"), "line 5, parts.0.measures"),
    "unknown key": (PART.replace("prompts:", "promts:"), "line 6, parts.0.promts: unknown key; "
                                                         "did you mean 'prompts'?"),
    "twice": (PART + "    name: again\n", "name: given twice"),
    "seeds": (PART.replace("seeds_per_prompt: 2", "seeds_per_prompt: 0"), "line 9, parts.0.seeds"),
    "emotion": (PART.replace("[fear, awe]", "[joy]"), "expected one of amusement, awe"),
    "strength": (PART.replace("[0.9]", "[1.5]"), "less than or equal to 1"),
    "prompt": (PART.replace("a cat,", "'',"), "parts.0.prompts.0.text"),
    "nothing": ("", "expected a mapping"),
    "list": ("- a", "expected a mapping"),
    "no yaml": ("name: [", "expected YAML in bad.yaml"),
    "no parts": ("name: a\nparts: []", "line 2, parts"),
    "curve": (PART.replace("category", "curve"), "expected a curve such as"),
    "one strength": (PART.replace("category", "intensity"), "expected at least two intensities"),
    "neutral": (PART.replace("category", "neutral"), "expected no emotions in a neutral part"),
    "zip": (PART + "    combine: zip\n    thin: 0\n", "parts.0.thin"),
    "frames": ("clip: {num_frames: 32}" + PART, "line 1, clip.num_frames: expected 4k+1 frames"),
    "python": ("!!python/object/apply:os.system [ls]", "expected YAML in bad.yaml"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "part"), BAD.values(), ids=BAD)
def test_what_is_wrong_is_told_with_line_and_field(text, part) -> None:
    with pytest.raises(InputError) as caught:
        read_protocol(text, source="bad.yaml")
    assert part in str(caught.value)
    assert "bad.yaml" in str(caught.value)


def test_everything_wrong_is_told_at_once() -> None:
    text = PART.replace("category", "x").replace("first_seed: 10", "first_sed: -1")
    with pytest.raises(InputError, match=r"^2 problems in a.yaml: line 5, .*; line 10, "):
        read_protocol(text, source="a.yaml")


def test_the_same_request_twice_is_an_error() -> None:
    with pytest.raises(InputError, match="twice in the protocol small"):
        read_protocol(PART.replace("[fear, awe]", "[fear, fear]"), source="a").requests()


@pytest.mark.parametrize(("name", "part"), [
    ("quik", "did you mean 'quick'"), ("no.yaml", "no protocol 'no.yaml'"),
])  # fmt: skip
def test_unknown_protocols(name, part) -> None:
    with pytest.raises(InputError, match=part):
        load_protocol(name)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_a_protocol_or_one_clear_error(text) -> None:
    with suppress(InputError):  # anything else fails
        read_protocol(text, source="any.yaml")
