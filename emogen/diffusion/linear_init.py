"""Principal components as a starting point: sample clips in, a Wan encoder that already compresses.

A causal video encoder trained from random weights needs hours to leave grey mush. All its layers
but the residual branches are linear, so the branches are silenced and the skeleton (convolutions
with stride, temporal convolutions, shortcuts) is set to a two-level principal component transform:
2x2 pixels by two frames, twice. One channel carries a constant, which keeps the last normalisation
in its linear range. Training then starts from a transform code, not from noise.
"""

from dataclasses import dataclass

import torch
from diffusers import AutoencoderKLWan
from diffusers.models.autoencoders.autoencoder_kl_wan import patchify
from einops import rearrange
from torch import Tensor, nn

from emogen.diffusion.autoencoder import encode_clip
from emogen.errors import ModelError

CONSTANT = 30.0
"""Value of the decoder's constant channel, where training starts from."""

ENCODER_CONSTANT = 300.0
"""Value of the encoder's constant channel: full white changes norm and latents by 0.2 %."""

GAIN = 0.05
"""Scale of the last normalisation: small arguments keep SiLU within 1 % of x / 2."""


MAX_DEVIATION = 0.05
"""Largest difference, in latent standard deviations, at which an encoder counts as linear."""


@dataclass(frozen=True, kw_only=True)
class Widths:
    """How many components each level keeps; one more channel carries the constant."""

    mean_fine: int = 23
    change_fine: int = 8
    mean_coarse: int = 40
    change_coarse: int = 11
    drift_coarse: int = 12


def initialise_encoder(
    vae: AutoencoderKLWan, video: Tensor, *, widths: Widths | None = None
) -> None:
    """Set the encoder (2.1 layout, patch 2, two levels) to principal components of ``video``.

    Args:
        vae: Autoencoder of widths 32/64/64 (or wider) whose encoder is overwritten in place.
        video: Clips in [-1, 1], [B, 3, T, H, W] with T = 4k+1, a few hundred of them.
        widths: Components kept at each level.
    """
    w = widths or Widths()
    encoder = vae.encoder
    for parameter in encoder.parameters():
        nn.init.zeros_(parameter)
    _silence_branches(encoder)
    x = patchify(video, 2)  # (B, 12, T, H/2, W/2)

    _identity(encoder.conv_in, x.shape[1])
    encoder.conv_in.bias.data[-1] = ENCODER_CONSTANT
    fine = [layer for layer in encoder.down_blocks if hasattr(layer, "time_conv")]
    shortcut = next(
        layer.conv_shortcut
        for layer in encoder.down_blocks
        if isinstance(getattr(layer, "conv_shortcut", None), nn.Conv3d)
    )

    blocks = _blocks(x)
    space = _components(blocks, w.mean_fine)  # (mean_fine, 48)
    x = _project(blocks, space)
    mean, change = _pairs(x)
    change_basis = _components(change, w.change_fine)
    _set_space(fine[0], [(space, 0, x.shape[1], 0)], channels=12)
    _set_time(fine[0], w.mean_fine, change_basis)
    _identity(shortcut, w.mean_fine + w.change_fine)
    shortcut.weight.data[-1, -1] = 1.0

    change = _project(change, change_basis)
    mean_blocks, change_blocks = _blocks(mean), _blocks(change)
    mean_basis = _components(mean_blocks, w.mean_coarse)
    drift_basis = _components(change_blocks, w.drift_coarse)
    _set_space(
        fine[1],
        [(mean_basis, 0, 0, 0), (drift_basis, w.mean_fine, 0, w.mean_coarse)],
        channels=None,
    )
    level, drift = _project(mean_blocks, mean_basis), _project(change_blocks, drift_basis)
    level_mean, level_change = _pairs(level)
    drift_mean, _ = _pairs(drift)
    coarse_basis = _components(level_change, w.change_coarse)
    _set_time(fine[1], w.mean_coarse + w.drift_coarse, coarse_basis)

    features = torch.cat([level_mean, drift_mean, _project(level_change, coarse_basis)], dim=1)
    _set_head(vae, features)


def _silence_branches(encoder: nn.Module) -> None:
    for module in encoder.modules():
        if hasattr(module, "gamma"):
            nn.init.ones_(module.gamma)
        if hasattr(module, "conv2"):
            for conv in (module.conv1, module.conv2):
                nn.init.kaiming_normal_(conv.weight, nonlinearity="relu")
            nn.init.zeros_(module.conv2.weight)
        if hasattr(module, "to_qkv"):
            nn.init.xavier_uniform_(module.to_qkv.weight)


