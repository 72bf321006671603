"""Harder pictures to learn from: clean drawings in, moved, blurred and recoloured ones out.

Generated clips are soft and noisy, stickers lie on any ground and films have bars: what the judge
will meet is worse than what was rendered. Only training uses this.

Shapes: N pictures, S pixels a side. Pictures are float32 [N, 3, S, S] in [-1, 1].
"""

import math

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

TRAINED = 96
"""Side of the squares that training shows."""
_COSINE = torch.cos(math.pi * (2 * torch.arange(8)[None] + 1) * torch.arange(8)[:, None] / 16) / 2
_COSINE[0] /= math.sqrt(2)


class Chance:
    """Random numbers for a batch in which runs of ``group`` pictures are one clip and share them.

    Args:
        rng: source of chance.
        group: pictures a clip.
    """

    def __init__(self, rng: torch.Generator, *, group: int = 1) -> None:
        self.rng = rng
        self.group = group

    def uniform(self, count: int, *shape: int, low: float = -1.0, high: float = 1.0) -> Tensor:
        """Return [count, *shape] numbers between ``low`` and ``high``."""
        drawn = torch.rand(count // self.group, *shape, generator=self.rng)
        return (low + (high - low) * drawn).repeat_interleave(self.group, dim=0)

    def picks(self, count: int, share: float) -> Tensor:
        """Return the rows to which something happens."""
        return torch.nonzero(self.uniform(count, low=0.0) < share)[:, 0]


def moved(
    x: Tensor,
    boxes: Tensor,
    chance: Chance,
    *,
    zoom: tuple[float, float] = (0.8, 1.25),
    shift: float = 0.2,
    padding: str = "border",
) -> tuple[Tensor, Tensor]:
    """Shift, scale, lean and flip pictures [N, C, S, S] and their boxes [N, 3] with them.

    Args:
        x: pictures of any number of channels.
        boxes: middle and half side of the subject, in sides of the frame.
        chance: source of chance.
        zoom: smallest and largest magnification.
        shift: largest shift, in halves of the frame.
        padding: what lies outside, as in `torch.nn.functional.grid_sample`.

    Returns:
        pictures of `TRAINED` pixels, and boxes.
    """
    count = len(x)
    scale = torch.exp(chance.uniform(count, low=math.log(zoom[0]), high=math.log(zoom[1])))
    flip = torch.where(chance.uniform(count) < 0, -1.0, 1.0)
    turn, move = 0.12 * chance.uniform(count), shift * chance.uniform(count, 2)
    cos, sin = turn.cos() / scale, turn.sin() / scale
    linear = torch.stack([cos * flip, -sin, sin * flip, cos], dim=1).view(count, 2, 2)
    theta = torch.cat([linear, (linear @ -move[:, :, None])], dim=2)
    grid = F.affine_grid(theta, [count, x.shape[1], TRAINED, TRAINED], align_corners=False)
    y = F.grid_sample(x, grid, padding_mode=padding, align_corners=False)
    middle = torch.linalg.solve(linear, 2 * boxes[:, :2, None] - 1)[:, :, 0] + move
    return y, torch.cat([(middle + 1) / 2, boxes[:, 2:] * scale[:, None]], dim=1)


def barred(x: Tensor, chance: Chance, *, share: float = 0.15) -> Tensor:
    """Put bars above and below, or left and right, as a frame that is no square has."""
    rows = chance.picks(len(x), share)
    if not len(rows):
        return x
    reach = chance.uniform(len(x), low=0.56)[rows]
    upright = chance.uniform(len(x))[rows] < 0
    axis = torch.linspace(-1, 1, x.shape[-1]).abs()
    outside = axis[None] > reach[:, None]
    mask = torch.where(
        upright[:, None, None, None], outside[:, None, None, :], outside[:, None, :, None]
    )
    x = x.clone()
    x[rows] = torch.where(mask, x[rows].mean((2, 3), keepdim=True), x[rows])
    return x


def blurred(x: Tensor, chance: Chance) -> Tensor:
    """Soften four in ten pictures: a mean of neighbours, or fewer pixels scaled up again."""
    x, side = x.clone(), x.shape[-1]
    rows = chance.picks(len(x), 0.2)
    x[rows] = F.avg_pool2d(F.pad(x[rows], (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    rows = chance.picks(len(x), 0.25)
    fewer = int(side * torch.empty(()).uniform_(0.35, 0.75, generator=chance.rng))
    small = F.interpolate(x[rows], size=(fewer, fewer), mode="bilinear", antialias=True)
    x[rows] = F.interpolate(small, size=(side, side), mode="bilinear")
    return x


def compressed(x: Tensor, chance: Chance, *, share: float = 0.35) -> Tensor:
    """Round the cosine transform of 8x8 blocks, as JPEG and H.264 do."""
    rows = chance.picks(len(x), share)
    blocks = x[rows].unflatten(3, (-1, 8)).unflatten(2, (-1, 8)).transpose(3, 4)
    place = torch.arange(8)
    step = chance.uniform(len(x), 1, 1, 1, 1, 1, low=0.01, high=0.3)[rows]
    step = step * (1 + 0.4 * (place[:, None] + place[None]))
    coarse = torch.round(_COSINE @ blocks @ _COSINE.T / step) * step
    back = (_COSINE.T @ coarse @ _COSINE).transpose(3, 4).flatten(4, 5).flatten(2, 3)
    x = x.clone()
    x[rows] = back
    return x


def recoloured(x: Tensor, chance: Chance, *, allowed: Tensor, share: float = 0.3) -> Tensor:
    """Take the colours away or mix them, so that only shapes say what is felt.

    Args:
        x: pictures.
        chance: source of chance.
        allowed: bool [N], whose colours may go.
        share: part of those that lose them.

    Returns:
        pictures, bool [N] which of them lost their colours.
    """
    lost = (chance.uniform(len(x), low=0.0) < share) & allowed
    mix = chance.uniform(len(x), 3, 3, low=0.0)
    mix = torch.where(
        (chance.uniform(len(x)) < -0.2)[:, None, None],
        torch.tensor([0.299, 0.587, 0.114]).expand(3, 3),
        mix / mix.sum(2, keepdim=True),
    )
    gain, offset = chance.uniform(len(x), 1, 1, 1, low=0.6, high=1.2), chance.uniform(len(x), 3)
    mixed = torch.einsum("nij,njhw->nihw", mix[lost], x[lost]) * gain[lost]
    x = x.clone()
    x[lost] = (mixed + 0.25 * offset[lost][:, :, None, None]).clamp(-1, 1)
    return x, lost


def noisy(x: Tensor, chance: Chance) -> Tensor:
    """Change brightness, contrast and tint a little and add noise to half of the pictures."""
    count = len(x)
    x = x * (1 + 0.12 * chance.uniform(count, 1, 1, 1)) + 0.1 * chance.uniform(count, 1, 1, 1)
    x = x + 0.05 * chance.uniform(count, 3, 1, 1)
    rows = chance.picks(count, 0.5)
    noise = torch.randn(x[rows].shape, generator=chance.rng)
    x[rows] = x[rows] + 0.1 * chance.uniform(count, 1, 1, 1, low=0.0)[rows] * noise
    return x.clamp(-1, 1)


def worn(x: Tensor, chance: Chance) -> Tensor:
    """Do all that keeps the colours: bars, blur, compression, light and noise."""
    return noisy(compressed(blurred(barred(x, chance), chance), chance), chance)


def grounds(count: int, chance: Chance) -> tuple[Tensor, Tensor]:
    """Draw grounds to lay a cut-out on: white, one colour, clouds of colour or noise.

    Returns:
        float32 [N, 3, S, S], bool [N] which are white.
    """
    colour = chance.uniform(count, 3, 1, 1)
    clouds = _clouds(count, chance, contrast=0.5)
    kind = chance.uniform(count, low=0.0)
    white = kind < 0.35
    plain = torch.where(white[:, None, None, None], 1.0, colour)
    cloudy = (kind > 0.65)[:, None, None, None]
    return torch.where(cloudy, (colour + clouds).clamp(-1, 1), plain), white


def laid(cutouts: Tensor, ground: Tensor) -> Tensor:
    """Lay cut-outs [N, 4, S, S], colour times alpha and alpha, on grounds [N, 3, S, S]."""
    return cutouts[:, :3] + ground * (1 - cutouts[:, 3:])


def blanks(count: int, chance: Chance) -> Tensor:
    """Draw pictures on which there is nothing: one colour, clouds, noise, stripes, blocks."""
    colour = chance.uniform(count, 3, 1, 1)
    kind = torch.arange(count)[:, None, None, None] % 4
    grey = chance.uniform(count, 1, 1, 1) < 0
    colour = torch.where(grey, colour.mean(1, keepdim=True), colour)
    noise = torch.randn(count, 3, TRAINED, TRAINED, generator=chance.rng)
    noise = torch.where(grey, noise[:, :1], noise) * chance.uniform(count, 1, 1, 1, low=0.05)
    blocks = F.interpolate(chance.uniform(count, 3, 6, 6), size=(TRAINED, TRAINED))
    x = torch.where(kind == 1, colour + _clouds(count, chance, contrast=0.8), colour)
    x = torch.where(kind == 2, colour / 2 + noise, x)
    return torch.where(kind == 3, blocks, x).clamp(-1, 1)


def _clouds(count: int, chance: Chance, *, contrast: float) -> Tensor:
    """Add up soft noise of three sizes, as far scenery and textures have it."""
    total = torch.zeros(count, 3, TRAINED, TRAINED)
    for cells, weight in ((3, 1.0), (9, 0.5), (27, 0.25)):
        coarse = chance.uniform(count, 3, cells, cells)
        total += weight * F.interpolate(coarse, size=(TRAINED, TRAINED), mode="bicubic")
    return contrast * total
