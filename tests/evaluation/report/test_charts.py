"""Charts: well-formed pictures whose lines lie where the numbers say."""

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from emogen.emotion import parse
from emogen.evaluation.campaign.figures import CurvePair
from emogen.evaluation.report.charts import (
    Frame,
    curve_chart,
    intensity_chart,
    reliability_chart,
)
from tests.evaluation.made import category


def points(markup, kind):
    """Return the points of each line of a class."""
    root = ElementTree.fromstring(markup)
    return [
        [tuple(map(float, pair.split(","))) for pair in line.get("points").split()]
        for line in root.iter("polyline") if kind in line.get("class").split()
    ]


def test_a_frame_maps_its_corners() -> None:
    frame = Frame(x=(0, 2), y=(-1, 1), height=200)
    assert (frame.px(0), frame.px(2)) == (42, 330)
    assert (frame.py(-1), frame.py(1)) == (166, 10)


def test_curves_asked_and_read() -> None:
    seconds = np.linspace(0.25, 0.75, 5)
    read = np.stack([seconds, 1 - seconds], axis=1)
    pair = CurvePair(seconds=seconds, categories=("awe", "fear"), asked=read, read=read)
    drawn = curve_chart({"main": pair, "second": pair}, parse("fear:1 -> awe:1", seconds=1), end=1)
    frame = Frame(height=190)
    [awe, fear] = points(drawn, "asked")
    assert awe[0] == pytest.approx((frame.px(0), frame.py(0)), abs=0.06)
    assert awe[-1] == pytest.approx((frame.px(1), frame.py(1)), abs=0.06)
    assert fear[0] == pytest.approx((frame.px(0), frame.py(1)), abs=0.06)
    assert len(points(drawn, "read")) == 4
    assert len(points(drawn, "thin")) == 2
    assert "awe asked 0.2 to 0.8" in ElementTree.fromstring(drawn).get("aria-label")


def test_strength_rises_from_left_to_right() -> None:
    rows = [
        category(prompt, "fear", "fear", strength=asked, intensity=asked / 2)
        for prompt in ("a cat", "a dog") for asked in (0.2, 1.0)
    ]
    drawn = intensity_chart(rows, "main")
    [mean] = points(drawn, "strong")
    frame = Frame()
    assert mean == [
        pytest.approx((frame.px(0.2), frame.py(0.1)), abs=0.06),
        pytest.approx((frame.px(1.0), frame.py(0.5)), abs=0.06),
    ]
    assert len(points(drawn, "faint")) == 2


def test_reliability_dots_grow_with_their_clips() -> None:
    bars = [{"low": 0, "high": 0.5, "confidence": 0.4, "accuracy": 0.5, "count": 1},
            {"low": 0.5, "high": 1, "confidence": 0.9, "accuracy": 0.6, "count": 9}]
    circles = list(ElementTree.fromstring(reliability_chart(bars)).iter("circle"))
    assert float(circles[0].get("r")) < float(circles[1].get("r"))
    assert float(circles[1].get("cx")) == pytest.approx(Frame().px(0.9), abs=0.01)
