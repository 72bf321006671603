"""A mouth that opens in a photograph: pixels around it in, where their colour comes from out.

Above the opening the picture follows the upper lip, below it the lower lip, and between them the
inside is painted: dark, teeth and tongue in tones taken from the picture. Lengths are in
half-widths of the mouth, as in `emogen.motion.rig.lips`.
"""

from dataclasses import dataclass

import numpy as np

from emogen.motion.rig.bending import mouth_axes
from emogen.motion.rig.landmarks import Landmarks
from emogen.motion.rig.layers import smoothstep
from emogen.motion.rig.lips import Fullness, Lips, lips
from emogen.motion.rig.pose import Pose

BOX = (-1.4, 1.4, -1.2, 2.1)
"""Left, right, top and bottom of what the mouth moves beyond the face's field."""
_SHADES = np.array([(58, 20, 24), (236, 228, 214), (176, 82, 84)], float)


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Where the colours of a box of pixels come from.

    Attributes:
        shift: float [h, w, 2], what is added to the picture position, in half-widths.
        opening: the rows and columns of the box that the inside lies in.
        paint: float [r, c, 3], colour of the inside there.
        share: float [r, c], how much of the inside is seen there, in [0, 1].
    """

    shift: np.ndarray
    opening: tuple[slice, slice]
    paint: np.ndarray
    share: np.ndarray


class PhotoMouth:
    """The mouth of one photograph.

    Args:
        frame: uint8 [H, W, 3].
        face: landmarks in pixels of ``frame``.
    """

    def __init__(self, frame: np.ndarray, face: Landmarks) -> None:
        self.axes = mouth_axes(face)
        right, left = face.at("mouth_right"), face.at("mouth_left")
        self.centre = (right + left) / 2
        self.unit = float(np.linalg.norm(left - right) / 2)
        heights = [self.local(face.at(f"lip_{name}"))[1]
                   for name in ("top", "upper", "lower", "bottom")]  # fmt: skip
        self.rest_upper, self.rest_lower = heights[1], heights[2]
        self.thick = max(heights[1] - heights[0], 0.08), max(heights[3] - heights[2], 0.1)
        self.nose = min(self.local(face.at("nose_tip"))[1], -0.5)
        self.chin = max(self.local(face.at("chin"))[1], 0.9)
        middle = (heights[1] + heights[2]) / 2
        self.fullness = Fullness(
            upper=self.thick[0], lower=self.thick[1], cheer=middle, opening=0.95, point=0.9
        )
        self.rest_thick = _thickness(lips(_REST, self.fullness))
        self.dark, self.teeth, self.tongue = self._tones(frame)
        self.lip = self._lip(frame, face)

    def local(self, points: np.ndarray) -> np.ndarray:
        """Return pixels [..., 2] in the mouth's frame."""
        return (points - self.centre.astype(points.dtype)) @ (
            self.axes.T / self.unit
        ).astype(points.dtype)

    def shape(self, pose: Pose) -> Lips:
        """Return the mouth's curves in a pose."""
        return lips(pose, self.fullness)

    def _tones(self, frame: np.ndarray) -> np.ndarray:
        """Return dark, teeth and tongue in the light of the picture, float [3, 3]."""
        half = 0.9 * self.unit
        top, left = (max(0, int(v - half)) for v in self.centre[::-1])
        patch = frame[top : int(self.centre[1] + half), left : int(self.centre[0] + half)]
        skin = np.percentile(patch.reshape(-1, 3), 80, axis=0)
        light = np.clip(skin / np.array((222.0, 178.0, 152.0)), 0.35, 1.12)
        even = 0.3 * light.mean() + 0.7 * light
        return (_SHADES * even).astype(np.float32)

    def _lip(self, frame: np.ndarray, face: Landmarks) -> np.ndarray:
        """Return the colour of the lower lip, float [3]."""
        middle = (face.at("lip_lower") + face.at("lip_bottom")) / 2
        spots = middle + self.axes[0] * self.unit * np.linspace(-0.3, 0.3, 7)[:, None]
        x, y = np.clip(spots.round().astype(int), 0, np.array(frame.shape[1::-1]) - 1).T
        return np.median(frame[y, x].astype(np.float32), axis=0)

    def sources(
        self, local: np.ndarray, pose: Pose, shape: Lips, edge: np.ndarray
    ) -> Sources:
        """Return where colours come from.

        Args:
            local: float [h, w, 2], the pixels' positions in the mouth's frame.
            pose: what the mouth does.
            shape: its curves.
            edge: float [33, 2, 2], the face's field on the upper and the lower inner curve.
        """
        x, y = local[..., 0], local[..., 1]
        span = shape.upper_inner[:, 0]
        hump = np.maximum(1 - np.linspace(-1, 1, len(span)) ** 2, 0)
        window = smoothstep(hump, 0.0, 0.12)
        pulls, curves = [], []
        for k, (curve, rest) in enumerate(
            ((shape.upper_inner, self.rest_upper), (shape.lower_inner, self.rest_lower))
        ):
            source = curve - edge[:, k]
            height = rest * np.maximum(1 - source[:, 0] ** 2, 0) ** 0.75
            pulls.append((curve[:, 1] - edge[:, k, 1] - height) * window)
            curves.append(curve[:, 1])
        rows = np.array([*pulls, *curves, hump**0.5])
        pull_up, pull_down, top, bottom, inside = _lookup(x, span, rows)
        above = y < (top + bottom) / 2
        distance = np.where(above, top - y, y - bottom)
        shift = self._follow(distance, above, pull_up, pull_down)
        shift += self._thin(distance, above, shape) * inside
        opening = _extent((y > top) & (y < bottom))
        paint, share = self._inside(*(grid[opening] for grid in (x, y, top, bottom)), pose, shape)
        moved = np.zeros_like(local)
        moved[..., 1] = -shift
        return Sources(shift=moved, opening=opening, paint=paint, share=share)

    def _follow(
        self, distance: np.ndarray, above: np.ndarray, up: np.ndarray, down: np.ndarray
    ) -> np.ndarray:
        """Return the lips' own displacement, which fades towards nose and chin."""
        thick_up, thick_down = self.thick
        fade_up = 1 - smoothstep(distance, 0.6 * thick_up, max(0.75 * -self.nose, 2 * thick_up))
        fade_down = 1 - smoothstep(distance, thick_down, max(0.95 * self.chin, 3 * thick_down))
        return np.where(above, up * fade_up, down * fade_down)

    def _thin(self, distance: np.ndarray, above: np.ndarray, shape: Lips) -> np.ndarray:
        """Return the displacement that makes the lips thinner or fuller than at rest."""
        new_up, new_down = _thickness(shape)
        old_up, old_down = self.rest_thick
        result = []
        for new, old, thick in (
            (new_up, old_up, self.thick[0]), (new_down, old_down, self.thick[1]),
        ):  # fmt: skip
            ratio = max(new / old, 0.25)
            reach = ratio * thick
            gain = (1 / ratio - 1) * np.minimum(distance, reach)
            result.append(gain * (1 - smoothstep(distance, reach, reach + 2.2 * thick)))
        return np.where(above, result[0], -result[1])

    def _inside(
        self, x: np.ndarray, y: np.ndarray, top: np.ndarray, bottom: np.ndarray, pose: Pose,
        shape: Lips,
    ) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
        """Paint what is between the lips: colour [h, w, 3] and share [h, w]."""
        pixel = 1 / self.unit
        soft = 1.1 * pixel
        share = smoothstep(y - top, 0, soft) * smoothstep(bottom - y, 0, soft)
        share = share * min(1.0, shape.gap / 0.03)
        half = np.maximum(shape.upper_inner[-1, 0] - shape.upper_inner[0, 0], 1e-3) / 2
        across = (x - shape.upper_inner[:, 0].mean()) / half
        depth, height = y - top, np.maximum(bottom - top, 1e-4)
        shade = np.exp(-depth / 0.12)
        paint = self.dark * (1.0 - 0.4 * shade[..., None])
        crest = bottom - (0.34 * shape.gap + 0.05) * np.maximum(1 - (across / 0.75) ** 2, 0)
        crest = crest - pose["tongue"] * 0.55 * height * np.maximum(1 - (across / 0.5) ** 2, 0)
        flesh = smoothstep(y - crest, 0, 0.14)[..., None]
        groove = 1 - 0.18 * np.exp(-((across / 0.08) ** 2))
        paint = paint + (self.tongue * groove[..., None] * 0.86 - paint) * flesh
        paint = self._teeth(paint, across, depth, bottom - y, pose, shape)
        if pose["tongue"] > 0.2:
            tip = smoothstep(y - crest, 0, 0.1)[..., None] * pose["tongue"]
            paint = paint + (self.tongue - paint) * tip
        wet = smoothstep(np.abs(across), 0.6, 1.0) + 0.5 * np.exp(
            -np.minimum(depth, bottom - y) / (0.05 + soft)
        )
        paint = paint + (0.6 * self.lip - paint) * np.minimum(wet, 1.0)[..., None]
        return np.clip(paint, 0, 255), share

    def _teeth(
        self, paint: np.ndarray, across: np.ndarray, depth: np.ndarray, above: np.ndarray,
        pose: Pose, shape: Lips,
    ) -> np.ndarray:  # fmt: skip
        """Lay both rows of teeth over the inside."""
        soft = 1.2 / self.unit + 0.012
        smile = (pose["AU12_left"] + pose["AU12_right"]) / 2
        row = np.clip(1 - np.abs(across / 0.9) ** 4, 0, 1)
        long = 0.2 + 0.1 * smile + 0.08 * pose["AU10"] + 0.06 * pose["AU20"] + 0.7 * pose["AU28"]
        long -= 0.15 * shape.pucker
        scallop = 0.014 * np.abs(np.sin(across * 9.5))
        upper = smoothstep(long * row - scallop - depth, -soft / 2, soft)
        gaps = 1 - 0.13 * np.exp(-((np.sin(across * 9.5) / 0.22) ** 2))
        light = gaps * (1 - 0.45 * across**2) * (0.62 + 0.38 * smoothstep(depth, 0.0, 0.14))
        paint = paint + (self.teeth * light[..., None] - paint) * (upper * (row > 0))[..., None]
        low = (0.04 + 0.22 * pose["AU16"] + 0.12 * pose["AU20"]) * row
        low = low * min(1.0, 2.5 * shape.gap)
        lower = smoothstep(low - above, -soft / 2, soft) * (low > 0.03)
        tone = self.teeth * (0.74 * (1 - 0.5 * across**2) * gaps)[..., None]
        return paint + (tone - paint) * lower[..., None]


