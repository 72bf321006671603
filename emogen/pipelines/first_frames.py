"""What image-to-video models read of a clip's beginning: cached latents in, mask and states out."""

from pathlib import Path

import torch
from diffusers import AutoencoderKLWan
from PIL import Image
from torch import Tensor
from transformers import CLIPImageProcessor, CLIPVisionModel


class FirstFrameReader:
    """Decodes first frames and shows them to the eye of an image-to-video model.

    The first latent frame stands alone in Wan's code, so it can be decoded without the others.

    Args:
        folder: A diffusers folder with ``vae``, ``image_encoder`` and ``image_processor``.
        device: Where both run.
    """

    def __init__(self, folder: Path, device: torch.device) -> None:
        self.device = device
        self.vae = AutoencoderKLWan.from_pretrained(folder / "vae").to(device).eval()
        self.eye = CLIPVisionModel.from_pretrained(folder / "image_encoder").to(device).eval()
        self.processor = CLIPImageProcessor.from_pretrained(folder / "image_processor")

    @torch.inference_mode()
    def __call__(self, latents: Tensor) -> Tensor:
        """Return CLIP states bf16 [N, 257, image_dim] of normalised latents [N, C, L, h, w]."""
        return torch.stack([self._look(clip) for clip in latents])

    def _look(self, latents: Tensor) -> Tensor:
        shape = (1, -1, 1, 1, 1)
        mean = torch.tensor(self.vae.config.latents_mean, device=self.device).view(shape)
        std = torch.tensor(self.vae.config.latents_std, device=self.device).view(shape)
        first = latents[None, :, :1].to(self.device).float() * std + mean
        pixels = (self.vae.decode(first, return_dict=False)[0][0, :, 0].clamp(-1, 1) + 1) * 127.5
        picture = Image.fromarray(pixels.round().byte().permute(1, 2, 0).cpu().numpy())
        read = self.processor(images=picture, return_tensors="pt").pixel_values.to(self.device)
        return self.eye(read, output_hidden_states=True).hidden_states[-2][0].bfloat16().cpu()


def shown(condition: Tensor) -> Tensor:
    """Return mask and latents of a given first frame, [B, 4 + C, L, h, w], as Wan reads them."""
    mask = torch.zeros_like(condition[:, :1]).repeat(1, 4, 1, 1, 1)
    mask[:, :, 0] = 1
    return torch.cat([mask, condition], dim=1)
