"""Where to look: frames of any size in, a square picture and a close-up of the subject out.

The close-up follows a box that the network itself predicts: a map of attention over the scene gives
its middle (the mean position) and its size. It learned that from the geometry of the rig, whose
faces lie where the drawing puts them, and from the outline of animations.

Shapes: T frames, S pixels a side.
"""

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from emogen.errors import InputError

SCENE = 64
"""Side of the picture of the whole scene, and of the close-up."""
LARGEST_HALF = 0.6
"""Half the side of the largest close-up, in sides of the frame."""
_SMALL, _LARGE = 128, 256
_AT_ONCE = 16


def squared(frames: np.ndarray) -> Tensor:
    """Fit frames uint8 [T, H, W, 3] whole into squares, float32 [T, 3, S, S] in [-1, 1].

    Bars of the frame's mean colour fill what the frame does not. S is 128 for small frames, 256 for
    others, so that a small face keeps its details.

    Raises:
        InputError: the frames are no such array.

    >>> squared(np.zeros((2, 90, 160, 3), np.uint8)).shape
    torch.Size([2, 3, 128, 128])
    """
    frames = np.asarray(frames)
    if frames.dtype != np.uint8 or frames.ndim != 4 or frames.shape[-1] != 3 or 0 in frames.shape:
        raise InputError(
            f"expected frames uint8 [T, H, W, 3], got {frames.dtype} {list(frames.shape)}; "
            "flatten transparency first"
        )
    side = _SMALL if max(frames.shape[1:3]) <= 1.5 * _SMALL else _LARGE
    parts = [frames[start : start + _AT_ONCE] for start in range(0, len(frames), _AT_ONCE)]
    return torch.cat([_squared(part, side) for part in parts])


def _squared(frames: np.ndarray, side: int) -> Tensor:
    height, width = frames.shape[1:3]
    scale = side / max(height, width)
    size = max(round(height * scale), 1), max(round(width * scale), 1)
    x = torch.from_numpy(np.ascontiguousarray(frames)).permute(0, 3, 1, 2).float() / 127.5 - 1
    if size != (height, width):
        x = F.interpolate(x, size=size, mode="bilinear", antialias=True, align_corners=False)
    if size == (side, side):
        return x
    square = x.mean((2, 3), keepdim=True).expand(-1, -1, side, side).clone()
    top, left = (side - size[0]) // 2, (side - size[1]) // 2
    square[:, :, top : top + size[0], left : left + size[1]] = x
    return square


def scene_of(squares: Tensor) -> Tensor:
    """Return the whole scene small, [T, 3, 64, 64]."""
    if squares.shape[-1] % SCENE == 0:
        return F.avg_pool2d(squares, squares.shape[-1] // SCENE)
    return F.interpolate(squares, size=(SCENE, SCENE), mode="bilinear", antialias=True)


def close_up(squares: Tensor, boxes: Tensor, *, side: int = SCENE) -> Tensor:
    """Cut out and scale what lies in boxes [T, 3], see `emogen.evaluation.recogniser.shots.Shot`.

    Args:
        squares: [T, C, S, S].
        boxes: x and y of the middle and half the side, in sides of the frame.
        side: pixels of the result.

    Returns:
        [T, C, side, side]; what lies outside the frame repeats its border.
    """
    theta = torch.zeros(len(boxes), 2, 3)
    theta[:, 0, 0] = theta[:, 1, 1] = 2 * boxes[:, 2]
    theta[:, :, 2] = 2 * boxes[:, :2] - 1
    grid = F.affine_grid(theta, [len(boxes), squares.shape[1], side, side], align_corners=False)
    return F.grid_sample(squares, grid, padding_mode="border", align_corners=False)


class Locator(nn.Module):
    """Turns a map of the scene into the subject's box.

    Args:
        width: channels of the map.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.maps = nn.Conv2d(width, 2, 1)

    def forward(self, scene: Tensor) -> Tensor:
        """Return boxes [T, 3] for maps [T, width, h, w]."""
        attention, size = self.maps(scene).float().flatten(2).unbind(1)  # (T, h*w) each
        attention = attention.softmax(-1)
        rows, columns = scene.shape[2:]
        y = (torch.arange(rows) + 0.5) / rows
        x = (torch.arange(columns) + 0.5) / columns
        grid = torch.stack(torch.meshgrid(x, y, indexing="xy"), -1).flatten(0, 1)  # (h*w, 2)
        half = LARGEST_HALF * (attention * size).sum(-1, keepdim=True).sigmoid()
        return torch.cat([attention @ grid, half], dim=1)
