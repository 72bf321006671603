"""The mouth of a real face: frames and two marked points in, how far the lips are apart out.

No trained weights: small patches are found again by normalised cross-correlation in colour. A patch
around the eyes and the nose says where the head is; one of the upper lip and one of the lower lip
and chin are searched relative to it, along the smoothest likely path up and down (Viterbi), so that
a single bad frame cannot make them jump. The opening is the distance between both, in pixels.

Shapes: T frames, H/W pixels; points are (x, y).
"""

from dataclasses import dataclass

import numpy as np

from emogen.errors import InputError

_JUMP_COST, _LONGEST_JUMP = 0.02, 6
_ROUNDS, _TEMPLATE_FRAMES = 3, 40


@dataclass(frozen=True, kw_only=True)
class Patch:
    """A piece of the face and where it may go, in pixels.

    Attributes:
        below: its centre below the marked point.
        half_height: rows to either side of its centre.
        half_width: columns to either side.
        up_down: how far it may move.
        sideways: how far it may move.
    """

    below: int
    half_height: int
    half_width: int
    up_down: int
    sideways: int


HEAD = Patch(below=-6, half_height=14, half_width=22, up_down=8, sideways=8)
UPPER_LIP = Patch(below=-7, half_height=5, half_width=15, up_down=4, sideways=2)
LOWER_LIP = Patch(below=12, half_height=8, half_width=15, up_down=9, sideways=2)
"""Sizes for a face about 100 pixels wide, as in the GRID corpus."""


@dataclass(frozen=True, kw_only=True)
class LipTrack:
    """The lips of a real face.

    Attributes:
        opening: pixels by which the lips are further apart than in the most closed frames, [T].
        certainty: the lowest correlation of either lip with its template, [T]; 1 is the same.
    """

    opening: np.ndarray
    certainty: np.ndarray


def track_lips(
    frames: np.ndarray, *, mouth: tuple[int, int], nose: tuple[int, int]
) -> LipTrack:
    """Measure the opening of a mouth over time.

    Args:
        frames: uint8 or float [T, H, W, 3] of one face that stays about where it is.
        mouth: the middle of the closed mouth in the first frame.
        nose: the tip of the nose in the first frame.

    Raises:
        InputError: no such frames, or a point too near to the border.
    """
    pixels = np.asarray(frames, np.float32)
    if pixels.ndim != 4 or pixels.shape[-1] != 3:
        raise InputError(f"expected frames [T, H, W, 3], got {list(pixels.shape)}")
    for point in (mouth, nose):
        if not (40 <= point[0] < pixels.shape[2] - 40 and 40 <= point[1] < pixels.shape[1] - 40):
            raise InputError(f"expected points 40 pixels from the border, got {point}; scale it up")
    still = np.zeros((len(pixels), 2), int)
    head_y, head_x, _ = _follow(pixels, nose, HEAD, still)
    head = np.stack([head_y, head_x], axis=1).round().astype(int)
    lower, _, sure_lower = _follow(pixels, mouth, LOWER_LIP, head)
    upper, _, sure_upper = _follow(pixels, mouth, UPPER_LIP, head)
    opening = lower - upper
    return LipTrack(opening=opening - np.quantile(opening, 0.05),
                    certainty=np.minimum(sure_lower, sure_upper))  # fmt: skip


def _follow(
    pixels: np.ndarray, point: tuple[int, int], patch: Patch, head: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return how far a patch has moved down and right in each frame, and how sure that is."""
    column, row = point[0], point[1] + patch.below
    moved = np.zeros((len(pixels), 2), int)
    shown = [0]  # the frames that the template is the mean of
    for _ in range(_ROUNDS):
        template = np.mean([_cut(pixels[t], row, column, patch, moved[t]) for t in shown], axis=0)
        maps = np.stack([
            _correlation(pixels[t], template, row, column, patch, head[t])
            for t in range(len(pixels))
        ])  # (T, up_down, sideways)
        path = _smoothest(maps.max(2))
        best = maps[np.arange(len(maps)), path]
        sure = best.max(1)
        moved = np.stack([path - patch.up_down, best.argmax(1) - patch.sideways], axis=1) + head
        shown = np.argsort(sure)[-_TEMPLATE_FRAMES:].tolist()
    down = _between(maps.max(2), path) - patch.up_down + head[:, 0]
    return down, moved[:, 1].astype(float), sure


def _cut(
    frame: np.ndarray, row: int, column: int, patch: Patch, moved: np.ndarray, *, wide: bool = False
) -> np.ndarray:
    tall, broad = patch.half_height, patch.half_width
    if wide:
        tall, broad = tall + patch.up_down, broad + patch.sideways
    y, x = row + int(moved[0]), column + int(moved[1])
    return frame[max(0, y - tall) : y + tall + 1, max(0, x - broad) : x + broad + 1]


def _correlation(
    frame: np.ndarray, template: np.ndarray, row: int, column: int, patch: Patch, head: np.ndarray
) -> np.ndarray:
    """Return the normalised cross-correlation at every place that a patch may go to."""
    region = _cut(frame, row, column, patch, head, wide=True)
    views = np.lib.stride_tricks.sliding_window_view(region, template.shape[:2], axis=(0, 1))
    views = np.moveaxis(views, 2, -1)  # (dy, dx, h, w, 3)
    views = views - views.mean((2, 3), keepdims=True)
    wanted = template - template.mean((0, 1))
    power = (views**2).sum((2, 3, 4)) * (wanted**2).sum()
    return (views * wanted).sum((2, 3, 4)) / np.sqrt(power + 1e-6)


def _smoothest(scores: np.ndarray) -> np.ndarray:
    """Return the path [T] through scores [T, places] that is likely and does not jump."""
    places = np.arange(scores.shape[1])
    cost = _JUMP_COST * np.minimum(np.abs(places[:, None] - places), _LONGEST_JUMP)
    total, back = scores[0], np.zeros(scores.shape, int)
    for frame in range(1, len(scores)):
        options = total[:, None] - cost
        back[frame], total = options.argmax(0), options.max(0) + scores[frame]
    path = np.zeros(len(scores), int)
    path[-1] = total.argmax()
    for frame in range(len(scores) - 1, 0, -1):
        path[frame - 1] = back[frame, path[frame]]
    return path


def _between(scores: np.ndarray, path: np.ndarray) -> np.ndarray:
    """Return the path with the fractions of a parabola through the neighbouring scores."""
    rows = np.arange(len(path))
    middle = path.clip(1, scores.shape[1] - 2)
    left, peak, right = (scores[rows, middle + step] for step in (-1, 0, 1))
    bend = np.minimum(left - 2 * peak + right, -1e-6)
    shift = (0.5 * (left - right) / bend).clip(-0.5, 0.5)
    return np.where(middle == path, path + shift, path)
