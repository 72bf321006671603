"""What stays of a portrait: its latents in, copies on every latent frame of the clip out.

Most of a talking head is where it was in the portrait. Its patches are added to the tokens of each
latent frame of the clip, and a linear map of its latents to the prediction, in proportion to the
noise level: where all is noise the portrait is the best guess, where nearly none is left it has
nothing to say. Both start at zero. For models that predict the clean sample.

Shapes: B batch, C latent channels, L latent frames with the reference, h/w latent pixels, S = h*w/4
tokens a latent frame, D transformer width.
"""

import torch
from einops import rearrange
from torch import Tensor, nn

SPEED = 8.0
"""What the maps are multiplied by, so that they leave zero as fast as the rest learns."""


class PortraitCopy(nn.Module):
    """Zero-initialised copies of the portrait.

    Args:
        latent_channels: C.
        model_width: D.
    """

    def __init__(self, *, latent_channels: int, model_width: int) -> None:
        super().__init__()
        self.patches = nn.Linear(4 * latent_channels, model_width, bias=False)
        self.first = nn.Linear(latent_channels, latent_channels, bias=False)
        self.later = nn.Linear(latent_channels, latent_channels, bias=False)
        for layer in (self.patches, self.first, self.later):
            nn.init.zeros_(layer.weight)

    def tokens(self, reference: Tensor) -> Tensor:
        """Return additions to the tokens of a latent frame [B, 1, S, D] of [B, C, 1, h, w]."""
        patches = rearrange(reference, "b c l (h p) (w q) -> b l (h w) (c p q)", p=2, q=2)
        return SPEED * self.patches(patches)

    def guess(self, reference: Tensor, frames: int) -> Tensor:
        """Return what the portrait says of a clip, [B, C, L, h, w], nothing of the reference.

        Args:
            reference: [B, C, 1, h, w].
            frames: L, the reference's slot and the clip's latent frames.
        """
        pixels = reference.movedim(1, -1)  # (B, 1, h, w, C)
        first, later = (SPEED * layer(pixels) for layer in (self.first, self.later))
        rest = later.expand(-1, frames - 2, -1, -1, -1)
        return torch.cat([torch.zeros_like(first), first, rest], dim=1).movedim(-1, 1)
