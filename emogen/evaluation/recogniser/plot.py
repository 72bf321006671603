"""The plot of a recognition: its timeline in, one picture to look at out.

Top to bottom: the categories over time as a stacked area with onset and peak, valence, arousal and
dominance, what each sense says (the paler the less sure), confidence and conflict. On the right
the distribution of the whole, which is also the legend. One window (a picture, a sentence) has no
time, so its senses are told in words.
"""

from typing import Literal

import numpy as np

from emogen.emotion import CATEGORIES
from emogen.evaluation.recogniser.canvas import Canvas, Point, blend
from emogen.evaluation.recogniser.reading import Modality, ModalityReading
from emogen.evaluation.recogniser.recognition import Recognition
from emogen.media.sheet import THEMES
from emogen.media.text import Colour

COLOURS: dict[str, Colour] = {
    "amusement": (247, 197, 72), "awe": (148, 120, 205), "contentment": (122, 184, 116),
    "excitement": (241, 143, 68), "anger": (207, 66, 62), "disgust": (140, 140, 70),
    "fear": (74, 80, 124), "sadness": (92, 148, 204), "neutral": (201, 199, 193),
}  # fmt: skip
_LINES: dict[str, Colour] = {
    "valence": (206, 92, 62), "arousal": (104, 118, 186), "dominance": (122, 164, 116),
}
WIDTH, MARGIN, SIDE_WIDTH, LABEL = 1120, 36, 236, 92
HEADER, FOOTER = 92, 44
AREA, LINES, LANE, CERTAINTY, GAP = 220, 110, 24, 84, 34
MOST_POINTS = 400
_STEPS = (0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 3600)


def plot(recognition: Recognition, *, theme: Literal["light", "dark"] = "light") -> np.ndarray:
    """Draw a recognition, uint8 [H, 1120, 3].

    Args:
        recognition: what to draw.
        theme: looks, a key of `emogen.media.sheet.THEMES`.
    """
    lanes = max(1, len(recognition.readings))
    timed = len(recognition.seconds) > 1
    charts = AREA + LINES + CERTAINTY + 3 * GAP + 24 if timed else 150
    height = HEADER + max(charts + lanes * (LANE + 4), 11 * 25) + FOOTER + MARGIN
    canvas = Canvas(WIDTH, height, THEMES[theme])
    _header(canvas, recognition)
    _distribution(canvas, recognition, WIDTH - MARGIN - SIDE_WIDTH, HEADER + 16)
    if timed:
        _timeline(canvas, recognition)
    else:
        _still(canvas, recognition)
    _footer(canvas, recognition)
    return canvas.pixels()


def _header(canvas: Canvas, recognition: Recognition) -> None:
    summary, look = recognition.summary, canvas.theme
    name = canvas.fitted(recognition.source, WIDTH - 2 * MARGIN, size=15)
    canvas.text(name, (MARGIN, 30), size=15, fill=look.muted)
    head = summary.top
    if summary.unsure and summary.confidence > 0:
        head = f"unsure, perhaps {summary.likeliest}"
    end = MARGIN + canvas.text(head, (MARGIN, 60), size=28) + 18
    facts = [f"confidence {summary.confidence:.2f}", f"intensity {summary.intensity:.2f}"]
    if len(summary.senses) > 1:
        facts.append(f"conflict {summary.conflict:.2f}")
    canvas.text("    ".join(facts), (end, 63), size=15, fill=look.muted)


def _distribution(canvas: Canvas, recognition: Recognition, left: float, top: float) -> None:
    look, emotion = canvas.theme, recognition.summary.emotion
    canvas.text("of the whole", (left, top - 6), size=13, fill=look.muted)
    faint = blend(look.paper, look.ink, 0.07)
    for row, index in enumerate(np.argsort(-emotion, kind="stable")):
        name, share, y = CATEGORIES[index], float(emotion[index]), top + 22 + 26 * row
        canvas.dot((left + 6, y), 5, COLOURS[name])
        canvas.text(name, (left + 20, y), size=14)
        start, end = left + 116, left + SIDE_WIDTH - 36
        canvas.box(start, y - 5, end, y + 5, faint)
        canvas.box(start, y - 5, start + (end - start) * share, y + 5, COLOURS[name])
        canvas.text(f"{share:.2f}", (left + SIDE_WIDTH, y), size=13, fill=look.muted, anchor="rm")


def _timeline(canvas: Canvas, recognition: Recognition) -> None:
    top, lanes = HEADER + 10, len(recognition.readings)
    _areas(canvas, recognition, top)
    top += AREA + GAP
    curves = {name: recognition.vad[:, i] for i, name in enumerate(_LINES)}
    _curves(canvas, recognition, curves, top, LINES, low=-1)
    top += LINES + GAP
    for index, reading in enumerate(recognition.readings.values()):
        _lane(canvas, recognition, reading, top + index * (LANE + 4))
    top += lanes * (LANE + 4) + GAP - 8
    sure = {"confidence": recognition.confidence}
    if lanes > 1:
        sure["conflict"] = recognition.conflict
    _curves(canvas, recognition, sure, top, CERTAINTY, low=0)
    _axis(canvas, recognition, top + CERTAINTY)


