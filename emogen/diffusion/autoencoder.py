"""A Wan autoencoder over whole clips: pixels in, normalised latents out, and back.

diffusers' ``AutoencoderKLWan`` walks a clip in chunks of four frames and keeps a feature cache,
which bounds memory for long videos. The functions here run the same causal network over all frames
of a short clip at once: the same numbers to rounding, several times faster, and fit for training.

Shapes: B batch, C channels, T frames (4k+1), L = (T-1)/4+1 latent frames, H/W pixels,
h/w = H/8, W/8.
"""

import torch
import torch.nn.functional as F  # noqa: N812
from diffusers import AutoencoderKLWan
from diffusers.models.autoencoders.autoencoder_kl_wan import (
    WanAttentionBlock,
    WanCausalConv3d,
    WanResample,
    WanResidualBlock,
    WanRMS_norm,
    patchify,
    unpatchify,
)
from torch import Tensor, nn


def latent_statistics(vae: AutoencoderKLWan, like: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean and standard deviation of the latents, each [1, C, 1, 1, 1], as ``like``."""
    shape = (1, vae.config.z_dim, 1, 1, 1)
    mean = torch.tensor(vae.config.latents_mean, dtype=like.dtype, device=like.device).view(shape)
    std = torch.tensor(vae.config.latents_std, dtype=like.dtype, device=like.device).view(shape)
    return mean, std


def encode_clip(vae: AutoencoderKLWan, video: Tensor) -> Tensor:
    """Encode a clip in [-1, 1], [B, 3, T, H, W], into normalised mean latents [B, C, L, h, w]."""
    x = video if vae.config.patch_size is None else patchify(video, vae.config.patch_size)
    moments = _causal(vae.quant_conv, encoder_forward(vae.encoder, x))
    latents = moments.chunk(2, dim=1)[0]
    mean, std = latent_statistics(vae, latents)
    return (latents - mean) / std


def decode_clip(vae: AutoencoderKLWan, latents: Tensor) -> Tensor:
    """Decode normalised latents [B, C, L, h, w] into a clip in [-1, 1], [B, 3, T, H, W]."""
    mean, std = latent_statistics(vae, latents)
    x = decoder_forward(vae.decoder, _causal(vae.post_quant_conv, latents * std + mean))
    x = x if vae.config.patch_size is None else unpatchify(x, vae.config.patch_size)
    return x.clamp(-1, 1)


def encoder_forward(encoder: nn.Module, x: Tensor) -> Tensor:
    """Run a ``WanEncoder3d`` (2.1 layout) over all frames of a clip at once."""
    x = _causal(encoder.conv_in, x)
    for layer in encoder.down_blocks:
        x = LAYERS[type(layer)](layer, x)
    return _head(encoder, _middle(encoder.mid_block, x))


def decoder_forward(decoder: nn.Module, x: Tensor) -> Tensor:
    """Run a ``WanDecoder3d`` (2.1 layout) over all latent frames of a clip at once."""
    x = _middle(decoder.mid_block, _causal(decoder.conv_in, x))
    for block in decoder.up_blocks:
        for resnet in block.resnets:
            x = _residual(resnet, x)
        for upsampler in block.upsamplers or ():
            x = _resample(upsampler, x)
    return _head(decoder, x)


def _head(network: nn.Module, x: Tensor) -> Tensor:
    return _causal(network.conv_out, F.silu(_norm(network.norm_out, x)))


def _middle(block: nn.Module, x: Tensor) -> Tensor:
    x = _residual(block.resnets[0], x)
    for attention, resnet in zip(block.attentions, block.resnets[1:], strict=True):
        x = _residual(resnet, attention(x))
    return x


def _residual(block: WanResidualBlock, x: Tensor) -> Tensor:
    shortcut = block.conv_shortcut(x)
    x = _causal(block.conv1, F.silu(_norm(block.norm1, x)))
    x = _causal(block.conv2, F.silu(_norm(block.norm2, x)))
    return x + shortcut


def _norm(norm: WanRMS_norm, x: Tensor) -> Tensor:
    return F.normalize(x.float(), dim=1).to(x.dtype) * (norm.scale * norm.gamma).to(x.dtype)


def _causal(conv: WanCausalConv3d, x: Tensor) -> Tensor:
    """Convolve causally in time: the past is zero, the spatial padding is the convolution's own."""
    width, _, height, _, past, _ = conv._padding
    if past:
        x = F.pad(x, (0, 0, 0, 0, past, 0))
    x = x.contiguous(memory_format=torch.channels_last_3d)
    return F.conv3d(x, conv.weight, conv.bias, stride=conv.stride, padding=(0, height, width))


def _resample(layer: WanResample, x: Tensor) -> Tensor:
    """Change size by two; the first frame stands alone in time, as in the chunked network."""
    if layer.mode == "upsample3d" and x.shape[2] > 1:
        first, rest = x[:, :, :1], _causal(layer.time_conv, x[:, :, 1:])
        rest = rest.unflatten(1, (2, -1)).permute(0, 2, 3, 1, 4, 5).flatten(2, 3)
        x = torch.cat([first, rest], dim=2)
    batch, _, frames = x.shape[:3]
    x = layer.resample(
        x.transpose(1, 2).flatten(0, 1).contiguous(memory_format=torch.channels_last)
    )
    x = x.unflatten(0, (batch, frames)).transpose(1, 2)
    if layer.mode == "downsample3d" and x.shape[2] > 1:
        conv = layer.time_conv
        rest = F.conv3d(x, conv.weight, conv.bias, stride=conv.stride)
        x = torch.cat([x[:, :, :1], rest], dim=2)
    return x


LAYERS = {
    WanResidualBlock: _residual,
    WanResample: _resample,
    WanAttentionBlock: lambda layer, x: layer(x),
}
