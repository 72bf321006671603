"""A face's motion for a Wan transformer: sketch latents and motion channels in, additions out.

The motion is drawn as a line sketch and encoded like any clip; its latents enter through a patch
embedding of their own, added to the tokens before the first block, so that every line lies on the
pixels it speaks of. The motion channels of the four frames of each latent are added to the time
modulation. Both are zero-initialised.

Shapes: B batch, C latent channels, L latent frames, h/w latent pixels, S = h*w/4 tokens a latent
frame, F = 4 (L - 1) + 1 frames, K motion channels, D transformer width.
"""

import torch
from einops import rearrange
from torch import Tensor, nn

from emogen.conditioning.audio_adapter import STRIDE
from emogen.errors import InputError


def motion_groups(motion: Tensor) -> Tensor:
    """Group motion [B, F, K] by latent frame, [B, L, 4*K]; the first latent repeats frame 0.

    Raises:
        InputError: F is not 4k + 1.

    >>> motion_groups(torch.arange(5.0).view(1, 5, 1)).tolist()
    [[[0.0, 0.0, 0.0, 0.0], [1.0, 2.0, 3.0, 4.0]]]
    """
    if motion.shape[1] % STRIDE != 1:
        raise InputError(f"expected motion of 4k+1 frames, got {motion.shape[1]}")
    first = motion[:, :1].expand(-1, STRIDE - 1, -1)
    return torch.cat([first, motion], dim=1).unflatten(1, (-1, STRIDE)).flatten(2)


class MotionFrames(nn.Module):
    """Zero-initialised motion conditioning of a Wan transformer.

    Args:
        latent_channels: C.
        motion_channels: K.
        hidden: Width of the channels' features.
        model_width: D.
    """

    def __init__(
        self, *, latent_channels: int, motion_channels: int, hidden: int, model_width: int
    ) -> None:
        super().__init__()
        self.patches = nn.Linear(4 * latent_channels, model_width)
        self.channels = nn.Sequential(
            nn.Linear(STRIDE * motion_channels, hidden), nn.SiLU(),
            nn.Linear(hidden, hidden), nn.SiLU(),
        )  # fmt: skip
        self.to_modulation = nn.Linear(hidden, 6 * model_width)
        for layer in (self.patches, self.to_modulation):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def tokens(self, latents: Tensor) -> Tensor:
        """Return additions to the tokens [B, L, S, D] of sketch latents [B, C, L, h, w]."""
        patches = rearrange(latents, "b c l (h p) (w q) -> b l (h w) (c p q)", p=2, q=2)
        return self.patches(patches)

    def modulation(self, motion: Tensor) -> Tensor:
        """Return additions to the time modulation [B, L, 6, D] of motion [B, F, K]."""
        return self.to_modulation(self.channels(motion_groups(motion))).unflatten(-1, (6, -1))