def _thickness(shape: Lips) -> tuple[float, float]:
    """Return the thickness of both lips where they are full."""
    return (
        float((shape.upper_inner - shape.upper_outer)[8, 1]),
        float((shape.lower_outer - shape.lower_inner)[16, 1]),
    )


def _extent(mask: np.ndarray) -> tuple[slice, slice]:
    """Return the rows and columns that hold what is true in a mask."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return slice(0, 0), slice(0, 0)
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _lookup(x: np.ndarray, span: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return ``rows`` [N, 33], given on evenly spaced ``span`` [33], at x; the ends hold."""
    step = (span[-1] - span[0]) / (len(span) - 1)
    position = np.clip((x - span[0]) / step, 0, len(span) - 1.001)
    left = position.astype(np.intp)
    part = position - left
    low = rows.astype(np.float32)
    step_up = np.diff(low, axis=1, append=low[:, -1:])
    return low[:, left] + step_up[:, left] * part


_REST: Pose = dict.fromkeys((
    "AU9", "AU10", "AU12_left", "AU12_right", "AU14_left", "AU14_right", "AU15", "AU16", "AU17",
    "AU18", "AU20", "AU22", "AU23", "AU24", "AU25", "AU26", "AU28", "closure", "tongue", "gap",
), 0.0)  # fmt: skip
