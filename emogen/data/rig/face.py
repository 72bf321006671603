"""A face from facial action units: an emotion vector in, brows, eyes, nose and mouth drawn out.

The units follow the Facial Action Coding System (Ekman, Friesen and Hager, 2002); each emotion has
one prototype, after Cordaro et al. (2018) for awe, amusement and contentment and after EMFACS for
the others. A face is drawn in its own frame: x and y in [-1, 1], y downwards, the nose near (0, 0).
"""

from dataclasses import dataclass

import numpy as np

from emogen.data.canvas import Canvas, Colour
from emogen.data.rig.extras import draw_cheeks, draw_nose, draw_sweat, draw_tears
from emogen.data.rig.eyes import draw_brows, draw_eyes
from emogen.data.rig.mouth import draw_mouth
from emogen.errors import InputError

ACTION_UNITS = (
    "AU1", "AU2", "AU4", "AU5", "AU6", "AU7", "AU9", "AU10", "AU12", "AU14", "AU15", "AU17",
    "AU20", "AU23", "AU25", "AU26", "AU43", "AU45",
    "gaze_x", "gaze_y", "tears", "blush", "sweat", "pale",
)  # fmt: skip
ActionUnits = dict[str, float] | np.ndarray

# One row an emotion, in the order of the emotion vector.
PROTOTYPES: dict[str, dict[str, float]] = {
    "amusement": {"AU6": 1.0, "AU12": 1.0, "AU25": 1.0, "AU26": 0.9, "AU2": 0.4, "blush": 0.35},
    "awe": {"AU1": 1.0, "AU2": 1.0, "AU5": 0.9, "AU25": 0.8, "AU26": 0.9, "gaze_y": -0.35},
    "contentment": {"AU6": 0.2, "AU12": 0.6, "AU43": 1.0, "AU1": 0.35, "AU2": 0.35, "blush": 0.9},
    "excitement": {
        "AU1": 0.6, "AU2": 1.0, "AU5": 1.0, "AU6": 0.25, "AU12": 1.0, "AU25": 1.0, "AU26": 1.0,
    },
    "anger": {
        "AU4": 1.0, "AU5": 0.3, "AU7": 0.8, "AU9": 0.35, "AU15": 0.45, "AU23": 1.0, "AU25": 0.8,
        "blush": 0.8,
    },
    "disgust": {
        "AU4": 0.45, "AU7": 0.75, "AU9": 1.0, "AU10": 1.0, "AU15": 0.7, "AU17": 0.6, "gaze_x": 0.3,
    },
    "fear": {
        "AU1": 1.0, "AU2": 0.35, "AU4": 0.8, "AU5": 1.0, "AU20": 1.0, "AU25": 0.9, "AU26": 0.25,
        "pale": 1.0, "sweat": 1.0,
    },
    "sadness": {
        "AU1": 1.0, "AU4": 0.9, "AU15": 1.0, "AU17": 0.8, "AU43": 0.2, "gaze_y": 0.55,
        "tears": 1.0,
    },
}  # fmt: skip
# What valence, arousal and dominance show on a face where no category explains them.
_AFFECT: dict[str, dict[str, float]] = {
    "+valence": {"AU12": 0.9, "AU6": 0.3, "blush": 0.3},
    "-valence": {"AU15": 0.8, "AU1": 0.5, "AU4": 0.7, "AU17": 0.4},
    "+arousal": {"AU5": 0.8, "AU2": 0.4, "AU25": 0.8, "AU26": 0.5},
    "-arousal": {"AU43": 0.7},
    "+dominance": {"AU7": 0.2},
    "-dominance": {"AU1": 0.4},
}


def _table(rows: dict[str, dict[str, float]]) -> np.ndarray:
    return np.array([[row.get(name, 0.0) for name in ACTION_UNITS] for row in rows.values()])


_PROTOTYPE_TABLE = _table(PROTOTYPES)  # (8, U)
_AFFECT_TABLE = _table(_AFFECT)  # (6, U)