def _areas(canvas: Canvas, recognition: Recognition, top: float) -> None:
    """Draw the categories as stacked areas, calm ones below; what is not readable stays blank."""
    times, emotion = _points(recognition, recognition.emotion)
    order = [CATEGORIES.index(name) for name in ("neutral", *CATEGORIES[:-1])]
    edges = np.cumsum(np.concatenate([np.zeros((len(times), 1)), emotion[:, order]], 1), axis=1)
    columns = [_column(recognition, time) for time in times]
    for layer, index in enumerate(order):
        lower = [(x, top + AREA * (1 - edge))
                 for x, edge in zip(columns, edges[:, layer], strict=True)]
        upper = [(x, top + AREA * (1 - edge))
                 for x, edge in zip(columns, edges[:, layer + 1], strict=True)]
        canvas.area([*lower, *reversed(upper)], COLOURS[CATEGORIES[index]])
    _blanks(canvas, recognition, top, AREA)
    canvas.text("emotion", (MARGIN, top + 8), size=13, fill=canvas.theme.muted)
    found = recognition.moments
    if found is None:
        return
    for name, time in (("onset", found.onset), ("peak", found.peak)):
        if time is not None and not (name == "onset" and found.peak - time < 0.25):
            _mark(canvas, name, _column(recognition, time), top)


def _mark(canvas: Canvas, name: str, x: float, top: float) -> None:
    look = canvas.theme
    canvas.line([(x, top - 4), (x, top + AREA)], look.ink, width=1)
    canvas.dot((x, top - 4), 3, look.ink)
    near_the_end = x > WIDTH - MARGIN - SIDE_WIDTH - 90
    canvas.text(name, (x - 8 if near_the_end else x + 8, top - 8), size=12, fill=look.ink,
                anchor="rm" if near_the_end else "lm")


def _curves(
    canvas: Canvas, recognition: Recognition, curves: dict[str, np.ndarray], top: float,
    height: float, *, low: float,
) -> None:
    """Draw lines from ``low`` to 1, their names on the left in their colours."""
    look = canvas.theme
    left, right = _column(recognition, 0.0), _column(recognition, recognition.duration)
    for value in (low, 0.0, 1.0) if low else (0.0, 0.5, 1.0):
        y = top + height * (1 - value) / (1 - low)
        canvas.line([(left, y), (right, y)], blend(look.paper, look.ink, 0.12), width=1)
        canvas.text(f"{value:g}", (left - 8, y), size=11, fill=look.muted, anchor="rm")
    for row, (name, values) in enumerate(curves.items()):
        colour = _LINES.get(name, look.accent if name == "conflict" else look.ink)
        canvas.text(name, (MARGIN, top + 18 + 18 * row), size=12, fill=colour)
        for part in _runs(recognition, values):
            points = [(x, top + height * (1 - value) / (1 - low)) for x, value in part]
            canvas.line(points, colour) if len(points) > 1 else canvas.dot(points[0], 2, colour)


def _lane(
    canvas: Canvas, recognition: Recognition, reading: ModalityReading, top: float
) -> None:
    """Draw what one sense says over time: its top category, paler where it is less sure."""
    look = canvas.theme
    canvas.text(reading.modality, (MARGIN, top + LANE / 2), size=13, fill=look.muted)
    left, right = _column(recognition, 0.0), _column(recognition, recognition.duration)
    canvas.box(left, top, right, top + LANE, blend(look.paper, look.ink, 0.05))
    weights = recognition.weights[reading.modality]
    half = float(np.diff(recognition.seconds[:2])[0]) / 2
    for time, weight in zip(recognition.seconds, weights, strict=True):
        row = int(np.abs(reading.seconds - time).argmin())
        if weight <= 0 or not reading.presence[row]:
            continue
        colour = COLOURS[CATEGORIES[int(reading.emotion[row].argmax())]]
        shade = blend(look.paper, colour, 0.25 + 0.75 * float(reading.confidence[row]))
        start, end = (_column(recognition, time + side * half) for side in (-1, 1))
        canvas.box(start, top, end, top + LANE, shade)
    _said(canvas, recognition, reading.modality, (WIDTH - MARGIN - SIDE_WIDTH, top + LANE / 2))


