"""A loss that looks at the face: boxes of lips and face in, weights and weighted errors out.

A mouth fills a fiftieth of the picture and says most of what a talking head says.

Shapes: B batch, F frames, L latent frames (F = 4 (L - 1) + 1), C latent channels, h/w latent
pixels, H/W pixels.
"""

import torch
import torch.nn.functional as F  # noqa: N812
from diffusers import AutoencoderKLWan
from torch import Tensor

from emogen.diffusion.autoencoder import decode_clip
from emogen.diffusion.objective import MIN_SIGMA, Prediction

STRIDE = 4
WINDOW = 6
"""Latent pixels a side of what is decoded around the mouth."""


def face_weights(
    boxes: Tensor, *, size: tuple[int, int], cell: int, face: float, lips: float
) -> Tensor:
    """Return the weight of each latent pixel, [B, L, h, w], of mean one a sample.

    A pixel outside weighs one, inside the face ``face``, inside the lips ``lips``, in proportion to
    how much of it lies inside in that of its frames in which most does.

    Args:
        boxes: left, top, right, bottom of lips and face in pixels, [B, F, 2, 4].
        size: (h, w).
        cell: pixels of a latent pixel.
        face: weight of the face.
        lips: weight of the lips.

    >>> box = torch.tensor([0, 0, 8, 8]).expand(1, 1, 2, 4)
    >>> face_weights(box, size=(1, 2), cell=8, face=3, lips=3).flatten().tolist()
    [1.5, 0.5]
    """
    inside = _covered(boxes.float(), size, cell)  # (B, F, 2, h, w)
    inside = torch.cat([inside[:, :1].expand(-1, STRIDE - 1, -1, -1, -1), inside], dim=1)
    inside = inside.unflatten(1, (-1, STRIDE)).amax(dim=2)  # (B, L, 2, h, w)
    weights = 1 + (face - 1) * inside[:, :, 1]
    weights = weights + (lips - weights) * inside[:, :, 0]
    return weights / weights.mean(dim=(1, 2, 3), keepdim=True)


def _covered(boxes: Tensor, size: tuple[int, int], cell: int) -> Tensor:
    """Return how much of each latent pixel boxes [..., 4] cover, [..., h, w] in [0, 1]."""
    left, top, right, bottom = boxes[..., None].unbind(-2)  # (..., 1) each

    def share(low: Tensor, high: Tensor, count: int) -> Tensor:
        edges = cell * torch.arange(count, dtype=low.dtype, device=low.device)
        return ((high.minimum(edges + cell) - low.maximum(edges)) / cell).clamp(0, 1)

    rows, columns = share(top, bottom, size[0]), share(left, right, size[1])
    return rows[..., :, None] * columns[..., None, :]


def weighted_flow_loss(
    prediction: Tensor,
    clean: Tensor,
    noise: Tensor,
    sigma: Tensor,
    *,
    weights: Tensor,
    kind: Prediction,
) -> Tensor:
    """Return `emogen.diffusion.objective.flow_loss` with a weight for each latent pixel.

    Args:
        prediction: model output [B, C, L, h, w].
        clean: clean latents, same shape.
        noise: noise, same shape.
        sigma: noise level a latent frame, [B, L]; frames at 0 do not count.
        weights: [B, L, h, w].
        kind: what the model predicts.
    """
    target = clean if kind == "sample" else noise - clean
    error = (prediction.float() - target.float()).square().mean(dim=1)  # (B, L, h, w)
    error = (error * weights).mean(dim=(2, 3))
    if kind == "sample":
        error = error / sigma.clamp(min=MIN_SIGMA).square()
    counted = (sigma > 0).to(error.dtype)
    return (error * counted).sum() / counted.sum().clamp(min=1)


def mouth_windows(latents: Tensor, boxes: Tensor, *, cell: int) -> Tensor:
    """Cut a window around the mouth out of latents, [B, C, L, 6, 6].

    Args:
        latents: [B, C, L, h, w], at least as large as the window.
        boxes: left, top, right, bottom of lips and face in pixels, [B, F, 2, 4].
        cell: pixels of a latent pixel.
    """
    lips = boxes[:, :, 0].float().mean(dim=1) / cell  # (B, 4)
    windows = []
    for sample, (left, top, right, bottom) in zip(latents, lips.tolist(), strict=True):
        row = _start((top + bottom) / 2, latents.shape[3])
        column = _start((left + right) / 2, latents.shape[4])
        windows.append(sample[:, :, row : row + WINDOW, column : column + WINDOW])
    return torch.stack(windows)


def _start(middle: float, length: int) -> int:
    return min(max(round(middle - WINDOW / 2), 0), length - WINDOW)


def decoded_mouth_losses(
    vae: AutoencoderKLWan, sample: Tensor, clean: Tensor
) -> tuple[Tensor, Tensor]:
    """Return how far decoded mouths are from the right ones, in looks and in movement.

    The second number is a loss on sync: the mouth has to move when it should, by as much and the
    same way, whatever it looks like.

    Args:
        vae: autoencoder, frozen.
        sample: predicted clean latents of the mouth [B, C, L, 6, 6].
        clean: the right ones, same shape.
    """
    video = decode_clip(vae, sample)
    with torch.no_grad():
        right = decode_clip(vae, clean)
    looks = F.l1_loss(video, right)
    return looks, F.l1_loss(video.diff(dim=2), right.diff(dim=2))


def mouth_losses(
    vae: AutoencoderKLWan, sample: Tensor, clean: Tensor, *, boxes: Tensor, cell: int, near: Tensor
) -> tuple[Tensor, Tensor]:
    """Return :func:`decoded_mouth_losses` of some clips, zero where there are none.

    Args:
        vae: autoencoder, frozen.
        sample: predicted clean latents [B, C, L, h, w].
        clean: the right ones, same shape.
        boxes: left, top, right, bottom of lips and face in pixels, [B, F, 2, 4].
        cell: pixels of a latent pixel.
        near: which clips count, bool [B].
    """
    if not near.any():
        return sample.new_zeros(()), sample.new_zeros(())
    windows = [mouth_windows(x[near], boxes[near], cell=cell) for x in (sample, clean)]
    return decoded_mouth_losses(vae, *windows)
