"""Beside eyes and mouth: action units in, nose, cheeks, tears and sweat drawn out."""

from typing import TYPE_CHECKING

import numpy as np

from emogen.data.canvas import Canvas

if TYPE_CHECKING:
    from emogen.data.rig.face import FaceStyle

Units = dict[str, float]
_WATER = (92, 184, 246)
_WATER_RIM = (36, 120, 206)
_SICKLY = (128, 178, 72)
_TURN = np.linspace(0, 2 * np.pi, 20, endpoint=False)
_DROP = np.stack(
    [0.62 * np.sin(_TURN) * np.sin(_TURN / 2), -np.cos(_TURN) * 0.9], axis=1
)  # the tip is at the top


def draw_cheeks(canvas: Canvas, units: Units, style: "FaceStyle") -> None:
    """Draw blush, red for warmth and anger, green for disgust."""
    sick = min(units["AU9"], units["AU10"])
    x, y = style.cheek_at
    opacity = max(style.rosy, 0.75 * units["blush"])
    radius = 0.19 + 0.05 * units["blush"]
    for side in (-1, 1):
        canvas.ellipse((side * x, y), (radius, radius * 0.72), style.cheek, opacity=opacity)
        if sick > 0.05:
            canvas.ellipse((side * x, y), (0.25, 0.2), _SICKLY, opacity=0.85 * sick)


def draw_nose(canvas: Canvas, units: Units, style: "FaceStyle") -> None:
    """Draw the nose the style names, and the wrinkles of a wrinkled nose."""
    x, y = style.nose_at
    lift = 0.06 * units["AU9"] + 0.02 * units["AU10"]
    NOSES[style.nose](canvas, style, x, y - lift)
    wrinkle = units["AU9"]
    if wrinkle < 0.4:
        return
    for row in (0, 1):
        rise = y - lift - 0.2 - 0.12 * row
        curve = [(-0.11, rise + 0.03), (0.0, rise - 0.03), (0.11, rise + 0.03)]
        canvas.stroke(curve, style.ink, 0.05, opacity=0.85 * wrinkle)


def _no_nose(canvas: Canvas, style: "FaceStyle", x: float, y: float) -> None:
    pass


def _button(canvas: Canvas, style: "FaceStyle", x: float, y: float) -> None:
    canvas.ellipse((x, y), (0.11, 0.085), style.nose_colour)


def _hook(canvas: Canvas, style: "FaceStyle", x: float, y: float) -> None:
    points = [(x - 0.1, y), (x - 0.03, y + 0.07), (x + 0.06, y + 0.06), (x + 0.11, y - 0.01)]
    canvas.stroke(points, style.nose_colour, 0.08)


def _triangle(canvas: Canvas, style: "FaceStyle", x: float, y: float) -> None:
    points = [(x - 0.17, y - 0.07), (x, y - 0.1), (x + 0.17, y - 0.07), (x + 0.05, y + 0.09),
              (x - 0.05, y + 0.09)]  # fmt: skip
    canvas.polygon(points, style.nose_colour, outline=style.nose_colour, width=0.06)
    canvas.ellipse((x - 0.05, y - 0.05), (0.05, 0.025), (255, 255, 255), opacity=0.5)


def _oval(canvas: Canvas, style: "FaceStyle", x: float, y: float) -> None:
    canvas.ellipse((x, y), (0.2, 0.14), style.nose_colour)
    canvas.ellipse((x - 0.05, y - 0.05), (0.07, 0.035), (255, 255, 255), opacity=0.55)


def _snout(canvas: Canvas, style: "FaceStyle", x: float, y: float) -> None:
    canvas.ellipse((x, y), (0.32, 0.2), style.nose_colour, outline=style.ink, width=0.05)
    for side in (-1, 1):
        canvas.ellipse((x + side * 0.12, y), (0.055, 0.09), style.ink)


def _beak(canvas: Canvas, style: "FaceStyle", x: float, y: float) -> None:
    points = [(x - 0.2, y - 0.09), (x, y - 0.17), (x + 0.2, y - 0.09), (x, y + 0.16)]
    canvas.polygon(points, style.nose_colour, outline=style.ink, width=0.05)


def _carrot(canvas: Canvas, style: "FaceStyle", x: float, y: float) -> None:
    points = [(x - 0.1, y - 0.09), (x - 0.14, y + 0.02), (x - 0.08, y + 0.1), (x + 0.5, y + 0.08)]
    canvas.polygon(points, style.nose_colour, outline=style.ink, width=0.05)


def _nostrils(canvas: Canvas, style: "FaceStyle", x: float, y: float) -> None:
    for side in (-1, 1):
        canvas.ellipse((x + side * 0.1, y), (0.045, 0.055), style.ink)


NOSES = {
    "none": _no_nose,
    "button": _button,
    "hook": _hook,
    "triangle": _triangle,
    "oval": _oval,
    "snout": _snout,
    "beak": _beak,
    "carrot": _carrot,
    "nostrils": _nostrils,
}


def draw_tears(canvas: Canvas, units: Units, style: "FaceStyle", t: float) -> None:
    """Draw tears that well up and run down the cheeks."""
    amount = units["tears"]
    if amount < 0.12:
        return
    for side, shift in ((-1, 0.0), (1, 0.45)):
        x = side * (style.eye_gap + 0.1)
        start = style.eye_y + 0.75 * style.eye_size[1]
        if amount > 0.6:
            _draw_stream(canvas, x, start, 0.05 + 0.12 * (amount - 0.6))
        fall = (0.75 * t + shift) % 1.0
        size = (0.1 + 0.09 * amount) * min(1.0, 0.55 + 1.5 * fall)
        _draw_drop(
            canvas, x + side * 0.04 * fall, start + 0.12 + (0.25 + 0.5 * amount) * fall, size
        )


def _draw_stream(canvas: Canvas, x: float, y: float, half: float) -> None:
    length = 0.84 - y
    canvas.stroke([(x, y), (x, y + length)], _WATER, 2 * half, opacity=1.0)
    canvas.stroke([(x - 0.3 * half, y), (x - 0.3 * half, y + length)], (190, 228, 255), 0.5 * half)


def _draw_drop(canvas: Canvas, x: float, y: float, size: float) -> None:
    canvas.polygon(_DROP * size + (x, y), _WATER, outline=_WATER_RIM, width=0.035)
    canvas.ellipse((x - 0.15 * size, y + 0.35 * size), 0.2 * size, (255, 255, 255), opacity=0.9)


def draw_sweat(canvas: Canvas, units: Units, t: float) -> None:
    """Draw drops of cold sweat at the temples."""
    amount = units["sweat"]
    for x, y, shift, least in ((0.88, -0.5, 0.0, 0.12), (-0.9, -0.3, 0.5, 0.55)):
        if amount > least:
            slide = (0.5 * t + shift) % 1.0
            _draw_drop(canvas, x, y + 0.3 * slide, 0.1 + 0.12 * amount)