def _said(canvas: Canvas, recognition: Recognition, name: Modality, at: Point) -> None:
    """Write what one sense says about the whole behind a dot of its colour."""
    sense = recognition.summary.senses.get(name)
    if sense is None:
        canvas.text("nothing to read", (at[0] + 20, at[1]), size=14, fill=canvas.theme.muted)
        return
    canvas.dot((at[0] + 6, at[1]), 5, COLOURS[sense.top])
    end = at[0] + 20 + canvas.text(sense.top, (at[0] + 20, at[1]), size=14)
    words = f"{sense.confidence:.2f}, weight {sense.weight:.2f}"
    canvas.text(words, (end + 8, at[1]), size=13, fill=canvas.theme.muted)


def _axis(canvas: Canvas, recognition: Recognition, top: float) -> None:
    """Write times, minutes from two minutes on, or the numbers of sentences."""
    duration, counts = recognition.duration, recognition.unit == "sentences"
    steps = (1, 2, 5, 10, 20, 50, 100, 200) if counts else _STEPS
    step = next((step for step in steps if duration / step <= 11), duration / 10)
    minutes = duration >= 120 and not counts
    for index in range(int(duration / step + 1e-6) + (not counts)):
        time = index * step
        name = f"{int(time // 60)}:{time % 60:02.0f}" if minutes else f"{time + counts:g}"
        at = (_column(recognition, time + counts / 2), top + 16)
        canvas.text(name, at, size=12, fill=canvas.theme.muted, anchor="mm")
    words = "sentence" if counts else "min" if minutes else "s"
    canvas.text(words, (MARGIN, top + 16), size=12, fill=canvas.theme.muted)


def _still(canvas: Canvas, recognition: Recognition) -> None:
    """Draw one window: valence, arousal and dominance as gauges, each sense in words."""
    look, left = canvas.theme, MARGIN + LABEL
    right = WIDTH - MARGIN - SIDE_WIDTH - 60
    for row, (name, colour) in enumerate(_LINES.items()):
        y, value = HEADER + 26 + 34 * row, float(recognition.summary.vad[row])
        middle = (left + right) / 2
        canvas.text(name, (MARGIN, y), size=14)
        canvas.box(left, y - 5, right, y + 5, blend(look.paper, look.ink, 0.07))
        end = middle + value * (right - left) / 2
        canvas.box(min(middle, end), y - 5, max(middle, end), y + 5, colour)
        canvas.line([(middle, y - 9), (middle, y + 9)], look.muted, width=1)
        canvas.text(f"{value:+.2f}", (right + 44, y), size=13, fill=look.muted, anchor="rm")
    for row, name in enumerate(recognition.readings):
        y = HEADER + 148 + row * (LANE + 4)
        canvas.text(name, (MARGIN, y), size=14)
        _said(canvas, recognition, name, (left, y))


def _footer(canvas: Canvas, recognition: Recognition) -> None:
    models = ", ".join(recognition.models.values())
    words = f"weights: {recognition.tier}   {models}"
    if recognition.notes:
        words += f"   {'; '.join(recognition.notes)}"
    fitted = canvas.fitted(words, WIDTH - 2 * MARGIN, size=12)
    canvas.text(fitted, (MARGIN, canvas.height - MARGIN / 2 - 8), size=12, fill=canvas.theme.muted)


def _column(recognition: Recognition, time: float) -> float:
    """Return where a time lies on the page."""
    left, right = MARGIN + LABEL, WIDTH - MARGIN - SIDE_WIDTH - 40
    return left + (right - left) * min(1.0, max(0.0, time / recognition.duration))


def _points(recognition: Recognition, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return few enough times and rows [.., K] to draw, the first and last reaching both ends."""
    count = len(recognition.seconds)
    groups = np.array_split(np.arange(count), min(count, MOST_POINTS))
    times = np.array([recognition.seconds[group].mean() for group in groups])
    rows = np.stack([values[group].mean(axis=0) for group in groups])
    times = np.concatenate([[0.0], times, [recognition.duration]])
    return times, np.concatenate([rows[:1], rows, rows[-1:]])


def _runs(recognition: Recognition, values: np.ndarray) -> list[list[Point]]:
    """Return the places of a curve, cut where nothing was readable."""
    runs: list[list[Point]] = []
    before = False
    stride = max(1, len(values) // MOST_POINTS)
    for index in range(0, len(values), stride):
        group = slice(index, index + stride)
        present = bool(recognition.presence[group].any())
        if present:
            place = (_column(recognition, float(recognition.seconds[group].mean())),
                     float(values[group].mean()))
            if not before:
                runs.append([])
            runs[-1].append(place)
        before = present
    return runs


def _blanks(canvas: Canvas, recognition: Recognition, top: float, height: float) -> None:
    """Cover the half seconds in which nothing was readable."""
    half = float(np.diff(recognition.seconds[:2])[0]) / 2
    shade = blend(canvas.theme.paper, canvas.theme.ink, 0.05)
    for time in recognition.seconds[~recognition.presence]:
        start, end = (_column(recognition, time + side * half) for side in (-1, 1))
        canvas.box(start, top, end, top + height, shade)