def expression(vector: np.ndarray) -> np.ndarray:
    """Return the action units [U] that show an emotion vector [12], in the order of `ACTION_UNITS`.

    Prototypes mix linearly by weight times intensity, then clip. Intensity that no category holds
    (an emotion given by valence, arousal and dominance alone) shows through those instead.
    Neutral (all zeros) gives all zeros.

    >>> bool(expression(np.zeros(12)).any())
    False
    """
    vector = np.asarray(vector, dtype=float)
    if vector.shape != (12,):
        raise InputError(
            f"expected an emotion vector of shape (12,), got {vector.shape}; pass one frame's row"
        )
    categories, affect, intensity = vector[:8], vector[8:11], float(vector[11])
    unexplained = np.clip(1 - categories.sum() / intensity, 0, 1) if intensity > 0 else 0.0
    signed = np.stack([np.maximum(affect, 0), np.maximum(-affect, 0)], axis=1).ravel()  # (6,)
    units = categories @ _PROTOTYPE_TABLE + unexplained * (signed @ _AFFECT_TABLE)
    return np.clip(units, [-1.0 if n.startswith("gaze") else 0.0 for n in ACTION_UNITS], 1.0)


def named(units: ActionUnits) -> dict[str, float]:
    """Return action units, a vector or a partial dict, as a dict with every name.

    >>> named({"AU12": 1.0})["AU12"], named({})["AU4"]
    (1.0, 0.0)
    """
    if not isinstance(units, dict):
        return dict(zip(ACTION_UNITS, np.asarray(units, dtype=float).tolist(), strict=True))
    unknown = set(units) - set(ACTION_UNITS)
    if unknown:
        raise InputError(
            f"unknown action units {sorted(unknown)}; known: {', '.join(ACTION_UNITS)}"
        )
    return {name: float(units.get(name, 0.0)) for name in ACTION_UNITS}


@dataclass(frozen=True, kw_only=True)
class FaceStyle:
    """How one character's face is built; lengths are in face units."""

    ink: Colour = (58, 40, 44)
    """Lines of mouth, nose and closed eyes."""
    lid_ink: Colour = (46, 34, 42)
    """Rim of the open eye."""
    brow: Colour = (58, 40, 44)
    brow_width: float = 0.1
    brow_raise: float = 0.0
    sclera: Colour = (255, 255, 255)
    iris: Colour = (44, 34, 46)
    pupil: Colour = (28, 22, 32)
    pupil_size: float = 0.72
    """Radius of the iris as a share of the eye."""
    eye_gap: float = 0.46
    eye_y: float = -0.18
    eye_size: tuple[float, float] = (0.32, 0.36)
    lashes: bool = False
    nose: str = "button"
    nose_colour: Colour = (200, 120, 100)
    nose_at: tuple[float, float] = (0.0, 0.16)
    mouth_y: float = 0.54
    mouth_width: float = 0.74
    lips: Colour | None = None
    fangs: bool = False
    cheek: Colour = (240, 96, 104)
    cheek_at: tuple[float, float] = (0.8, 0.3)
    rosy: float = 0.18
    """Blush of the neutral face."""


def draw_face(canvas: Canvas, aus: ActionUnits, style: FaceStyle, t: float) -> None:
    """Draw a face in the current local frame; faint expressions are drawn a little bolder.

    Args:
        canvas: where to draw; its frame maps the face's [-1, 1] square.
        aus: action units, by name or in the order of `ACTION_UNITS`.
        style: the character's features.
        t: seconds, for what moves by itself (tears, sweat, a trembling mouth).
    """
    units = {name: np.sign(v) * abs(v) ** 0.8 for name, v in named(aus).items()}
    draw_cheeks(canvas, units, style)
    draw_mouth(canvas, units, style, t)
    draw_nose(canvas, units, style)
    draw_eyes(canvas, units, style)
    draw_brows(canvas, units, style)
    draw_tears(canvas, units, style, t)
    draw_sweat(canvas, units, t)
