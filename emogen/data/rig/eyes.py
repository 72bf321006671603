"""Eyes and brows: action units in, lids, iris, highlights and brows drawn in the face frame.

An eye is the gap between two lid curves over u in [-1, 1], from the inner to the outer corner.
Raising the lower lid (AU6) closes it to a happy arch, lowering the upper (AU43) to a calm bow.
"""

from typing import TYPE_CHECKING

import numpy as np

from emogen.data.canvas import Canvas, spline

if TYPE_CHECKING:
    from emogen.data.rig.face import FaceStyle

Units = dict[str, float]
_U = np.sin(np.linspace(-np.pi / 2, np.pi / 2, 17))  # dense at the corners
_ARC = np.sqrt(1 - _U**2)
_TURN = np.linspace(0, 2 * np.pi, 28, endpoint=False)
_DISC = np.stack([np.cos(_TURN), np.sin(_TURN)], axis=1)
_CLOSED = 0.32


def _eased(amount: float) -> float:
    """Ease a lid, so that it passes quickly through half closed, which looks sly."""
    late = min(1.0, max(0.0, (amount - 0.36) / 0.26))
    return 0.25 * amount + 0.75 * late * late * (3 - 2 * late)


def lids(units: Units) -> tuple[np.ndarray, np.ndarray]:
    """Return the upper and lower lid, y over u in eye radii, upper never below lower."""
    shut = max(_eased(units["AU43"]), units["AU45"])
    raised = _eased(units["AU6"]) * (1 - 0.85 * units["AU5"])
    squint = 0.34 * units["AU7"] + 0.12 * units["AU9"]
    top = 0.9 + 0.32 * units["AU5"] - squint - 1.82 * shut
    bottom = 1.0 + 0.1 * units["AU5"] - squint - 1.8 * raised
    if top + bottom < 0.06:
        middle = (bottom - top) / 2
        top, bottom = 0.03 - middle, 0.03 + middle
    fierce = units["AU4"] * (1 - units["AU1"])
    sorry = min(units["AU1"], units["AU4"]) * (1 - units["AU5"])
    upper = np.maximum(-top * _ARC, -1.3 + fierce * (0.72 - 0.58 * _U) + sorry * (0.5 + 0.62 * _U))
    lower = bottom * _ARC
    return np.minimum(upper, lower), lower


def draw_eyes(canvas: Canvas, units: Units, style: "FaceStyle") -> None:
    """Draw both eyes."""
    upper, lower = lids(units)
    for side in (-1, 1):
        _draw_eye(canvas, units, style, side, upper, lower)


def _draw_eye(
    canvas: Canvas,
    units: Units,
    style: "FaceStyle",
    side: int,
    upper: np.ndarray,
    lower: np.ndarray,
) -> None:
    rx, ry = style.eye_size
    scale = np.array([side * rx, ry])
    centre = np.array([side * style.eye_gap, style.eye_y])
    line = 0.085
    top = np.stack([_U, upper], axis=1) * scale + centre
    if np.max(lower - upper) < _CLOSED:
        arc = np.stack([_U, (upper + lower) / 2], axis=1) * scale * (1.05, 1.0) + centre
        canvas.stroke(arc, style.ink, 0.1)
        _draw_lashes(canvas, style, arc, side)
        return
    opening = np.concatenate([top, (np.stack([_U, lower], axis=1) * scale + centre)[::-1]])
    canvas.polygon(opening, style.sclera)
    _draw_iris(canvas, units, style, side, upper, lower)
    canvas.polygon(opening, None, outline=style.lid_ink, width=0.05)
    canvas.stroke(top, style.lid_ink, line)
    _draw_lashes(canvas, style, top, side)


def _draw_iris(
    canvas: Canvas,
    units: Units,
    style: "FaceStyle",
    side: int,
    upper: np.ndarray,
    lower: np.ndarray,
) -> None:
    rx, ry = style.eye_size
    scale, middle = np.array([side * rx, ry]), np.array([side * style.eye_gap, style.eye_y])
    dread = units["AU5"] * units["AU20"]
    wonder = min(units["AU1"], units["AU2"], units["AU5"]) * (1 - units["AU4"])
    fierce = units["AU4"] * (1 - units["AU1"])
    glare = 0.3 * max(fierce, units["AU9"])
    aperture = min(1.0, 0.6 + 0.22 * float(np.max(lower - upper)))
    radius = style.pupil_size * aperture * (1 - 0.5 * dread + 0.1 * wonder - glare)
    room = max(0.12, 0.9 - radius)
    gaze = np.array([side * units["gaze_x"], units["gaze_y"]]) * room
    gaze[0] -= 0.06
    drift = float((upper + lower)[8]) * 0.45
    disc = _DISC * radius * (ry / rx, 1.0) if rx > ry else _DISC * radius * (1.0, rx / ry)
    place = gaze + np.array([0.0, drift])

    def within(points: np.ndarray) -> np.ndarray:
        u = np.clip(points[:, 0], -0.98, 0.98)
        v = np.clip(points[:, 1], np.interp(u, _U, upper), np.interp(u, _U, lower))
        return np.stack([u, v], axis=1) * scale + middle

    canvas.polygon(within(disc + place), style.iris)
    if style.iris != style.pupil:
        canvas.polygon(within(disc * 0.6 + place), style.pupil)
    shine = disc * (0.34 + 0.16 * wonder - 0.06 * dread)
    glint = np.array([-side * 0.3, -0.36]) * radius
    canvas.polygon(within(shine + place + glint), (255, 255, 255))
    if wonder > 0.15:
        canvas.polygon(within(shine * (0.3 + 0.35 * wonder) + place - glint), (255, 255, 255))


def _draw_lashes(canvas: Canvas, style: "FaceStyle", lid: np.ndarray, side: int) -> None:
    if not style.lashes:
        return
    for index, (dx, dy) in ((16, (0.13, -0.08)), (13, (0.1, -0.13))):
        root = lid[index]
        canvas.stroke([root, root + np.array([side * dx, dy])], style.lid_ink, 0.06)


def draw_brows(canvas: Canvas, units: Units, style: "FaceStyle") -> None:
    """Draw both brows."""
    frown = units["AU4"] * (1 - units["AU1"])
    worry = min(units["AU1"], units["AU4"]) * (1 - 0.6 * units["AU2"])
    lift = 0.06 * units["AU5"]
    inner = lift + 0.22 * units["AU1"] + 0.06 * worry - 0.26 * frown - 0.05 * units["AU9"]
    outer = lift + 0.2 * units["AU2"] + 0.04 * frown - 0.16 * worry
    middle = 0.5 * (inner + outer) + 0.05 - 0.04 * frown
    base = style.eye_y - style.eye_size[1] - 0.11 - style.brow_raise
    half = style.eye_size[0] * 0.82
    x = style.eye_gap + 0.02
    points = np.array([
        (x - half + 0.02 - 0.05 * units["AU4"], base - inner),
        (x, base - middle),
        (x + half + 0.02, base - outer + 0.05),
    ])  # fmt: skip
    curve = spline(points, steps=4)
    stirred = max(units["AU1"], units["AU2"], units["AU4"])
    width = style.brow_width * (0.75 + 0.3 * stirred + 0.3 * frown)
    for side in (-1, 1):
        canvas.stroke(curve * (side, 1), style.brow, width)
