"""Wan2.1 and 2.2 folders in miniature: a kind in, a folder of real random components out.

They have the structure of the published ones: autoencoder of 8x8 or 16x16 pixels, picture input
with mask and CLIP states, one time step a token, two experts.
"""

import torch
from diffusers import (
    AutoencoderKLWan,
    UniPCMultistepScheduler,
    WanImageToVideoPipeline,
    WanPipeline,
    WanTransformer3DModel,
)
from transformers import CLIPImageProcessor, CLIPVisionConfig, CLIPVisionModel

from emogen.conditioning import save_adapter
from emogen.diffusion.nano import build_tokenizer
from tests.tiny import CAPTIONS, TEXT_WIDTH, shake, tiny_adapter, tiny_text

KINDS = ("2.1-t2v", "2.1-i2v", "2.2-ti2v", "2.2-t2v-two", "2.2-i2v-two")
LATENT = 4
IMAGE_WIDTH = 16
BOUNDARY = 0.875


def wan_transformer(*, inputs=LATENT, image=False, seed=0):
    torch.manual_seed(seed)
    return shake(WanTransformer3DModel(
        num_attention_heads=2, attention_head_dim=24, in_channels=inputs, out_channels=LATENT,
        text_dim=TEXT_WIDTH, freq_dim=32, ffn_dim=64, num_layers=2, rope_max_seq_len=64,
        image_dim=IMAGE_WIDTH if image else None, added_kv_proj_dim=48 if image else None,
    ), std=0.05, seed=seed).eval()  # fmt: skip


def wan_vae(*, residual=False, seed=0):
    """Return the layout of Wan2.1's autoencoder, or of Wan2.2's with its residual shortcuts."""
    torch.manual_seed(seed)
    extra = {
        "is_residual": True, "in_channels": 12, "out_channels": 12, "patch_size": 2,
        "scale_factor_spatial": 16,
    } if residual else {}  # fmt: skip
    return shake(AutoencoderKLWan(
        base_dim=4, decoder_base_dim=4, z_dim=LATENT, dim_mult=[1, 1, 1, 1], num_res_blocks=1,
        temperal_downsample=[False, True, True], latents_mean=[-0.3, 0.1, 0.2, 0.4],
        latents_std=[0.5, 0.8, 1.2, 1.5], **extra,
    ), std=0.05, seed=seed).eval()  # fmt: skip


def wan_eye(seed=0):
    torch.manual_seed(seed)
    return CLIPVisionModel(CLIPVisionConfig(
        hidden_size=IMAGE_WIDTH, intermediate_size=32, num_hidden_layers=3, num_attention_heads=2,
        image_size=28, patch_size=14,
    )).eval()  # fmt: skip


def wan_parts(kind):
    """Return the components of a kind and the settings of its pipeline."""
    tokenizer = build_tokenizer(CAPTIONS, min_count=1)
    pictured, two = "-i2v" in kind, kind.endswith("two")
    inputs = 2 * LATENT + 4 if pictured else LATENT
    parts = {
        "tokenizer": tokenizer,
        "text_encoder": tiny_text(tokenizer),
        "vae": wan_vae(residual="ti2v" in kind),
        "scheduler": UniPCMultistepScheduler(
            prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0
        ),
        "transformer": wan_transformer(inputs=inputs, image=kind == "2.1-i2v"),
    }
    settings = {"expand_timesteps": "ti2v" in kind}
    if two:
        parts["transformer_2"] = wan_transformer(inputs=inputs, seed=9)
        settings["boundary_ratio"] = BOUNDARY
    if kind == "2.1-i2v":
        parts["image_encoder"] = wan_eye()
        parts["image_processor"] = CLIPImageProcessor(
            size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28}
        )
    return parts, settings


def save_wan(folder, kind, *, adapter=True):
    """Write a folder that diffusers and emogen both open."""
    parts, settings = wan_parts(kind)
    build = WanImageToVideoPipeline if "-i2v" in kind else WanPipeline
    build(**parts, **settings).save_pretrained(folder)
    if adapter:
        emotional = tiny_adapter(parts["transformer"])
        save_adapter(emotional, folder / "emotion_adapter", base_model=kind)
    return folder
