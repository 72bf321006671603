"""The mouth: action units in, lips, teeth and tongue drawn in the face frame.

A mouth is the gap between two lip curves over u in [-1, 1], from the left to the right corner.
"""

from typing import TYPE_CHECKING

import numpy as np

from emogen.data.canvas import Canvas

if TYPE_CHECKING:
    from emogen.data.rig.face import FaceStyle

Units = dict[str, float]
_U = np.sin(np.linspace(-np.pi / 2, np.pi / 2, 21))
_TURN = np.linspace(0, 2 * np.pi, 24, endpoint=False)
_DISC = np.stack([np.cos(_TURN), np.sin(_TURN)], axis=1)
_CAVITY = (112, 26, 44)
_TONGUE = (240, 100, 118)
_TEETH = (255, 253, 246)
_CLOSED = 0.06


def lips(units: Units, t: float) -> tuple[np.ndarray, np.ndarray, float]:
    """Return the upper and lower lip, y over u in face units, and the width factor."""
    smile = units["AU12"] + 0.25 * units["AU14"] - 0.95 * units["AU15"]
    rounded = units["AU26"] * (1 - units["AU12"]) * (1 - units["AU20"])
    gritted = min(units["AU23"], units["AU25"])
    pressed = units["AU23"] * (1 - units["AU25"])
    width = (
        0.72 + 0.34 * units["AU12"] + 0.34 * units["AU20"] + 0.12 * units["AU15"]
        + 0.2 * gritted - 0.14 * pressed - 0.16 * rounded
    )  # fmt: skip
    gap = 0.12 * units["AU25"] + 0.5 * units["AU26"] * (1 - 0.5 * units["AU20"])
    gap += 0.22 * gritted + 0.16 * min(units["AU20"], units["AU25"])
    above = 0.5 - 0.5 * max(0.0, min(1.0, smile))
    square = min(1.0, gritted + 0.8 * units["AU20"])
    bulge = (1 - square) * np.sqrt(1 - _U**2) + square * np.sqrt(1 - _U**6)
    bend = 0.3 * (smile + 0.2) * (1 - 0.75 * min(1.0, 2.2 * gap))
    middle = bend * (0.55 - _U**2) - 0.3 * gap * max(0.0, smile)
    middle -= 0.06 * units["AU17"] * np.exp(-8 * _U**2)
    middle += 0.055 * units["AU20"] * np.sin(7 * _U + 9 * t) * (1 - 0.3 * _U**2)
    sneer = 0.1 * units["AU10"] * np.exp(-6 * (_U - 0.35) ** 2)
    return middle - gap * above * bulge - sneer, middle + gap * (1 - above) * bulge - sneer, width


def draw_mouth(canvas: Canvas, units: Units, style: "FaceStyle", t: float) -> None:
    """Draw the mouth, open or closed."""
    upper, lower, factor = lips(units, t)
    half = 0.7 * style.mouth_width * factor
    at = np.array([0.0, style.mouth_y])
    scale = np.array([half, style.mouth_width / 0.66])
    top = np.stack([_U, upper], axis=1) * scale + at
    bottom = np.stack([_U, lower], axis=1) * scale + at
    line = 0.085
    if np.max(lower - upper) < _CLOSED:
        canvas.stroke(
            (top + bottom) / 2, style.lips or style.ink, line * (1.5 if style.lips else 1)
        )
    else:
        outline = np.concatenate([top, bottom[::-1]])
        canvas.polygon(outline, _CAVITY)
        _fill_mouth(canvas, units, upper, lower, scale, at)
        rim = style.lips or style.ink
        canvas.polygon(outline, None, outline=rim, width=line * (1.15 if style.lips else 0.85))
    _draw_fangs(canvas, style, top, lower - upper)
    _draw_chin(canvas, units, style)
    _draw_tongue_out(canvas, units, style)


def _fill_mouth(
    canvas: Canvas, units: Units, upper: np.ndarray, lower: np.ndarray,
    scale: np.ndarray, at: np.ndarray,
) -> None:  # fmt: skip
    gap = lower - upper
    gritted = min(1.0, 2.5 * min(units["AU23"], units["AU25"]))
    if units["AU26"] > 0 and gritted < 0.5:
        disc = _DISC * (0.62, 0.55 * gap.max()) + (0.0, lower[10] + 0.12 * gap.max())
        u = np.clip(disc[:, 0], -0.97, 0.97)
        v = np.clip(disc[:, 1], np.interp(u, _U, upper), np.interp(u, _U, lower))
        canvas.polygon(np.stack([u, v], axis=1) * scale + at, _TONGUE)
    shown = min(1.0, units["AU12"] + units["AU20"]) * (0.34 - 0.1 * units["AU26"])
    teeth = max(shown, gritted)
    if teeth < 0.08:
        return
    edge = upper + teeth * gap
    canvas.polygon(
        np.concatenate([np.stack([_U, upper], 1), np.stack([_U, edge], 1)[::-1]]) * scale + at,
        _TEETH,
    )
    if gritted > 0.3:
        _draw_grit(canvas, upper, lower, scale, at)


def _draw_grit(
    canvas: Canvas, upper: np.ndarray, lower: np.ndarray, scale: np.ndarray, at: np.ndarray
) -> None:
    middle = np.stack([_U, (upper + lower) / 2], axis=1)[1:-1]
    canvas.stroke(middle * scale + at, (120, 90, 100), 0.035)
    for u in (-0.5, 0.0, 0.5):
        ends = [(u, np.interp(u, _U, upper)), (u, np.interp(u, _U, lower))]
        canvas.stroke(np.array(ends) * scale + at, (120, 90, 100), 0.035)


def _draw_fangs(canvas: Canvas, style: "FaceStyle", top: np.ndarray, gap: np.ndarray) -> None:
    if not style.fangs:
        return
    drop = 0.15 + 0.04 * float(gap.max() > _CLOSED)
    for index in (6, 14):
        x, y = top[index]
        points = [(x - 0.075, y), (x + 0.075, y), (x, y + drop)]
        canvas.polygon(points, _TEETH, outline=style.ink, width=0.03)


def _draw_chin(canvas: Canvas, units: Units, style: "FaceStyle") -> None:
    push = units["AU17"]
    if push < 0.3 or min(units["AU9"], units["AU10"]) > 0.3:
        return
    y = style.mouth_y + 0.25
    curve = [(-0.1 * push, y + 0.02), (0.0, y - 0.03), (0.1 * push, y + 0.02)]
    canvas.stroke(curve, style.ink, 0.05, opacity=0.7 * push)


def _draw_tongue_out(canvas: Canvas, units: Units, style: "FaceStyle") -> None:
    out = min(units["AU9"], units["AU10"])
    if out < 0.15:
        return
    half, length = 0.18 + 0.06 * out, 0.12 + 0.36 * out
    x, y = 0.06, style.mouth_y - 0.03
    arc = _DISC[:13] * (half, half)  # the lower half turn
    tip = np.concatenate(
        [[(half, 0.0)], arc + np.array([0.0, length - half * 0.6]), [(-half, 0.0)]]
    )
    canvas.polygon(tip + np.array([x, y]), _TONGUE, outline=style.ink, width=0.06)
    canvas.stroke([(x, y + 0.04), (x, y + 0.6 * length)], (190, 60, 84), 0.05)
