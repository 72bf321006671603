"""Charts: figures in, SVG pictures that take their colours from the page's style out.

Each picture has a title for those who cannot see it. Coordinates are pixels of a view 340 wide, so
that letters stay readable on a phone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emogen.emotion import MIKELS, Trajectory
from emogen.evaluation.campaign.figures import CurvePair, series_of
from emogen.evaluation.campaign.rows import Row
from emogen.evaluation.report.markup import Markup, tag

WIDTH = 340
_ASKED_POINTS = 33


@dataclass(frozen=True, kw_only=True)
class Frame:
    """The axes of a chart: numbers in, pixels out.

    Attributes:
        x: lowest and highest number from left to right.
        y: lowest and highest number from bottom to top.
        height: of the whole picture.
        left: margin for the numbers of y.
        bottom: margin for the numbers of x.
    """

    x: tuple[float, float] = (0.0, 1.0)
    y: tuple[float, float] = (0.0, 1.0)
    height: int = 240
    left: int = 42
    bottom: int = 34
    top: int = 10
    right: int = 10

    def px(self, value: float) -> float:
        """Return how far right a number lies."""
        share = (value - self.x[0]) / (self.x[1] - self.x[0])
        return self.left + share * (WIDTH - self.left - self.right)

    def py(self, value: float) -> float:
        """Return how far down a number lies."""
        share = (value - self.y[0]) / (self.y[1] - self.y[0])
        return self.height - self.bottom - share * (self.height - self.bottom - self.top)

    def path(self, points: Sequence[tuple[float, float]], kind: str) -> Markup:
        """Return a line through points, of a class of the style sheet."""
        steps = " ".join(f"{self.px(x):.1f},{self.py(y):.1f}" for x, y in points)
        return tag("polyline", {"points": steps, "class": kind})

    def axes(
        self, *, x_label: str, y_label: str, x_ticks: Sequence[float], y_ticks: Sequence[float]
    ) -> list[Markup]:
        """Return grid lines, numbers and the names of both axes."""
        floor, parts = self.height - self.bottom, []
        for value in y_ticks:
            at = self.py(value)
            parts += [
                tag("line", {"x1": self.left, "x2": WIDTH - self.right, "y1": at, "y2": at,
                             "class": "grid"}),
                tag("text", {"x": self.left - 6, "y": at + 4, "class": "tick end"}, f"{value:g}"),
            ]
        for value in x_ticks:
            parts.append(tag("text", {"x": self.px(value), "y": floor + 15, "class": "tick mid"},
                             f"{value:g}"))
        middle = (self.left + WIDTH - self.right) / 2
        return [
            *parts,
            tag("text", {"x": middle, "y": self.height - 3, "class": "tick mid name"}, x_label),
            tag("text", {"x": 10, "y": (floor + self.top) / 2, "class": "tick mid name",
                         "transform": f"rotate(-90 10 {(floor + self.top) / 2:.0f})"}, y_label),
        ]


def picture(frame: Frame, said: str, *parts: object) -> Markup:
    """Return an SVG with a text for those who cannot see it."""
    view = f"0 0 {WIDTH} {frame.height}"
    shown = {"viewBox": view, "role": "img", "aria-label": said, "class": "chart"}
    return tag("svg", shown, *parts)


def curve_chart(pairs: dict[str, CurvePair], asked: Trajectory, *, end: float) -> Markup:
    """Return asked (dashed) and recognised weights over time, one colour a category.

    Args:
        pairs: curves by judge; the first is drawn strong, others thin.
        asked: the whole curve, of which the judges' windows see the middle.
        end: seconds at the right edge.
    """
    frame = Frame(x=(0.0, max(end, 1e-3)), height=190)
    first = next(iter(pairs.values()))
    lines = []
    seconds = np.linspace(0, end, _ASKED_POINTS)
    weights = np.array([asked.at(moment).exact() for moment in seconds])
    for place, name in enumerate(first.categories):
        whole = list(zip(seconds, weights[:, MIKELS.index(name)], strict=True))
        lines.append(frame.path(whole, f"asked e-{name}"))
        for index, pair in enumerate(pairs.values()):
            read = list(zip(pair.seconds, pair.read[:, place], strict=True))
            lines.append(frame.path(read, f"read e-{name}{' thin' if index else ''}"))
    head = tag("line", {"x1": frame.left, "x2": frame.left, "y1": frame.top,
                        "y2": frame.height - frame.bottom, "class": "playhead"})
    ends = ", ".join(
        f"{name} asked {first.asked[0, place]:.1f} to {first.asked[-1, place]:.1f}, read"
        f" {first.read[0, place]:.1f} to {first.read[-1, place]:.1f}"
        for place, name in enumerate(first.categories)
    )
    axes = frame.axes(x_label="seconds", y_label="weight", x_ticks=_ticks(end),
                      y_ticks=(0, 0.5, 1))
    return picture(frame, f"Asked and recognised over time: {ends}", axes, lines, head)


def _ticks(end: float) -> list[float]:
    step = next((step for step in (0.5, 1, 2, 5, 10, 30, 60) if end / step <= 6), 120)
    return [float(value) for value in np.arange(0, end + 1e-6, step)]


def intensity_chart(rows: Sequence[Row], judge: str) -> Markup:
    """Return read against asked strength: every series thin, their mean strong."""
    frame = Frame()
    series = [
        [(row.intensity, row.judges[judge].intensity) for row in group]
        for group in series_of(rows)
    ]
    levels = sorted({asked for line in series for asked, _ in line})
    means = [
        (level, float(np.mean([read for line in series for asked, read in line if asked == level])))
        for level in levels
    ]
    dots = [tag("circle", {"cx": frame.px(x), "cy": frame.py(y), "r": 4, "class": "dot"},
                tag("title", None, f"asked {x:.1f}, read {y:.2f} on average")) for x, y in means]
    said = ", ".join(f"{x:.1f} read as {y:.2f}" for x, y in means)
    return picture(
        frame, f"Asked strength against read strength, mean of {len(series)} series: {said}",
        frame.axes(x_label="asked strength", y_label="read strength",
                   x_ticks=(0, 0.2, 0.4, 0.6, 0.8, 1), y_ticks=(0, 0.5, 1)),
        frame.path([(0, 0), (1, 1)], "ideal"),
        [frame.path(line, "faint") for line in series],
        frame.path(means, "strong"), dots,
    )


def reliability_chart(bars: Sequence[dict[str, float]]) -> Markup:
    """Return accuracy against confidence; the area of a dot grows with its clips."""
    frame = Frame()
    most = max(bar["count"] for bar in bars)
    dots = [
        tag("circle", {"cx": frame.px(bar["confidence"]), "cy": frame.py(bar["accuracy"]),
                       "r": 3 + 9 * float(np.sqrt(bar["count"] / most)), "class": "bubble"},
            tag("title", None, f"{bar['count']} clips: confidence {bar['confidence']:.2f}, right"
                               f" {bar['accuracy']:.2f}"))
        for bar in bars
    ]
    gaps = [
        frame.path([(bar["confidence"], bar["confidence"]), (bar["confidence"], bar["accuracy"])],
                   "gap")
        for bar in bars
    ]
    said = "; ".join(f"{bar['count']} clips at {bar['confidence']:.2f} are right in"
                     f" {bar['accuracy']:.2f}" for bar in bars)
    return picture(
        frame, f"Confidence against accuracy: {said}",
        frame.axes(x_label="confidence of the judge", y_label="share that is as asked",
                   x_ticks=(0, 0.2, 0.4, 0.6, 0.8, 1), y_ticks=(0, 0.5, 1)),
        frame.path([(0, 0), (1, 1)], "ideal"), gaps, dots,
    )
