"""A whole Wan model in miniature: sizes in, real untrained parts or a folder that loads out.

Every weight is random and none is zero, so that a branch that is left out or wired wrongly shows.
"""

import json

import torch
from diffusers import (
    AutoencoderKLWan,
    UniPCMultistepScheduler,
    WanPipeline,
    WanTransformer3DModel,
)
from torch import nn
from transformers import UMT5Config, UMT5EncoderModel

from emogen.conditioning import EmotionAdapter, EmotionAdapterConfig, save_adapter
from emogen.diffusion.denoiser import fold_padding, text_context
from emogen.diffusion.nano import build_tokenizer

CAPTIONS = ("a red robot in a forest", "a blue cat on the snow , looking sad")
CHANNELS = 6
TEXT_WIDTH = 32
DEFAULTS = {
    "width": 32, "height": 32, "num_frames": 5, "fps": 8.0, "steps": 3, "guidance_scale": 3.0,
    "emotion_guidance_scale": 3.0, "flow_shift": 3.0, "negative_prompt": "",
}  # fmt: skip

NANO_BLOCK = {"heads": 2, "head_dim": 64, "layers": 2}
WAN_1_3B_BLOCK = {"heads": 12, "head_dim": 128, "layers": 1, "ffn_dim": 1024, "channels": 16}
"""Heads and width of Wan2.1-1.3B; one block and a narrow feed-forward keep it quick."""


@torch.no_grad()
def shake(module, *, std=0.1, seed=0):
    """Add noise to every parameter, so that nothing stays at its initial zero or one."""
    generator = torch.Generator().manual_seed(seed)
    for parameter in module.parameters():
        parameter.add_(torch.randn(parameter.shape, generator=generator) * std)
    return module


def tiny_transformer(*, heads=2, head_dim=24, layers=2, channels=CHANNELS, ffn_dim=64, seed=0):
    torch.manual_seed(seed)
    model = WanTransformer3DModel(
        num_attention_heads=heads, attention_head_dim=head_dim, in_channels=channels,
        out_channels=channels, text_dim=TEXT_WIDTH, freq_dim=32, ffn_dim=ffn_dim, num_layers=layers,
        cross_attn_norm=True, rope_max_seq_len=64,
    )  # fmt: skip
    for name, parameter in model.named_parameters():
        if "norm" in name or name.endswith("bias"):
            nn.init.normal_(parameter, mean=float("norm" in name and "weight" in name), std=0.1)
    return model.eval()


def tiny_adapter(transformer, *, random=True, seed=0):
    torch.manual_seed(seed)
    config = EmotionAdapterConfig.for_transformer(transformer, width=16, num_tokens=2)
    adapter = EmotionAdapter(config).eval()
    return shake(adapter, std=0.2, seed=seed) if random else adapter


def tiny_vae(*, channels=CHANNELS, seed=0):
    """Return a small autoencoder in the layout of nano: patches of 2, two levels."""
    torch.manual_seed(seed)
    vae = AutoencoderKLWan(
        base_dim=8, decoder_base_dim=8, z_dim=channels, dim_mult=[1, 2, 2], num_res_blocks=1,
        temperal_downsample=[True, True], in_channels=12, out_channels=12, patch_size=2,
        scale_factor_spatial=8, latents_mean=torch.linspace(-0.3, 0.4, channels).tolist(),
        latents_std=torch.linspace(0.5, 1.5, channels).tolist(),
    )  # fmt: skip
    return shake(vae, std=0.05, seed=seed).eval()


def tiny_text(tokenizer, *, seed=0):
    torch.manual_seed(seed)
    sizes = {"d_model": TEXT_WIDTH, "d_kv": 8, "d_ff": 32, "num_layers": 1, "num_heads": 2}
    ids = {"vocab_size": len(tokenizer), "pad_token_id": 0, "eos_token_id": 1}
    return UMT5EncoderModel(UMT5Config(**sizes, **ids, dropout_rate=0.0)).eval()


def save_tiny_model(folder, *, adapter=True, transformer=None):
    """Write a folder that ``WanPipeline.from_pretrained`` and emogen both open."""
    tokenizer = build_tokenizer(CAPTIONS, min_count=1)
    transformer = transformer or tiny_transformer()
    scheduler = UniPCMultistepScheduler(
        prediction_type="sample", use_flow_sigmas=True, flow_shift=DEFAULTS["flow_shift"]
    )
    WanPipeline(
        tokenizer=tokenizer, text_encoder=tiny_text(tokenizer), vae=tiny_vae(), scheduler=scheduler,
        transformer=transformer, expand_timesteps=True,
    ).save_pretrained(folder)  # fmt: skip
    if adapter:
        save_adapter(tiny_adapter(transformer), folder / "emotion_adapter", base_model="tiny")
    (folder / "emogen.json").write_text(json.dumps(DEFAULTS))
    return folder


def noise(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def text_states(batch=1, *, length=7, seed=1):
    """Return prompt states padded with zeros to Wan's 512 positions and the same ones folded."""
    mask = torch.arange(length) < torch.tensor([length, length - 3, length - 1])[:batch, None]
    short = noise(batch, length, TEXT_WIDTH, seed=seed)
    long = torch.zeros(batch, 512, TEXT_WIDTH)
    long[:, :length] = short * mask[..., None]
    return long, fold_padding(short, mask)


def contexts(model, batch=1, **kinds):
    """Return 512 text states and the folded keys and values of the same text."""
    long, folded = text_states(batch, **kinds)
    return long, text_context(model, *folded)


def emotions(batch, frames, *, neutral=(), seed=3):
    """Return vectors [B, L, 12] in [-1, 1] that are zero at the frames listed."""
    vectors = noise(batch, frames, 12, seed=seed).tanh()
    vectors[:, list(neutral)] = 0
    return vectors


def per_token(timesteps, latents):
    """Repeat timesteps [B, L] for each token of their latent frame, as diffusers wants them."""
    return timesteps.repeat_interleave(latents.shape[3] * latents.shape[4] // 4, dim=1)