def _identity(conv: nn.Conv3d, channels: int) -> None:
    t, h, w = (size // 2 if i else size - 1 for i, size in enumerate(conv.kernel_size))
    for channel in range(channels):
        conv.weight.data[channel, channel, t, h, w] = 1.0


def _blocks(x: Tensor) -> Tensor:
    """Fold 2x2 neighbours into channels: [B, C, T, H, W] -> [B, C*4, T, H/2, W/2]."""
    b, c, t, h, w = x.shape
    return (
        x.view(b, c, t, h // 2, 2, w // 2, 2)
        .permute(0, 1, 4, 6, 2, 3, 5)
        .reshape(b, c * 4, t, h // 2, w // 2)
    )


def _pairs(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and half difference of frame pairs; the first frame is a pair standing still."""
    first, a, b = x[:, :, :1], x[:, :, 1::2], x[:, :, 2::2]
    return torch.cat([first, (a + b) / 2], 2), torch.cat([torch.zeros_like(first), (b - a) / 2], 2)


def _components(x: Tensor, count: int) -> Tensor:
    """Return the leading principal directions over channels, uncentred, [count, C]."""
    rows = x.transpose(0, 1).flatten(1).double()
    return torch.linalg.eigh(rows @ rows.T)[1].flip(1)[:, :count].T.float()


def _project(x: Tensor, basis: Tensor) -> Tensor:
    return torch.einsum("kc,bcthw->bkthw", basis, x)


def _set_space(layer: nn.Module, parts: list, *, channels: int | None) -> None:
    """Write 2x2 transforms (basis, first input, -, first output channel) into a strided conv."""
    conv = layer.resample[1]
    for basis, start, _, out in parts:
        taps = basis.view(basis.shape[0], -1, 2, 2)
        conv.weight.data[out : out + len(basis), start : start + taps.shape[1], :2, :2] = taps
    conv.weight.data[-1, -1, 0, 0] = 1.0


def _set_time(layer: nn.Module, kept: int, basis: Tensor) -> None:
    """Write pair means of the first ``kept`` channels and projected half differences after them."""
    weight = layer.time_conv.weight.data
    for channel in range(kept):
        weight[channel, channel, 1:, 0, 0] = 0.5
    rows, columns = slice(kept, kept + len(basis)), slice(basis.shape[1])
    weight[rows, columns, 1, 0, 0] = -basis / 2
    weight[rows, columns, 2, 0, 0] = basis / 2
    weight[-1, -1, 2] = 1.0


def _set_head(vae: AutoencoderKLWan, features: Tensor) -> None:
    """Decorrelate the coarse features into latents, undoing normalisation and SiLU."""
    encoder, z_dim = vae.encoder, vae.config.z_dim
    width = encoder.norm_out.gamma.shape[0]
    basis = _components(features, z_dim)
    nn.init.constant_(encoder.norm_out.gamma, GAIN)
    undo = 2 * ENCODER_CONSTANT / (width**0.5 * GAIN)
    encoder.conv_out.weight.data[:z_dim, : features.shape[1], -1, 1, 1] = basis * undo
    encoder.conv_out.bias.data[z_dim:] = -20.0
    nn.init.zeros_(vae.quant_conv.weight)
    nn.init.zeros_(vae.quant_conv.bias)
    _identity(vae.quant_conv, 2 * z_dim)
    nn.init.zeros_(vae.post_quant_conv.weight)
    nn.init.zeros_(vae.post_quant_conv.bias)
    _identity(vae.post_quant_conv, z_dim)


def initialise_decoder(vae: AutoencoderKLWan, latents: Tensor, video: Tensor) -> None:
    """Set the decoder (2.1 layout) to repeat each latent over its pixels, best in least squares.

    The skeleton starts as a linear, magnitude-preserving map and all residual branches start
    silent, so that training spends its first steps on edges and not on finding the colours.

    Args:
        vae: Autoencoder whose decoder is overwritten in place; its encoder is already set.
        latents: Unnormalised latents [B, z, L, h, w] of ``video``.
        video: Clips in [-1, 1], [B, 3, T, H, W].
    """
    decoder, kept = vae.decoder, vae.decoder.norm_out.gamma.shape[0] - 1
    for module in decoder.modules():
        if hasattr(module, "conv2"):
            nn.init.zeros_(module.conv2.weight)
            nn.init.zeros_(module.conv2.bias)
            _keep_magnitude(module.norm1)
            if isinstance(module.conv_shortcut, nn.Conv3d):
                _pass_through(module.conv_shortcut, kept)
        if hasattr(module, "to_qkv"):
            nn.init.zeros_(module.proj.weight)
            nn.init.zeros_(module.proj.bias)
        if hasattr(module, "time_conv"):
            _pass_through(module.resample[1], kept)
            _repeat_in_time(module.time_conv, kept)
    _pass_through(decoder.conv_in, vae.config.z_dim)
    decoder.conv_in.weight.data[-1] = 0
    decoder.conv_in.bias.data[-1] = CONSTANT
    _fit_colours(vae, latents[:, :kept], patchify(video, vae.config.patch_size))


def _keep_magnitude(norm: nn.Module) -> None:
    """Let a branch read the signals as they are: the constant makes up nearly all of their norm."""
    width = norm.gamma.shape[0]
    nn.init.constant_(norm.gamma, CONSTANT / width**0.5)
    norm.gamma.data[-1] = 1 / width**0.5


def _pass_through(conv: nn.Module, channels: int) -> None:
    """Copy the first channels and the last one (the constant) by the kernel's present centre."""
    weight = conv.weight.data
    nn.init.normal_(weight, std=0.01 / weight[0].numel() ** 0.5)
    nn.init.zeros_(conv.bias)
    sizes = weight.shape[2:]
    centre = (
        tuple(size // 2 for size in sizes)
        if len(sizes) == 2
        else (sizes[0] - 1, *(s // 2 for s in sizes[1:]))
    )
    for channel in range(min(channels, weight.shape[0] - 1, weight.shape[1])):
        weight[(channel, channel, *centre)] = 1.0
    weight[-1] = 0
    weight[(-1, -1, *centre)] = 1.0


def _repeat_in_time(conv: nn.Conv3d, channels: int) -> None:
    width = conv.in_channels
    nn.init.zeros_(conv.bias)
    nn.init.normal_(conv.weight, std=0.01 / conv.weight[0].numel() ** 0.5)
    for half in (0, width):
        conv.weight.data[half + width - 1] = 0
        for channel in (*range(channels), width - 1):
            conv.weight.data[half + channel, channel, -1, 0, 0] = 1.0


def _fit_colours(vae: AutoencoderKLWan, latents: Tensor, target: Tensor) -> None:
    decoder = vae.decoder
    frames = torch.arange(target.shape[2]).add(3).div(4, rounding_mode="floor")
    features = latents[:, :, frames].repeat_interleave(4, 3).repeat_interleave(4, 4)
    rows, wanted = (x.transpose(0, 1).flatten(1).double() for x in (features, target))
    solution = torch.linalg.lstsq(
        rows @ rows.T + 1e-6 * torch.eye(len(rows)), rows @ wanted.T
    ).solution.float()
    width = decoder.norm_out.gamma.shape[0]
    nn.init.constant_(decoder.norm_out.gamma, GAIN)
    nn.init.zeros_(decoder.conv_out.weight)
    nn.init.zeros_(decoder.conv_out.bias)
    undo = 2 * CONSTANT / (width**0.5 * GAIN)
    decoder.conv_out.weight.data[:, : len(solution), -1, 1, 1] = solution.T * undo


class LinearCode:
    """The encoder of :func:`initialise_encoder` as two matrices: same latents, 100 times faster.

    Args:
        vae: Autoencoder whose encoder is still linear and local to 8x8 pixels by 4 frames.
    """

    def __init__(self, vae: AutoencoderKLWan) -> None:
        zero = torch.zeros(1, 3, 5, 8, 8)
        self.offset = encode_clip(vae, zero)[0, :, :, 0, 0]  # (z, 2)
        self.first = self._columns(vae, frames=slice(0, 1), offset=self.offset[:, 0], latent=0)
        self.rest = self._columns(vae, frames=slice(1, 5), offset=self.offset[:, 1], latent=1)
        self._verify(vae)

    def __call__(self, video: Tensor) -> Tensor:
        """Encode clips in [-1, 1], [B, 3, T, H, W], to normalised latents [B, z, L, H/8, W/8]."""
        first = self._apply(video[:, :, :1], self.first, self.offset[:, 0])
        if video.shape[2] == 1:
            return first
        return torch.cat([first, self._apply(video[:, :, 1:], self.rest, self.offset[:, 1])], dim=2)

    @staticmethod
    def _columns(vae: AutoencoderKLWan, *, frames: slice, offset: Tensor, latent: int) -> Tensor:
        count = 3 * (frames.stop - frames.start) * 64
        probes = torch.zeros(count, 3, 5, 8, 8)
        probes[:, :, frames] = torch.eye(count).view(count, 3, -1, 8, 8)
        return (encode_clip(vae, probes)[:, :, latent, 0, 0] - offset).T  # (z, count)

    @staticmethod
    def _apply(video: Tensor, matrix: Tensor, offset: Tensor) -> Tensor:
        frames = matrix.shape[1] // 192
        rows = rearrange(video, "b c (l t) (h p) (w q) -> b l h w (c t p q)", t=frames, p=8, q=8)
        return rearrange(rows @ matrix.T + offset, "b l h w z -> b z l h w")

    def _verify(self, vae: AutoencoderKLWan) -> None:
        video = torch.rand(1, 3, 9, 16, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1
        error = (self(video) - encode_clip(vae, video)).abs().max()
        if error > MAX_DEVIATION:
            raise ModelError(
                f"expected a linear encoder, got one that deviates by {error:.3f} standard "
                "deviations; encode with encode_clip instead"
            )
